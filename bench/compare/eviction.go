package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/sleipnirdb/sleipnir/bench/target"
	"github.com/sleipnirdb/sleipnir/internal/client"
)

// evictionPart asks how well the choice of keys to evict is. A cache is asked for keys that a zipf trace draws; what is
// missing is stored. Both servers get the same trace at the same pace, as the time since the last use decides in seconds,
// and a maxmemory at which as many keys fit, found while the cache warms up. So it is the choice that is compared, and not
// how many bytes a key takes.

const (
	traceKeys  = 100_000 // different ones
	traceFits  = 10_000  // so many fit
	traceSkew  = 0.99
	traceBatch = 250 // requests sent at once
	tracePace  = 5 * time.Millisecond
	traceWarm  = 400  // batches that aren't counted, before and after each fit
	traceTrims = 3    // how often maxmemory is fitted
	traceRun   = 1200 // batches that are
	traceSeed  = 20_240_917
	traceValue = 100 // bytes
	keyTTL     = 3600
)

// evicting is a policy under test.
type evicting struct {
	policy string
	ttl    bool // keys get one
}

var evictings = [...]evicting{
	{"allkeys-lru", false}, {"allkeys-lfu", false}, {"allkeys-random", false},
	{"volatile-lru", true}, {"volatile-lfu", true}, {"volatile-random", true}, {"volatile-ttl", true},
}

// cached is what one server showed in one round.
type cached struct{ hits, keys float64 }

func evictionPart(o *options) ([]row, error) {
	rounds := (o.rounds + 1) / 2 // a round takes minutes
	var rows []row
	for _, e := range evictings {
		if len(o.only) > 0 && e.policy != o.only {
			continue
		}
		var got [2][]cached
		for round := range rounds {
			for k := range 2 {
				i := (round + k) & 1
				c, err := e.run(o.sides()[i], traceSeed+uint64(round)) // #nosec G115 -- positive
				if err != nil {
					return nil, fmt.Errorf("%s, %s: %w", o.sides()[i].name, e.policy, err)
				}
				got[i] = append(got[i], c)
			}
		}
		fmt.Fprintln(os.Stderr, "eviction:", e.policy)
		// One server's rounds differ by some thousandths.
		rows = append(rows,
			perRound(got, "hits under "+e.policy, "%", ratioAtLeast(0.995), func(c cached) float64 { return 100 * c.hits }),
			perRound(got, "… keys that are there in the end", "", nil, func(c cached) float64 { return c.keys }))
	}
	return rows, nil
}

func (e evicting) run(side side, seed uint64) (cached, error) {
	side.args = append(slices.Clone(side.args), "--maxmemory-policy", e.policy)
	s, err := side.start()
	if err != nil {
		return cached{}, err
	}
	defer s.Stop()
	c, err := client.Dial("tcp", s.Addr, time.Minute)
	if err != nil {
		return cached{}, err
	}
	defer func() { _ = c.Close() }()
	t := trace{evicting: e, c: c, rnd: rand.New(rand.NewPCG(seed, seed)), sums: zipfSums(traceKeys, traceSkew)} // #nosec G404 -- a trace
	if err := t.fill(s); err != nil {
		return cached{}, err
	}
	for range traceTrims {
		if _, err := t.walk(traceWarm); err != nil {
			return cached{}, err
		}
		if err := t.trim(); err != nil {
			return cached{}, err
		}
	}
	if _, err := t.walk(traceWarm); err != nil {
		return cached{}, err
	}
	hits, err := t.walk(traceRun)
	if err != nil {
		return cached{}, err
	}
	keys, err := t.count()
	return cached{hits: float64(hits) / (traceRun * traceBatch), keys: keys}, err
}

// trace is one walk of a client.
type trace struct {
	evicting
	c    *client.Conn
	rnd  *rand.Rand
	sums []float64
	out  []byte

	limit  float64 // maxmemory
	perKey float64 // bytes
}

// zipfSums are the sums of the first weights, of which the k-th is 1/k^skew.
func zipfSums(n int, skew float64) []float64 {
	sums, sum := make([]float64, n), 0.0
	for k := range sums {
		sum += math.Pow(float64(k+1), -skew)
		sums[k] = sum
	}
	return sums
}

// draw draws a key. Its number says nothing of its popularity.
func (t *trace) draw() int {
	const scatter = 54_773 // prime to the count of keys
	k, _ := slices.BinarySearch(t.sums, t.rnd.Float64()*t.sums[len(t.sums)-1])
	return min(k, len(t.sums)-1) * scatter % len(t.sums)
}

func (t *trace) set(key int) []string {
	args := []string{"SET", "key:" + strconv.Itoa(key), string(make([]byte, traceValue))}
	if t.ttl {
		args = append(args, "EX", strconv.Itoa(keyTTL))
	}
	return args
}

// send sends what t.out holds, so many commands, and returns the replies.
func (t *trace) send(n int) ([]client.Value, error) {
	err := t.c.Write(t.out)
	t.out = t.out[:0]
	replies := make([]client.Value, 0, n)
	for range n {
		var v client.Value
		if err == nil {
			v, _, err = t.c.Read()
		}
		if err == nil && v.IsError() {
			err = fmt.Errorf("the reply is %s", v.Format())
		}
		replies = append(replies, v)
	}
	return replies, err
}

// fill stores as many keys as shall fit, and sets maxmemory to what is in use then.
func (t *trace) fill(s *target.Server) error {
	empty, _, err := settled(s)
	if err != nil {
		return err
	}
	for from := 0; from < traceFits; from += traceBatch {
		for i := range traceBatch {
			t.out = client.AppendCommand(t.out, t.set(from+i))
		}
		if _, err := t.send(traceBatch); err != nil {
			return err
		}
	}
	if t.limit, _, err = settled(s); err != nil {
		return err
	}
	t.perKey = (t.limit - empty) / traceFits
	return t.setLimit()
}

func (t *trace) setLimit() error {
	_, err := t.c.Do("CONFIG", "SET", "maxmemory", strconv.FormatFloat(t.limit, 'f', 0, 64))
	return err
}

func (t *trace) count() (float64, error) {
	v, err := t.c.Do("DBSIZE")
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(v.Text, 64)
}

// trim changes maxmemory by what is too much or too little for the number of keys that shall fit: indexes that are
// written in any order take more than those that were filled in one go.
func (t *trace) trim() error {
	n, err := t.count()
	if err != nil {
		return err
	}
	t.limit += (traceFits - n) * t.perKey
	return t.setLimit()
}

// walk asks for so many batches of keys, stores what is missing, and returns how many were there.
func (t *trace) walk(batches int) (hits int, err error) {
	next := time.Now()
	for range batches {
		var keys [traceBatch]int
		for i := range keys {
			keys[i] = t.draw()
			t.out = client.AppendCommand(t.out, []string{"GET", "key:" + strconv.Itoa(keys[i])})
		}
		replies, err := t.send(traceBatch)
		if err != nil {
			return 0, err
		}
		missing := 0
		for i, v := range replies {
			if !v.IsNil() {
				hits++
				continue
			}
			t.out = client.AppendCommand(t.out, t.set(keys[i]))
			missing++
		}
		if _, err := t.send(missing); err != nil {
			return 0, err
		}
		next = next.Add(tracePace)
		time.Sleep(time.Until(next))
	}
	return hits, nil
}
