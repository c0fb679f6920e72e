package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/sleipnirdb/sleipnir/bench/load"
	"github.com/sleipnirdb/sleipnir/bench/target"
)

// A window is cut into slices that alternate between the two servers a few times a second, so a burst of somebody
// else's work hits both. Each slice notes how much of the machine went to others. When that is much, more pairs of
// slices are taken than needed and the quietest are kept: a choice by what others did, not by what the servers did.
const (
	sliceLength = 200 * time.Millisecond
	settle      = 40 * time.Millisecond  // from the resumption of the load to the beginning of a slice
	warmUp      = 250 * time.Millisecond // before the first slice of a window
	quiet       = 0.05                   // share of the machine that others may take in a slice
	maxExtra    = 2                      // times as many slices as needed are taken at most
)

// slice is what one server did in one slice.
type slice struct {
	figures *load.Figures
	cpu     time.Duration
	others  float64
}

// turn is a slice of each server, one right after the other.
type turn [2]slice

func (t turn) others() float64 { return max(t[0].others, t[1].others) }

// contender is one server under load.
type contender struct {
	server *target.Server
	run    *load.Run
}

// match measures both servers with one work.
func (o *options) match(servers [2]*target.Server, job work, order [2]int) (pair, error) {
	var both [2]*contender
	for _, i := range order {
		c, err := o.contend(servers[i], job)
		if err != nil {
			return pair{}, err
		}
		defer c.run.Stop()
		both[i] = c
	}
	need := int((o.window + sliceLength - 1) / sliceLength)
	var turns []turn
	for enough := 0; len(turns) < maxExtra*need && enough < need; {
		var t turn
		for _, i := range order {
			var err error
			if t[i], err = both[i].slice(); err != nil {
				return pair{}, fmt.Errorf("%s: %w", servers[i].Name, err)
			}
		}
		turns = append(turns, t)
		if t.others() <= quiet {
			enough++
		}
		order[0], order[1] = order[1], order[0]
	}
	slices.SortStableFunc(turns, func(a, b turn) int { return cmp.Compare(a.others(), b.others()) })
	turns = turns[:need]
	var p pair
	for _, t := range turns {
		p.slices = append(p.slices, [2]sample{t[0].sample(), t[1].sample()})
	}
	for i, c := range both {
		var err error
		if p.whole[i], err = c.sum(turns, i, job); err != nil {
			return p, fmt.Errorf("%s: %w", c.server.Name, err)
		}
	}
	return p, nil
}

func (o *options) contend(s *target.Server, job work) (*contender, error) {
	cfg, err := job.Load(s.Dial())
	if err != nil {
		return nil, err
	}
	if job.Rate > 0 {
		cfg.Nice = o.nice
	}
	r, err := load.Start(cfg)
	if err != nil {
		return nil, err
	}
	time.Sleep(warmUp)
	r.Pause()
	return &contender{server: s, run: r}, nil
}

func (c *contender) slice() (slice, error) {
	c.run.Resume()
	time.Sleep(settle)
	var cpu, idle [2]time.Duration
	read := func(k int) func() {
		return func() {
			cpu[k], _ = c.server.CPU()
			idle[k], _ = target.Idle()
		}
	}
	f, err := c.run.Measure(sliceLength, read(0), read(1))
	c.run.Pause()
	if err != nil {
		return slice{}, err
	}
	s := slice{figures: f, cpu: cpu[1] - cpu[0]}
	all := target.Capacity(f.Elapsed)
	s.others = max(0, float64(all-(idle[1]-idle[0])-s.cpu-f.OwnCPU)/float64(all))
	return s, nil
}

// sample is the figures of one slice that mean something on their own; quantiles don't.
func (s slice) sample() sample {
	return sample{
		cpuMicros: float64(s.cpu.Nanoseconds()) / 1e3 / float64(max(s.figures.Replies, 1)),
		perSecond: s.figures.PerSecond(),
		others:    s.others,
	}
}

// sum adds up the slices of side i.
func (c *contender) sum(turns []turn, i int, job work) (sample, error) {
	all := slice{figures: &load.Figures{}}
	for _, t := range turns {
		all.figures.Add(t[i].figures)
		all.cpu += t[i].cpu
		all.others += t[i].others / float64(len(turns))
	}
	got := all.sample()
	got.ms, got.gcShare = millis(all.figures), gcShare(c.server)
	got.lateMs = float64(all.figures.Lateness.ValueAtQuantile(99)) / 1e6
	return got, plausible(all.figures, job)
}

// plausible refuses figures of a server that did not do the work: errors and misses are cheap to answer.
func plausible(f *load.Figures, job work) error {
	switch {
	case f.Replies == 0:
		return fmt.Errorf("no replies")
	case f.Errors > 0:
		return fmt.Errorf("%d of %d replies are errors, the first: %s", f.Errors, f.Replies, f.FirstErr)
	case f.Nulls > 0 && job.Fill != "" && !job.Nulls:
		return fmt.Errorf("%d nulls though every key was set", f.Nulls)
	case job.Rate > 0 && f.PerSecond() < 0.9*job.Rate:
		fmt.Fprintf(os.Stderr, "%s: %.0f requests/s were answered of %.0f\n", job.label, f.PerSecond(), job.Rate)
	}
	return nil
}
