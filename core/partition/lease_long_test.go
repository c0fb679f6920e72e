package partition

// Commands that take long, as steps: how they leave their loop with their leases, and look after those who wait for these
// (core/dispatch/suspend.go and busy.go).

// suspend moves op o's command, which runs with the leases of mask, to another thread, if it is one that moves.
func (m *model) suspend(o, mask uint8) bool {
	sc, op := &m.scripts[o], &m.s.ops[o]
	if sc.away == 0 {
		return false
	}
	op.lent, op.mask = 1, mask // if !s.Lent { x.lend(…) }
	m.s.threads[sc.away].inbox.push(0x40 | o)
	return true
}

// away goes on with op o's command: resume, and Interrupt so many times.
func (m *model) away(f *frame) bool {
	s, sc := m.s, &m.scripts[f.o]
	switch f.pc {
	case 0: // x.watch
		if !m.touches() {
			return false
		}
		s.long |= f.m
		f.p = nextIn(f.m, 0)
		return m.at(f, 1)
	case 1: // Interrupt
		if int(f.w) == sc.sifts {
			return m.at(f, 2)
		}
		p := f.p
		if p == noneP {
			f.w++
			f.p = nextIn(f.m, 0)
			return true
		}
		f.p = nextIn(f.m, p+1)
		h := uint8(0)
		if sc.busy {
			h = 1
		}
		return m.then(f, 1, frame{fn: fnSift, l: p, h: h})
	case 2: // EndScript
		if !m.touches() {
			return false
		}
		s.long &^= f.m
		m.leave(f.o, f.m)
		return m.at(f, 3)
	case 3: // s.Conn.Post(&o.resume); y.giveBackMask
		if !m.touches() {
			return false
		}
		s.threads[sc.thread].inbox.push(f.o)
		return m.then(f, 4, frame{fn: fnGiveBackMask, m: f.m, h: noneP})
	default:
		return m.result(0)
	}
}

// sift is Lease.Sift of lease l with waits for keep: h = the command is busy.
func (m *model) sift(f *frame) bool {
	s := m.s
	switch f.pc {
	case 0: // if l.word.Load() != held
		if !m.touches() {
			return false
		}
		if s.word[f.l] == ptrHeld {
			return m.at(f, 2)
		}
		return m.at(f, 1)
	case 1: // *at = oldestFirst(l.word.Swap(held))
		if !m.touches() {
			return false
		}
		top, queue := s.word[f.l], uint8(ptrNil)
		s.word[f.l] = ptrHeld
		for top != ptrHeld {
			m.must(top != ptrNil, "the stack of lease %d does not end in held", f.l)
			next := s.next[top-ptrTask]
			s.next[top-ptrTask] = queue
			queue, top = top, next
		}
		last := &s.pending[f.l]
		if m.broken != siftLosesTasks {
			for *last != ptrNil {
				last = &s.next[*last-ptrTask]
			}
		}
		*last = queue
		return m.at(f, 2)
	case 2: // for t := *at; t != nil; t = *at
		f.w = s.pending[f.l]
		f.p = ptrNil // the one before
		return m.at(f, 3)
	case 3: // if o.stage == wantsNext { x.d.letGo(o); o.turn() }
		if f.w == ptrNil {
			return m.result(0)
		}
		f.o = f.w - ptrTask
		if op := &s.ops[f.o]; op.stage == stNext && f.l != m.token() {
			return m.then(f, 4, frame{fn: fnLetGo, o: f.o, p: op.at})
		}
		return m.at(f, 5)
	case 4:
		s.ops[f.o].stage, s.ops[f.o].attempts = stSeveral, 0
		return m.at(f, 5)
	default:
		next := s.next[f.o]
		if sc := &m.scripts[f.o]; f.h == 0 || sc.offLoop {
			f.p, f.w = f.w, next
			return m.at(f, 3)
		}
		// *at = next; x.refuse; s.Conn.Post(&o.resume)
		if !m.touches() {
			return false
		}
		if f.p == ptrNil {
			s.pending[f.l] = next
		} else {
			s.next[f.p-ptrTask] = next
		}
		s.next[f.o] = ptrNil
		m.unpost(f.l, f.o)
		s.ops[f.o].ran++
		s.threads[m.scripts[f.o].thread].inbox.push(f.o)
		f.w = next
		return m.at(f, 3)
	}
}

// unpost takes op o out of the ghost's queue.
func (m *model) unpost(l, o uint8) {
	q := &m.s.posted[l]
	for i := range q.n {
		if q.at[i] == o {
			copy(q.at[i:], q.at[i+1:q.n])
			q.n--
			q.at[q.n] = 0
			return
		}
	}
	m.fail("op %d is sent home, but does not wait", o)
}

// letGo gives back what op o holds below p, and the token. What is waited for goes to another thread: to the first loop.
func (m *model) letGo(f *frame) bool {
	op := &m.s.ops[f.o]
	switch f.pc {
	case 0:
		f.w = nextIn(op.mask, 0)
		return m.at(f, 1)
	case 1:
		if f.w == noneP || f.w >= f.p {
			if m.broken == turnBackKeepsToken {
				return m.result(0)
			}
			f.w = m.token()
			return m.then(f, 3, frame{fn: fnTryRelease, l: f.w})
		}
		return m.then(f, 2, frame{fn: fnTryRelease, l: f.w})
	default:
		if m.t.ret == 0 { // go d.serveLeases(waited)
			if !m.touches() {
				return false
			}
			m.s.threads[0].inbox.push(0x80 | f.w)
		}
		if f.pc == 3 {
			return m.result(0)
		}
		f.w = nextIn(op.mask, f.w+1)
		return m.at(f, 1)
	}
}

// turnBack has op o, which holds the token and what is below p, wait for p alone.
func (m *model) turnBack(f *frame) bool {
	op := &m.s.ops[f.o]
	switch f.pc {
	case 0: // o.at = p; x.d.letGo(o)
		op.at = f.p
		return m.then(f, 1, frame{fn: fnLetGo, o: f.o, p: f.p})
	case 1: // o.turn(); if l.AcquireOrPost(&o.task)
		op.stage, op.attempts = stSeveral, 0
		return m.then(f, 2, frame{fn: fnAcquireOrPost, l: f.p, o: f.o})
	case 2:
		if m.t.ret == 0 {
			return m.result(0)
		}
		// l.Return(&o.task); x.giveBack(l)
		s := m.s
		s.posted[f.p].insert(0, f.o)
		s.next[f.o] = s.pending[f.p]
		s.pending[f.p] = f.o + ptrTask
		return m.then(f, 3, frame{fn: fnGiveBack, l: f.p})
	default:
		return m.result(0)
	}
}

// movingOf is a client whose commands move to thread away, and sift there.
func movingOf(thread, away, sifts int, busy bool, masks ...uint8) script {
	return script{thread: thread, away: away, sifts: sifts, busy: busy, masks: masks}
}

func movingScenarios() []*model {
	all := []*model{
		scenario("moving: one partition", 1, movingOf(0, 2, 1, false, a), loopOf(1, a, a)),
		scenario("moving: after it has waited", 1, loopOf(0, a, a), movingOf(1, 2, 1, false, a)),
		scenario("moving: several", 2, movingOf(0, 2, 1, false, ab), loopOf(1, a, b)),
		scenario("moving: token", 2, movingOf(0, 2, 1, false, b), allOf(1, ab), loopOf(0, a)),
		scenario("moving: token, several", 3, movingOf(0, 2, 1, false, bc), allOf(1, a|b|c)),
		scenario("moving: goroutine", 2, movingOf(0, 2, 1, false, b), offLoopOf(1, ab), loopOf(0, a)),
		scenario("moving: token twice", 2, movingOf(0, 2, 1, false, b), allOf(1, ab), allOf(0, ab)),
		scenario("moving: two of them", 2, movingOf(0, 2, 1, false, a), movingOf(1, 3, 1, false, b), allOf(1, ab)),
		scenario("moving: looks twice", 1, movingOf(0, 2, 2, false, a), loopOf(1, a), loopOf(0, a), loopOf(1, a)),
		scenario("moving: looks twice, token", 2, movingOf(0, 2, 2, false, b), allOf(1, ab), allOf(0, ab)),
		scenario("moving: crosswise", 2, movingOf(0, 2, 1, false, ab), movingOf(1, 3, 1, false, ab)),
		scenario("busy: one partition", 1, movingOf(0, 2, 1, true, a), loopOf(1, a, a), loopOf(1, a)),
		scenario("busy: token", 2, movingOf(0, 2, 1, true, b), allOf(1, ab), loopOf(0, a)),
		scenario("busy: all or none", 2, movingOf(0, 2, 1, true, b), loopOf(1, ab, a)),
	}
	for _, m := range all {
		for _, sc := range m.scripts {
			m.threads = max(m.threads, sc.away+1)
		}
	}
	return all
}
