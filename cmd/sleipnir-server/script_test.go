package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sleipnirdb/sleipnir/internal/client"
	"github.com/sleipnirdb/sleipnir/internal/launch"
)

// TestScript runs testdata/script/*.txt: tests of the whole process. Besides the usual commands
// of testscript (exec, cmp, stdout, stderr, grep, env, ! for "must fail") there are
//
//	server NAME [args…]     start a server on a free port and wait until it answers; ! server: it must
//	                        refuse to start, and what it printed is in stderr. $NAME_PORT is its port; the
//	                        name stays usable for a second start with the same port after it ended.
//	                        -loading before the name: it may still be loading its data.
//	cli NAME command…       send a command; stdout is what redis-cli would show. \x escapes work in "…".
//	                        ! cli: the reply is an error, or the connection breaks. -3 before the name speaks RESP3.
//	await NAME log PATTERN   until the log holds the pattern, counted from the last match
//	await NAME exit [CODE]   until the process has ended by itself
//	await NAME reply PATTERN command…   until the reply matches
//	shutdown NAME               SIGTERM, and the exit code must be 0
//	signal NAME [SIGNAL]      SIGKILL, or another signal, by its name without SIG
//	log NAME                stdout is the log so far
//
// [race] holds where the server is built with the race detector, [root] where the tests may do anything.
// $SERVER is the binary, $WORK the script's own folder, where servers run.
func TestScript(t *testing.T) {
	binary, err := launch.Build("cmd/sleipnir-server", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("SERVER", binary)
			h := &hosts{servers: map[string]*host{}}
			env.Values[hostsKey{}] = h
			env.Defer(h.end)
			return nil
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "race":
				return launch.Race, nil
			case "root":
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server": cmdServer, "cli": cmdCli, "await": cmdAwait, "shutdown": cmdShutdown, "signal": cmdSignal, "log": cmdLog,
		},
	})
}

// waitLimit bounds every wait of a script.
const waitLimit = 30 * time.Second

type hostsKey struct{}

// hosts are the servers of one script.
type hosts struct{ servers map[string]*host }

type host struct {
	*launch.Server

	port   int
	logged int // end of the last match in the log
}

func (h *hosts) end() {
	for _, s := range h.servers {
		_ = s.Kill() // it may have ended
	}
}

func hostsOf(ts *testscript.TestScript) *hosts { return ts.Value(hostsKey{}).(*hosts) }

func find(ts *testscript.TestScript, args []string, least int, usage string) *host {
	if len(args) < least {
		ts.Fatalf("usage: %s", usage)
	}
	h := hostsOf(ts).servers[args[0]]
	if h == nil {
		ts.Fatalf("there is no server %q", args[0])
	}
	return h
}

func cmdServer(ts *testscript.TestScript, neg bool, args []string) {
	loading := len(args) > 0 && args[0] == "-loading"
	if loading {
		args = args[1:]
	}
	if len(args) < 1 {
		ts.Fatalf("usage: server [-loading] NAME [args…]")
	}
	all := hostsOf(ts).servers
	opts := launch.Options{Binary: ts.Getenv("SERVER"), Dir: ts.MkAbs("."), Args: args[1:], Loading: loading}
	if before := all[args[0]]; before != nil {
		opts.Port = before.port
	}
	s, err := launch.Start(opts)
	if neg {
		if err == nil {
			all[args[0]] = &host{Server: s, port: s.Port}
			ts.Fatalf("the server started")
		}
		fmt.Fprintln(ts.Stderr(), err)
		return
	}
	ts.Check(err)
	all[args[0]] = &host{Server: s, port: s.Port}
	ts.Setenv(args[0]+"_PORT", strconv.Itoa(s.Port))
}

func cmdCli(ts *testscript.TestScript, neg bool, args []string) {
	proto := ""
	if len(args) > 0 && args[0] == "-3" {
		proto, args = "3", args[1:]
	}
	s := find(ts, args, 2, "cli [-3] NAME command…")
	v, err := ask(s, proto, args[1:])
	if err != nil {
		if !neg {
			ts.Fatalf("%v\n%s", err, s.Log)
		}
		fmt.Fprintln(ts.Stderr(), err)
		return
	}
	fmt.Fprint(ts.Stdout(), v.Format())
	if v.IsError() != neg {
		ts.Fatalf("the reply is %s", v.Format())
	}
}

// ask sends one command on a connection of its own.
func ask(s *host, proto string, words []string) (client.Value, error) {
	args := make([]string, len(words))
	for i, w := range words {
		args[i] = w
		if strings.HasPrefix(w, `"`) {
			if parts, err := client.Words(w); err == nil && len(parts) == 1 {
				args[i] = parts[0]
			}
		}
	}
	c, err := s.Dial(waitLimit)
	if err != nil {
		return client.Value{}, err
	}
	defer func() { _ = c.Close() }()
	if proto != "" {
		if _, err := c.Do("HELLO", proto); err != nil {
			return client.Value{}, err
		}
	}
	return c.Do(args...)
}

func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	const usage = "await NAME log PATTERN | await NAME exit [CODE] | await NAME reply PATTERN command…"
	s := find(ts, args, 2, usage)
	ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
	defer cancel()
	switch {
	case neg:
		ts.Fatalf("await can't be negated")
	case args[1] == "log" && len(args) == 3:
		end, err := s.Log.WaitFor(ctx, compilePattern(ts, args[2]), s.logged)
		if err != nil {
			ts.Fatalf("%v\n%s", err, s.Log)
		}
		s.logged = end
	case args[1] == "exit" && len(args) <= 3:
		code := 0
		if len(args) == 3 {
			var err error
			code, err = strconv.Atoi(args[2])
			ts.Check(err)
		}
		waitExit(ctx, ts, s, code)
	case args[1] == "reply" && len(args) >= 4:
		waitReply(ctx, ts, s, compilePattern(ts, args[2]), args[3:])
	default:
		ts.Fatalf("usage: %s", usage)
	}
}

func compilePattern(ts *testscript.TestScript, text string) *regexp.Regexp {
	re, err := regexp.Compile(text)
	ts.Check(err)
	return re
}

func waitExit(ctx context.Context, ts *testscript.TestScript, s *host, code int) {
	select {
	case <-s.Done():
	case <-ctx.Done():
		ts.Fatalf("the server still runs\n%s", s.Log)
	}
	if got := s.ExitCode(); got != code {
		ts.Fatalf("exit code %d, want %d\n%s", got, code, s.Log)
	}
}

// waitReply asks again and again: a reply can't announce itself.
func waitReply(ctx context.Context, ts *testscript.TestScript, s *host, re *regexp.Regexp, words []string) {
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	last := ""
	for {
		v, err := ask(s, "", words)
		if err == nil {
			if last = v.Format(); re.MatchString(last) {
				fmt.Fprint(ts.Stdout(), last)
				return
			}
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			ts.Fatalf("no reply matched %q; the last was %s (%v)", re, last, err)
		}
	}
}

func cmdShutdown(ts *testscript.TestScript, neg bool, args []string) {
	s := find(ts, args, 1, "shutdown NAME")
	if err := s.Stop(); (err != nil) != neg {
		ts.Fatalf("shutdown: %v\n%s", err, s.Log)
	}
}

func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	s := find(ts, args, 1, "signal NAME [SIGNAL]")
	if neg {
		ts.Fatalf("signal can't be negated")
	}
	if len(args) == 1 {
		ts.Check(s.Kill())
		return
	}
	sig, ok := signals[args[1]]
	if !ok {
		ts.Fatalf("unknown signal %q", args[1])
	}
	ts.Check(s.Signal(sig))
}

var signals = map[string]os.Signal{
	"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP, "USR1": syscall.SIGUSR1,
	"SEGV": syscall.SIGSEGV, "CONT": syscall.SIGCONT, "STOP": syscall.SIGSTOP, "ABRT": syscall.SIGABRT,
}

func cmdLog(ts *testscript.TestScript, neg bool, args []string) {
	s := find(ts, args, 1, "log NAME")
	if neg {
		ts.Fatalf("log can't be negated")
	}
	fmt.Fprint(ts.Stdout(), s.Log.String())
}

// TestScriptNames keeps the names in the form subject_case.txt.
func TestScriptNames(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`^[a-z0-9]+_[a-z0-9_]+\.txt$`)
	for _, f := range files {
		if !name.MatchString(filepath.Base(f)) {
			t.Errorf("%s: scripts are called subject_case.txt", f)
		}
	}
}
