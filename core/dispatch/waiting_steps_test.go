package dispatch_test

import "fmt"

// The steps of the agents of the model in waiting_model_test.go. Each says in a comment what it stands for.

// agentsOfWaiter: its arrival, its time, its posts, its op.
const agentsOfWaiter = 4

func (m *waiting) agentCount() int {
	return len(m.writers) + len(m.takers) + agentsOfWaiter*len(m.waiters)
}

// step lets an agent make one step, and says which; an empty string: it can't.
func (m *waiting) step(who int) string {
	if who < len(m.writers) {
		return m.named("writer", who, m.writer(who))
	}
	if who -= len(m.writers); who < len(m.takers) {
		return m.named("taker", who, m.taker(who))
	}
	who -= len(m.takers)
	i := who / agentsOfWaiter
	switch who % agentsOfWaiter {
	case 0:
		return m.named("waiter", i, m.arrive(i))
	case 1:
		return m.named("time of waiter", i, m.endTime(i))
	case 2:
		return m.named("loop of waiter", i, m.answered(i))
	}
	return m.named("op of waiter", i, m.op(i))
}

func (m *waiting) named(what string, i int, did string) string {
	if did == "" {
		return ""
	}
	return fmt.Sprintf("%s %d: %s", what, i, did)
}

func bit(k uint8) uint8 { return 1 << k }

// stand puts waiter i at the end of the queue of key k.
func (m *waiting) stand(k uint8, i int) {
	q := &m.s.queue[k]
	for at := range q {
		if q[at] == 0 {
			q[at] = uint8(i) + 1
			m.s.waiters[i].place |= bit(k)
			return
		}
	}
}

// leave takes waiter i out of the queue of key k.
func (m *waiting) leave(k uint8, i int) {
	q := &m.s.queue[k]
	m.s.waiters[i].place &^= bit(k)
	for at := range q {
		if q[at] == uint8(i)+1 {
			copy(q[at:], q[at+1:])
			q[len(q)-1] = 0
			return
		}
	}
}

// takeItem gives waiter i, who is served from the queue of key via or comes anew (nobody), an element of the first of its keys that has
// one, and says whether there was any.
func (m *waiting) takeItem(i int, via uint8) bool {
	for k := range uint8(modelKeys) {
		if m.waiters[i].keys&bit(k) == 0 || m.s.items[k] == 0 {
			continue
		}
		for _, other := range m.s.queue[k] {
			if other == 0 || int(other) == i+1 || k != via && m.s.waiters[other-1].op.pc != sBegin {
				break
			}
			before := m.s.waiters[other-1].state
			hasTurn := before == wWaits || before != wOver && k == via && ones(m.waiters[other-1].keys) == 1
			m.must(!hasTurn, "waiter %d is served from key %d before waiter %d", i, k, other-1)
		}
		m.s.items[k]--
		m.s.waiters[i].got++
		return true
	}
	return false
}

func (m *waiting) writer(i int) string {
	s, a, keys := m.s, &m.s.agents[i], m.writers[i]
	switch a.pc {
	case sBegin: // the leases; the command; Signal
		if s.leases&keys != 0 {
			return ""
		}
		s.leases |= keys
		a.have, a.pc = keys, sNext
		for k := range uint8(modelKeys) {
			if keys&bit(k) != 0 {
				s.items[k]++
				m.signal(k)
			}
		}
		return fmt.Sprintf("pushes to %b", keys)
	case sEnd:
		s.leases &^= keys
		*a = service{pc: sDone}
		return "gives back its leases"
	case sDone:
		return ""
	}
	return m.serve(a)
}

// signal is DB.Signal.
func (m *waiting) signal(k uint8) {
	if m.s.queue[k][0] != 0 {
		m.s.ready |= bit(k)
	}
}

func (m *waiting) taker(i int) string {
	s, a, key := m.s, &m.s.agents[len(m.writers)+i], lowest(m.takers[i])
	switch {
	case a.pc == sBegin && s.leases&bit(key) == 0:
		s.leases |= bit(key)
		a.pc = sEnd
		if s.items[key] > 0 {
			s.items[key]--
			a.w = 1
		}
		return fmt.Sprintf("takes %d of key %d", a.w, key)
	case a.pc == sEnd:
		s.leases &^= bit(key)
		a.pc = sDone
		return "gives back its lease"
	}
	return ""
}

// arrive is the first run of the waiter's command.
func (m *waiting) arrive(i int) string {
	s, w, spec := m.s, &m.s.waiters[i], &m.waiters[i]
	switch {
	case w.arrived == 0 && s.leases&spec.needs() == 0:
		s.leases |= spec.needs()
		w.arrived = 1
		if m.takeItem(i, nobody) {
			w.state, w.home = wOver, true
			return "finds an element"
		}
		for k := range uint8(modelKeys) { // c.Wait
			if spec.keys&bit(k) != 0 {
				m.stand(k, i)
			}
		}
		return "stands in its queues"
	case w.arrived == 1:
		s.leases &^= spec.needs()
		w.arrived = 2
		return "gives back its leases"
	}
	return ""
}

// endTime is endDue: if !x.endWait(s) it tries again when answered says so.
func (m *waiting) endTime(i int) string {
	w := &m.s.waiters[i]
	if !m.waiters[i].timed || w.arrived != 2 || w.home || w.timing != 0 {
		return ""
	}
	w.timing = 2
	switch {
	case w.state == wWaits, m.flaw == cancelByStore && w.state != wOver: // Cancel: CompareAndSwap(waits, over); leaveQueues
		w.state, w.timing, w.home = wOver, 3, true
		m.leaveFree(i)
		return "Cancel, and timed out"
	case w.state == wClaimed: // CompareAndSwap(claimed, poked)
		w.state = wPoked
		return "Cancel fails, poked"
	}
	return "Cancel fails"
}

// leaveFree is leaveQueues.
func (m *waiting) leaveFree(i int) {
	for k := range uint8(modelKeys) {
		if m.s.waiters[i].place&bit(k) != 0 && m.s.leases&bit(k) == 0 {
			m.leave(k, i)
		}
	}
}

// answered is a post to the waiter's loop.
func (m *waiting) answered(i int) string {
	w := &m.s.waiters[i]
	if w.posts == 0 || w.arrived != 2 {
		return ""
	}
	w.posts--
	switch {
	case w.home: // s.Block.Waiter != o.waiter
		return "answered, too late"
	case w.state == wOver: // x.answer
		w.home = true
		m.leaveFree(i)
		return "answered"
	}
	w.timing = 0 // x.changed = true
	return "answered: tries again"
}

// op is the serialized path of waiter i.
func (m *waiting) op(i int) string {
	s, o, needs := m.s, &m.s.waiters[i].op, m.waiters[i].needs()
	switch o.pc {
	case sBegin:
		return ""
	case sToken: // queueForToken
		if s.token {
			return ""
		}
		s.token = true
		o.pc, o.missing = sLeases, needs
		return "has the token"
	case sLeases: // takeInOrder
		k := lowest(o.missing)
		if s.leases&bit(k) != 0 {
			return ""
		}
		s.leases |= bit(k)
		if o.missing &^= bit(k); o.missing == 0 {
			o.have, o.w, o.pc = needs, uint8(i), sRun // runWaiting: x.rerun
		}
		return fmt.Sprintf("takes lease %d", k)
	case sEnd:
		s.leases &^= needs
		s.token = false
		*o = service{}
		return "gives back leases and token"
	}
	return m.serve(o)
}

// serve is serveReady.
func (m *waiting) serve(r *service) string {
	s := m.s
	switch r.pc {
	case sNext, sWalk:
		return m.walk(r)
	case sTry: // x.takeMask(&missing)
		k := lowest(r.missing)
		if s.leases&bit(k) != 0 {
			r.pc = sUndo
			return fmt.Sprintf("finds lease %d busy", k)
		}
		s.leases |= bit(k)
		r.tried |= bit(k)
		if r.missing &^= bit(k); r.missing == 0 {
			r.have |= r.tried
			r.more |= r.tried
			r.tried, r.pc = 0, sRun
		}
		return fmt.Sprintf("takes lease %d too", k)
	case sUndo:
		return m.later(r)
	case sRun:
		return m.run(r)
	case sUnclaim: // w.state.Store(waiterWaits), and the post
		w := &s.waiters[r.w]
		w.state = wWaits
		w.posts++
		m.goOn(r, false)
		return fmt.Sprintf("Unclaim of waiter %d, which was poked", r.w)
	case sServed: // o.waiter.Served(); o.s.Conn.Post(&o.resume)
		w := &s.waiters[r.w]
		w.state = wOver
		w.posts++
		what := fmt.Sprintf("waiter %d is served", r.w)
		m.goOn(r, true)
		return what
	case sGiveBack: // x.giveBackMask(&r.more)
		s.leases &^= r.more
		r.pc = sEnd
		return "gives back what it took too"
	}
	panic("model: no such step")
}

// walk is NextReady, and Serve up to a Claim.
func (m *waiting) walk(r *service) string {
	s := m.s
	for {
		if r.pc == sNext {
			if r.key = lowest(s.ready & r.have); r.key == nobody {
				r.key, r.at, r.w = 0, 0, 0
				if r.pc = sEnd; r.more != 0 {
					r.pc = sGiveBack
				}
				return "nothing is ready"
			}
			s.ready &^= bit(r.key)
			r.at, r.pc = 0, sWalk
		}
		if int(r.at) == modelWaiters || s.queue[r.key][r.at] == 0 || s.items[r.key] == 0 {
			r.pc = sNext
			continue
		}
		i := int(s.queue[r.key][r.at]) - 1
		w, spec := &s.waiters[i], &m.waiters[i]
		switch {
		case w.state == wWaits && m.flaw == claimByStore && !r.hasSeen:
			r.hasSeen = true
			return fmt.Sprintf("sees that waiter %d waits", i)
		case w.state == wWaits, r.hasSeen: // w.Claim()
			w.state, r.hasSeen = wClaimed, false
			r.w, r.missing = uint8(i), spec.needs()&^r.have
			if r.pc = sRun; r.missing != 0 {
				r.pc = sTry
			}
			return fmt.Sprintf("claims waiter %d for key %d", i, r.key)
		case w.state == wOver: // d.leave(q, p)
			m.leave(r.key, i)
			return fmt.Sprintf("takes waiter %d, which is over, out of queue %d", i, r.key)
		case m.flaw == stopAtClaimed, ones(spec.keys) == 1 && m.flaw != passTheSingle: // its turn is kept
			r.pc = sNext
			return fmt.Sprintf("stops at waiter %d", i)
		}
		r.at++
		return fmt.Sprintf("passes waiter %d", i)
	}
}

// later lets go of the leases that this attempt took, and leaves the waiter to the serialized path: ServiceLater.
func (m *waiting) later(r *service) string {
	m.s.leases &^= r.tried
	r.tried, r.missing = 0, 0
	w := &m.s.waiters[r.w]
	if m.flaw == dropWhenBusy || m.flaw == leaveUnclaimed {
		w.state = wWaits
	}
	if m.flaw == dropWhenBusy {
		r.at++
		r.pc = sWalk
		return "gives up"
	}
	w.op = service{pc: sToken, key: r.key, isOwn: true}
	r.pc = sNext
	return fmt.Sprintf("leaves waiter %d to the token", r.w)
}

// run is rerun up to what the others see of its end.
func (m *waiting) run(r *service) string {
	i := int(r.w)
	w := &m.s.waiters[i]
	if m.takeItem(i, r.key) {
		r.pc = sServed
		return fmt.Sprintf("runs the command of waiter %d: served", i)
	}
	if w.state == wClaimed || m.flaw == unclaimByStore { // Unclaim: CompareAndSwap(claimed, waits)
		w.state = wWaits
		m.goOn(r, false)
	} else {
		r.pc = sUnclaim
	}
	return fmt.Sprintf("runs the command of waiter %d: in vain", i)
}

// goOn is what follows a rerun: the rest of runWaiting, or of a step of Serve.
func (m *waiting) goOn(r *service, isServed bool) {
	if isServed {
		m.leave(r.key, int(r.w))
	}
	switch {
	case r.isOwn:
		r.isOwn = false
		if m.flaw != noSignal {
			m.signal(r.key) // those behind it had to let it go first
		}
		r.pc = sNext
		return
	case !isServed:
		r.at++
	}
	r.pc = sWalk
}
