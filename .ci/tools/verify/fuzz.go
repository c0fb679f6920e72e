package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// target is a fuzz function.
type target struct{ dir, name string }

// fuzz runs each fuzz target of the tree for a while.
func fuzz(r *report) {
	duration := os.Getenv("FUZZTIME")
	if duration == "" {
		duration = "5s"
	}
	pattern, err := regexp.Compile(os.Getenv("FUZZ"))
	if err != nil {
		fmt.Println("FAIL", err)
		r.fail("FUZZ")
		return
	}
	targets, err := fuzzTargets(".")
	if err != nil {
		fmt.Println("FAIL", err)
		r.fail("finding the fuzz targets")
		return
	}
	for _, t := range targets {
		if pattern.MatchString(t.name) {
			step(r, t.dir+" "+t.name, overtime(command(nil, "go", "test", "-run", "^$", "-fuzz", "^"+t.name+"$",
				"-fuzztime", duration, "-fuzzminimizetime", "10x", "-timeout", "10m", "./"+t.dir)))
		}
	}
}

// fuzzTries is how often a target is run whose workers were cut off by the end of the fuzzing time.
const fuzzTries = 3

// overtime runs a fuzz target again if it failed by no input of its own: at the end of its time, go test may report
// a worker that was still busy as "context deadline exceeded".
func overtime(run func() (string, error)) func() (string, error) {
	return func() (text string, err error) {
		for range fuzzTries {
			text, err = run()
			if err == nil || !strings.Contains(text, "context deadline exceeded") || strings.Contains(text, "Failing input") {
				break
			}
		}
		return text, err
	}
}

// fuzzTargets finds the functions FuzzX(*testing.F) by reading the source.
func fuzzTargets(root string) ([]target, error) {
	var targets []target
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") && len(f.Type.Params.List) == 1 {
				targets = append(targets, target{filepath.ToSlash(filepath.Dir(path)), f.Name.Name})
			}
		}
		return nil
	})
	return targets, err
}
