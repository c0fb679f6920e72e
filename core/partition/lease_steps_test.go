package partition

// The functions of lease.go and of core/dispatch as steps. Each case says in a
// comment what it stands for.

const (
	_ = iota // idle
	// lease.go
	fnAcquireOrPost
	fnTryAcquire
	fnTryRelease
	fnNext
	// core/dispatch
	fnRoute
	fnWithSeveral
	fnWithToken
	fnGiveBack
	fnServe
	fnRunLent
	fnQueueForToken
	fnTakeInOrder
	fnTakeRest
	fnRetry
	fnTakeMask
	fnGiveBackMask
	fnRelease
	fnOffLoop
	fnAway
	fnSift
	fnLetGo
	fnTurnBack
)

var fnNames = [...]string{
	"idle", "AcquireOrPost", "TryAcquire", "TryRelease", "Next", "route", "withSeveral", "withToken", "giveBack", "serve",
	"runLent", "queueForToken", "takeInOrder", "takeRest", "retry", "takeMask", "giveBackMask", "release", "offLoop",
	"away", "Sift", "letGo", "turnBack",
}

// exec runs one transition of the frame on top; false: it wants an access, and
// the step has had its own.
func (m *model) exec(f *frame) bool {
	switch f.fn {
	case fnAcquireOrPost:
		return m.acquireOrPost(f)
	case fnTryAcquire:
		return m.tryAcquire(f)
	case fnTryRelease:
		return m.tryRelease(f)
	case fnNext:
		return m.nextTask(f)
	case fnRoute:
		return m.route(f)
	case fnWithSeveral:
		return m.withSeveral(f)
	case fnWithToken:
		return m.withToken(f)
	case fnGiveBack:
		return m.giveBack(f)
	case fnServe:
		return m.serve(f)
	case fnRunLent:
		return m.runLent(f)
	case fnQueueForToken:
		return m.queueForToken(f)
	case fnTakeInOrder:
		return m.takeInOrder(f)
	case fnTakeRest:
		return m.takeRest(f)
	case fnRetry:
		return m.retry(f)
	case fnTakeMask:
		return m.takeMask(f)
	case fnGiveBackMask:
		return m.giveBackMask(f)
	case fnRelease:
		return m.release(f)
	case fnOffLoop:
		return m.offLoop(f)
	case fnAway:
		return m.away(f)
	case fnSift:
		return m.sift(f)
	case fnLetGo:
		return m.letGo(f)
	case fnTurnBack:
		return m.turnBack(f)
	}
	panic("model: no such function")
}

// acquireOrPost is Lease.AcquireOrPost of lease l for op o: 1 = acquired.
func (m *model) acquireOrPost(f *frame) bool {
	s, t := m.s, f.o+ptrTask
	switch f.pc {
	case 0: // w := l.word.Load()
		if !m.touches() {
			return false
		}
		m.must(!m.isPosted(f.o), "op %d is posted twice", f.o)
		f.w = s.word[f.l]
		if f.w == ptrNil {
			return m.at(f, 1)
		}
		return m.at(f, 2)
	case 1: // if l.word.CompareAndSwap(nil, held) { return true }
		if !m.touches() {
			return false
		}
		if s.word[f.l] == ptrNil {
			s.word[f.l] = ptrHeld
			return m.result(1)
		}
		return m.at(f, 0) // continue
	default: // t.next = w; if l.word.CompareAndSwap(w, t) { return false }
		if !m.touches() {
			return false
		}
		s.next[f.o] = f.w
		if s.word[f.l] == f.w || m.broken == postWithoutCompare {
			s.word[f.l] = t
			s.posted[f.l].push(f.o)
			return m.result(0)
		}
		return m.at(f, 0)
	}
}

// tryAcquire is Lease.TryAcquire of lease l: 1 = acquired.
func (m *model) tryAcquire(f *frame) bool {
	if !m.touches() {
		return false
	}
	s := m.s
	if f.pc == 0 { // l.word.Load() == nil &&
		if s.word[f.l] != ptrNil {
			return m.result(0)
		}
		return m.at(f, 1)
	}
	if s.word[f.l] == ptrNil { // l.word.CompareAndSwap(nil, held)
		s.word[f.l] = ptrHeld
		return m.result(1)
	}
	return m.result(0)
}

// tryRelease is Lease.TryRelease of lease l: 1 = released.
func (m *model) tryRelease(f *frame) bool {
	s := m.s
	if s.pending[f.l] != ptrNil { // l.pending == nil &&
		return m.result(0)
	}
	if !m.touches() {
		return false
	}
	if m.broken == releaseByLoadAndStore {
		if f.pc == 0 {
			if s.word[f.l] != ptrHeld {
				return m.result(0)
			}
			return m.at(f, 1)
		}
		s.word[f.l] = ptrNil
		return m.result(1)
	}
	if s.word[f.l] == ptrHeld { // l.word.CompareAndSwap(held, nil)
		s.word[f.l] = ptrNil
		return m.result(1)
	}
	return m.result(0)
}

// nextTask is Lease.Next of lease l: the task, or ptrNil and the lease is free.
func (m *model) nextTask(f *frame) bool {
	s := m.s
	switch f.pc {
	case 0: // if t := l.pending; t != nil { l.pending, t.next = t.next, nil; return t }
		if t := s.pending[f.l]; t != ptrNil {
			s.pending[f.l], s.next[t-ptrTask] = s.next[t-ptrTask], ptrNil
			q := &s.posted[f.l]
			m.must(q.n > 0 && q.at[0] == t-ptrTask, "lease %d serves op %d out of order %v", f.l, t-ptrTask, q.at[:q.n])
			q.shift()
			return m.result(t)
		}
		return m.at(f, 1)
	case 1: // if l.word.CompareAndSwap(held, nil) { return nil }
		if !m.touches() {
			return false
		}
		if s.word[f.l] == ptrHeld {
			s.word[f.l] = ptrNil
			return m.result(ptrNil)
		}
		return m.at(f, 2)
	default: // l.pending = oldestFirst(l.word.Swap(held))
		if !m.touches() {
			return false
		}
		top := s.word[f.l]
		s.word[f.l] = ptrHeld
		m.must(top != ptrNil, "lease %d is drained while free", f.l)
		if m.broken == oldestLast {
			s.pending[f.l] = top
			for t := top; t != ptrHeld; t = s.next[t-ptrTask] {
				if s.next[t-ptrTask] == ptrHeld {
					s.next[t-ptrTask] = ptrNil
					break
				}
			}
			return m.at(f, 0)
		}
		queue := uint8(ptrNil) // oldestFirst
		for top != ptrHeld {
			m.must(top != ptrNil, "the stack of lease %d does not end in held", f.l)
			next := s.next[top-ptrTask]
			s.next[top-ptrTask] = queue
			queue, top = top, next
			if m.broken == nextLosesPending {
				break
			}
		}
		s.pending[f.l] = queue
		return m.at(f, 0)
	}
}

// route is a command of op o with one partition: take, lendFor, run, drop. The
// lease is kept over a run of commands for the same partition.
func (m *model) route(f *frame) bool {
	s := m.s
	op, sc := &s.ops[f.o], &m.scripts[f.o]
	f.l = nextIn(f.m, 0)
	switch f.pc {
	case 0: // l.TryAcquire(), with x.d.bounds.spin = 0
		return m.then(f, 1, frame{fn: fnTryAcquire, l: f.l})
	case 1:
		if m.t.ret == 1 {
			return m.at(f, 3)
		}
		// lendFor: o.stage, o.at = wantsOne, p; AcquireOrPost(&o.task)
		op.lent, op.stage, op.at = 1, stOne, f.l
		return m.then(f, 2, frame{fn: fnAcquireOrPost, l: f.l, o: f.o})
	case 2:
		if m.t.ret == 0 {
			return m.result(0) // lent
		}
		op.lent = 0 // unlend
		return m.at(f, 3)
	case 3: // x.run
		if !m.touches() {
			return false
		}
		m.enter(f.o, f.m)
		return m.at(f, 4)
	case 4:
		if !m.touches() {
			return false
		}
		if m.suspend(f.o, f.m) { // gone; if p == x.held { x.held = none }
			return m.result(0)
		}
		m.leave(f.o, f.m)
		if int(op.ran) < len(sc.masks) && sc.masks[op.ran] == f.m {
			return m.at(f, 3) // p == x.held
		}
		// drop
		f.pc = 5
		return m.then(f, 5, frame{fn: fnRelease, l: f.l})
	default:
		return m.result(0)
	}
}

// withSeveral is a command of op o over the partitions of m: all or none.
func (m *model) withSeveral(f *frame) bool {
	op := &m.s.ops[f.o]
	switch f.pc {
	case 0: // busy := x.takeMask(&x.mask, none)
		return m.then(f, 1, frame{fn: fnTakeMask, m: f.m, h: noneP})
	case 1:
		if m.t.ret == noneP {
			return m.at(f, 10)
		}
		// o := x.lend(…); o.mask, o.stage, o.at = x.mask, wantsSeveral, busy
		op.lent, op.attempts, op.mask, op.stage, op.at = 1, 0, f.m, stSeveral, m.t.ret
		return m.at(f, 2)
	case 2: // for o.attempts < x.d.bounds.attempts { AcquireOrPost(o.at)
		if op.attempts >= m.maxAttempts {
			return m.then(f, 9, frame{fn: fnQueueForToken, o: f.o})
		}
		return m.then(f, 3, frame{fn: fnAcquireOrPost, l: op.at, o: f.o})
	case 3:
		if m.t.ret == 0 {
			return m.result(0) // lent
		}
		// at := o.at; if x.takeRest(o)
		f.l = op.at
		return m.then(f, 4, frame{fn: fnTakeRest, o: f.o})
	case 4:
		if m.t.ret == 1 {
			op.lent = 0 // unlend
			return m.at(f, 10)
		}
		if m.broken == holdAndWait {
			return m.at(f, 2)
		}
		// x.giveBack(x.d.Set.Lease(at))
		return m.then(f, 2, frame{fn: fnGiveBack, l: f.l})
	case 9:
		return m.result(0)
	case 10: // runWith: x.run
		if !m.touches() {
			return false
		}
		m.enter(f.o, f.m)
		return m.at(f, 11)
	case 11:
		if !m.touches() {
			return false
		}
		if m.suspend(f.o, f.m) {
			return m.result(0)
		}
		m.leave(f.o, f.m)
		return m.then(f, 9, frame{fn: fnGiveBackMask, m: f.m, h: noneP})
	}
	panic("model: withSeveral")
}

// withToken is a command of op o over all partitions.
func (m *model) withToken(f *frame) bool {
	op := &m.s.ops[f.o]
	switch f.pc {
	case 0: // if x.takeMask(&x.mask, none) == none
		return m.then(f, 1, frame{fn: fnTakeMask, m: f.m, h: noneP})
	case 1:
		if m.t.ret == noneP {
			f.fn = fnWithSeveral
			return m.at(f, 10) // runWith
		}
		op.lent, op.attempts, op.mask = 1, 0, f.m
		return m.then(f, 2, frame{fn: fnQueueForToken, o: f.o})
	default:
		return m.result(0)
	}
}

// giveBack releases lease l after serving what waits for it.
func (m *model) giveBack(f *frame) bool {
	t := m.t
	switch f.pc {
	case 0: // x.drains = append(x.drains, l); if x.draining { return }
		t.drains.push(f.l)
		if t.draining != 0 {
			return m.result(0)
		}
		t.draining = 1
		f.w = 0 // served
		return m.at(f, 1)
	case 1: // for …
		if t.drains.n == 0 {
			if t.later.n == 0 {
				t.draining = 0
				return m.result(0)
			}
			t.drains.push(t.later.pop())
		}
		// t := l.Next()
		f.l = t.drains.at[t.drains.n-1]
		return m.then(f, 2, frame{fn: fnNext, l: f.l})
	case 2:
		t.drains.pop() // x.drains = x.drains[:top]
		if t.ret == ptrNil {
			return m.at(f, 1)
		}
		f.o = t.ret - ptrTask
		home := m.scripts[f.o]
		// if served >= x.d.bounds.served && x.handOver(l, o) { continue }
		if f.w >= m.maxServed && !home.offLoop && home.thread != m.tid {
			return m.at(f, 4)
		}
		f.w++
		f.p = t.drains.n // top
		return m.then(f, 3, frame{fn: fnServe, l: f.l, o: f.o})
	case 3:
		if t.ret == 0 { // below what the task added
			t.drains.insert(f.p, f.l)
		}
		return m.at(f, 1)
	default: // handOver: l.Return(&o.task); o.s.Conn.Post(&o.adopt)
		if !m.touches() {
			return false
		}
		s := m.s
		s.posted[f.l].insert(0, f.o)
		s.next[f.o] = s.pending[f.l]
		s.pending[f.l] = f.o + ptrTask
		s.threads[m.scripts[f.o].thread].inbox.push(0x80 | f.l)
		return m.at(f, 1)
	}
}

// serve advances op o, taken off lease l: 1 = the op took the lease over.
func (m *model) serve(f *frame) bool {
	op, sc := &m.s.ops[f.o], &m.scripts[f.o]
	switch f.pc {
	case 0:
		m.must(op.lent == 1 && !m.isPosted(f.o), "op %d is served, but does not wait", f.o)
		switch op.stage {
		case stOne:
			if sc.offLoop { // o.wake <- struct{}{}; return true
				if !m.touches() {
					return false
				}
				op.wake++
				m.must(op.wake == 1, "op %d is woken twice", f.o)
				return m.result(1 - m.is(wakeAndKeep))
			}
			m.must(op.at == f.l, "op %d is served on the wrong lease", f.o)
			// return x.runLent(o, o.at)
			return m.then(f, 4, frame{fn: fnRunLent, o: f.o, m: 1 << op.at})
		case stSeveral: // at := o.at; if x.takeRest(o)
			f.p = op.at
			m.must(op.at == f.l, "op %d is served on the wrong lease", f.o)
			return m.then(f, 2, frame{fn: fnTakeRest, o: f.o})
		case stToken: // x.takeInOrder(o, o.mask.Next(0)); return true
			m.must(f.l == m.token(), "op %d is served on the wrong lease", f.o)
			f.h = 1
			return m.then(f, 1, frame{fn: fnTakeInOrder, o: f.o, p: nextIn(op.mask, 0)})
		default: // x.takeInOrder(o, o.mask.Next(o.at+1)); return true
			m.must(op.at == f.l, "op %d is served on the wrong lease", f.o)
			f.h = 1
			return m.then(f, 1, frame{fn: fnTakeInOrder, o: f.o, p: nextIn(op.mask, op.at+1)})
		}
	case 2:
		if m.t.ret == 1 && sc.offLoop { // o.wake <- struct{}{}; return true
			if !m.touches() {
				return false
			}
			op.wake++
			m.must(op.wake == 1, "op %d is woken twice", f.o)
			return m.result(1)
		}
		if m.t.ret == 1 { // mask := o.mask; if x.runLent(o, none) { return true }
			f.m = op.mask
			return m.then(f, 3, frame{fn: fnRunLent, o: f.o, m: f.m})
		}
		return m.then(f, 1, frame{fn: fnRetry, o: f.o})
	case 3:
		if m.t.ret == 1 {
			return m.result(1)
		}
		// x.giveBackMask(&mask, at)
		return m.then(f, 1, frame{fn: fnGiveBackMask, m: f.m, h: f.p})
	case 4:
		return m.result(m.t.ret)
	default:
		return m.result(f.h)
	}
}

// runLent executes op o's command with the leases of m, and posts it home: 1 = the leases have gone with it.
func (m *model) runLent(f *frame) bool {
	if !m.touches() {
		return false
	}
	switch f.pc {
	case 0:
		m.enter(f.o, f.m)
		return m.at(f, 1)
	case 1:
		if m.suspend(f.o, f.m) {
			return m.result(1 - m.is(leasesStay))
		}
		m.leave(f.o, f.m)
		return m.at(f, 2)
	default: // s.Conn.Post(&o.resume)
		m.s.threads[m.scripts[f.o].thread].inbox.push(f.o)
		return m.result(0)
	}
}

// queueForToken starts the serialized path of op o.
func (m *model) queueForToken(f *frame) bool {
	op := &m.s.ops[f.o]
	switch f.pc {
	case 0: // o.stage = wantsToken; if Token.AcquireOrPost(&o.task)
		op.stage = stToken
		return m.then(f, 1, frame{fn: fnAcquireOrPost, l: m.token(), o: f.o})
	case 1:
		if m.t.ret == 0 {
			return m.result(0)
		}
		// x.takeInOrder(o, o.mask.Next(0))
		return m.then(f, 2, frame{fn: fnTakeInOrder, o: f.o, p: nextIn(op.mask, 0)})
	default:
		return m.result(0)
	}
}

// takeInOrder goes on taking op o's partitions from p on.
func (m *model) takeInOrder(f *frame) bool {
	op := &m.s.ops[f.o]
	switch f.pc {
	case 0: // for p >= 0 { o.stage, o.at = wantsNext, p; next := …; AcquireOrPost(&o.task)
		if f.p != noneP && m.s.long&(1<<f.p) != 0 { // if x.d.turnsBack(o, p) { x.turnBack(o, p); return }
			return m.then(f, 4, frame{fn: fnTurnBack, o: f.o, p: f.p})
		}
		if f.p != noneP {
			op.stage, op.at = stNext, f.p
			f.w = nextIn(op.mask, f.p+1)
			return m.then(f, 1, frame{fn: fnAcquireOrPost, l: f.p, o: f.o})
		}
		if m.scripts[f.o].offLoop { // o.hasToken = true; o.wake <- struct{}{}
			if !m.touches() {
				return false
			}
			op.hasToken = 1
			op.wake++
			m.must(op.wake == 1, "op %d is woken twice", f.o)
			return m.result(0)
		}
		f.m = op.mask // mask := o.mask; x.runLent(o, none)
		return m.then(f, 2, frame{fn: fnRunLent, o: f.o, m: f.m})
	case 1:
		if m.t.ret == 0 {
			return m.result(0)
		}
		f.p = f.w // p = next
		return m.at(f, 0)
	case 2: // if !x.runLent(o, none) { x.giveBackMask(&mask, none) }
		if m.t.ret == 1 {
			return m.at(f, 3)
		}
		if m.broken == maskAfterPost {
			if !m.touches() {
				return false
			}
			f.m = op.mask
		}
		return m.then(f, 3, frame{fn: fnGiveBackMask, m: f.m, h: noneP})
	case 3: // x.giveBack(&x.d.Set.Token)
		if m.broken == forgetToken {
			return m.result(0)
		}
		return m.then(f, 4, frame{fn: fnGiveBack, l: m.token()})
	default:
		return m.result(0)
	}
}

// takeRest tries op o's partitions besides at: 1 = all are held.
func (m *model) takeRest(f *frame) bool {
	op := &m.s.ops[f.o]
	if f.pc == 0 { // o.attempts++; busy := x.takeMask(&o.mask, o.at)
		op.attempts++
		return m.then(f, 1, frame{fn: fnTakeMask, m: op.mask, h: op.at})
	}
	if m.t.ret == noneP {
		return m.result(1)
	}
	op.at = m.t.ret // o.at = busy
	return m.result(0)
}

// retry posts op o to the lease that was busy, or sends it to the token.
func (m *model) retry(f *frame) bool {
	op := &m.s.ops[f.o]
	switch f.pc {
	case 0:
		if op.attempts >= m.maxAttempts { // x.queueForToken(o)
			return m.then(f, 2, frame{fn: fnQueueForToken, o: f.o})
		}
		// l := x.d.Set.Lease(o.at); if l.AcquireOrPost(&o.task)
		f.l = op.at
		return m.then(f, 1, frame{fn: fnAcquireOrPost, l: f.l, o: f.o})
	case 1:
		if m.t.ret == 1 && m.broken != retryLost { // l.Return(&o.task); x.later = append(x.later, l)
			s := m.s
			s.posted[f.l].insert(0, f.o)
			s.next[f.o] = s.pending[f.l]
			s.pending[f.l] = f.o + ptrTask
			m.t.later.push(f.l)
		}
		return m.result(0)
	default:
		return m.result(0)
	}
}

// takeMask takes every lease of m besides h, or none: then it returns the busy
// one.
func (m *model) takeMask(f *frame) bool {
	switch f.pc {
	case 0: // p := m.Next(0)
		f.p = nextIn(f.m, 0)
		return m.at(f, 1)
	case 1:
		if f.p == f.h && f.p != noneP {
			f.p = nextIn(f.m, f.p+1)
			return true
		}
		if f.p == noneP {
			return m.result(noneP)
		}
		return m.then(f, 2, frame{fn: fnTryAcquire, l: f.p})
	case 2:
		if m.t.ret == 1 {
			f.p = nextIn(f.m, f.p+1)
			return m.at(f, 1)
		}
		f.w = nextIn(f.m, 0)
		return m.at(f, 3)
	default: // for q := m.Next(0); q < p; q = m.Next(q + 1) { if q != have { x.release(q) } }
		if f.w >= f.p {
			return m.result(f.p)
		}
		q := f.w
		f.w = nextIn(f.m, q+1)
		if q == f.h {
			return true
		}
		return m.then(f, 3, frame{fn: fnRelease, l: q})
	}
}

// giveBackMask releases every lease of m besides h.
func (m *model) giveBackMask(f *frame) bool {
	if f.pc == 0 {
		f.p = nextIn(f.m, 0)
		f.pc = 1
	}
	if f.p == noneP {
		return m.result(0)
	}
	p := f.p
	f.p = nextIn(f.m, p+1)
	if p == f.h {
		return true
	}
	return m.then(f, 1, frame{fn: fnRelease, l: p})
}

// is is 1 if the model has the defect.
func (m *model) is(d defect) uint8 {
	if m.broken == d {
		return 1
	}
	return 0
}

// release is TryRelease, or else giveBack, of lease l.
func (m *model) release(f *frame) bool {
	switch f.pc {
	case 0:
		return m.then(f, 1, frame{fn: fnTryRelease, l: f.l})
	case 1:
		if m.t.ret == 1 {
			return m.result(0)
		}
		return m.then(f, 2, frame{fn: fnGiveBack, l: f.l})
	default:
		return m.result(0)
	}
}

// offLoop is a command of an ordinary goroutine: acquireMask, run, releaseAll.
func (m *model) offLoop(f *frame) bool {
	op := &m.s.ops[f.o]
	first := nextIn(f.m, 0)
	several := f.m&(f.m-1) != 0
	switch f.pc {
	case 0:
		op.lent, op.mask, op.attempts, op.hasToken = 1, f.m, 0, 0
		if !several { // o.stage, o.at = wantsOne, first; AcquireOrPost(&o.task)
			op.stage, op.at = stOne, first
			return m.then(f, 1, frame{fn: fnAcquireOrPost, l: first, o: f.o})
		}
		// o.stage = wantsToken; if Token.AcquireOrPost { takeInOrder }
		return m.then(f, 2, frame{fn: fnQueueForToken, o: f.o})
	case 1:
		if m.t.ret == 1 {
			return m.at(f, 3)
		}
		return m.at(f, 2)
	case 2: // <-o.wake
		if op.wake == 0 || !m.touches() {
			return false
		}
		op.wake = 0
		return m.at(f, 3)
	case 3: // y.Executor.run
		if !m.touches() {
			return false
		}
		m.enter(f.o, f.m)
		return m.at(f, 4)
	case 4:
		if !m.touches() {
			return false
		}
		m.leave(f.o, f.m)
		op.lent = 0
		return m.then(f, 5, frame{fn: fnGiveBackMask, m: f.m, h: noneP})
	case 5: // if o.hasToken { y.giveBack(&y.d.Set.Token) }
		if op.hasToken != 0 {
			op.hasToken = 0
			return m.then(f, 6, frame{fn: fnGiveBack, l: m.token()})
		}
		return m.result(0)
	default:
		return m.result(0)
	}
}
