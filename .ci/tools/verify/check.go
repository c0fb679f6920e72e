package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// gosecExcluded are the rules of gosec that don't fit this project. A single place that is right though a rule
// says otherwise carries a #nosec comment with the reason instead.
var gosecExcluded = map[string]string{
	"G101": "hardcoded credentials: it guesses by the names of variables and finds texts of errors about passwords",
	"G103": "use of unsafe: internal/lint has the list of the files that may, which is stricter",
	"G204": "starting programs: internal/lint has the list of the rooms that may import os/exec",
	"G304": "file names from variables: a server reads the files that its configuration names",
	"G306": "file permissions: pid file, dumps and reports are as readable as Valkey's, under the umask",
	"G404": "math/rand: used for sampling, back-off and tests; secrets, seeds and ids come from crypto/rand",
}

// staticChecks are the default ones without ST1005: the texts of errors are Valkey's, which begin with capitals.
const staticChecks = "inherit,-ST1005"

// check looks at the text: format, vet on the systems that we build for, linters.
func check(r *report) {
	step(r, "gofmt", gofmt)
	step(r, "go vet", command(nil, "go", "vet", "./..."))
	step(r, "go vet (darwin)", command([]string{"GOOS=darwin", "CGO_ENABLED=0"}, "go", "vet", "./..."))
	step(r, "go vet (arm64)", command([]string{"GOARCH=arm64", "CGO_ENABLED=0"}, "go", "vet", "./..."))
	step(r, "go vet (invariants, heap arena)", command(nil, "go", "vet", "-tags", "invariants,arenaheap", "./..."))
	step(r, "staticcheck", command(nil, tool("staticcheck"), "-checks", staticChecks, "./..."))
	var rules []string
	for id := range gosecExcluded {
		rules = append(rules, id)
	}
	step(r, "gosec", command(nil, tool("gosec"), "-quiet", "-color=false", "-exclude-dir", ".ci", "-exclude", strings.Join(rules, ","), "./..."))
}

// tool is the path of a program that stands beside this one.
func tool(name string) string {
	self, err := os.Executable()
	if err != nil {
		return name
	}
	return filepath.Join(filepath.Dir(self), name)
}

func step(r *report, name string, run func() (string, error)) {
	text, err := run()
	if err != nil {
		fmt.Printf("FAIL %s: %v\n%s\n", name, err, strings.TrimSpace(text))
		r.fail(name)
		return
	}
	fmt.Println("ok  ", name)
	r.ok()
}

func command(env []string, name string, args ...string) func() (string, error) {
	return func() (string, error) {
		cmd := exec.Command(name, args...)
		cmd.Env = append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}

func gofmt() (string, error) {
	out, err := command(nil, "gofmt", "-l", ".")()
	if err == nil && strings.TrimSpace(out) != "" {
		err = fmt.Errorf("these files are not formatted")
	}
	return out, err
}
