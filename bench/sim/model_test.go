package main

import (
	"math"
	"path/filepath"
	"testing"
)

func testCosts() Costs {
	c := assumed()
	c.BatchNs, c.CommandNs, c.CasNs, c.LineNs, c.WakeNs, c.WokenNs = 4000, 400, 8, 60, 1000, 5000
	return c
}

func testSetting() setting {
	return setting{loops: 1, partitions: 256, pipeline: 16, keys: 10_000, connsPerLoop: 50, commands: 20_000, near: 8, spinNs: 200, wakeNs: 1000, partLines: 4, seed: 1}
}

// TestOneLoop holds the simulation to the arithmetic of its costs.
func TestOneLoop(t *testing.T) {
	c := testCosts()
	for _, pipeline := range pipelines {
		s := testSetting()
		s.pipeline = pipeline
		r := simulate(c, s)
		want := c.BatchNs/float64(pipeline) + c.CommandNs
		if got := r.busyPerCommand(); math.Abs(got-want) > want/50 {
			t.Errorf("pipeline %d: %.0f ns a command, want %.0f", pipeline, got, want)
		}
		if r.lent+r.spun+r.moved != 0 {
			t.Errorf("pipeline %d: %+v: one loop met another", pipeline, r)
		}
	}
}

// TestNoCostOfSharing: where sharing is free and collisions are rare, loops add up.
func TestNoCostOfSharing(t *testing.T) {
	c := testCosts()
	c.LineNs = 0
	s := testSetting()
	s.partitions = 1 << 14
	one := simulate(c, s).perSecond()
	s.loops = 8
	if got := simulate(c, s).perSecond() / one; got < 7.8 || got > 8.1 {
		t.Errorf("8 loops are %.2f times one", got)
	}
}

// TestOnePartition: one lease cannot do more than one command at a time, and nothing gets lost.
func TestOnePartition(t *testing.T) {
	c := testCosts()
	s := testSetting()
	s.partitions, s.loops = 1, 8
	for _, spin := range []float64{0, 100, 1000} {
		s.spinNs = spin
		r := simulate(c, s)
		least := float64(r.commands) * c.CommandNs * (1 - beforeLease) * 0.9
		if r.commands < s.commands || r.elapsed < least {
			t.Errorf("spin %v: %d commands in %.0f ns, they take %.0f under the lease", spin, r.commands, r.elapsed, least)
		}
		if r.lent == 0 {
			t.Errorf("spin %v: nothing was lent", spin)
		}
	}
}

func TestDeterminism(t *testing.T) {
	s := testSetting()
	s.loops, s.skew = 4, 0.99
	if a, b := simulate(testCosts(), s), simulate(testCosts(), s); a != b {
		t.Errorf("two runs differ: %+v, %+v", a, b)
	}
}

func TestCostsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "costs")
	want := testCosts()
	if err := writeCosts(path, &want); err != nil {
		t.Fatal(err)
	}
	got, err := readCosts(path)
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if err := got.change("LineNs=5,Nothing=1"); err == nil || got.LineNs != 5 {
		t.Errorf("change gives %v, LineNs %v", err, got.LineNs)
	}
}

func TestFit(t *testing.T) {
	batch, command := fit([3]float64{5400, 650, 462.5})
	if math.Abs(batch-4000) > 1 || math.Abs(command-400) > 1 {
		t.Errorf("fit gives %v, %v", batch, command)
	}
}
