// Pgo makes the profile that the server is built with: it runs the server under the named workloads and records where its time
// goes. `go build` finds the file beside the program's main package and inlines along the hot ways.
//
//	go run -trimpath ./bench/pgo -out cmd/sleipnir-server/default.pgo
//
// It is worth a new run when the hot path has changed its shape. A stale profile does no harm: what it doesn't name is
// compiled as without one.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	"github.com/sleipnirdb/sleipnir/bench/load"
	"github.com/sleipnirdb/sleipnir/bench/scenario"
	"github.com/sleipnirdb/sleipnir/bench/target"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/server"
)

// profileTo names the file to the server, which is this very program.
const profileTo = "SLEIPNIR_PROFILE_TO"

func main() {
	if path := os.Getenv(profileTo); path != "" {
		os.Exit(serve(path))
	}
	out := flag.String("out", "cmd/sleipnir-server/default.pgo", "the profile")
	each := flag.Duration("each", time.Second, "time for each workload")
	flag.Parse()
	if err := run(*out, *each); err != nil {
		fmt.Fprintln(os.Stderr, "pgo:", err)
		os.Exit(1)
	}
}

// serve is the server, profiled from beginning to end.
func serve(path string) int {
	f, err := os.Create(path) // #nosec G304 -- the caller's choice
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := server.Run(server.Program{Build: config.Build{Name: "Sleipnir", Version: "0", Commit: "00000000"}})
	pprof.StopCPUProfile()
	if err := f.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func run(out string, each time.Duration) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.Setenv(profileTo, out); err != nil {
		return err
	}
	s, err := target.Start("server", self)
	if err != nil {
		return err
	}
	defer s.Stop()
	filled := ""
	for _, sc := range workloads() {
		if sc.Fill != filled {
			if err := fill(s, sc); err != nil {
				return fmt.Errorf("fill for %s: %w", sc.Name, err)
			}
			filled = sc.Fill
		}
		if err := under(s, sc, each); err != nil {
			return fmt.Errorf("%s: %w", sc.Name, err)
		}
	}
	return nil
}

// workloads are those by which the server is judged. The simplest ones weigh the most.
func workloads() []scenario.Scenario {
	var all []scenario.Scenario
	for _, name := range []string{"get", "set", "mixed", "incr", "setex", "mget", "mset"} {
		for _, pipeline := range []int{1, 16, 64} {
			s, err := scenario.Named(name)
			if err != nil {
				panic(err) // names here are constants
			}
			s.Pipeline, s.Fresh = pipeline, true
			all = append(all, s)
		}
	}
	return append(all, scenario.Types()...)
}

func fill(s *target.Server, sc scenario.Scenario) error {
	if _, err := s.Ask("FLUSHALL"); err != nil {
		return err
	}
	for _, step := range []func(load.Dialer) (load.Config, bool, error){sc.Prepared, sc.Prefill} {
		if cfg, needed, err := step(s.Dial()); err != nil {
			return err
		} else if needed {
			if _, err := load.Do(cfg); err != nil {
				return err
			}
		}
	}
	return nil
}

func under(s *target.Server, sc scenario.Scenario, each time.Duration) error {
	cfg, err := sc.Load(s.Dial())
	if err != nil {
		return err
	}
	r, err := load.Start(cfg)
	if err != nil {
		return err
	}
	defer r.Stop()
	_, err = r.Measure(each, nil, nil)
	return err
}
