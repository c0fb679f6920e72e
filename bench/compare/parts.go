package main

import (
	"fmt"
	"strings"

	"github.com/sleipnirdb/sleipnir/bench/scenario"
)

// pipelines that the figures are taken at.
var pipelines = [...]int{1, 16, 64}

func piped(n int) func(*scenario.Scenario) {
	return func(s *scenario.Scenario) { s.Pipeline = n }
}

func cpuRow(figure string, pairs []pair, bars []bar) row {
	r := row{figure: "CPU per " + figure, unit: "µs", bars: bars}
	r.ratio, r.ours, r.ref = ratioOf(pairs, func(s sample) float64 { return s.cpuMicros }, true)
	return r
}

func rateRow(figure string, pairs []pair, bars []bar) row {
	r := row{figure: "throughput of " + figure, unit: "1000/s", bars: bars}
	r.ratio, r.ours, r.ref = ratioOf(pairs, func(s sample) float64 { return s.perSecond / 1e3 }, true)
	return r
}

func quantileRow(figure string, q float64, pairs []pair, bars []bar) row {
	r := row{figure: fmt.Sprintf("p%g of %s", q, figure), unit: "ms", bars: bars}
	r.ratio, r.ours, r.ref = ratioOf(pairs, func(s sample) float64 { return s.ms[q] }, false)
	return r
}

// othersRow tells how quiet the machine was.
func othersRow(all [][]pair) row {
	var v [2][]float64
	for _, pairs := range all {
		for _, p := range pairs {
			v[0], v[1] = append(v[0], 100*p.whole[0].others), append(v[1], 100*p.whole[1].others)
		}
	}
	return row{figure: "the machine's time that others took", unit: "%", ours: median(v[0]), ref: median(v[1]), ratio: -1}
}

func cpuPart(o *options) ([]row, error) {
	cpuBar := map[int]float64{1: 1, 16: 0.75, 64: 0.6}
	rateBar := map[int]float64{16: 1.25, 64: 1.5}
	works := getAndSet()
	all, err := o.duel(o.sides(), works)
	if err != nil {
		return nil, err
	}
	var cpu, rate []row
	worstGC := -1.0
	for i, w := range works {
		cpu = append(cpu, cpuRow(w.label, all[i], ratioAtMost(cpuBar[w.Pipeline])))
		var bars []bar
		if b := rateBar[w.Pipeline]; b > 0 {
			bars = ratioAtLeast(b)
		}
		rate = append(rate, rateRow(w.label, all[i], bars))
		for _, p := range all[i] {
			worstGC = max(worstGC, p.whole[0].gcShare)
		}
	}
	gc := row{figure: "garbage collection, share of CPU under this load", unit: "%", ours: -1, ref: -1, ratio: -1, bars: oursAtMost(1)}
	if worstGC >= 0 {
		gc.ours = worstGC * 100
	}
	return append(append(append(cpu, rate...), gc), othersRow(all)), nil
}

const fixedRate = 20_000

func latencyPart(o *options) ([]row, error) {
	slow := *o
	slow.window = 3 * o.window // the rare requests need more of them
	var works []work
	for _, name := range []string{"get", "mixed"} {
		works = append(works, named(name, name, func(s *scenario.Scenario) { s.Rate = fixedRate }))
	}
	all, err := slow.duel(o.sides(), works)
	if err != nil {
		return nil, err
	}
	var rows []row
	for i, w := range works {
		for _, q := range quantiles {
			var bars []bar
			if q == 99 || q == 99.9 {
				bars = ratioAtMost(1)
			}
			rows = append(rows, quantileRow(w.label, q, all[i], bars))
		}
		late := row{figure: "… of which the generator woke late, p99", unit: "ms", ratio: -1}
		_, late.ours, late.ref = ratioOf(all[i], func(s sample) float64 { return s.lateMs }, false)
		rows = append(rows, late, cpuRow(w.label, all[i], nil))
	}
	return append(rows, othersRow(all)), nil
}

func multiPart(o *options) ([]row, error) {
	var works []work
	for _, n := range []int{1, 16} {
		for _, name := range []string{"mget", "mset"} {
			works = append(works, named(name, name, piped(n)))
		}
	}
	all, err := o.duel(o.sides(), works)
	if err != nil {
		return nil, err
	}
	var rows []row
	for i, w := range works {
		label := fmt.Sprintf("%s of 10 keys, pipeline %d", w.label, w.Pipeline)
		rows = append(rows, cpuRow(label, all[i], ratioAtMost(1)),
			rateRow(label, all[i], nil))
	}
	return append(rows, othersRow(all)), nil
}

// versus measures Sleipnir against itself, started in two ways.
func (o *options) versus(one, two []string, works []work, bars []bar) ([]row, error) {
	sides := [2]side{{"Sleipnir " + strings.Join(one, " "), o.sleipnir, one}, {"Sleipnir " + strings.Join(two, " "), o.sleipnir, two}}
	all, err := o.duel(sides, works)
	if err != nil {
		return nil, err
	}
	var rows []row
	for i, w := range works {
		rows = append(rows, cpuRow(w.label, all[i], bars), rateRow(w.label, all[i], nil))
	}
	return append(rows, othersRow(all)), nil
}

// getAndSet at each pipeline.
func getAndSet() []work {
	var works []work
	for _, n := range pipelines {
		for _, name := range []string{"get", "set"} {
			works = append(works, named(fmt.Sprintf("%s, pipeline %d", name, n), name, piped(n)))
		}
	}
	return works
}

func loopsPart(o *options) ([]row, error) {
	return o.versus([]string{"--io-threads", "2"}, []string{"--io-threads", "1"}, getAndSet(), ratioAtMost(1.2))
}

func enginesPart(o *options) ([]row, error) {
	return o.versus([]string{"--io-engine", "netpoll"}, []string{"--io-engine", "epoll"}, getAndSet(), nil)
}

func partitionsPart(o *options) ([]row, error) {
	var rows []row
	for _, n := range []string{"16", "64", "256", "1024", "4096"} {
		works := []work{named("get, pipeline 16, "+n+" partitions", "get", piped(16)), named("mset, "+n+" partitions", "mset", piped(1))}
		r, err := o.versus([]string{"--partitions", n}, nil, works, nil)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r...)
	}
	return rows, nil
}

func morePart(o *options) ([]row, error) {
	var works []work
	for _, name := range []string{"ping", "mixed-zipf", "get-1k", "set-1k", "setex", "get-64k", "incr"} {
		for _, n := range []int{1, 16} {
			works = append(works, named(name, name, piped(n)))
		}
	}
	all, err := o.duel(o.sides(), works)
	if err != nil {
		return nil, err
	}
	var rows []row
	for i, w := range works {
		label := fmt.Sprintf("%s, pipeline %d", w.label, w.Pipeline)
		rows = append(rows, cpuRow(label, all[i], nil),
			rateRow(label, all[i], nil))
	}
	return append(rows, othersRow(all)), nil
}
