package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/sleipnirdb/sleipnir/bench/load"
	"github.com/sleipnirdb/sleipnir/bench/scenario"
	"github.com/sleipnirdb/sleipnir/bench/target"
)

// side is one of the two that are compared: a binary and how it's started.
type side struct {
	name string
	path string
	args []string
}

func (s side) start() (*target.Server, error) { return target.Start(s.name, s.path, s.args...) }

func (o *options) sides() [2]side {
	return [2]side{{name: "Sleipnir", path: o.sleipnir}, {name: "reference", path: o.reference}}
}

// work is a scenario to be measured under a label.
type work struct {
	label string
	scenario.Scenario
}

func named(label, name string, change func(*scenario.Scenario)) work {
	s, err := scenario.Named(name)
	if err != nil {
		panic(err) // names here are constants
	}
	if change != nil {
		change(&s)
	}
	return work{label, s}
}

// sample is what one window showed of one server.
type sample struct {
	cpuMicros float64 // of the server, per command
	perSecond float64
	ms        map[float64]float64 // latency by quantile, milliseconds
	lateMs    float64             // p99 of what the generator added to the latencies
	gcShare   float64             // of the server's processor time, since its start; negative: unknown
	others    float64             // share of the machine that went to other processes
}

// quantiles that are kept.
var quantiles = [...]float64{50, 99, 99.9, 99.99}

// pair is both servers' samples of one round, and of the slices that it was made of, in turn.
type pair struct {
	whole  [2]sample
	slices [][2]sample
}

// duel measures both sides with each work, round by round; the result is by work, then by round.
func (o *options) duel(sides [2]side, works []work) ([][]pair, error) {
	all := make([][]pair, len(works))
	for round := range o.rounds {
		pairs, err := o.round(sides, works, round)
		if err != nil {
			return nil, err
		}
		for i := range works {
			all[i] = append(all[i], pairs[i])
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, o.rounds)
	}
	return all, nil
}

func (o *options) round(sides [2]side, works []work, round int) ([]pair, error) {
	var servers [2]*target.Server
	order := [2]int{round & 1, 1 - round&1}
	for _, i := range order {
		s, err := sides[i].start()
		if err != nil {
			return nil, err
		}
		defer s.Stop()
		servers[i] = s
	}
	pairs := make([]pair, len(works))
	filled := ""
	for w, job := range works {
		if job.Fill != "" && job.Fill != filled {
			for _, i := range order {
				if err := fill(servers[i], job.Scenario); err != nil {
					return nil, err
				}
			}
			filled = job.Fill
		}
		for _, body := range job.Scripts {
			for _, i := range order {
				if _, err := servers[i].Ask("SCRIPT", "LOAD", body); err != nil {
					return nil, err
				}
			}
		}
		var err error
		if pairs[w], err = o.match(servers, job, order); err != nil {
			return nil, fmt.Errorf("%s: %w", job.label, err)
		}
		order[0], order[1] = order[1], order[0]
	}
	return pairs, nil
}

// fill makes the keys of a scenario.
func fill(s *target.Server, sc scenario.Scenario) error {
	if sc.Fresh {
		if _, err := s.Ask("FLUSHALL"); err != nil {
			return err
		}
	}
	for _, step := range []func(load.Dialer) (load.Config, bool, error){sc.Prepared, sc.Prefill} {
		if cfg, needed, err := step(s.Dial()); err != nil {
			return err
		} else if needed {
			if err := fillWith(cfg); err != nil {
				return err
			}
		}
	}
	return nil
}

func fillWith(cfg load.Config) error {
	f, err := load.Do(cfg)
	if err == nil && f.Errors > 0 {
		err = fmt.Errorf("fill: %d errors, the first: %s", f.Errors, f.FirstErr)
	}
	return err
}

func millis(f *load.Figures) map[float64]float64 {
	m := map[float64]float64{}
	for _, q := range quantiles {
		m[q] = f.Quantile(q).Seconds() * 1e3
	}
	return m
}

// gcShare asks a Go server how much of its processor time went to garbage collection; negative if it does not say.
func gcShare(s *target.Server) float64 {
	info, err := s.Info()
	if err != nil {
		return -1
	}
	if seconds, ok := info.Number("go_gc_cpu_seconds"); ok {
		if cpu, err := s.CPU(); err == nil && cpu > 0 {
			return seconds / cpu.Seconds()
		}
	}
	if percent, ok := info.Number("go_gc_cpu_percent"); ok {
		return percent / 100
	}
	return -1
}

// quantile of v, q from 0 to 1; -1 if v is empty.
func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return -1
	}
	v = slices.Clone(v)
	slices.Sort(v)
	at := q * float64(len(v)-1)
	i := int(at)
	if i+1 == len(v) {
		return v[i]
	}
	return v[i] + (at-float64(i))*(v[i+1]-v[i])
}

func median(v []float64) float64 { return quantile(v, 0.5) }

// quotient is a ratio with the quartiles of what it is the median of, and the medians of both sides.
type quotient struct{ ratio, low, high, ours, ref float64 }

func newQuotient(ratios, ours, ref []float64) quotient {
	return quotient{median(ratios), quantile(ratios, 0.25), quantile(ratios, 0.75), median(ours), median(ref)}
}

// ratioOf compares one value over the rounds. What has a meaning in a single slice is compared slice by slice: two slices are
// closer in time than two windows, and they are many.
func ratioOf(pairs []pair, value func(sample) float64, bySlice bool) quotient {
	var q, a, b []float64
	for _, p := range pairs {
		x, y := value(p.whole[0]), value(p.whole[1])
		a, b = append(a, x), append(b, y)
		if !bySlice {
			q = append(q, x/y)
			continue
		}
		for _, s := range p.slices {
			q = append(q, value(s[0])/value(s[1]))
		}
	}
	return newQuotient(q, a, b)
}

// perRound compares one value of what both sides showed in each round; a negative one is unknown.
func perRound[T any](got [2][]T, name, unit string, bars []bar, value func(T) float64) row {
	var a, b, q []float64
	for i := range got[0] {
		x, y := value(got[0][i]), value(got[1][i])
		a, b, q = append(a, x), append(b, y), append(q, x/y)
	}
	r := row{figure: name, unit: unit, quotient: newQuotient(q, a, b), bars: bars}
	if r.ours < 0 || r.ref < 0 {
		r.ratio = -1
	}
	return r
}
