package main

import (
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/sleipnirdb/sleipnir/bench/load"
	"github.com/sleipnirdb/sleipnir/bench/scenario"
	"github.com/sleipnirdb/sleipnir/bench/target"
)

// Bars of the data types.
const (
	typeBar = 0.8
	meanBar = 0.65
)

func typesPart(o *options) ([]row, error) {
	var works []work
	for _, s := range scenario.Types() {
		if strings.Contains(s.Name, o.only) {
			works = append(works, work{s.Name, s})
		}
	}
	all, err := o.duel(o.sides(), works)
	if err != nil {
		return nil, err
	}
	var rows []row
	logs := 0.0
	for i, w := range works {
		r := cpuRow(w.label, all[i], ratioAtMost(typeBar))
		logs += math.Log(r.ratio)
		rows = append(rows, r)
	}
	mean := math.Exp(logs / float64(len(works)))
	return append(rows, row{figure: "geometric mean", unit: "µs", bars: ratioAtMost(meanBar),
		quotient: quotient{ratio: mean, ours: -1, ref: -1}}, othersRow(all)), nil
}

// elementsPart counts bytes per element: the growth of used_memory from the empty server to one with a large collection, or
// with many small ones.
func elementsPart(o *options) ([]row, error) {
	shapes := []struct {
		name, fill string
		elements   int
		bound      float64
	}{
		{"sorted set, 16 B members", "ZADD large {rand:1000000} {key}", o.keys, 64},
		{"hash, 16 B fields and values", "HSET large {key} {value}", o.keys, 60},
		{"set, 16 B members", "SADD large {key}", o.keys, 36},
		{"list, 16 B elements", "RPUSH large {key}", o.keys, 19},
		{"stream, entries of two fields", "XADD large * a {num:4} b {num:4}", o.keys / 2, 19},
		{"hash of 5 short fields, per key", "HSET {key} f1 v1 f2 v2 f3 v3 f4 v4 f5 v5", o.keys, 140},
	}
	var rows []row
	for _, shape := range shapes {
		var bytes [2]float64
		for i, side := range o.sides() {
			var err error
			if bytes[i], err = perElement(side, shape.fill, shape.elements); err != nil {
				return nil, fmt.Errorf("%s, %s: %w", side.name, shape.name, err)
			}
		}
		rows = append(rows, row{figure: "bytes per element, " + shape.name, unit: "B", bars: oursAtMost(shape.bound),
			quotient: quotient{ours: bytes[0], ref: bytes[1], ratio: bytes[0] / bytes[1]}})
		fmt.Fprintln(os.Stderr, "elements:", shape.name)
	}
	return rows, nil
}

func perElement(side side, fill string, n int) (float64, error) {
	s, err := side.start()
	if err != nil {
		return 0, err
	}
	defer s.Stop()
	before, _, err := settled(s)
	if err != nil {
		return 0, err
	}
	if err := insert(s, fill, n); err != nil {
		return 0, err
	}
	after, _, err := settled(s)
	return (after - before) / float64(n), err
}

// stallTypesPart asks what a sorted set of ten million members does to a bystander: while it is built, while a range of 100,000 is
// read again and again, and while it is deleted. And it reads what ten million members in a thousand sets cost the Go heap.
func stallTypesPart(o *options) ([]row, error) {
	var got [2]map[string]float64
	for i, side := range o.sides() {
		var err error
		if got[i], err = o.stallTypes(side); err != nil {
			return nil, fmt.Errorf("%s: %w", side.name, err)
		}
	}
	var rows []row
	for _, phase := range stallPhases {
		r := row{figure: "p99.99 of GETs at 10,000/s " + phase, unit: "ms",
			quotient: quotient{ours: got[0][phase], ref: got[1][phase], ratio: got[0][phase] / got[1][phase]}}
		if phase != calmPhase {
			r.bars = oursAtMost(5)
		}
		rows = append(rows, r)
	}
	return append(rows, row{figure: "Go heap with 10 M members in 1,000 sorted sets, more than empty", unit: "MiB", bars: oursAtMost(32),
		quotient: quotient{ours: got[0][heapFigure], ref: -1, ratio: -1}}), nil
}

const (
	calmPhase  = "with nothing else"
	buildPhase = "while a sorted set of 10 M is built"
	rangePhase = "while a range of 100,000 of it is read"
	freePhase  = "while it is deleted"
	heapFigure = "heap"
)

var stallPhases = []string{calmPhase, buildPhase, rangePhase, freePhase}

func (o *options) stallTypes(side side) (map[string]float64, error) {
	s, err := side.start()
	if err != nil {
		return nil, err
	}
	defer s.Stop()
	if err := insert(s, "SET {key} {value}", bystanderKeys); err != nil {
		return nil, err
	}
	probe, err := load.Start(load.Config{Dial: s.Dial(), Conns: bystanderConns, Rate: bystanderRate, Nice: o.nice,
		Mix:  []load.Weighted{{Template: load.MustCompile("GET {key}", load.Shape{})}},
		Keys: load.Keys{Count: bystanderKeys}})
	if err != nil {
		return nil, err
	}
	got := map[string]float64{}
	measure := func(phase, text string, n int) error {
		if err := o.while(s, probe, text, n, got, phase); err != nil {
			return fmt.Errorf("%s: %w", phase, err)
		}
		return nil
	}
	calm, err := probe.Measure(2*o.window, nil, nil)
	if err != nil {
		return nil, err
	}
	got[calmPhase] = millis(calm)[99.99]
	for _, step := range []struct {
		phase, text string
		n           int
	}{
		{buildPhase, "ZADD large {rand:1000000} {key}", o.big},
		{rangePhase, "ZRANGE large 5000000 5099999", 20},
		{freePhase, "DEL large", 1},
	} {
		if err := measure(step.phase, step.text, step.n); err != nil {
			return nil, err
		}
	}
	probe.Stop()
	got[heapFigure], err = o.heapOfSets(s)
	return got, err
}

// bystanderKeys are what the bystander reads.
const bystanderKeys = 100_000

// while measures the bystander during n requests, and half a second longer: freeing goes on behind the reply.
func (o *options) while(s *target.Server, probe *load.Run, text string, n int, got map[string]float64, phase string) error {
	cfg, err := inserting(s, text, n)
	if err != nil {
		return err
	}
	cfg.Pipeline = min(cfg.Pipeline, n)
	in, err := load.Start(cfg)
	if err != nil {
		return err
	}
	defer in.Stop()
	f, err := probe.MeasureUntil(in.Done(), insertLimit, nil, nil)
	if err != nil {
		return err
	}
	if after, err := probe.Measure(afterFlush, nil, nil); err == nil {
		f.Add(after)
	}
	done, err := in.Wait()
	if err == nil && done.Errors > 0 {
		err = fmt.Errorf("%d errors, the first: %s", done.Errors, done.FirstErr)
	}
	got[phase] = millis(f)[99.99]
	return err
}

// heapOfSets returns by how many MiB the Go heap grows with ten million members in a thousand sorted sets; negative: unknown.
func (o *options) heapOfSets(s *target.Server) (float64, error) {
	if _, err := s.Ask("FLUSHALL"); err != nil {
		return 0, err
	}
	before := goHeap(s)
	if before < 0 {
		return -1, nil
	}
	t, err := load.Compile("ZADD zset:{rand:1000} {rand:1000000} {key}", load.Shape{})
	if err != nil {
		return 0, err
	}
	f, err := load.Do(load.Config{Dial: s.Dial(), Mix: []load.Weighted{{Template: t}}, Conns: 4, Pipeline: 64, Requests: int64(o.big),
		Keys: load.Keys{Count: uint64(o.big), Dist: load.Sequential}}) // #nosec G115 -- positive
	if err == nil && f.Errors > 0 {
		err = fmt.Errorf("%d errors, the first: %s", f.Errors, f.FirstErr)
	}
	return max(goHeap(s)-before, 0) / (1 << 20), err
}
