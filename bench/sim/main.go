// Sim predicts how Sleipnir scales over cores that are not at hand: a discrete-event simulation of loops, leases,
// mailboxes and cache-line transfers, fed with costs that were measured on a real machine.
//
//	go run ./bench/sim -measure bench/sim/costs.txt    # measure the costs here (starts bin/sleipnir-server)
//	go run ./bench/sim                                 # predict with them
//
// # What is modelled
//
// Each loop is a core. It takes the connections that are ready, reads a pipeline from each, and goes through
// its commands as core/dispatch does: a lease is kept until a command for another partition comes, a busy lease is spun on
// for a bounded time, then the connection is lent to the holder, who runs the one command and posts the
// connection home. A cache line that another core wrote last costs a transfer: the lease's word, the lines of
// the partition that every command touches, the lines of a lent session there and back.
//
// # What is not
//
// Clients are as fast as need be, and there are enough of them. The kernel, the memory bus and the clock of a core
// scale without loss, which they don't: the prediction is a bound on what leases and mailboxes cost, not a
// promise for a machine. Cores are alike, unless -far and -near say that transfers between groups cost more.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/sleipnirdb/sleipnir/bench/report"
)

// The sweep that is printed, and the point that its tables vary from.
var (
	loopCounts      = []int{1, 2, 4, 8, 16, 32, 64}
	partitionCounts = []int{16, 64, 256, 1024, 4096}
	pipelines       = []int{1, 16, 64}
	skews           = []float64{0, 0.8, 0.99, 1.2}
	spins           = []float64{0, 50, 100, 200, 400, 800, 1600, 3200}
)

const (
	basePartitions = 1024
	basePipeline   = 16
	baseKeys       = 100_000
	targetSpeed    = 12.0 // × one loop, on targetLoops
	targetLoops    = 16
)

func main() {
	path := flag.String("costs", "bench/sim/costs.txt", "file of costs")
	measure := flag.String("measure", "", "measure the costs on this machine into this file, and end")
	server := flag.String("sleipnir", env("SLEIPNIR", "bin/sleipnir-server"), "binary to measure with -measure (SLEIPNIR)")
	commands := flag.Int("commands", 100_000, "commands simulated per point")
	far := flag.Float64("far", 0, "cost of a line transfer between groups of cores, ns; 0 = as within one")
	near := flag.Int("near", 8, "cores in a group, with -far")
	set := flag.String("set", "", "change costs: name=value,name=value")
	out := flag.String("out", "", "file whose section to renew, BENCHMARKS.md; none if empty")
	flag.Parse()
	if *measure != "" {
		exit(measureInto(*measure, *server))
		return
	}
	w, err := prepare(*path, *set)
	if err != nil {
		exit(err)
		return
	}
	w.base.commands, w.base.far, w.base.near = *commands, *far, *near
	exit(w.report(*out))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "sim:", err)
		os.Exit(1)
	}
}

func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}

// prepare reads the costs.
func prepare(path, set string) (*sweep, error) {
	costs, err := readCosts(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w; measure them with -measure %s", err, path)
	}
	if err == nil {
		err = costs.change(set)
	}
	if err != nil {
		return nil, err
	}
	base := setting{loops: 1, partitions: basePartitions, pipeline: basePipeline, keys: baseKeys, connsPerLoop: 50, seed: 1,
		spinNs: costs.SpinNs, wakeNs: costs.WakeNs, partLines: costs.PartLines}
	return &sweep{costs: costs, base: base}, nil
}

// sweep prints tables of predictions.
type sweep struct {
	text  strings.Builder
	costs Costs
	base  setting
	ones  map[setting]result // what one loop does, which all else is compared with
}

// report prints everything, and renews the section of a file.
func (w *sweep) report(path string) error {
	w.ones = map[setting]result{}
	w.printf("Costs fed in, ns:\n\n%s", "```\n"+w.costs.text()+"```\n")
	w.tables()
	if path == "" {
		return nil
	}
	return report.Renew(path, report.Section{Name: "sim", Title: "Prediction for more cores", Body: w.text.String(),
		About: "Simulated, not measured: see the comment of bench/sim for what is modelled and what is not. `go run ./bench/sim -out BENCHMARKS.md`"})
}

func (w *sweep) printf(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	fmt.Print(s)
	w.text.WriteString(s)
}

func (w *sweep) tables() {
	w.check()
	w.table("Speed against one loop: loops by partitions (pipeline 16, uniform keys)", "partitions", headings(partitionCounts),
		func(s *setting, i int) { s.partitions = partitionCounts[i] }, w.speed)
	w.table("Commands that were lent to another loop, % (the same)", "partitions", headings(partitionCounts),
		func(s *setting, i int) { s.partitions = partitionCounts[i] }, func(s setting) string { return fmt.Sprintf("%.2f", 100*simulate(w.costs, s).lentShare()) })
	w.table(fmt.Sprintf("Speed against one loop: loops by pipeline (%d partitions, uniform keys)", w.base.partitions), "pipeline", headings(pipelines),
		func(s *setting, i int) { s.pipeline = pipelines[i] }, w.speed)
	w.table(fmt.Sprintf("Speed against one loop: loops by zipf skew of %d keys (%d partitions, pipeline 16)", w.base.keys, w.base.partitions), "skew", headings(skews),
		func(s *setting, i int) { s.skew = skews[i] }, w.speed)
	w.table(fmt.Sprintf("Speed against one loop: loops by spin bound in ns (%d partitions, pipeline 16, uniform keys)", w.base.partitions), "spin", headings(spins),
		func(s *setting, i int) { s.spinNs = spins[i] }, w.speed)
	w.table(fmt.Sprintf("The same with zipf 0.99 (%d partitions, pipeline 16)", w.base.partitions), "spin", headings(spins),
		func(s *setting, i int) { s.spinNs, s.skew = spins[i], 0.99 }, w.speed)
	calls := []float64{0, 500, 1000, 2000, 5000}
	w.table("Speed against one loop by the cost in ns of waking a loop, which the holder of a lease pays (zipf 0.99)", "wake", headings(calls),
		func(s *setting, i int) { s.wakeNs, s.skew = calls[i], 0.99 }, w.speed)
	lines := []float64{1, 2, 3, 4, 6, 8}
	w.table("Speed against one loop by the lines of a partition that each command touches and some write (pipeline 16, uniform keys)", "lines", headings(lines),
		func(s *setting, i int) { s.partLines = lines[i] }, w.speed)
	ahead := []int{0, 1, 2, 4, 8}
	w.table("Speed against one loop if the lease and the partition's lines are fetched some commands ahead in the pipeline", "ahead", headings(ahead),
		func(s *setting, i int) { s.ahead = ahead[i] }, w.speed)
	w.verdict()
}

func headings[T int | float64](values []T) []string {
	var h []string
	for _, v := range values {
		h = append(h, fmt.Sprint(v))
	}
	return h
}

// table prints one value for each count of loops and each variation of the base.
func (w *sweep) table(title, what string, heads []string, vary func(*setting, int), value func(setting) string) {
	w.printf("\n%s\n\n| loops \\ %s | %s |\n| ---%s |\n", title, what, strings.Join(heads, " | "), strings.Repeat(" | ---", len(heads)))
	for _, n := range loopCounts {
		w.printf("| %d", n)
		for i := range heads {
			s := w.base
			s.loops = n
			vary(&s, i)
			w.printf(" | %s", value(s))
		}
		w.printf(" |\n")
	}
}

func (w *sweep) speed(s setting) string { return fmt.Sprintf("%.1f", w.speedup(s)) }

func (w *sweep) speedup(s setting) float64 {
	one := s
	one.loops = 1
	base, ok := w.ones[one]
	if !ok {
		base = simulate(w.costs, one)
		w.ones[one] = base
	}
	return simulate(w.costs, s).perSecond() / base.perSecond()
}

// check compares the step from one loop to two with the measured one.
func (w *sweep) check() {
	if w.costs.Step16 <= 0 {
		return
	}
	w.printf("\nCPU per command on two loops against one, predicted and measured:\n\n")
	for i, measured := range []float64{w.costs.Step1, w.costs.Step16, w.costs.Step64} {
		s := w.base
		s.pipeline = pipelines[i]
		one := simulate(w.costs, s)
		s.loops = 2
		two := simulate(w.costs, s)
		w.printf("- pipeline %d: predicted %.2f ×, measured %.2f ×\n", s.pipeline, two.busyPerCommand()/one.busyPerCommand(), measured)
	}
}

// farLineNs is a transfer between cores that share no cache, as on most servers of 16 cores and more.
const farLineNs = 120

// verdict asks the question that the design is measured by, with the costs as they are and with distant cores.
func (w *sweep) verdict() {
	w.printf("\nThe target is %.0f × one loop on %d loops at pipeline %d with spread keys; %d partitions:\n\n", targetSpeed, targetLoops, basePipeline, w.base.partitions)
	for _, line := range []float64{w.costs.LineNs, max(farLineNs, w.costs.LineNs)} {
		for _, ahead := range []int{0, 2} {
			far := sweep{costs: w.costs, base: w.base, ones: map[setting]result{}}
			far.costs.LineNs = line
			s := far.base
			s.loops, s.ahead = targetLoops, ahead
			v := far.speedup(s)
			word := "reached"
			if v < targetSpeed {
				word = "missed"
			}
			w.printf("- a line costs %.0f ns, fetched %d commands ahead: %.1f ×, %s\n", line, ahead, v, word)
		}
	}
}
