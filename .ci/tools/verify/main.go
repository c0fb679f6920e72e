// Verify runs everything that must hold before a change lands, and says at the end how many tests
// passed, failed and were skipped, and why.
//
//	verify              all passes
//	verify check unit   these passes
//
// Passes: check (format, vet, linters), unit (all tests), race (all tests under the race detector, which also
// switches the invariants on), fuzz (each fuzz target for a while), differential (with more random streams).
//
// Environment: FUZZTIME (default 5s) per fuzz target, FUZZ (a pattern of target names), STREAMS (random streams of the
// differential pass, default 400).
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

// pass is one kind of check.
type pass struct {
	name string
	run  func(*report)
}

var passes = []pass{
	{"check", check},
	{"unit", unit},
	{"race", race},
	{"fuzz", fuzz},
	{"differential", differential},
}

func main() {
	flag.Parse()
	wanted := flag.Args()
	for _, name := range wanted {
		if !known(name) {
			fmt.Fprintf(os.Stderr, "verify: unknown pass %q\n", name)
			os.Exit(2)
		}
	}
	r := &report{start: time.Now()}
	for _, p := range passes {
		if len(wanted) == 0 || contains(wanted, p.name) {
			begin := time.Now()
			r.pass = p.name
			fmt.Printf("== %s\n", p.name)
			p.run(r)
			fmt.Printf("== %s took %v\n", p.name, time.Since(begin).Round(time.Second))
		}
	}
	r.print()
	if len(r.failed) > 0 {
		os.Exit(1)
	}
}

func known(name string) bool {
	for _, p := range passes {
		if p.name == name {
			return true
		}
	}
	return false
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// report counts.
type report struct {
	start  time.Time
	pass   string
	passed int
	failed []string
	skips  []skip
}

type skip struct{ test, why string }

func (r *report) ok() { r.passed++ }

func (r *report) fail(name string) { r.failed = append(r.failed, r.pass+": "+name) }

// clean tells whether no test of a package has failed so far: then the package itself has, by a panic or by not compiling.
func (r *report) clean(pkg string) bool {
	for _, f := range r.failed {
		if strings.HasPrefix(f, r.pass+": "+pkg+" ") {
			return false
		}
	}
	return true
}

func (r *report) skip(test, why string) { r.skips = append(r.skips, skip{r.pass + ": " + test, why}) }

// print ends with the line that machines read.
func (r *report) print() {
	fmt.Println()
	if len(r.skips) > 0 {
		fmt.Printf("%d skipped:\n", len(r.skips))
		for _, s := range r.skips {
			fmt.Printf("    %s: %s\n", s.test, s.why)
		}
	} else {
		fmt.Println("0 skipped")
	}
	if len(r.failed) > 0 {
		fmt.Printf("failed:\n    %s\n", strings.Join(r.failed, "\n    "))
	}
	fmt.Printf("in %v\n", time.Since(r.start).Round(time.Second))
	fmt.Printf("%d passed, %d failed\n", r.passed, len(r.failed))
}
