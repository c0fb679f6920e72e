package journal

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// A model of the ring, of the sequencer and of the wake-up of readers, and an explorer that walks through every interleaving of it.
//
// # The model
//
// Threads are writers and readers. A step runs one thread up to and including one access that others can see: to tail, to head, to a header, to
// the counter of sleepers, to a reader's asleep, to its channel, to mu. What lies between belongs to the step before. A record's commands are written in
// one step and read in one, as nobody may look meanwhile: that nobody does is what is proved. The code stands as a comment beside each step.
//
// A writer that waits for room tries again and again; a try that fails changes nothing. So the model lets it run only when a try would succeed.
//
// # What is proved of a scenario
//
//   - The stream is, at any time, the beginning of the list of records in the order of their positions, which is each writer's order: so nothing is lost,
//     doubled, or changes places.
//   - No record is torn: when it is read all of its words are its own. Nothing but a committed header passes for one.
//   - Every end is one where all records were read, all readers are awake and the counter of sleepers is zero. So there is no lost wake-up and no
//     deadlock, and a full ring comes free though no writer but those in the ring can go on.
//   - The graph of states has no cycle: nobody spins on another for ever.

const (
	modelThreads = 4
	modelWords   = 8
	modelRecords = 8
)

// A word of the model's ring: nothing, the header of a record, or one of its other words, which looks like a header to whoever takes it for one.
const (
	headerOf   = 0x80
	commandsOf = 0x40
	recordMask = 0x3f
)

// The steps. Those up to writerDone are a writer's.
const (
	writerReserve = iota
	writerRoom
	writerPut
	writerCommit
	writerSleepers
	writerDone

	sequenceHeader
	sequenceZero
	sequenceHead
	sequenceUnlock

	wakeAsleep
	wakeSwap
	wakeCount
	wakeSend

	readerCount
	readerSleep
	readerLock
	readerReceive
	readerCalm
	readerCalmCount
	readerNextLock
	readerNextView
	readerDone
)

var stepNames = [...]string{
	"reserve", "room", "put", "commit", "sleepers", "done", "header", "zero", "head", "unlock", "asleep", "swap", "count", "send",
	"count", "sleep", "lock", "receive", "calm", "calm count", "next lock", "next view", "done",
}

type modelThread struct {
	pc, then   uint8 // the step to come, and what follows the sequencing or waking that is under way
	record     uint8 // of the writer's script, how many were begun; of a reader, how many it has read
	end        uint8 // the position behind the record that is being written
	start, at  uint8 // of sequencing
	moved      bool
	target     uint8 // the reader that is being woken
	only       bool  // that one and no others
	asleep     bool
	tokens     uint8 // in the reader's channel
	isReadable bool
}

type modelState struct {
	words      [modelWords]uint8
	tail, head uint8
	mu         uint8 // its holder and 1
	sleepers   int8
	order      [modelRecords]uint8 // ghost: the records by position, and where each begins
	begins     [modelRecords]uint8
	reserved   uint8
	stream     uint8 // how many of them are in the stream
	threads    [modelThreads]modelThread
}

// ringModel is a scenario.
type ringModel struct {
	name    string
	words   uint8
	most    uint8     // words after which a sequencer shows what it did
	writers [][]uint8 // the sizes of each writer's records, in words
	readers int
	broken  defect

	seen   map[modelState]bool // true: on the path
	path   []string
	states int
}

// defect is a deliberate mistake, to show that the explorer finds it.
type defect uint8

const (
	sound defect = iota
	commitBeforePut
	noZeroing
	headBeforeZeroing
	roomForOneMore
	sequenceTooMuch
	noSequencingWriter
	sleepWithoutLook
	lookBeforeSleep
	countAfterAsleep
	wakeWithoutSwap
	sequenceUnlocked
)

type broken string

func (m *ringModel) must(ok bool, format string, args ...any) {
	if !ok {
		panic(broken(fmt.Sprintf(format, args...)))
	}
}

// explore visits every state that can be reached. It returns what is wrong, or an empty string.
func (m *ringModel) explore() (wrong string) {
	m.seen = make(map[modelState]bool)
	defer func() {
		if r := recover(); r != nil {
			b, ok := r.(broken)
			if !ok {
				panic(r)
			}
			wrong = string(b) + "\n" + strings.Join(m.path[max(0, len(m.path)-60):], "\n")
		}
	}()
	var s modelState
	for r := range m.readers {
		s.threads[len(m.writers)+r].pc = readerCount
	}
	m.visit(s)
	m.states = len(m.seen)
	return ""
}

func (m *ringModel) visit(s modelState) {
	if onPath, known := m.seen[s]; known {
		m.must(!onPath, "a cycle without progress")
		return
	}
	m.seen[s] = true
	moved := false
	for t := range len(m.writers) + m.readers {
		next := s
		if !m.enabled(&next, t) {
			continue
		}
		moved = true
		m.path = append(m.path, fmt.Sprintf("thread %d: %s: words %x tail %d head %d mu %d sleepers %d stream %d",
			t, stepNames[s.threads[t].pc], s.words, s.tail, s.head, s.mu, s.sleepers, s.stream))
		m.step(&next, t)
		m.visit(next)
		m.path = m.path[:len(m.path)-1]
	}
	if !moved {
		m.ended(&s)
	}
	m.seen[s] = false
}

// ended checks a state in which nobody can go on.
func (m *ringModel) ended(s *modelState) {
	total := uint8(0)
	for w, sizes := range m.writers {
		m.must(s.threads[w].pc == writerDone, "the end: writer %d waits", w)
		total += uint8(len(sizes)) // #nosec G115 -- small
	}
	m.must(s.mu == 0, "the end: somebody has the lock")
	if m.readers == 0 {
		return
	}
	m.must(s.stream == total && s.head == s.tail, "the end: %d of %d records in the stream", s.stream, total)
	m.must(s.sleepers == 0, "the end: %d sleepers", s.sleepers)
	for r := range m.readers {
		t := &s.threads[len(m.writers)+r]
		m.must(t.pc == readerDone, "the end: reader %d sleeps", r)
	}
}

// word is the word at a position.
func (m *ringModel) word(s *modelState, at uint8) *uint8 { return &s.words[at%m.words] }

func (m *ringModel) isFull(s *modelState, end uint8) bool {
	room := m.words
	if m.broken == roomForOneMore {
		room++
	}
	return end-s.head > room
}

// enabled says whether a step of thread t would change anything.
func (m *ringModel) enabled(s *modelState, t int) bool {
	switch th := &s.threads[t]; th.pc {
	case writerDone, readerDone:
		return false
	case writerRoom:
		free := s.mu == 0 && *m.word(s, s.head) != 0 && m.broken != noSequencingWriter
		return !m.isFull(s, th.end) || free
	case readerLock, readerNextLock:
		return s.mu == 0 || m.broken == sequenceUnlocked
	case readerReceive:
		return th.tokens > 0
	}
	return true
}

func (m *ringModel) step(s *modelState, t int) {
	switch th := &s.threads[t]; {
	case th.pc <= writerDone:
		m.write(s, t, th)
	case th.pc <= sequenceUnlock:
		m.sequence(s, t, th)
	case th.pc <= wakeSend:
		m.wake(s, th)
	default:
		m.read(s, t, th)
	}
}

func (m *ringModel) write(s *modelState, t int, th *modelThread) {
	size := m.writers[t][th.record]
	id := s.recordAt(th.end - size)
	switch th.pc {
	case writerReserve: // end := r.tail.Add(size)
		s.order[s.reserved], s.begins[s.reserved] = uint8(t)<<3|th.record, s.tail // #nosec G115 -- small
		s.reserved++
		s.tail += size
		th.end = s.tail
		th.pc = writerRoom
	case writerRoom: // for r.isFull(end) { if j.mu.TryLock() { j.sequence(); j.mu.Unlock() } }
		if m.isFull(s, th.end) {
			m.lock(s, t)
			th.pc, th.then = sequenceHeader, writerRoom
			th.start, th.at = s.head, s.head
			return
		}
		th.pc = writerPut
		if m.broken == commitBeforePut {
			th.pc = writerCommit
		}
	case writerPut: // r.put(at, b)
		for i := th.end - size + 1; i < th.end; i++ {
			*m.word(s, i) = commandsOf | id
		}
		th.pc = writerCommit
		if m.broken == commitBeforePut {
			th.pc = writerSleepers
		}
	case writerCommit: // r.header(at).Store(header)
		*m.word(s, th.end-size) = headerOf | id
		th.pc = writerSleepers
		if m.broken == commitBeforePut {
			th.pc = writerPut
		}
	case writerSleepers: // if j.sleepers.Load() != 0 { j.wake() }
		th.pc = writerDone
		if th.record++; int(th.record) < len(m.writers[t]) {
			th.pc = writerReserve
		}
		th.end = 0
		if s.sleepers != 0 {
			th.then, th.pc = th.pc, wakeAsleep
			th.target, th.only = uint8(len(m.writers)), false // #nosec G115 -- small
		}
	}
}

// recordAt is the number of the record that begins at a position, from 1.
func (s *modelState) recordAt(at uint8) uint8 {
	for i := range s.reserved {
		if s.begins[i] == at {
			return i + 1
		}
	}
	return 0
}

func (m *ringModel) lock(s *modelState, t int) {
	m.must(s.mu == 0 || m.broken == sequenceUnlocked, "two have the lock")
	s.mu = uint8(t) + 1 // #nosec G115 -- small
}

// sizeOf is the size of a record by its number.
func (m *ringModel) sizeOf(s *modelState, id uint8) uint8 {
	r := s.order[id-1]
	return m.writers[r>>3][r&7]
}

func (m *ringModel) sequence(s *modelState, t int, th *modelThread) {
	switch th.pc {
	case sequenceHeader: // header := r.header(at).Load()
		w := *m.word(s, th.at)
		if w == 0 || th.at-th.start >= m.most && m.broken != sequenceTooMuch {
			th.pc = sequenceZero
			return
		}
		id := w & recordMask
		m.must(w&headerOf != 0, "what is no header passes for one, at %d", th.at)
		m.must(s.begins[id-1] == th.at, "a stale header passes for one, at %d", th.at)
		end := th.at + m.sizeOf(s, id)
		for i := th.at + 1; i < end; i++ {
			m.must(*m.word(s, i) == commandsOf|id, "record %d is torn", id)
		}
		m.must(s.stream+1 == id, "record %d comes after %d others", id, s.stream)
		s.stream++
		th.at = end
	case sequenceZero: // clear(…)
		if m.broken == headBeforeZeroing {
			s.head = th.at
		} else if m.broken != noZeroing {
			m.zero(s, th)
		}
		th.pc = sequenceHead
	case sequenceHead: // r.head.Store(to)
		if m.broken == headBeforeZeroing {
			m.zero(s, th)
		}
		th.moved = th.at != th.start
		s.head = max(s.head, th.at)
		th.isReadable = s.stream != th.record
		th.pc = sequenceUnlock
		if th.then == readerNextView && th.moved { // for … && j.sequence()
			th.pc, th.start, th.at = sequenceHeader, s.head, s.head
		}
	case sequenceUnlock: // j.mu.Unlock()
		th.pc = th.then
		s.mu = 0
		th.start, th.at, th.moved = 0, 0, false
		switch th.then {
		case readerNextView:
			m.view(s, t, th)
		case readerReceive:
			if th.isReadable { // r.wake()
				th.pc, th.target, th.only = wakeAsleep, uint8(t), true // #nosec G115 -- small
			}
		}
	}
}

func (m *ringModel) zero(s *modelState, th *modelThread) {
	for i := th.start; i < th.at; i++ {
		*m.word(s, i) = 0
	}
}

func (m *ringModel) wake(s *modelState, th *modelThread) {
	r := &s.threads[th.target]
	switch th.pc {
	case wakeAsleep: // if !r.asleep.Load() …
		th.pc = wakeSwap
		if !r.asleep {
			m.nextReader(th)
		}
	case wakeSwap: // … || !r.asleep.CompareAndSwap(true, false) { return false }
		if !r.asleep && m.broken != wakeWithoutSwap {
			m.nextReader(th)
			return
		}
		r.asleep = false
		th.pc = wakeCount
	case wakeCount: // r.j.sleepers.Add(-1)
		s.sleepers--
		th.pc = wakeSend
	case wakeSend: // select { case r.ready <- struct{}{}: default: }
		r.tokens = 1
		m.nextReader(th)
	}
}

// nextReader goes on with the next one to wake.
func (m *ringModel) nextReader(th *modelThread) {
	th.pc = wakeAsleep
	if th.target++; th.only || int(th.target) == len(m.writers)+m.readers {
		th.pc, th.target, th.only = th.then, 0, false
	}
}

func (m *ringModel) read(s *modelState, t int, th *modelThread) {
	switch th.pc {
	case readerCount: // j.sleepers.Add(1)
		th.pc = readerSleep
		switch m.broken {
		case lookBeforeSleep:
			th.pc = readerLock
			s.sleepers++
		case countAfterAsleep:
			th.asleep = true
		default:
			s.sleepers++
		}
	case readerSleep: // r.asleep.Store(true)
		if m.broken == countAfterAsleep {
			s.sleepers++
		} else {
			th.asleep = true
		}
		th.pc = readerLock
		if m.broken == sleepWithoutLook || m.broken == lookBeforeSleep {
			th.pc = readerReceive
		}
	case readerLock: // j.mu.Lock(); j.sequence()
		m.lock(s, t)
		th.pc, th.then = sequenceHeader, readerReceive
		th.start, th.at = s.head, s.head
		if m.broken == lookBeforeSleep {
			th.then = readerSleep
		}
	case readerReceive: // <-r.Ready()
		th.tokens = 0
		th.pc = readerCalm
	case readerCalm: // r.calm()
		th.pc = readerNextLock
		if th.asleep {
			th.asleep = false
			th.pc = readerCalmCount
		}
	case readerCalmCount:
		s.sleepers--
		th.pc = readerNextLock
	case readerNextLock: // j.mu.Lock()
		m.lock(s, t)
		th.pc, th.then = sequenceHeader, readerNextView
		th.start, th.at = s.head, s.head
	}
}

// view is what Next returns. The reader ends when it has everything.
func (m *ringModel) view(s *modelState, _ int, th *modelThread) {
	th.record, th.isReadable, th.then = s.stream, false, 0
	total := 0
	for _, sizes := range m.writers {
		total += len(sizes)
	}
	th.pc = readerCount
	if int(th.record) == total {
		th.pc = readerDone
	}
}

// scenarios are those that are proved.
func scenarios() []ringModel {
	return []ringModel{
		{name: "no reader", words: 4, most: 2, writers: [][]uint8{{2, 1}, {2, 1}}},
		{name: "two readers", words: 4, most: 2, writers: [][]uint8{{2, 1}}, readers: 2},
		{name: "two writers, a reader", words: 8, most: 4, writers: [][]uint8{{2, 2}, {3, 1}}, readers: 1},
		{name: "full ring", words: 4, most: 2, writers: [][]uint8{{2, 1, 2}, {2}}, readers: 1},
		{name: "full ring, records as large as may be", words: 4, most: 2, writers: [][]uint8{{2, 2}, {2, 2}}, readers: 1},
		{name: "three writers", words: 4, most: 2, writers: [][]uint8{{2}, {1}, {2}}, readers: 1},
		{name: "two readers, two writers", words: 8, most: 4, writers: [][]uint8{{2}, {1}}, readers: 2},
		{name: "one word over the end", words: 3, most: 2, writers: [][]uint8{{2, 1, 2}, {1}}, readers: 1},
	}
}

func TestRingModel(t *testing.T) {
	for _, m := range scenarios() {
		t.Run(m.name, func(t *testing.T) {
			if len(m.writers)+m.readers > 3 && (testing.Short() || invariant.Enabled) {
				t.Skip("it takes long")
			}
			if wrong := m.explore(); wrong != "" {
				t.Fatal(wrong)
			}
			t.Logf("%d states", m.states)
		})
	}
}

// TestModelFindsDefects: each mistake shows in some scenario.
func TestModelFindsDefects(t *testing.T) {
	for d, name := range map[defect]string{
		commitBeforePut: "the header goes before the commands", noZeroing: "consumed records aren't zeroed",
		headBeforeZeroing: "room is given before it is zero", roomForOneMore: "one word too many", sequenceTooMuch: "sequencing around the ring",
		noSequencingWriter: "a writer leaves the sequencing to others", sleepWithoutLook: "sleeping without a last look",
		lookBeforeSleep: "the last look before the sleep", countAfterAsleep: "asleep before it is counted", wakeWithoutSwap: "waking twice",
		sequenceUnlocked: "two sequencers",
	} {
		t.Run(name, func(t *testing.T) {
			for _, m := range scenarios() {
				m.broken = d
				if wrong := m.explore(); wrong != "" {
					line, _, _ := strings.Cut(wrong, "\n")
					t.Logf("%s: %s", m.name, line)
					return
				}
			}
			t.Error("nobody sees it")
		})
	}
}
