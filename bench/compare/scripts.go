package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/sleipnirdb/sleipnir/bench/load"
	"github.com/sleipnirdb/sleipnir/bench/scenario"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

// scriptsPart measures EVALSHA against the reference.
func scriptsPart(o *options) ([]row, error) {
	bars := []float64{1, 1, 3, 3}
	works := []work{
		named("EVALSHA of one call", "script-get", nil),
		named("EVALSHA of one call, pipeline 16", "script-get", piped(16)),
		named("EVALSHA of 1,000 additions, pipeline 16", "script-additions", piped(16)),
		named("EVALSHA of 200 strings in a table, pipeline 16", "script-strings", piped(16)),
	}
	all, err := o.duel(o.sides(), works)
	if err != nil {
		return nil, err
	}
	var rows []row
	for i, w := range works {
		rows = append(rows, cpuRow(w.label, all[i], ratioAtMost(bars[i])), rateRow(w.label, all[i], nil))
	}
	return append(rows, othersRow(all)), nil
}

// scriptLoopsPart measures two clients that run scripts which hold one partition each, on two loops and on one.
func scriptLoopsPart(o *options) ([]row, error) {
	works := []work{named("two clients, 1,000 additions each", "script-additions", func(s *scenario.Scenario) {
		s.Conns, s.Pipeline = 2, 32
	})}
	sides := [2]side{{"2 loops", o.sleipnir, []string{"--io-threads", "2"}}, {"1 loop", o.sleipnir, []string{"--io-threads", "1"}}}
	all, err := o.duel(sides, works)
	if err != nil {
		return nil, err
	}
	return []row{rateRow(works[0].label, all[0], ratioAtLeast(1.7)), cpuRow(works[0].label, all[0], nil), othersRow(all)}, nil
}

// unprovedPart measures scripts that hold every partition, over the number of partitions, and what GETs cost beside them.
func unprovedPart(o *options) ([]row, error) {
	var rows []row
	beside := named("nine GETs to one such script, pipeline 16", "script-unproved", func(s *scenario.Scenario) {
		s.Pipeline = 16
		s.Commands = append([]scenario.Command{{Text: "GET {key}", Weight: 9}}, s.Commands...)
	})
	for _, n := range []int{32, 256, 1024} {
		args := []string{"--partitions", strconv.Itoa(n)}
		r, err := o.versus(args, []string{"--partitions", "1"}, []work{named(fmt.Sprintf("a script that holds %d partitions, pipeline 16", n), "script-unproved", piped(16)), beside}, nil)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r...)
	}
	return rows, nil
}

const (
	// spinningKey is held by the script that spins.
	spinningKey   = "spinning"
	spinSeconds   = 5
	spinScript    = "redis.call('set', KEYS[1], 1) local t = redis.call('time')[1] + ARGV[1] while redis.call('time')[1] + 0 < t do end return 1"
	elsewhereKeys = 16
	// spinPartitions is stated, as it says which keys lie elsewhere.
	spinPartitions = 32
)

// spin is one round: quantiles of GETs on other partitions.
type spin struct{ calm, beside map[float64]float64 }

// spinPart asks what a script that spins on one partition does to a bystander who sends GETs to others. The reference serves nobody meanwhile, so
// it isn't asked.
func spinPart(o *options) ([]row, error) {
	var got [2][]spin
	for round := range o.rounds {
		s, err := o.spin()
		if err != nil {
			return nil, err
		}
		got[0], got[1] = append(got[0], s), append(got[1], spin{beside: s.calm})
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, o.rounds)
	}
	var rows []row
	for _, q := range quantiles {
		var bars []bar
		if q == 99.9 {
			bars = ratioAtMost(2)
		}
		rows = append(rows, perRound(got, fmt.Sprintf("p%g of GETs at 10,000/s elsewhere", q), "ms", bars, func(s spin) float64 { return s.beside[q] }))
	}
	return rows, nil
}

func (o *options) spin() (got spin, err error) {
	s, err := side{name: "Sleipnir", path: o.sleipnir, args: []string{"--partitions", strconv.Itoa(spinPartitions), "--busy-reply-threshold", "60000"}}.start()
	if err != nil {
		return got, err
	}
	defer s.Stop()
	cfg := load.Config{Dial: s.Dial(), Conns: bystanderConns, Rate: bystanderRate, Nice: o.nice}
	for i := range elsewhereKeys {
		key := fmt.Sprintf("elsewhere%d", i)
		if crc.Slot([]byte(key))%spinPartitions == crc.Slot([]byte(spinningKey))%spinPartitions {
			continue
		}
		if _, err := s.Ask("SET", key, "0123456789abcdef"); err != nil {
			return got, err
		}
		cfg.Mix = append(cfg.Mix, load.Weighted{Template: load.MustCompile("GET "+key, load.Shape{}), Weight: 1})
	}
	probe, err := load.Start(cfg)
	if err != nil {
		return got, err
	}
	defer probe.Stop()
	time.Sleep(warmUp)
	calm, err := probe.Measure((spinSeconds-1)*time.Second, nil, nil)
	if err != nil {
		return got, err
	}
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		return got, err
	}
	defer func() { _ = c.Close() }()
	ended := make(chan error, 1)
	go func() {
		_, err := load.Ask(c, "EVAL", spinScript, "1", spinningKey, strconv.Itoa(spinSeconds+1))
		ended <- err
	}()
	time.Sleep(warmUp / 2)
	beside, err := probe.Measure((spinSeconds-1)*time.Second, nil, nil)
	if err != nil {
		return got, err
	}
	select {
	case err := <-ended:
		return got, fmt.Errorf("the script has ended too early: %v", err)
	default:
	}
	got.calm, got.beside = millis(calm), millis(beside)
	return got, <-ended
}
