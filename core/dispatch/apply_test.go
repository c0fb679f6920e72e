package dispatch_test

import (
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// words makes a command of words separated by blanks.
func words(line string) [][]byte {
	var args [][]byte
	for _, w := range strings.Fields(line) {
		args = append(args, []byte(w))
	}
	return args
}

func TestApply(t *testing.T) {
	b := newBed(t, 2, 4)
	p := b.dial()
	a := b.d.NewApplier()
	defer a.Close()
	for _, c := range []struct{ line, wrong string }{
		{"set a 1", ""},
		{"mset b 2 c 3", ""},
		{"SELECT 1", ""},
		{"set a other", ""},
		{"select 0", ""},
		{"multi", ""},
		{"incr a", ""},
		{"multi", "command 'multi': ERR MULTI calls can not be nested"},
		{"select 2", ""},
		{"set a second", ""},
		{"exec", ""},
		{"set a third", ""},
		{"select 0", ""},
		{"exec", "command 'exec': ERR EXEC without MULTI"},
		{"discard", "command 'discard': ERR not allowed inside a transaction"},
		{"incr n b", "command 'incr': ERR wrong number of arguments for 'incr' command"},
		{"set b text", ""},
		{"INCR b", "command 'INCR': ERR value is not an integer or out of range"},
		{"multi", ""},
		{"incr b", ""},
		{"set c 4", ""},
		{"exec", "command 'incr': ERR value is not an integer or out of range"},
		{"client list", "command 'client': ERR it doesn't change data, and has no place here"},
		{"nothing", "command 'nothing': ERR unknown command 'nothing', with args beginning with: "},
		{"take nokey 0", ""},
	} {
		got := ""
		if err := a.Apply(words(c.line)); err != nil {
			got = err.Error()
		}
		if got != c.wrong {
			t.Errorf("%s: %q, want %q", c.line, got, c.wrong)
		}
	}
	p.ask("mget a b c", `["2" "text" "4"]`)
	p.ask("select 1", "+OK")
	p.ask("get a", `"other"`)
	p.ask("select 2", "+OK")
	p.ask("get a", `"third"`)
}

// TestApplyPastBusyLease: the applier waits for its leases, and those who wait for a key are served by what it does.
func TestApplyPastBusyLease(t *testing.T) {
	b := newBed(t, 2, 4)
	holder, p := b.apart()
	key, other := b.keyIn(0), b.keyIn(1)
	holder.send("hold " + key)
	<-b.entered
	done := make(chan error)
	go func() {
		a := b.d.NewApplier()
		defer a.Close()
		if err := a.Apply(words("set " + key + " 1")); err != nil {
			done <- err
		}
		done <- a.Apply(words("mset " + key + " 2 " + other + " 2"))
	}()
	p.ask("set "+other+" 1", "+OK")
	b.release <- struct{}{}
	holder.want("+OK")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	p.ask("mget "+key+" "+other, `["2" "2"]`)
}

// applied are commands for the allocation test and the benchmark.
var applyLines = map[string][]string{
	"set":         {"set key:000001 0123456789abcdef"},
	"mset":        {"mset a 1 b 2 c 3 d 4"},
	"transaction": {"multi", "incr n", "set key:000001 0123456789abcdef", "set b 1", "exec"},
}

func TestApplyDoesNotAllocate(t *testing.T) {
	if invariant.Enabled {
		t.Skip("builds with assertions allocate")
	}
	b := newBed(t, 1, 16)
	for name, lines := range applyLines {
		run := applies(t, b.d, lines)
		run()
		if got := testing.AllocsPerRun(1000, run); got != 0 {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}

func BenchmarkApply(b *testing.B) {
	bed := newBed(b, 1, 16)
	for name, lines := range applyLines {
		b.Run(name, func(b *testing.B) {
			run := applies(b, bed.d, lines)
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}

// applies returns a function that applies the lines.
func applies(t testing.TB, d *dispatch.Dispatcher, lines []string) func() {
	a := d.NewApplier()
	t.Cleanup(a.Close)
	var commands [][][]byte
	for _, line := range lines {
		commands = append(commands, words(line))
	}
	return func() {
		for _, args := range commands {
			if err := a.Apply(args); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestApplyServesWaiters: who waits for a key is served by what is applied.
func TestApplyServesWaiters(t *testing.T) {
	b := newBed(t, 2, 4)
	p := b.dial()
	p.send("take k 0")
	b.eventually("it waits", func() bool { return b.d.Waiting() == 1 })
	applies(t, b.d, []string{"set k v"})()
	p.want(`["k" "v"]`)
	p.ask("exists k", ":0")
}
