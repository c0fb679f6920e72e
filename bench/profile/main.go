// Profile runs a server under a named workload and prints where its processor time goes, by function, kernel
// included. It needs Linux's perf.
//
//	go run ./bench/profile -scenario get -pipeline 16
//	go run ./bench/profile -scenario set -args "--io-threads 1" -callers
//	SLEIPNIR=$(which redis-server) go run ./bench/profile        # the other one
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sleipnirdb/sleipnir/bench/load"
	"github.com/sleipnirdb/sleipnir/bench/scenario"
	"github.com/sleipnirdb/sleipnir/bench/target"
)

// options say what to profile.
type options struct {
	server   string
	args     string
	scenario string
	pipeline int
	rate     float64
	seconds  int
	lines    int
	callers  bool
}

func main() {
	var o options
	path := os.Getenv("SLEIPNIR")
	if path == "" {
		path = "bin/sleipnir-server"
	}
	flag.StringVar(&o.server, "sleipnir", path, "binary (SLEIPNIR)")
	flag.StringVar(&o.args, "args", "", "more of the server's arguments")
	flag.StringVar(&o.scenario, "scenario", "get", "workload of bench/scenario, one of the types' too")
	flag.IntVar(&o.pipeline, "pipeline", 16, "pipeline")
	flag.Float64Var(&o.rate, "rate", 0, "requests a second, open loop; 0 = as fast as it goes")
	flag.IntVar(&o.seconds, "seconds", 5, "how long")
	flag.IntVar(&o.lines, "lines", 50, "lines to print")
	flag.BoolVar(&o.callers, "callers", false, "with call graphs")
	flag.Parse()
	if err := o.run(); err != nil {
		fmt.Fprintln(os.Stderr, "profile:", err)
		os.Exit(1)
	}
}

func (o *options) run() error {
	server, err := target.Start("server", o.server, strings.Fields(o.args)...)
	if err != nil {
		return err
	}
	defer server.Stop()
	r, err := o.load(server)
	if err != nil {
		return err
	}
	defer r.Stop()
	time.Sleep(time.Second / 2)
	dir, err := os.MkdirTemp("", "profile-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	data := filepath.Join(dir, "perf.data")
	var cpu [2]time.Duration
	if err := o.record(data, server.PID); err != nil {
		return err
	}
	f, err := r.Measure(time.Second, func() { cpu[0], _ = server.CPU() }, func() { cpu[1], _ = server.CPU() })
	if err != nil {
		return err
	}
	fmt.Printf("%s, pipeline %d: %.0f/s, %.0f ns of CPU a command (without perf)\n\n", o.scenario, o.pipeline, f.PerSecond(),
		float64((cpu[1]-cpu[0]).Nanoseconds())/float64(max(f.Replies, 1)))
	return o.report(data)
}

func (o *options) load(server *target.Server) (*load.Run, error) {
	s, err := scenario.Named(o.scenario)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(load.Dialer) (load.Config, bool, error){s.Prepared, s.Prefill} {
		fill, needed, err := step(server.Dial())
		if err != nil {
			return nil, err
		}
		if !needed {
			continue
		}
		if _, err := load.Do(fill); err != nil {
			return nil, err
		}
	}
	s.Pipeline, s.Rate = o.pipeline, o.rate
	cfg, err := s.Load(server.Dial())
	if err != nil {
		return nil, err
	}
	return load.Start(cfg)
}

func (o *options) record(data string, pid int) error {
	args := []string{"record", "-q", "-e", "cpu-clock", "-F", "1999", "-o", data, "-p", strconv.Itoa(pid)}
	if o.callers {
		args = append(args, "-g")
	}
	args = append(args, "--", "sleep", strconv.Itoa(o.seconds))
	out, err := exec.Command("perf", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("perf record: %w: %s", err, out)
	}
	return nil
}

func (o *options) report(data string) error {
	args := []string{"report", "-i", data, "--stdio", "--no-children", "--percent-limit", "0.3", "-s", "symbol"}
	if !o.callers {
		args = append(args, "-g", "none")
	}
	out, err := exec.Command("perf", args...).Output()
	if err != nil {
		return fmt.Errorf("perf report: %w", err)
	}
	n := 0
	for line := range strings.Lines(string(out)) {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fmt.Println(strings.TrimRight(line, " -\n"))
		if n++; n == o.lines {
			break
		}
	}
	return nil
}
