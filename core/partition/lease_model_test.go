package partition

import (
	"fmt"
	"hash/maphash"
	"strings"
)

// A model of the lease and of the ways in which core/dispatch takes leases, and
// an explorer that walks through every interleaving of it.
//
// # The model
//
// Threads are loops and ordinary goroutines. Each has a stack of frames; a
// frame is a function of lease.go or of core/dispatch with its program counter
// and its locals. A step runs one thread up to and including one access that
// other threads can see: a load, compare-and-swap or swap of a lease's word, a
// post to a loop, a wake-up of a goroutine, the entry into a command or the end
// of it. What a thread does to things that are its own at that time belongs to
// the step before; that they are its own is asserted.
//
// The code stands as a comment beside each transition.
//
// # What is proved of a scenario
//
//   - Mutual exclusion: no two commands are in one partition at one time, and a
//     command is in no partition whose lease its thread does not hold.
//   - Order: tasks are served in the order in which they were posted to a lease.
//     With the finite attempts of the all-or-none path that bounds how many
//     others can go ahead of anyone.
//   - No task is served twice, none while it is not posted, and no session is
//     resumed twice.
//   - Progress: the graph of states has no cycle. So every schedule comes to an
//     end, fair or not: nobody is starved, and nothing spins on another for ever.
//   - No deadlock, no lost task, no lost wake-up: at every end all commands have
//     run, every session is home, all leases are free and all queues empty.

// Bounds of the model's fixed arrays.
const (
	maxLeases  = 4 // three partitions and the token
	maxOps     = 4
	maxThreads = 4
	maxFrames  = 14
	maxQueue   = 5
)

// A pointer to a task: free and held as in lease.go, then the ops.
const (
	ptrNil  = 0
	ptrHeld = 1
	ptrTask = 2
)

const noneP = 0xff // "none", and -1 of Mask.Next

type frame struct {
	fn, pc           uint8
	l, o, p, w, m, h uint8 // locals
}

// modelThread is a loop or an ordinary goroutine.
type modelThread struct {
	stack    [maxFrames]frame
	depth    uint8
	ret      uint8 // of the last frame that returned
	draining uint8
	drains   list
	later    list
	inbox    list // posts: of op i to resume it, 0x80|l to adopt a lease, or 0x40|i to go on with the command of op i
}

// list is a small sequence, canonical: what is behind n is zero.
type list struct {
	at [maxQueue]uint8
	n  uint8
}

func (q *list) push(v uint8) { q.at[q.n] = v; q.n++ }
func (q *list) pop() uint8   { q.n--; v := q.at[q.n]; q.at[q.n] = 0; return v }
func (q *list) insert(i, v uint8) {
	copy(q.at[i+1:], q.at[i:q.n])
	q.at[i] = v
	q.n++
}

func (q *list) shift() uint8 {
	v := q.at[0]
	copy(q.at[:], q.at[1:q.n])
	q.n--
	q.at[q.n] = 0
	return v
}

// The stages of core/dispatch.
const (
	stOne = iota
	stSeveral
	stToken
	stNext
)

// modelOp is an op of core/dispatch with its session, or with the goroutine
// that waits in it.
type modelOp struct {
	stage, at, attempts, mask uint8
	lent                      uint8 // posted, or on its way home
	ran                       uint8 // commands of its script that have run
	wake                      uint8 // the channel's buffer
	hasToken                  uint8
}

type modelState struct {
	word, pending [maxLeases]uint8
	inside        [maxLeases]uint8 // commands inside
	long          uint8            // partitions of commands that take long
	next          [maxOps]uint8    // Task.next
	posted        [maxLeases]list  // ghost: the queue as it should be served
	ops           [maxOps]modelOp
	threads       [maxThreads]modelThread
}

// A script is the commands of one client: each the set of partitions it needs.
type script struct {
	thread  int
	offLoop bool // an ordinary goroutine with its own thread
	token   bool // commands of several partitions are of ScopeAll
	masks   []uint8
	// away is the thread to which its commands move while they run, with their leases; 0: they stay. There they look for those who
	// wait sifts times; busy: and send them home.
	away, sifts int
	busy        bool
}

// model is a scenario with the bounds of core/dispatch that it sets.
type model struct {
	name                   string
	partitions             int
	threads                int
	scripts                []script
	maxAttempts, maxServed uint8
	broken                 defect

	s      *modelState
	t      *modelThread
	tid    int
	budget int // accesses left in this step

	seen   map[[2]uint64]bool // true: on the path
	seeds  [2]maphash.Seed
	path   []trace
	limit  int
	ends   int
	depest int
}

// defect is a deliberate mistake, to show that the explorer finds it.
type defect uint8

const (
	sound defect = iota
	releaseByLoadAndStore
	postWithoutCompare
	nextLosesPending
	oldestLast
	holdAndWait
	forgetToken
	maskAfterPost
	retryLost
	wakeAndKeep
	siftLosesTasks
	turnBackKeepsToken
	leasesStay
)

func (m *model) token() uint8 { return uint8(m.partitions) }

type broken string

func (m *model) fail(format string, args ...any) { panic(broken(fmt.Sprintf(format, args...))) }

func (m *model) must(ok bool, format string, args ...any) {
	if !ok {
		m.fail(format, args...)
	}
}

// explore visits every state that can be reached. It returns what is wrong, or
// an empty string.
func (m *model) explore() (wrong string) {
	m.seen = make(map[[2]uint64]bool)
	m.seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}
	defer func() {
		if r := recover(); r != nil {
			b, ok := r.(broken)
			if !ok {
				panic(r)
			}
			wrong = string(b) + "\n" + m.trace()
		}
	}()
	var s modelState
	for t := range m.threads {
		s.threads[t].depth = 1
	}
	m.visit(&s)
	return ""
}

// trace is a step as a failure shows it.
type trace struct {
	thread        int
	f             frame
	word, pending [maxLeases]uint8
}

// maxTrace is how many steps before a failure are shown.
const maxTrace = 100

func (m *model) trace() string {
	var b strings.Builder
	for _, step := range m.path[max(0, len(m.path)-maxTrace):] {
		f := &step.f
		fmt.Fprintf(&b, "thread %d: %s.%d lease %d op %d p %d mask %b: words %v pending %v\n",
			step.thread, fnNames[f.fn], f.pc, f.l, f.o, f.p, f.m, step.word, step.pending)
	}
	return b.String()
}

func (m *model) visit(s *modelState) {
	key := [2]uint64{maphash.Comparable(m.seeds[0], *s), maphash.Comparable(m.seeds[1], *s)}
	if onPath, known := m.seen[key]; known {
		m.must(!onPath, "a cycle without progress")
		return
	}
	m.must(len(m.seen) < m.limit, "more than %d states", m.limit)
	m.seen[key] = true
	m.depest = max(m.depest, len(m.path))
	moved := false
	for t := range m.threads {
		for choice := uint8(0); ; choice++ {
			next := *s
			if !m.step(&next, t, choice) {
				break
			}
			moved = true
			m.visit(&next)
			m.path = m.path[:len(m.path)-1]
		}
	}
	if !moved {
		m.ended(s)
		m.ends++
	}
	m.seen[key] = false
}

// ended checks a state in which nobody can go on.
func (m *model) ended(s *modelState) {
	for l := range m.partitions + 1 {
		m.must(s.word[l] == ptrNil && s.pending[l] == ptrNil, "the end: lease %d is not free", l)
		m.must(s.posted[l].n == 0, "the end: tasks wait for lease %d", l)
		m.must(s.inside[l] == 0, "the end: somebody is in partition %d", l)
	}
	for o, sc := range m.scripts {
		op := &s.ops[o]
		m.must(int(op.ran) == len(sc.masks), "the end: op %d has run %d of %d", o, op.ran, len(sc.masks))
		m.must(op.lent == 0 && op.wake == 0, "the end: op %d is not home", o)
	}
	for t := range m.threads {
		th := &s.threads[t]
		m.must(th.inbox.n == 0 && th.drains.n == 0 && th.later.n == 0 && th.draining == 0, "the end: thread %d has work", t)
	}
}

// step runs thread t up to its next access that others can see. It is false if
// there is no such choice.
func (m *model) step(s *modelState, t int, choice uint8) bool {
	m.s, m.t, m.tid, m.budget = s, &s.threads[t], t, 1
	if m.t.depth == 1 {
		if !m.begin(choice) {
			return false
		}
	} else if choice > 0 {
		return false
	}
	f := m.t.stack[m.t.depth-1]
	if !m.runs() {
		return false
	}
	m.path = append(m.path, trace{t, f, s.word, s.pending})
	return true
}

// runs executes frames until the access is used up and another is wanted.
func (m *model) runs() (ran bool) {
	for m.t.depth > 1 {
		if !m.exec(&m.t.stack[m.t.depth-1]) {
			break
		}
		ran = true
	}
	return ran || m.budget == 0
}

// begin gives an idle thread its next work: the choice-th of what there is.
func (m *model) begin(choice uint8) bool {
	if m.t.inbox.n > 0 {
		if choice == 0 {
			m.budget--
			switch post := m.t.inbox.shift(); {
			case post&0x80 != 0: // adopted: x.giveBack(lease)
				m.call(frame{fn: fnGiveBack, l: post &^ 0x80})
			case post&0x40 != 0: // go y.resume(o)
				o := post &^ 0x40
				m.call(frame{fn: fnAway, o: o, m: m.s.ops[o].mask})
			default: // resumed: s.Lent = false
				op := &m.s.ops[post]
				m.must(op.lent == 1, "op %d is resumed twice", post)
				op.lent = 0
			}
			return true
		}
		choice--
	}
	for o, sc := range m.scripts {
		op := &m.s.ops[o]
		if sc.thread != m.tid || op.lent != 0 || int(op.ran) == len(sc.masks) {
			continue
		}
		if choice > 0 {
			choice--
			continue
		}
		fn := uint8(fnRoute)
		mask := sc.masks[op.ran]
		switch {
		case sc.offLoop:
			fn = fnOffLoop
		case mask&(mask-1) != 0 && sc.token:
			fn = fnWithToken
		case mask&(mask-1) != 0:
			fn = fnWithSeveral
		}
		m.call(frame{fn: fn, o: uint8(o), m: mask})
		return true
	}
	return false
}

func (m *model) call(f frame) {
	m.must(int(m.t.depth) < maxFrames, "the model's stack is too small")
	m.t.stack[m.t.depth] = f
	m.t.depth++
}

// result ends the running frame.
func (m *model) result(v uint8) bool {
	m.t.depth--
	m.t.stack[m.t.depth] = frame{}
	m.t.ret = v
	return true
}

// then calls g, and goes on at pc when it has returned.
func (m *model) then(f *frame, pc uint8, g frame) bool {
	f.pc = pc
	m.call(g)
	return true
}

func (m *model) at(f *frame, pc uint8) bool {
	f.pc = pc
	return true
}

// touches takes the step's one access; false ends the step.
func (m *model) touches() bool {
	if m.budget == 0 {
		return false
	}
	m.budget--
	return true
}

// nextIn is Mask.Next.
func nextIn(mask, from uint8) uint8 {
	if from == noneP {
		return noneP
	}
	for p := from; p < 8; p++ {
		if mask&(1<<p) != 0 {
			return p
		}
	}
	return noneP
}

// enter is the beginning of a command in all partitions of mask.
func (m *model) enter(o, mask uint8) {
	op := &m.s.ops[o]
	sc := &m.scripts[o]
	m.must(int(op.ran) < len(sc.masks) && sc.masks[op.ran] == mask, "op %d runs with the wrong leases %b", o, mask)
	for p := range uint8(m.partitions) {
		if mask&(1<<p) == 0 {
			continue
		}
		m.must(m.s.word[p] != ptrNil, "a command runs in partition %d, whose lease is free", p)
		m.must(m.s.inside[p] == 0, "two commands are in partition %d", p)
		m.s.inside[p] = 1
	}
}

// leave is its end.
func (m *model) leave(o, mask uint8) {
	for p := range uint8(m.partitions) {
		if mask&(1<<p) != 0 {
			m.s.inside[p] = 0
		}
	}
	m.s.ops[o].ran++
}

// isPosted says whether op o lies in some lease's queue.
func (m *model) isPosted(o uint8) bool {
	for l := range m.partitions + 1 {
		q := &m.s.posted[l]
		for _, other := range q.at[:q.n] {
			if other == o {
				return true
			}
		}
	}
	return false
}
