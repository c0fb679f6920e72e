package dispatch_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/internal/client"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// served returns how many posted tasks each loop has served.
func (b *bed) served() map[*loop.Loop]uint64 {
	counts := map[*loop.Loop]uint64{}
	for _, l := range b.loops.Loops() {
		b.d.OnLoop(l, func(x *dispatch.Executor) { counts[l] = x.Stats.Served })
	}
	return counts
}

// TestHandOver: who holds a lease that many wait for serves its share of them,
// and hands the rest to the loop of the next one, in the order in which they
// came.
func TestHandOver(t *testing.T) {
	for _, holding := range []string{"hold", "slowly"} {
		t.Run(holding, func(t *testing.T) {
			b := newBed(t, 2, 2)
			holder, _ := b.apart()
			key := b.keyIn(0)
			want := 2*b.d.MaxServed() + 7
			var waiters []*peer
			for len(waiters) < want {
				if p := b.dial(); p.conn.Loop() != holder.conn.Loop() {
					waiters = append(waiters, p)
				}
			}
			holder.send(holding + " " + key)
			<-b.entered
			for _, p := range waiters {
				p.send("incr " + key)
				b.waiting(p)
			}
			b.release <- struct{}{}
			holder.want("+OK")
			for i, p := range waiters {
				p.want(":" + strconv.Itoa(i+1))
			}
			for l, n := range b.served() {
				share := uint64(b.d.MaxServed()) // #nosec G115 -- positive
				if l != holder.conn.Loop() {
					share = uint64(want) - share // #nosec G115 -- positive
				} else if holding == "slowly" {
					share = 0 // it was a goroutine's
				}
				if n != share {
					t.Errorf("a loop served %d tasks, want %d", n, share)
				}
			}
		})
	}
}

// TestExecutorStress runs every way to the leases at once, with so little
// patience that most commands meet a busy lease, are posted, handed over, or
// take the token. What the clients see must be what one thread would show them.
func TestExecutorStress(t *testing.T) {
	seed := rand.Uint64()
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	for range rounds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { (&stress{seed: seed}).run(t) })
		seed++
	}
}

// stress is one round.
type stress struct {
	*bed
	seed     uint64
	group    []string // keys that are always written together, with one value
	counters []string
	added    []atomic.Int64 // what was added to each counter
}

const (
	stressClients = 10
	stressTurns   = 40
	stressBatch   = 12
)

func (s *stress) run(t *testing.T) {
	rnd := rand.New(rand.NewPCG(s.seed, 0)) // #nosec G404 -- a test
	loops, partitions := 2+rnd.IntN(4), 1<<(1+rnd.IntN(4))
	s.bed = newBed(t, loops, partitions)
	spin, several, served, attempts := rnd.IntN(3), rnd.IntN(3), 1+rnd.IntN(4), 1+rnd.IntN(3)
	s.d.SetBounds(spin, several, served, attempts)
	t.Logf("%d loops, %d partitions, spin %d and %d, served %d, attempts %d", loops, partitions, spin, several, served, attempts)
	for range 2 + rnd.IntN(6) {
		s.group = append(s.group, "g"+s.keyIn(rnd.IntN(partitions)))
	}
	for i := range 4 {
		s.counters = append(s.counters, "c"+strconv.Itoa(i))
	}
	s.added = make([]atomic.Int64, len(s.counters))
	var clients, others sync.WaitGroup
	stop := make(chan struct{})
	for i := range stressClients {
		p := s.dial()
		clients.Go(func() { s.client(p, i) })
	}
	others.Go(func() { s.exclusives(stop) })
	others.Go(func() { s.rude(stop) })
	if rnd.IntN(2) == 0 {
		others.Go(func() { s.resize(stop) })
	}
	clients.Wait()
	close(stop)
	others.Wait()
	p := s.dial()
	for i, key := range s.counters {
		want := strconv.Quote(strconv.FormatInt(s.added[i].Load(), 10))
		if want == `"0"` {
			want = "nil"
		}
		p.ask("get "+key, want)
	}
}

// client sends pipelines and looks at each reply.
func (s *stress) client(p *peer, id int) {
	rnd := rand.New(rand.NewPCG(s.seed, uint64(id+1))) // #nosec G404 G115 -- a test
	last := make([]int64, len(s.counters))
	for turn := range stressTurns {
		var lines []string
		var checks []func(v client.Value) error
		add := func(line string, check func(v client.Value) error) {
			lines, checks = append(lines, line), append(checks, check)
		}
		for i := range 1 + rnd.IntN(stressBatch) {
			s.request(rnd, fmt.Sprintf("%d-%d-%d", id, turn, i), last, add)
		}
		p.send(lines...)
		for i, check := range checks {
			v, _, err := p.Read()
			if err == nil {
				err = check(v)
			}
			if err != nil {
				s.t.Errorf("client %d, turn %d, %q: %v", id, turn, lines[i], err)
				return
			}
		}
	}
}

// is demands one reply.
func is(want string) func(v client.Value) error {
	return func(v client.Value) error {
		if got := v.String(); got != want {
			return fmt.Errorf("got %s, want %s", got, want)
		}
		return nil
	}
}

// request adds one thing to do to a pipeline. value is used by nobody else.
func (s *stress) request(rnd *rand.Rand, value string, last []int64, add func(string, func(client.Value) error)) {
	c := rnd.IntN(len(s.counters))
	counted := func(v client.Value) error {
		n := number(v)
		if n <= last[c] {
			return fmt.Errorf("got %v after %d", v, last[c])
		}
		last[c] = n
		return nil
	}
	switch rnd.IntN(16) {
	case 0, 1, 2:
		s.added[c].Add(1)
		add("incr "+s.counters[c], counted)
	case 3, 4:
		line := "mset"
		for _, key := range s.group {
			line += " " + key + " " + value
		}
		add(line, is("+OK"))
	case 5, 6:
		// In any order: the keys are not always asked for as they lie.
		keys := slices.Clone(s.group)
		rnd.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		add("mget "+strings.Join(keys, " "), alike)
	case 7:
		add("set own"+value+" "+value, is("+OK"))
		add("get own"+value, is(strconv.Quote(value)))
		add("del own"+value+" nothing"+value, is(":1"))
		add("exists own"+value+" nothing"+value, is(":0"))
	case 8:
		s.added[c].Add(2)
		add("multi", is("+OK"))
		add("incr "+s.counters[c], is("+QUEUED"))
		add("mget "+strings.Join(s.group, " "), is("+QUEUED"))
		add("incr "+s.counters[c], is("+QUEUED"))
		add("exec", func(v client.Value) error {
			if len(v.Elems) != 3 || number(v.Elems[2]) != number(v.Elems[0])+1 {
				return fmt.Errorf("got %v", v)
			}
			return counted(v.Elems[2])
		})
	case 9:
		add("all", is("+OK"))
	case 11:
		s.scripted(rnd, value, add)
	case 12:
		how := []string{"-", "p"}[rnd.IntN(2)]
		s.added[c].Add(2)
		add(fmt.Sprintf("script %s incr %s ; %s ; incr %s", how, s.counters[c], s.pause(rnd), s.counters[c]), func(v client.Value) error {
			if len(v.Elems) != 2 || number(v.Elems[1]) != number(v.Elems[0])+1 {
				return fmt.Errorf("got %v", v)
			}
			return counted(v.Elems[1])
		})
	case 13:
		s.added[c].Add(2)
		add("multi", is("+OK"))
		add("incr "+s.counters[c], is("+QUEUED"))
		add("script p incr "+s.counters[c]+" ; suspend", is("+QUEUED"))
		add("exec", func(v client.Value) error {
			if len(v.Elems) != 2 || len(v.Elems[1].Elems) != 1 || number(v.Elems[1].Elems[0]) != number(v.Elems[0])+1 {
				return fmt.Errorf("got %v", v)
			}
			return counted(v.Elems[1].Elems[0])
		})
	case 10:
		add("alloff", is("+OK"))
	default:
		add("keys nothing*", is("[]"))
	}
}

// pause are commands with which a script leaves its loop, and may take long.
func (s *stress) pause(rnd *rand.Rand) string {
	if rnd.IntN(8) == 0 {
		return "suspend ; last"
	}
	return []string{"suspend", "suspend ; suspend"}[rnd.IntN(2)]
}

// scripted adds a script that writes the group in two halves and reads it. Nobody may see one half.
func (s *stress) scripted(rnd *rand.Rand, value string, add func(string, func(client.Value) error)) {
	half := rnd.IntN(len(s.group) + 1)
	line := "script " + []string{"-", "p"}[rnd.IntN(2)] + " mget " + strings.Join(s.group, " ")
	for i, key := range s.group {
		if i == half {
			line += " ; suspend"
		}
		line += " ; set " + key + " " + value
	}
	line += " ; mget " + strings.Join(s.group, " ")
	add(line, func(v client.Value) error {
		last := len(v.Elems) - 1
		if err := alike(v.Elems[0]); err != nil {
			return err
		}
		if got := v.Elems[last].Elems[0].String(); got != strconv.Quote(value) {
			return fmt.Errorf("got %s, want %s", got, value)
		}
		return alike(v.Elems[last])
	})
}

// number is an integer reply, -1 for another.
func number(v client.Value) int64 {
	if n, err := strconv.ParseInt(v.Text, 10, 64); err == nil && v.Kind == client.Int {
		return n
	}
	return -1
}

// alike demands that all elements of an array are the same.
func alike(v client.Value) error {
	for _, e := range v.Elems {
		if e.String() != v.Elems[0].String() {
			return fmt.Errorf("half of a write: %v", v)
		}
	}
	return nil
}

// exclusives takes leases from ordinary goroutines.
func (s *stress) exclusives(stop chan struct{}) {
	rnd := rand.New(rand.NewPCG(s.seed, 1000)) // #nosec G404 -- a test
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(rnd.IntN(500)) * time.Microsecond): // the clients want to get on
		}
		var mask partition.Mask
		for range rnd.IntN(4) {
			mask.Add(rnd.IntN(s.set.Len()))
		}
		s.d.Exclusive(&mask, func(*dispatch.Executor) {
			for p := mask.Next(0); p >= 0; p = mask.Next(p + 1) {
				if !s.set.Lease(p).Busy() {
					s.t.Error("a lease that is held is free")
				}
			}
		})
		visited := 0
		s.d.EachPartition(func(int) { visited++ })
		if visited != s.set.Len() {
			s.t.Errorf("%d partitions visited", visited)
		}
	}
}

// rude are clients that go away in the middle.
func (s *stress) rude(stop chan struct{}) {
	rnd := rand.New(rand.NewPCG(s.seed, 2000)) // #nosec G404 -- a test
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(rnd.IntN(500)) * time.Microsecond):
		}
		nc := s.connect()
		var b []byte
		for range rnd.IntN(30) {
			b = client.AppendCommand(b, []string{"MGET", s.group[0], s.counters[rnd.IntN(4)], s.counters[0]})
		}
		_, _ = nc.Write(b[:rnd.IntN(len(b)+1)])
		if rnd.IntN(2) == 0 {
			time.Sleep(time.Duration(rnd.IntN(200)) * time.Microsecond)
		}
		_ = nc.Close()
		<-s.opened
	}
}

// resize changes the number of loops.
func (s *stress) resize(stop chan struct{}) {
	rnd := rand.New(rand.NewPCG(s.seed, 3000)) // #nosec G404 -- a test
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(1+rnd.IntN(10)) * time.Millisecond):
		}
		if err := s.loops.SetLoops(1 + rnd.IntN(6)); err != nil {
			s.t.Error(err)
		}
	}
}
