package linear

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/sleipnirdb/sleipnir/internal/client"
)

// Sizes of a history. The checker's work grows fast with what overlaps.
const (
	clientCount    = 4
	turnsPerClient = 8
	maxPipeline    = 3
	checkLimit     = 5 * time.Second
	leaveAt        = 4 // the turn in which a client hangs up
)

// mix says what a history consists of: words are drawn from it.
type mix struct {
	name  string
	words []string
	// simple are the words that may stand in a transaction.
	simple []string
	// hangUps: some clients go away in the middle of a pipeline.
	hangUps bool
}

var mixes = []mix{
	{name: "single keys", words: []string{"GET", "GET", "SET", "INCR", "APPEND", "SETNX", "GETDEL", "DEL"}},
	{name: "several partitions", words: []string{"MGET", "MGET", "MSET", "MSETNX", "RENAME", "DEL2", "EXISTS2", "GET", "SET"}},
	{name: "transactions", simple: simple, words: []string{"EXEC", "EXEC", "EXEC", "CAS", "CAS", "MGET", "SET", "INCR"}},
	{name: "everything", simple: simple, words: []string{"GET", "SET", "INCR", "APPEND", "MGET", "MSET", "RENAME", "EXEC", "CAS", "FLUSHALL", "DBSIZE", "KEYS"}},
	{name: "queues", words: queueWords, simple: queueSimple},
	{name: "hang-ups", simple: simple, words: []string{"GET", "SET", "APPEND", "MGET", "MSET", "EXEC", "RENAME", "KEYS"}, hangUps: true},
}

// recorder is one client with what it has seen.
type recorder struct {
	t     *testing.T
	s     *service
	r     *rand.Rand
	mix   *mix
	id    int
	start time.Time
	c     *client.Conn
	ops   []porcupine.Operation
	err   error
	// pushed numbers the elements that the client pushes.
	pushed int
}

func (rec *recorder) now() int64 { return int64(time.Since(rec.start)) }

func (rec *recorder) key() string { return keyNames[rec.r.IntN(keyCount)] }

func (rec *recorder) value() string { return strconv.Itoa(rec.r.IntN(20)) }

// command draws a command.
func (rec *recorder) command(word string) []string {
	if cmd, ok := rec.queueCommand(word); ok {
		return cmd
	}
	switch word {
	case "SET", "SETNX", "APPEND":
		return []string{word, rec.key(), rec.value()}
	case "MSET", "MSETNX":
		cmd := []string{word}
		for range 2 + rec.r.IntN(2) {
			cmd = append(cmd, rec.key(), rec.value())
		}
		return cmd
	case "MGET":
		return append([]string{word}, keyNames...)
	case "DEL2", "EXISTS2":
		return []string{strings.TrimSuffix(word, "2"), keyNames[rec.r.IntN(2)], keyNames[2+rec.r.IntN(2)]}
	case "RENAME":
		return []string{word, rec.key(), rec.key()}
	case "KEYS":
		return []string{word, "k*"}
	case "FLUSHALL", "DBSIZE":
		return []string{word}
	}
	return []string{word, rec.key()}
}

// simple may stand in a transaction.
var simple = []string{"GET", "SET", "INCR", "APPEND", "MGET", "MSET", "RENAME", "GETDEL"}

func (rec *recorder) unit() *unit {
	word := rec.mix.words[rec.r.IntN(len(rec.mix.words))]
	if word != "EXEC" && word != "CAS" {
		return &unit{commands: [][]string{rec.command(word)}}
	}
	u := &unit{exec: true}
	for range 1 + rec.r.IntN(3) {
		u.commands = append(u.commands, rec.command(rec.mix.simple[rec.r.IntN(len(rec.mix.simple))]))
	}
	if word == "CAS" {
		u.guarded = rec.key()
	}
	return u
}

// lines are the requests that a unit consists of; the reply that counts is
// that of the last.
func (u *unit) lines() [][]string {
	if !u.exec {
		return u.commands
	}
	lines := [][]string{{"MULTI"}}
	lines = append(lines, u.commands...)
	return append(lines, []string{"EXEC"})
}

// readsOnly says that the unit changes nothing.
func (u *unit) readsOnly() bool {
	return !u.exec && slices.Contains([]string{"GET", "MGET", "KEYS", "EXISTS", "DBSIZE", "LLEN", "LRANGE"}, u.commands[0][0])
}

// text is a reply in the twin's form.
func text(u *unit, v client.Value) string {
	if u.commands[0][0] == "KEYS" {
		slices.SortFunc(v.Elems, func(a, b client.Value) int { return strings.Compare(a.Text, b.Text) })
	}
	return v.String()
}

// turn sends one to maxPipeline units at once and records what comes back.
func (rec *recorder) turn(turn int) {
	units := make([]*unit, 1+rec.r.IntN(maxPipeline))
	for i := range units {
		units[i] = rec.unit()
		if units[i].guarded != "" { // WATCH and GET come before it: not in a pipeline
			units = []*unit{units[i]}
			rec.watch(units[0])
			break
		}
	}
	var request []byte
	for _, u := range units {
		for _, line := range u.lines() {
			request = client.AppendCommand(request, line)
		}
	}
	// One hang-up a history: each outcome that isn't known doubles the checker's work.
	leave := rec.mix.hangUps && rec.id == 0 && turn == leaveAt
	cut := len(request)
	if leave {
		cut = rec.r.IntN(len(request) + 1)
	}
	call := rec.now()
	if rec.err == nil {
		rec.err = rec.c.Write(request[:cut])
	}
	read := len(units)
	if leave {
		read = rec.r.IntN(len(units) + 1)
		if cut < len(request) {
			read = 0
		}
	}
	for i, u := range units {
		op := porcupine.Operation{ClientId: rec.id, Input: u, Call: call, Output: unknown, Return: math.MaxInt64}
		if i < read && rec.err == nil {
			op.Output, op.Return = rec.reply(u), rec.now()
		}
		if rec.err != nil {
			return
		}
		if op.Output != unknown || !u.readsOnly() {
			rec.ops = append(rec.ops, op)
		}
	}
	if leave {
		_ = rec.c.Close()
		rec.c = rec.s.dial(rec.t)
	}
}

// reply reads the replies of one unit.
func (rec *recorder) reply(u *unit) string {
	for range len(u.lines()) - 1 {
		if _, _, err := rec.c.Read(); err != nil {
			rec.err = fmt.Errorf("reply of %v: %w", u, err)
			return ""
		}
	}
	v, _, err := rec.c.Read()
	if err != nil {
		rec.err = fmt.Errorf("reply of %v: %w", u, err)
	}
	return text(u, v)
}

// watch begins a compare-and-set: what GET says is an operation of its own.
func (rec *recorder) watch(u *unit) {
	if _, err := rec.c.Do("WATCH", u.guarded); err != nil {
		rec.err = err
		return
	}
	get := &unit{commands: [][]string{{"GET", u.guarded}}}
	call := rec.now()
	v, err := rec.c.Do("GET", u.guarded)
	if err != nil {
		rec.err = err
		return
	}
	u.guard = v.String()
	rec.ops = append(rec.ops, porcupine.Operation{ClientId: rec.id, Input: get, Call: call, Output: u.guard, Return: rec.now()})
}

// history runs the clients of one seed and returns what they saw.
func (s *service) history(t *testing.T, m *mix, seed uint64, conns []*client.Conn) []porcupine.Operation {
	t.Helper()
	start := time.Now()
	recs := make([]*recorder, clientCount)
	var wg sync.WaitGroup
	for i := range recs {
		recs[i] = &recorder{t: t, s: s, r: rand.New(rand.NewPCG(seed, uint64(i))), mix: m, id: i, start: start, c: conns[i]} // #nosec G404 G115 -- a test
		wg.Go(func() {
			for turn := 0; turn < turnsPerClient && recs[i].err == nil; turn++ {
				recs[i].turn(turn)
			}
		})
	}
	wg.Wait()
	var ops []porcupine.Operation
	for i, rec := range recs {
		if rec.err != nil {
			t.Fatalf("%s, seed %d, client %d: %v", m.name, seed, i, rec.err)
		}
		conns[i] = rec.c
		ops = append(ops, rec.ops...)
	}
	return ops
}

// check fails if no order of the operations explains what was seen.
func check(t *testing.T, name string, seed uint64, ops []porcupine.Operation) {
	t.Helper()
	switch porcupine.CheckOperationsTimeout(model, ops, checkLimit) {
	case porcupine.Ok:
	case porcupine.Unknown:
		t.Logf("%s, seed %d: not decided within %v", name, seed, checkLimit)
	case porcupine.Illegal:
		slices.SortFunc(ops, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
		var b strings.Builder
		for _, op := range ops {
			fmt.Fprintf(&b, "client %d [%d, %d] %s\n", op.ClientId, op.Call, op.Return, model.DescribeOperation(op.Input, op.Output))
		}
		t.Fatalf("%s, seed %d: not linearizable\n%s", name, seed, b.String())
	}
}

// noise keeps the loops and the leases busy from another database until stop.
func (s *service) noise(t *testing.T, seed uint64, stop chan struct{}) {
	c := s.dial(t)
	defer func() { _ = c.Close() }()
	r := rand.New(rand.NewPCG(seed, 99)) // #nosec G404 -- a test
	must(t, c, "SELECT", "1")
	big := strings.Repeat("x", 4000)
	for {
		select {
		case <-stop:
			return
		default:
		}
		var request []byte
		n := 1 + r.IntN(12)
		for range n {
			switch key := "n" + strconv.Itoa(r.IntN(50)); r.IntN(4) {
			case 0:
				request = client.AppendCommand(request, []string{"SET", key, big})
			case 1:
				request = client.AppendCommand(request, []string{"GET", key})
			case 2:
				request = client.AppendCommand(request, []string{"MSET", key, big, "m", big, "o", big, "p", big})
			default:
				request = client.AppendCommand(request, []string{"MGET", key, "m", "o", "p"})
			}
		}
		if err := c.Write(request); err != nil {
			t.Error(err)
			return
		}
		for range n {
			if _, _, err := c.Read(); err != nil {
				t.Error(err)
				return
			}
		}
	}
}

// resize changes the number of loops all the time, if the server can.
func (s *service) resize(t *testing.T, seed uint64, stop chan struct{}) {
	c := s.dial(t)
	defer func() { _ = c.Close() }()
	r := rand.New(rand.NewPCG(seed, 98)) // #nosec G404 -- a test
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(1+r.IntN(5)) * time.Millisecond):
		}
		if v, err := c.Do("CONFIG", "SET", "io-threads", strconv.Itoa(1+r.IntN(5))); err != nil || v.IsError() {
			t.Errorf("CONFIG SET io-threads: %v %v", v, err)
			return
		}
	}
}

// without returns the mix without commands that the server doesn't know.
func (m mix) without(t *testing.T, s *service) mix {
	t.Helper()
	var words []string
	for _, word := range m.words {
		if (word == "FLUSHALL" || word == "DBSIZE") && !s.supports(t, word) {
			continue
		}
		words = append(words, word)
	}
	m.words = words
	return m
}

// budget is how long a test may make histories of one mix.
func budget() time.Duration {
	switch {
	case *runFor != 0:
		return *runFor
	case testing.Short():
		return time.Second
	}
	return 5 * time.Second
}

// maxHistories bounds them on a fast machine.
const maxHistories = 2000

// run makes the histories of one mix.
func (s *service) run(t *testing.T, m mix) {
	m = m.without(t, s)
	conns := make([]*client.Conn, clientCount)
	for i := range conns {
		conns[i] = s.dial(t)
	}
	janitor := s.dial(t)
	defer func() {
		_ = janitor.Close()
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	first, count := uint64(1), maxHistories
	if *oneSeed != 0 {
		first, count = *oneSeed, 1
	}
	if *runFor != 0 {
		count = math.MaxInt
	}
	made := 0
	for seed, until := first, time.Now().Add(budget()); made < count && time.Now().Before(until); seed++ {
		// Requests of clients that went away may still be under way: the token's queue and every lease are passed once.
		must(t, janitor, append([]string{"MGET"}, keyNames...)...)
		must(t, janitor, append([]string{"DEL"}, keyNames...)...)
		if m.hangUps {
			s.settle(t, janitor)
			must(t, janitor, append([]string{"DEL"}, keyNames...)...)
		}
		check(t, m.name, seed, s.history(t, &m, seed, conns))
		made++
	}
	t.Logf("%d histories", made)
}

// settle waits until only the test's own sessions are left.
func (s *service) settle(t *testing.T, janitor *client.Conn) {
	t.Helper()
	for until := time.Now().Add(replyLimit); ; {
		n := strings.Count(must(t, janitor, "CLIENT", "LIST").Text, "\n")
		if n <= clientCount+1+noisy {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("%d sessions are left", n)
		}
	}
}

// noisy is how many clients make noise, and resizers.
const noisy = 2

func TestHistories(t *testing.T) {
	for _, m := range mixes {
		t.Run(m.name, func(t *testing.T) {
			s := serve(t, 4, 2)
			stop := make(chan struct{})
			var wg sync.WaitGroup
			for i := range noisy - 1 {
				wg.Go(func() { s.noise(t, uint64(i), stop) }) // #nosec G115 -- small
			}
			defer wg.Wait()
			defer close(stop)
			s.run(t, m)
		})
	}
}

// TestHistoriesWhileLoopsChange is the same while I/O loops come and go.
func TestHistoriesWhileLoopsChange(t *testing.T) {
	for _, m := range mixes[3:] {
		t.Run(m.name, func(t *testing.T) {
			s := serve(t, 4, 2)
			if !s.supports(t, "CONFIG", "SET", "io-threads", "3") {
				t.Skip("the number of loops can't be changed at run time")
			}
			stop := make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() { s.noise(t, 1, stop) })
			wg.Go(func() { s.resize(t, 1, stop) })
			defer wg.Wait()
			defer close(stop)
			s.run(t, m)
		})
	}
}
