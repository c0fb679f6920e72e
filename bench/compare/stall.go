package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/sleipnirdb/sleipnir/bench/load"
	"github.com/sleipnirdb/sleipnir/bench/target"
)

// stallPart asks what ten million keys do to a bystander who sends GETs at a steady rate: while another
// client inserts them as fast as one connection can, and while FLUSHALL frees them. On the way it reads
// what the keys cost the Go heap.

const (
	bystanderRate  = 10_000
	bystanderConns = 10
	insertLimit    = 5 * time.Minute
	flushLimit     = 30 * time.Second
	afterFlush     = 500 * time.Millisecond
)

// stalled is what one server showed in one round.
type stalled struct {
	calm, insert, flush map[float64]float64 // quantiles of the GETs, ms
	insertSeconds       float64
	heapMiB, gcPercent  float64 // negative: the server has no Go heap
}

func stallPart(o *options) ([]row, error) {
	rounds := (o.rounds + 1) / 2 // a round takes half a minute
	var got [2][]stalled
	for round := range rounds {
		for k := range 2 {
			i := (round + k) & 1
			side := o.sides()[i]
			s, err := o.stall(side)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", side.name, err)
			}
			got[i] = append(got[i], s)
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, rounds)
	}
	figure := func(name, unit string, bars []bar, value func(stalled) float64) row {
		return perRound(got, name, unit, bars, value)
	}
	fiveMs := []bar{{bound: 5, absolute: true}, {bound: 1}}
	var rows []row
	for _, q := range []float64{99, 99.99} {
		bars := fiveMs
		if q != 99.99 {
			bars = nil
		}
		rows = append(rows,
			figure(fmt.Sprintf("p%g of GETs at 10,000/s, nothing else", q), "ms", nil, func(s stalled) float64 { return s.calm[q] }),
			figure(fmt.Sprintf("p%g … while 10 M keys are inserted", q), "ms", bars, func(s stalled) float64 { return s.insert[q] }),
			figure(fmt.Sprintf("p%g … while FLUSHALL frees them", q), "ms", bars, func(s stalled) float64 { return s.flush[q] }))
	}
	return append(rows,
		figure("inserting them took", "s", nil, func(s stalled) float64 { return s.insertSeconds }),
		figure("Go heap with 10 M keys, more than empty", "MiB", oursAtMost(32), func(s stalled) float64 { return s.heapMiB }),
		figure("garbage collection, share of CPU meanwhile", "%", oursAtMost(1), func(s stalled) float64 { return s.gcPercent })), nil
}

func (o *options) stall(side side) (stalled, error) {
	s, err := side.start()
	if err != nil {
		return stalled{}, err
	}
	defer s.Stop()
	heap0 := goHeap(s)
	probe, err := load.Start(load.Config{Dial: s.Dial(), Conns: bystanderConns, Rate: bystanderRate, Nice: o.nice,
		Mix:  []load.Weighted{{Template: load.MustCompile("GET {key}", load.Shape{})}},
		Keys: load.Keys{Count: uint64(o.big)}}) // #nosec G115 -- positive
	if err != nil {
		return stalled{}, err
	}
	defer probe.Stop()
	time.Sleep(warmUp)
	var got stalled
	calm, err := probe.Measure(2*o.window, nil, nil)
	if err != nil {
		return got, err
	}
	got.calm = millis(calm)
	if err := o.stallInsert(s, probe, &got); err != nil {
		return got, fmt.Errorf("insert: %w", err)
	}
	got.heapMiB, got.gcPercent = -1, -1
	if heap1 := goHeap(s); heap1 > 0 {
		got.heapMiB = max(heap1-heap0, 0) / (1 << 20)
	}
	if share := gcShare(s); share >= 0 {
		got.gcPercent = 100 * share
	}
	if err := o.stallFlush(s, probe, &got); err != nil {
		return got, fmt.Errorf("flush: %w", err)
	}
	return got, nil
}

func (o *options) stallInsert(s *target.Server, probe *load.Run, got *stalled) error {
	cfg, err := inserting(s, "SET {key} {value}", o.big)
	if err != nil {
		return err
	}
	in, err := load.Start(cfg)
	if err != nil {
		return err
	}
	defer in.Stop()
	f, err := probe.MeasureUntil(in.Done(), insertLimit, nil, nil)
	if err != nil {
		return err
	}
	select {
	case <-in.Done():
	default:
		return fmt.Errorf("%d keys were not there after %v", o.big, insertLimit)
	}
	done, err := in.Wait()
	if err != nil {
		return err
	}
	if done.Errors > 0 {
		return errors.New(done.FirstErr)
	}
	got.insert, got.insertSeconds = millis(f), done.Elapsed.Seconds()
	return nil
}

// stallFlush measures until the memory is back, not only until FLUSHALL answers: freeing goes on behind it.
func (o *options) stallFlush(s *target.Server, probe *load.Run, got *stalled) error {
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	info, err := s.Info()
	if err != nil {
		return err
	}
	full, _ := info.Number("used_memory")
	freed := make(chan struct{})
	var failed error
	flush := func() {
		go func() {
			defer close(freed)
			if _, failed = load.Ask(c, "FLUSHALL"); failed != nil {
				return
			}
			for begin := time.Now(); time.Since(begin) < flushLimit; time.Sleep(afterFlush / 5) {
				info, err := s.Info()
				if used, _ := info.Number("used_memory"); err != nil || used < full/4 {
					failed = err
					break
				}
			}
			time.Sleep(afterFlush)
		}()
	}
	f, err := probe.MeasureUntil(freed, 2*flushLimit, flush, nil)
	if err != nil {
		return err
	}
	<-freed
	got.flush = millis(f)
	return failed
}

// goHeap is a Go server's heap in use, in bytes; negative if it does not say.
func goHeap(s *target.Server) float64 {
	info, err := s.Info()
	if err != nil {
		return -1
	}
	heap, ok := info.Number("go_heap_inuse")
	if !ok {
		return -1
	}
	return heap
}
