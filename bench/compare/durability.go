package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/sleipnirdb/sleipnir/bench/load"
	"github.com/sleipnirdb/sleipnir/bench/scenario"
	"github.com/sleipnirdb/sleipnir/bench/target"
)

// durabilityPart asks what safety costs: what writers at a steady rate feel while everything is saved or the append-only file is
// rewritten, how much memory that takes, how long saving and loading last, and what the file costs each write.
//
// The memory on top is the growth of the process's resident memory, its highest point, and what a child has of its own: pages
// that a fork shares are not counted twice. A child's own pages are the figure that the reference gives after the save.

const (
	writersRate = 20_000
	// saveText has values of which a half compresses, as most have.
	saveText  = "SET {key} {num:10}{num:10}{num:10}{num:10}{num:10}{value:50}"
	saveLimit = 10 * time.Minute
	saveLook  = 5 * time.Millisecond
)

// saved is what one server showed in one round.
type saved struct {
	calm, save, rewrite map[float64]float64 // quantiles of the writes, ms; 100 is the longest
	topMiB              float64
	idleSeconds         float64 // to save, with nothing else going on
	saveSeconds         float64 // under the writes
	loadSeconds         float64
	fileMiB             float64
	rewriteSeconds      float64
	besideSeconds       float64 // of a save in the same process, beside the append-only file
}

func durabilityPart(o *options) ([]row, error) {
	rounds := (o.rounds + 1) / 2 // a round takes minutes
	var got [2][]saved
	for round := range rounds {
		for k := range 2 {
			i := (round + k) & 1
			s, err := o.saveAndRewrite(o.sides()[i])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", o.sides()[i].name, err)
			}
			got[i] = append(got[i], s)
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, rounds)
	}
	rows := savedRows(o, got)
	more, err := appendRows(o)
	return append(rows, more...), err
}

// longest is the quantile of the largest value.
const longest = 100

func savedRows(o *options, got [2][]saved) []row {
	figure := func(name, unit string, bars []bar, value func(saved) float64) row {
		return perRound(got, name, unit, bars, value)
	}
	against := func(phase func(saved) map[float64]float64, q float64) func(saved) float64 {
		return func(s saved) float64 { return phase(s)[q] / s.calm[q] }
	}
	during := func(s saved) map[float64]float64 { return s.save }
	rewriting := func(s saved) map[float64]float64 { return s.rewrite }
	keys := strconv.FormatFloat(float64(o.saved)/1e6, 'g', -1, 64) + " M keys"
	return []row{
		figure("p99.9 of writes at 20,000/s, "+keys, "ms", nil, func(s saved) float64 { return s.calm[99.9] }),
		figure("p99.9 … during BGSAVE", "ms", nil, func(s saved) float64 { return s.save[99.9] }),
		figure("… to without", "×", oursAtMost(1.5), against(during, 99.9)),
		figure("longest … without", "ms", nil, func(s saved) float64 { return s.calm[longest] }),
		figure("longest … during BGSAVE", "ms", ratioAtMost(0.5), func(s saved) float64 { return s.save[longest] }),
		figure("memory on top during BGSAVE", "MiB", oursAtMost(96), func(s saved) float64 { return s.topMiB }),
		figure("time to save, under the writes", "s", ratioAtMost(0.7), func(s saved) float64 { return s.saveSeconds }),
		figure("time to save, nothing else", "s", nil, func(s saved) float64 { return s.idleSeconds }),
		figure("time to load that file", "s", ratioAtMost(0.7), func(s saved) float64 { return s.loadSeconds }),
		figure("size of that file", "MiB", nil, func(s saved) float64 { return s.fileMiB }),
		figure("longest write during BGREWRITEAOF", "ms", oursAtMost(5), func(s saved) float64 { return s.rewrite[longest] }),
		figure("p99.9 during BGREWRITEAOF to without", "×", nil, against(rewriting, 99.9)),
		figure("time of BGREWRITEAOF under the writes", "s", nil, func(s saved) float64 { return s.rewriteSeconds }),
		figure("… to that of a BGSAVE", "×", oursAtMost(1.2), func(s saved) float64 { return s.rewriteSeconds / s.besideSeconds }),
	}
}

// saveAndRewrite is one server's round: a process without the append-only file, and one with it.
func (o *options) saveAndRewrite(side side) (saved, error) {
	var got saved
	if err := o.withKeys(side, got.snapshot); err != nil {
		return got, err
	}
	side.args = append(side.args[:len(side.args):len(side.args)], "--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0")
	return got, o.withKeys(side, got.rewriting)
}

// withKeys runs f on a server that is full.
func (o *options) withKeys(side side, f func(*options, *target.Server) error) error {
	s, err := side.start()
	if err != nil {
		return err
	}
	defer s.Stop()
	if err := insert(s, saveText, o.saved); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	if _, _, err := settled(s); err != nil {
		return err
	}
	return f(o, s)
}

// writers send SETs at a steady rate.
func (o *options) writers(s *target.Server) (*load.Run, error) {
	w, err := load.Start(load.Config{Dial: s.Dial(), Rate: writersRate, Nice: o.nice,
		Mix:  []load.Weighted{{Template: load.MustCompile(saveText, load.Shape{})}},
		Keys: load.Keys{Count: uint64(o.saved)}}) // #nosec G115 -- positive
	if err == nil {
		time.Sleep(warmUp)
	}
	return w, err
}

func (g *saved) snapshot(o *options, s *target.Server) error {
	seconds, err := finish(s, bgsave)
	if err != nil {
		return err
	}
	g.idleSeconds = seconds
	w, err := o.writers(s)
	if err != nil {
		return err
	}
	defer w.Stop()
	calm, err := w.Measure(3*o.window, nil, nil)
	if err != nil {
		return err
	}
	rss, err := s.RSS()
	if err != nil {
		return err
	}
	peak := watchRSS(s)
	f, seconds, err := underWrites(s, w, bgsave)
	top := peak() - rss
	if err != nil {
		return err
	}
	w.Stop()
	own, err := childMemory(s)
	if err != nil {
		return err
	}
	g.calm, g.save, g.saveSeconds = writeMillis(calm), writeMillis(f), seconds
	g.topMiB, g.fileMiB = float64(top+own)/(1<<20), float64(s.FileSize("dump.rdb"))/(1<<20)
	took, err := s.Restart()
	g.loadSeconds = took.Seconds()
	if got, askErr := s.Ask("DBSIZE"); err == nil && (askErr != nil || got != strconv.Itoa(o.saved)) {
		err = fmt.Errorf("%s keys were loaded of %d (%w)", got, o.saved, askErr)
	}
	return err
}

func (g *saved) rewriting(o *options, s *target.Server) error {
	w, err := o.writers(s)
	if err != nil {
		return err
	}
	defer w.Stop()
	if _, g.besideSeconds, err = underWrites(s, w, bgsave); err != nil {
		return err
	}
	f, seconds, err := underWrites(s, w, rewrite)
	if err == nil {
		g.rewrite, g.rewriteSeconds = writeMillis(f), seconds
	}
	return err
}

func writeMillis(f *load.Figures) map[float64]float64 {
	m := millis(f)
	m[longest] = float64(f.Latency.Max()) / 1e6
	return m
}

// job is background work that a command begins.
type job struct{ command, running, status string }

var (
	bgsave  = job{"BGSAVE", "rdb_bgsave_in_progress", "rdb_last_bgsave_status"}
	rewrite = job{"BGREWRITEAOF", "aof_rewrite_in_progress", "aof_last_bgrewrite_status"}
)

// finish runs a job to its end and returns the seconds it took.
func finish(s *target.Server, j job) (float64, error) {
	begin := time.Now()
	if _, err := s.Ask(j.command); err != nil {
		return 0, err
	}
	for time.Since(begin) < saveLimit {
		info, err := s.Info("persistence")
		if err != nil {
			return 0, err
		}
		if info[j.running] == "0" && info["aof_rewrite_scheduled"] != "1" {
			if info[j.status] != "ok" {
				return 0, fmt.Errorf("%s: the server says %s", j.command, info[j.status])
			}
			return time.Since(begin).Seconds(), nil
		}
		time.Sleep(saveLook)
	}
	return 0, fmt.Errorf("%s had no end in %v", j.command, saveLimit)
}

// underWrites measures the writers while a job is done.
func underWrites(s *target.Server, w *load.Run, j job) (f *load.Figures, seconds float64, err error) {
	done := make(chan struct{})
	var failed error
	f, err = w.MeasureUntil(done, saveLimit, func() {
		go func() {
			defer close(done)
			seconds, failed = finish(s, j)
		}()
	}, nil)
	<-done
	if err == nil {
		err = failed
	}
	if err == nil && f.Errors > 0 {
		err = fmt.Errorf("%d errors during %s, the first: %s", f.Errors, j.command, f.FirstErr)
	}
	return f, seconds, err
}

// watchRSS follows the resident memory until it is asked for the highest it saw.
func watchRSS(s *target.Server) (highest func() int64) {
	stop, peak := make(chan struct{}), make(chan int64)
	go func() {
		high := int64(0)
		for {
			if n, err := s.RSS(); err == nil {
				high = max(high, n)
			}
			select {
			case <-stop:
				peak <- high
				return
			case <-time.After(saveLook):
			}
		}
	}()
	return func() int64 {
		close(stop)
		return <-peak
	}
}

// childMemory is what a child had of its own during the last save, in bytes; 0 for a server that doesn't fork.
func childMemory(s *target.Server) (int64, error) {
	info, err := s.Info()
	if err != nil {
		return 0, err
	}
	if forks, _ := info.Number("total_forks"); forks == 0 {
		return 0, nil
	}
	own, _ := info.Number("rdb_last_cow_size")
	return int64(own), nil
}

// appendRows are what the append-only file costs each write.
func appendRows(o *options) ([]row, error) {
	with := func(policy string) [2]side {
		sides := o.sides()
		for i := range sides {
			sides[i].args = []string{"--appendonly", "yes", "--appendfsync", policy, "--auto-aof-rewrite-percentage", "0"}
		}
		return sides
	}
	set := func(n int) []work {
		return []work{named(fmt.Sprintf("set, pipeline %d", n), "set", func(s *scenario.Scenario) { s.Pipeline = n })}
	}
	every, err := o.duel(with("everysec"), set(16))
	if err != nil {
		return nil, err
	}
	always, err := o.duel(with("always"), set(1))
	if err != nil {
		return nil, err
	}
	return []row{
		cpuRow("set, pipeline 16, appendfsync everysec", every[0], ratioAtMost(0.8)),
		rateRow("set, pipeline 16, appendfsync everysec", every[0], nil),
		rateRow("set, 50 connections, appendfsync always", always[0], ratioAtLeast(1.5)),
		cpuRow("set, 50 connections, appendfsync always", always[0], nil),
		othersRow(append(every, always...)),
	}, nil
}
