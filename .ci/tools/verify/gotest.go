package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
)

// event is a line of go test -json.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
}

// unit runs all tests once.
func unit(r *report) { goTest(r, nil, "-timeout", "15m", "./...") }

// race runs the tests of the rooms where goroutines, threads or leases meet under the race detector.
func race(r *report) {
	if _, err := exec.LookPath(compiler()); err != nil {
		r.skip("everything", "the race detector needs a C compiler, and there is none: "+err.Error())
		return
	}
	args := []string{"-race", "-short", "-timeout", "20m"}
	goTest(r, []string{"CGO_ENABLED=1"}, append(args, rooms("./internal/...", "./datastruct/...", "./net/...", "./core/...", "./cmd/...", "./fuzz/linear")...)...)
}

// rooms lists the packages under some patterns, without the lint of the house: it has no goroutines, and takes long.
func rooms(patterns ...string) []string {
	out, err := exec.Command("go", append([]string{"list"}, patterns...)...).Output()
	if err != nil {
		return patterns // go test will say what is wrong
	}
	var list []string
	for _, room := range strings.Fields(string(out)) {
		if !strings.HasSuffix(room, "/internal/lint") {
			list = append(list, room)
		}
	}
	return list
}

func compiler() string {
	if cc := os.Getenv("CC"); cc != "" {
		return strings.Fields(cc)[0]
	}
	return "gcc"
}

// differential runs the comparison with the reference on more random streams than the unit pass.
func differential(r *report) {
	streams := os.Getenv("STREAMS")
	if streams == "" {
		streams = "400"
	}
	goTest(r, nil, "-timeout", "20m", "-run", "TestStreams", "./fuzz/differential", "-args", "-seed=100000", "-streams="+streams)
}

// goTest runs go test and prints what it prints without -v.
func goTest(r *report, env []string, args ...string) {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Println("FAIL", err)
		r.fail("go test")
		return
	}
	before := len(r.failed)
	c := counter{report: r, output: map[string][]string{}}
	c.read(out)
	if err := cmd.Wait(); err != nil && len(r.failed) == before {
		fmt.Println("FAIL", err)
		r.fail("go test " + strings.Join(args, " "))
	}
}

// counter turns events into lines and counts.
type counter struct {
	report *report
	output map[string][]string // what a test, or a package, printed so far
}

func (c *counter) read(in io.Reader) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println(lines.Text())
			continue
		}
		c.event(e)
	}
}

func (c *counter) event(e event) {
	key := e.Package + "\x00" + e.Test
	switch e.Action {
	case "output":
		c.output[key] = append(c.output[key], e.Output)
		if e.Test == "" && summary.MatchString(e.Output) {
			fmt.Print(e.Output)
		}
	case "build-output":
		fmt.Print(e.Output)
	case "pass", "fail", "skip":
		c.end(e, key)
	}
}

var (
	summary = regexp.MustCompile(`^(ok|FAIL|\?)\s+\S+/`)
	reason  = regexp.MustCompile(`^\s+\S+\.go:\d+: (.*)`)
)

func (c *counter) end(e event, key string) {
	text := strings.Join(c.output[key], "")
	delete(c.output, key)
	name := e.Package + " " + e.Test
	switch {
	case e.Action == "fail":
		if e.Test != "" || c.report.clean(e.Package) {
			fmt.Print(text)
			c.report.fail(strings.TrimSpace(name))
		}
		if e.Test == "" {
			c.unended(e.Package)
		}
	case e.Test == "":
	case e.Action == "pass":
		c.report.ok()
	default:
		c.report.skip(name, skipReason(text))
	}
}

// unended prints what the tests of a package said that didn't come to their end: the process did before.
func (c *counter) unended(room string) {
	for key, lines := range c.output {
		if test, isOf := strings.CutPrefix(key, room+"\x00"); isOf {
			fmt.Println("unended:", test)
			fmt.Print(strings.Join(lines, ""))
			delete(c.output, key)
		}
	}
}

func skipReason(text string) string {
	for _, line := range strings.Split(text, "\n") {
		if m := reason.FindStringSubmatch(line); m != nil {
			return m[1]
		}
	}
	return "no reason given"
}
