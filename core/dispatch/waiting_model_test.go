package dispatch_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
)

// A model of those who wait for keys (keyspace/waiters.go, waiting.go), and an explorer that walks through every interleaving of it.
//
// # The model
//
// There is one key in each partition, a number of elements. Agents are:
//
//	writers   take the leases of their keys, push an element to each, serve who waits, give back
//	takers    take a lease and an element, if there is one, as LPOP does
//	arrivals  the first run of a BLPOP: takes what is there, or stands in the queues of its keys
//	loops     of a waiter: ends the wait when its time is over, and gets the post that it was served
//	ops       of a waiter whose service needs a lease that is busy: the serialized path
//
// The protocol of the leases has a model of its own (core/partition). Here a lease is free or taken, whoever wants several on arrival
// gets them at once or not yet, and the token passes between ops in any order: that allows every schedule of the real one, and more.
//
// A step is one access that others can see: to a lease, the token, or the state of a waiter, with what its agent does under its leases
// before the next one. The code stands as a comment beside it.
//
// # What is proved of a scenario
//
//   - No double service: a waiter gets one element or none, and no element is lost or given twice.
//   - First come, first served: who is served from a key's queue had nobody before it there but waiters that were being served at that
//     time. There is one exception: while a waiter is on the serialized path for a key, what is there may be taken by who comes anew, or by
//     who is served from another key.
//   - No lost wake-up: at every end nobody waits for a key that has an element.
//   - No wait without an end: whose time is over is served, or timed out, at every end.
//   - Progress: there is no cycle of states; at every end all leases and the token are free.

// Bounds of the model's fixed arrays.
const (
	modelKeys    = 3
	modelWaiters = 4
	modelAgents  = 4
)

// The states of a waiter, as in keyspace.
const (
	wWaits = iota
	wClaimed
	wPoked
	wOver
)

const (
	nobody        = 0xff
	maxWaitStates = 20_000_000
)

// waiterState is one wait.
type waiterState struct {
	state   uint8
	arrived uint8 // 1: the leases are held; 2: its first run is over
	place   uint8 // bit k: it stands in the queue of key k
	got     uint8 // elements
	posts   uint8 // of answered that are on their way
	timing  uint8 // 0: its time isn't over; 1: to be ended; 2: Cancel has failed; 3: timed out
	home    bool  // the session goes on
	op      service
}

// service is a thread in serveReady, or on its way to it.
type service struct {
	pc         uint8
	have, more uint8 // leases that are held, and those that were taken on the way
	key        uint8 // whose queue is walked
	at         uint8 // place in it
	w          uint8 // who is being served
	missing    uint8 // leases to be tried
	tried      uint8 // those that were got so far
	isOwn      bool  // an op that runs the command of its own waiter
	hasSeen    bool  // see claimByStore
}

// waitState is a state of the model.
type waitState struct {
	leases  uint8 // bit k: taken
	token   bool
	items   [modelKeys]uint8
	ready   uint8
	queue   [modelKeys][modelWaiters]uint8 // waiter+1, in order
	waiters [modelWaiters]waiterState
	agents  [modelAgents]service
}

// The program counters of a service.
const (
	sBegin    = iota
	sToken    // op: wants the token
	sLeases   // op: has the token, takes leases in order
	sNext     // looks for a ready key
	sWalk     // at a place of a queue
	sTry      // tries the missing leases
	sUndo     // lets go of those that it got
	sRun      // runs the command of w
	sUnclaim  // the second half of Unclaim
	sServed   // makes the wait over, and posts
	sGiveBack // gives back what it took on the way
	sEnd
	sDone
)

// waiting is a scenario.
type waiting struct {
	name    string
	waiters []waits
	writers []uint8 // keys that each pushes to
	takers  []uint8 // the key of each
	flaw    flaw

	s    *waitState
	seen map[waitState]bool // true: on the path
	path []string
	ends int
}

// waits is a BLPOP, or, if it needs more partitions than that of its key, a BLMOVE. It may end by its time.
type waits struct {
	keys, more uint8
	timed      bool
}

func (w *waits) needs() uint8 { return w.keys | w.more }

// flaw is a deliberate mistake.
type flaw uint8

const (
	faultless      flaw = iota
	claimByStore        // Claim is a load and a store that nobody notices in between
	unclaimByStore      // Unclaim forgets that Cancel was called
	cancelByStore       // Cancel doesn't mind a claim
	dropWhenBusy        // a service that needs a busy lease is given up
	noSignal            // the serialized path doesn't wake those behind it
	stopAtClaimed       // who is being served elsewhere holds up those behind it
	passTheSingle       // … and who is about to be served from this key doesn't
	leaveUnclaimed      // who goes to the serialized path is free to be served on the way
)

var flaws = map[flaw]string{
	claimByStore: "claim by load and store", unclaimByStore: "unclaim forgets the poke", cancelByStore: "cancel in spite of a claim",
	dropWhenBusy: "a busy lease ends the service", noSignal: "those behind aren't woken", stopAtClaimed: "who is served elsewhere holds others up",
	passTheSingle: "a turn isn't kept", leaveUnclaimed: "no claim on the way to the token",
}

func (m *waiting) must(ok bool, format string, args ...any) {
	if !ok {
		panic(modelBroken(fmt.Sprintf(format, args...)))
	}
}

type modelBroken string

// explore visits every state. It returns what is wrong, or an empty string.
func (m *waiting) explore() (wrong string) {
	m.seen, m.path, m.ends = make(map[waitState]bool), nil, 0
	defer func() {
		if r := recover(); r != nil {
			b, ok := r.(modelBroken)
			if !ok {
				panic(r)
			}
			wrong = string(b) + "\n" + strings.Join(m.path, "\n")
		}
	}()
	var s waitState
	m.visit(&s)
	return ""
}

func (m *waiting) visit(s *waitState) {
	if onPath, known := m.seen[*s]; known {
		m.must(!onPath, "a cycle without progress")
		return
	}
	m.must(len(m.seen) < maxWaitStates, "more than %d states", maxWaitStates)
	m.seen[*s] = true
	moved := false
	for who := range m.agentCount() {
		next := *s
		m.s = &next
		depth := len(m.path)
		m.path = append(m.path, "")
		if what := m.step(who); what != "" {
			moved = true
			m.path[depth] = what
			m.visit(&next)
		}
		m.path = m.path[:depth]
	}
	if !moved {
		m.ended(s)
		m.ends++
	}
	m.seen[*s] = false
}

// ended checks a state in which nobody can go on.
func (m *waiting) ended(s *waitState) {
	m.must(s.leases == 0 && !s.token, "the end: leases %b, token %v", s.leases, s.token)
	pushed, left := 0, 0
	for _, keys := range m.writers {
		pushed += ones(keys)
	}
	for k := range s.items {
		left += int(s.items[k])
	}
	for i, spec := range m.waiters {
		w := &s.waiters[i]
		left += int(w.got)
		m.must(w.got <= 1, "the end: waiter %d was served %d times", i, w.got)
		m.must(w.arrived == 2, "the end: waiter %d never came", i)
		m.must((w.got == 1) == (w.home && w.timing != 3), "the end: waiter %d got %d, and %+v", i, w.got, *w)
		m.must(w.home || w.state == wWaits, "the end: waiter %d is in state %d", i, w.state)
		m.must(w.home || !spec.timed, "the end: the time of waiter %d is over, but not its wait", i)
		for k := range uint8(modelKeys) {
			m.must(w.home || w.place&(1<<k) == 0 || s.items[k] == 0, "the end: waiter %d waits for key %d, which has %d elements", i, k, s.items[k])
		}
	}
	for i := range m.takers {
		left += int(s.agents[len(m.writers)+i].w)
	}
	m.must(pushed == left, "the end: of %d elements %d are left or given out", pushed, left)
}

func ones(mask uint8) (n int) {
	for ; mask != 0; mask &= mask - 1 {
		n++
	}
	return n
}

// lowest is the first key of a mask.
func lowest(mask uint8) uint8 {
	for k := range uint8(modelKeys) {
		if mask&(1<<k) != 0 {
			return k
		}
	}
	return nobody
}

var longWaiting = flag.Bool("long-model", false, "explore the large scenarios of waiters too")

const (
	inA  = 1 << 0
	inB  = 1 << 1
	inC  = 1 << 2
	inAB = inA | inB
	inBC = inB | inC
)

func forEver(keys uint8) waits { return waits{keys: keys} }
func timed(keys uint8) waits   { return waits{keys: keys, timed: true} }

func waitingScenarios() []*waiting {
	return []*waiting{
		{name: "one waiter, two writers", waiters: []waits{timed(inA)}, writers: []uint8{inA, inA}},
		{name: "two waiters for one key", waiters: []waits{timed(inA), forEver(inA)}, writers: []uint8{inA, inA}},
		{name: "two keys, two writers race", waiters: []waits{timed(inAB)}, writers: []uint8{inA, inB}},
		{name: "two over both keys", waiters: []waits{forEver(inAB), timed(inAB)}, writers: []uint8{inA, inB}},
		{name: "one over both, one for each", waiters: []waits{forEver(inAB), forEver(inA), forEver(inB)}, writers: []uint8{inA, inB}},
		{name: "behind one over both", waiters: []waits{timed(inAB), forEver(inA)}, writers: []uint8{inA, inB}},
		{name: "a writer of both keys", waiters: []waits{timed(inAB), forEver(inA)}, writers: []uint8{inAB, inA}},
		{name: "a taker", waiters: []waits{timed(inAB)}, writers: []uint8{inA, inB}, takers: []uint8{inA}},
		{name: "a taker, and one behind", waiters: []waits{forEver(inAB), forEver(inB)}, writers: []uint8{inA, inB}, takers: []uint8{inB}},
		{name: "a taker of each key", waiters: []waits{timed(inAB)}, writers: []uint8{inA}, takers: []uint8{inA, inB}},
		{name: "one moves to a busy partition", waiters: []waits{{keys: inA, more: inB, timed: true}, forEver(inA)}, writers: []uint8{inA, inA}, takers: []uint8{inB}},
		{name: "one passed, one served from another key", waiters: []waits{forEver(inA | inC), forEver(inA), forEver(inAB)}, writers: []uint8{inA, inB}, takers: []uint8{inC}},
		{name: "three keys", waiters: []waits{forEver(inAB), forEver(inBC)}, writers: []uint8{inB, inA | inC}},
	}
}

// longWaitingScenarios take minutes and some GB.
func longWaitingScenarios() []*waiting {
	return []*waiting{
		{name: "long: three over both keys", waiters: []waits{timed(inAB), timed(inAB), forEver(inAB)}, writers: []uint8{inA, inB, inA}},
		{name: "long: one behind two", waiters: []waits{timed(inAB), forEver(inBC), forEver(inB)}, writers: []uint8{inA, inB, inC}},
		{name: "long: a ring", waiters: []waits{forEver(inAB), forEver(inBC), forEver(inA | inC)}, writers: []uint8{inA, inB, inC}},
		{name: "long: takers", waiters: []waits{timed(inAB), timed(inA), forEver(inB)}, writers: []uint8{inA, inB}, takers: []uint8{inA, inB}},
	}
}

func TestWaitingModel(t *testing.T) {
	run := waitingScenarios()
	if *longWaiting {
		run = append(run, longWaitingScenarios()...)
	}
	for _, m := range run {
		t.Run(m.name, func(t *testing.T) {
			if wrong := m.explore(); wrong != "" {
				t.Fatal(wrong)
			}
			t.Logf("%d states, %d ends", len(m.seen), m.ends)
		})
	}
}

// TestWaitingModelFindsFlaws shows that the explorer is not blind: each deliberate mistake is found in some scenario.
func TestWaitingModelFindsFlaws(t *testing.T) {
	for f, name := range flaws {
		t.Run(name, func(t *testing.T) {
			for _, m := range waitingScenarios() {
				m.flaw = f
				if wrong := m.explore(); wrong != "" {
					t.Logf("%s: %.90s", m.name, wrong)
					return
				}
			}
			t.Error("no scenario shows it")
		})
	}
}
