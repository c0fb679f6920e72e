// Compare measures Sleipnir against a reference server on the same machine, with the same work, in one run,
// prints what it found as ratios, and keeps BENCHMARKS.md.
//
// # How a figure is made
//
// A round starts both servers afresh, fills both, and measures them one right after the other, window by
// window; the next round does so in the other order. While one is measured the other idles. A round gives
// one ratio, so what the machine does to both (another tenant, a lower clock) falls out, and the figure is the median
// of the rounds' ratios. The raw columns are medians too, for orientation: they belong to this machine and this hour.
//
// Processor time is the server's own, of all its threads, read at the instants at which the window's
// replies are counted. The generator is one thread for both.
//
// Two identical binaries give ratios near 1; that is how to test the harness:
//
//	SLEIPNIR=$(which redis-server) go run ./bench/compare -out ""
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sleipnirdb/sleipnir/bench/report"
	"github.com/sleipnirdb/sleipnir/bench/target"
)

// options say what to run; each flag has an environment variable for use through make.
type options struct {
	sleipnir  string
	reference string
	rounds    int
	window    time.Duration
	parts     []string
	out       string
	keys      int // of the memory part
	big       int // of the stall part
	saved     int // of the durability part
	nice      int
	only      string // of the types part: workloads whose name has it; of the eviction part: the policy
}

// part is a group of figures that is measured and printed together.
type part struct {
	name  string
	title string
	heads [2]string // of the raw columns
	rare  bool      // only on demand, or with "all"
	run   func(*options) ([]row, error)
}

func parts() []part {
	against := [2]string{"Sleipnir", "reference"}
	return []part{
		{"cpu", "Processor time of the server per command, and throughput", against, false, cpuPart},
		{"latency", "Latency at 20,000 requests/s, open loop", against, false, latencyPart},
		{"multi", "Commands over many keys", against, false, multiPart},
		{"loops", "The same work on two loops and on one", [2]string{"2 loops", "1 loop"}, false, loopsPart},
		{"memory", "Memory per key", against, false, memoryPart},
		{"stall", "Ten million keys: latency while they come and go, and the Go heap", against, false, stallPart},
		{"types", "The data types: processor time of the server per command, pipeline 16, collections of 100 and of a million", against, false, typesPart},
		{"elements", "Memory per element", against, false, elementsPart},
		{"stall-types", "A sorted set of ten million: latency while it comes and goes, and the Go heap", against, false, stallTypesPart},
		{"durability", "Saving and loading, the append-only file", against, false, durabilityPart},
		{"scripts", "Scripts", against, false, scriptsPart},
		{"script-loops", "Two clients that run scripts on different partitions", [2]string{"2 loops", "1 loop"}, false, scriptLoopsPart},
		{"spin", "A script that spins on one partition: what GETs elsewhere see of it", [2]string{"while it spins", "without"}, false, spinPart},
		{"unproved", "Scripts that hold every partition", [2]string{"so many", "one partition"}, true, unprovedPart},
		{"pubsub", "Publish and subscribe", against, false, pubsubPart},
		{"eviction", "Eviction: hits of a cache of 10,000 keys, of 100,000 that a zipf trace asks for", against, true, evictionPart},
		{"more", "Other work", against, true, morePart},
		{"engines", "The netpoll engine against the epoll engine", [2]string{"netpoll", "epoll"}, true, enginesPart},
		{"partitions", "Partition counts against the default", [2]string{"so many", "default"}, true, partitionsPart},
	}
}

func main() {
	o, err := parse()
	if err == nil {
		err = compare(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}

func envInt(name string, fallback int) int {
	if v, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return v
	}
	return fallback
}

func parse() (*options, error) {
	o := &options{}
	seconds, err := strconv.ParseFloat(env("BENCH_SECONDS", "1"), 64)
	if err != nil {
		return nil, fmt.Errorf("BENCH_SECONDS: %w", err)
	}
	flag.StringVar(&o.sleipnir, "sleipnir", env("SLEIPNIR", "bin/sleipnir-server"), "our binary (SLEIPNIR)")
	flag.StringVar(&o.reference, "reference", env("REFERENCE", "redis-server"), "the reference's binary (REFERENCE)")
	flag.IntVar(&o.rounds, "rounds", envInt("BENCH_ROUNDS", 5), "rounds (BENCH_ROUNDS)")
	flag.Float64Var(&seconds, "seconds", seconds, "length of a window (BENCH_SECONDS)")
	list := flag.String("parts", env("BENCH_PARTS", ""), "comma-separated parts, or all (BENCH_PARTS); the usual ones if empty: "+partNames())
	flag.StringVar(&o.out, "out", env("BENCH_OUT", "BENCHMARKS.md"), "file whose sections to renew; empty for none (BENCH_OUT)")
	flag.IntVar(&o.keys, "keys", envInt("BENCH_KEYS", 1_000_000), "keys of the memory part (BENCH_KEYS)")
	flag.IntVar(&o.big, "big", envInt("BENCH_BIG", 10_000_000), "keys of the stall part (BENCH_BIG)")
	flag.IntVar(&o.saved, "saved", envInt("BENCH_SAVED", 5_000_000), "keys of the durability part (BENCH_SAVED)")
	flag.IntVar(&o.nice, "nice", envInt("BENCH_NICE", -10), "priority of the generator in latency figures, where permitted (BENCH_NICE)")
	flag.StringVar(&o.only, "only", env("BENCH_ONLY", ""), "of the types part, only work whose name has this; of the eviction part, only this policy (BENCH_ONLY)")
	flag.Parse()
	o.window = time.Duration(seconds * float64(time.Second))
	if o.rounds < 1 || o.window <= 0 {
		return nil, errors.New("rounds and seconds must be above 0")
	}
	o.parts, err = chosen(*list)
	if err != nil {
		return nil, err
	}
	for _, p := range []*string{&o.sleipnir, &o.reference} {
		if *p, err = exec.LookPath(*p); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func partNames() string {
	var names []string
	for _, p := range parts() {
		names = append(names, p.name)
	}
	return strings.Join(names, " ")
}

func chosen(list string) ([]string, error) {
	var names, want []string
	if list != "" && list != "all" {
		want = strings.Split(list, ",")
	}
	for _, p := range parts() {
		if slices.Contains(want, p.name) || list == "all" || list == "" && !p.rare {
			names = append(names, p.name)
		}
	}
	if len(want) > len(names) {
		return nil, fmt.Errorf("unknown part in %q; there are %s", list, partNames())
	}
	return names, nil
}

func compare(o *options) error {
	ours, ref := target.Version(o.sleipnir), target.Version(o.reference)
	fmt.Printf("%s\nSleipnir:  %s (%s), commit %s\nreference: %s (%s)\n", target.Machine(), ours, o.sleipnir, target.Commit(), ref, o.reference)
	fmt.Printf("%d rounds, windows of %v\n", o.rounds, o.window)
	var sections []report.Section
	var failed error
	missed := 0
	for _, p := range parts() {
		if !slices.Contains(o.parts, p.name) {
			continue
		}
		began := time.Now()
		rows, err := p.run(o)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("part %s: %w", p.name, err))
			fmt.Printf("\n%s: %v\n", p.title, err)
			continue
		}
		s := section{heads: p.heads, rows: rows}
		sections = append(sections, report.Section{Name: p.name, Title: p.title, About: provenance(o, p.name, ref), Body: s.table()})
		fmt.Printf("\n%s (%.0f s)\n\n%s", p.title, time.Since(began).Seconds(), s.table())
		missed += s.missed()
	}
	fmt.Printf("\n%d bars missed\n", missed)
	if o.out == "" {
		return failed
	}
	return errors.Join(failed, report.Renew(o.out, sections...))
}

// provenance says where a section's figures come from.
func provenance(o *options, name, reference string) string {
	return fmt.Sprintf("%s; commit %s against %s.\n`BENCH_PARTS=%s BENCH_ROUNDS=%d BENCH_SECONDS=%g make bench`",
		target.Machine(), target.Commit(), reference, name, o.rounds, o.window.Seconds())
}
