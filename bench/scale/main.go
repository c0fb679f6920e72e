// Scale prints how Sleipnir's speed grows with its loops, on the machine it runs on: throughput, and the processor
// time per command, which is what leases and posting add to.
//
//	go run ./bench/scale                       # 1, 2, 4 … loops up to the number of cores
//	go run ./bench/scale -loops 1,8,16 -scenario mixed-zipf
//
// The generator needs cores too, about as many as the server. Where there are not enough for both the row is marked with a *:
// its throughput says little, its CPU per command still much.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sleipnirdb/sleipnir/bench/load"
	"github.com/sleipnirdb/sleipnir/bench/report"
	"github.com/sleipnirdb/sleipnir/bench/scenario"
	"github.com/sleipnirdb/sleipnir/bench/target"
)

var pipelines = [...]int{1, 16, 64}

// plan is what to measure.
type plan struct {
	server   string
	scenario string
	loops    []int
	rounds   int
	window   time.Duration
	threads  int // of the generator; 0 = as many as loops
	out      string
}

// point is the median of what one setting showed.
type point struct{ perSecond, cpuNs float64 }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}

func run() error {
	var p plan
	flag.StringVar(&p.server, "sleipnir", env("SLEIPNIR", "bin/sleipnir-server"), "binary (SLEIPNIR)")
	flag.StringVar(&p.scenario, "scenario", "get", "workload of bench/scenario")
	list := flag.String("loops", env("BENCH_LOOPS", ""), "comma-separated counts of loops; 1, 2, 4 … cores if empty (BENCH_LOOPS)")
	flag.IntVar(&p.rounds, "rounds", 3, "rounds, of which the median counts")
	flag.DurationVar(&p.window, "window", time.Second, "length of one measurement")
	flag.IntVar(&p.threads, "threads", 0, "threads of the generator; as many as loops if 0")
	flag.StringVar(&p.out, "out", env("BENCH_OUT", ""), "file whose section to renew, BENCHMARKS.md; none if empty (BENCH_OUT)")
	flag.Parse()
	var err error
	if p.loops, err = counts(*list); err != nil {
		return err
	}
	about := fmt.Sprintf("%s; commit %s; scenario %s, medians of %d windows of %v.\n`make bench-scale`", target.Machine(), target.Commit(), p.scenario, p.rounds, p.window)
	points := map[[2]int]point{}
	for _, n := range p.loops {
		if err := p.measure(n, points); err != nil {
			return fmt.Errorf("%d loops: %w", n, err)
		}
	}
	body := p.table(points)
	fmt.Printf("%s\n\n%s", about, body)
	if p.out == "" {
		return nil
	}
	return report.Renew(p.out, report.Section{Name: "scale", Title: "The curve over loops", About: about, Body: body})
}

// counts is the loops to measure: powers of two, and all the cores.
func counts(list string) ([]int, error) {
	var all []int
	if list == "" {
		for n := 1; n < runtime.NumCPU(); n *= 2 {
			all = append(all, n)
		}
		return append(all, runtime.NumCPU()), nil
	}
	for s := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("bad number of loops %q", s)
		}
		all = append(all, n)
	}
	return all, nil
}

// measure takes the points of one count of loops.
func (p *plan) measure(loops int, points map[[2]int]point) error {
	server, err := target.Start("sleipnir", p.server, "--io-threads", strconv.Itoa(loops))
	if err != nil {
		return err
	}
	defer server.Stop()
	s, err := scenario.Named(p.scenario)
	if err != nil {
		return err
	}
	fill, needed, err := s.Prefill(server.Dial())
	if err != nil {
		return err
	}
	if needed {
		if _, err := load.Do(fill); err != nil {
			return err
		}
	}
	for _, pipeline := range pipelines {
		s.Pipeline = pipeline
		got, err := p.point(server, s, loops)
		if err != nil {
			return err
		}
		points[[2]int{loops, pipeline}] = got
		fmt.Fprintf(os.Stderr, "%d loops, pipeline %d: %.0f/s\n", loops, pipeline, got.perSecond)
	}
	return nil
}

func (p *plan) point(server *target.Server, s scenario.Scenario, loops int) (point, error) {
	cfg, err := s.Load(server.Dial())
	if err != nil {
		return point{}, err
	}
	cfg.Threads = p.generators(loops)
	cfg.Conns = s.Conns * loops
	r, err := load.Start(cfg)
	if err != nil {
		return point{}, err
	}
	defer r.Stop()
	var rates, costs []float64
	for range p.rounds {
		time.Sleep(p.window / 4)
		var cpu [2]time.Duration
		f, err := r.Measure(p.window, func() { cpu[0], _ = server.CPU() }, func() { cpu[1], _ = server.CPU() })
		if err != nil {
			return point{}, err
		}
		if f.Errors > 0 || f.Replies == 0 {
			return point{}, fmt.Errorf("%d replies, %d errors: %s", f.Replies, f.Errors, f.FirstErr)
		}
		rates = append(rates, f.PerSecond())
		costs = append(costs, float64((cpu[1]-cpu[0]).Nanoseconds())/float64(f.Replies))
	}
	return point{median(rates), median(costs)}, nil
}

// generators is the generator's threads.
func (p *plan) generators(loops int) int {
	if p.threads > 0 {
		return p.threads
	}
	return loops
}

func median(v []float64) float64 {
	slices.Sort(v)
	return (v[len(v)/2] + v[(len(v)-1)/2]) / 2
}

func (p *plan) table(points map[[2]int]point) string {
	var b strings.Builder
	b.WriteString("| loops |")
	for _, n := range pipelines {
		fmt.Fprintf(&b, " pipeline %d: 1000/s | speed | CPU ns | CPU |", n)
	}
	b.WriteString("\n| --- |" + strings.Repeat(" ---: | ---: | ---: | ---: |", len(pipelines)) + "\n")
	for _, n := range p.loops {
		mark := ""
		if n+p.generators(n) > runtime.NumCPU() {
			mark = " *"
		}
		fmt.Fprintf(&b, "| %d%s |", n, mark)
		for _, pipeline := range pipelines {
			one, here := points[[2]int{p.loops[0], pipeline}], points[[2]int{n, pipeline}]
			fmt.Fprintf(&b, " %.0f | %.2f × | %.0f | %.2f × |", here.perSecond/1e3, here.perSecond/one.perSecond, here.cpuNs, here.cpuNs/one.cpuNs)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n\\*: the loops and the generator's threads are more than the cores.\n")
	return b.String()
}
