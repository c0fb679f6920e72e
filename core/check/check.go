// Package check is the tools that look at files: sleipnir-check-rdb and sleipnir-check-aof, which the server is too when it is called
// by such a name.
//
// What they print is what Valkey's tools print, line by line where scripts look for it. They read with the very decoders that the server
// loads with, and build each value as it would, so that a file which they call good can be loaded.
package check

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// Tool is one of the programs.
type Tool struct {
	Version string
	FS      vfs.FS
	In      io.Reader
	Out     io.Writer
	Err     io.Writer
}

// ByName returns what a program's arguments make of it when it is called by a tool's name, or with that as its first flag; nil if it
// isn't.
func ByName(args []string) (run func(t Tool, args []string) int, rest []string) {
	if len(args) == 0 {
		return nil, nil
	}
	name, rest := filepath.Base(args[0]), args
	if len(args) > 1 && strings.HasPrefix(args[1], "--check-") {
		name, rest = strings.TrimPrefix(args[1], "-"), append([]string{args[0] + " " + args[1]}, args[2:]...)
	}
	switch {
	case strings.HasSuffix(name, "-check-rdb"):
		return Tool.RDB, rest
	case strings.HasSuffix(name, "-check-aof"):
		return Tool.AOF, rest
	}
	return nil, nil
}

// Exit codes.
const (
	good = 0
	bad  = 1
)

// say prints to the standard output. Nothing can be done if that fails.
func (t Tool) say(format string, args ...any) { _, _ = fmt.Fprintf(t.Out, format, args...) }

// isYes reads a line from the standard input.
func (t Tool) isYes() bool {
	line, _ := bufio.NewReader(t.In).ReadString('\n')
	return strings.HasPrefix(line, "y") || strings.HasPrefix(line, "Y")
}

// isVersion says whether the arguments ask for the version, and tells it.
func (t Tool) isVersion(args []string, name string) bool {
	if len(args) != 2 || (args[1] != "-v" && args[1] != "--version") {
		return false
	}
	t.say("%s %s\n", name, t.Version)
	return true
}
