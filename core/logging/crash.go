package logging

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"strings"
)

// A crash report has the shape of Valkey's, so that people and scripts find their way: begin and end marks, the reason, the
// stacks of all goroutines, INFO and CLIENT LIST, the client and the command that were being served, the directives that
// matter. Every part is made by a function of its own: one that panics in turn loses its part, not the report.

// Bounds of a report: of all stacks together, of arguments shown, of bytes of an argument.
const (
	maxStackBytes = 1 << 20
	maxCrashArgs  = 64
	maxArgBytes   = 128
)

// Crash is what a crash report says. Empty parts are left out.
type Crash struct {
	Program string // "Sleipnir"
	Version string
	Commit  string
	Issues  string // where to report it

	Reason string // what went wrong, such as the value of a panic
	Signal int    // the signal that ended the process, 0 if none did
	Stack  []byte // of the goroutine that panicked, from debug.Stack

	// Client returns the line that CLIENT LIST has for the client whose command was running.
	Client func() string
	// Args returns that command. The arguments after its name may be shown only as sizes, see HideUserData.
	Args func() [][]byte
	// Info, Clients and Config return INFO, CLIENT LIST and the directives that matter.
	Info, Clients, Config func() string
}

// Crash writes the report, at any log level but nothing.
func (l *Logger) Crash(c Crash) {
	var b strings.Builder
	name := strings.ToUpper(c.Program)
	fmt.Fprintf(&b, "\n\n=== %s BUG REPORT START: Cut & paste starting from here ===\n", name)
	how := "crashed: "
	if c.Signal != 0 {
		how = fmt.Sprintf("crashed by signal: %d ", c.Signal)
	}
	for _, line := range []string{
		fmt.Sprintf("%s %s %s%s", c.Program, c.Version, how, c.Reason),
		fmt.Sprintf("commit=%s go=%s os=%s arch=%s cpus=%d goroutines=%d", c.Commit, runtime.Version(), runtime.GOOS, runtime.GOARCH,
			runtime.NumCPU(), runtime.NumGoroutine()),
	} {
		b.Write(l.appendLine(nil, Warning, line))
	}
	section(&b, "STACK TRACE", func() string { return string(c.Stack) })
	section(&b, "ALL GOROUTINES", allStacks)
	section(&b, "MEMORY", memoryText)
	section(&b, "INFO OUTPUT", c.Info)
	section(&b, "CLIENT LIST OUTPUT", c.Clients)
	section(&b, "CURRENT CLIENT INFO", func() string { return l.clientText(c) })
	section(&b, "CONFIG DEBUG OUTPUT", c.Config)
	fmt.Fprintf(&b, "\n=== %s BUG REPORT END. Make sure to include from START to END. ===\n\n", name)
	fmt.Fprintf(&b, "       Please report the crash by opening an issue:\n\n           %s\n\n", c.Issues)
	l.Raw(Warning, b.String())
}

// section writes a part of the report under its title. A part that panics says so.
func section(b *strings.Builder, title string, part func() string) {
	if part == nil {
		return
	}
	text := guarded(part)
	if text == "" {
		return
	}
	fmt.Fprintf(b, "\n------ %s ------\n%s\n", title, strings.TrimRight(text, "\n"))
}

func guarded(part func() string) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprintf("(this part failed: %v)", r)
		}
	}()
	return part()
}

func allStacks() string {
	buf := make([]byte, maxStackBytes)
	return string(buf[:runtime.Stack(buf, true)])
}

// clientText is the client's line and its command. Commands that carry passwords are shown by name only.
func (l *Logger) clientText(c Crash) string {
	var b strings.Builder
	if c.Client != nil {
		b.WriteString(guarded(c.Client) + "\n")
	}
	if c.Args == nil {
		return b.String()
	}
	args := c.Args()
	if len(args) > 0 {
		fmt.Fprintf(&b, "argc: '%d'\n", len(args))
	}
	for i, arg := range args[:min(len(args), maxCrashArgs)] {
		if i > 0 && (l.hide.Load() || isSecret(args[0])) {
			fmt.Fprintf(&b, "argv[%d]: %d bytes\n", i, len(arg))
			continue
		}
		fmt.Fprintf(&b, "argv[%d]: '%q'\n", i, arg[:min(len(arg), maxArgBytes)])
	}
	return b.String()
}

func isSecret(name []byte) bool {
	for _, secret := range []string{"auth", "hello", "acl", "config", "migrate", "sentinel"} {
		if strings.EqualFold(string(name), secret) {
			return true
		}
	}
	return false
}

// memoryText is the Go runtime's view of memory; the stored data is in INFO.
func memoryText() string {
	samples := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"}, {Name: "/gc/heap/live:bytes"}, {Name: "/gc/gomemlimit:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
	metrics.Read(samples)
	var b strings.Builder
	for _, s := range samples {
		if s.Value.Kind() == metrics.KindUint64 {
			fmt.Fprintf(&b, "%s %d\n", s.Name, s.Value.Uint64())
		}
	}
	return b.String()
}
