package server

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/logging"
	"github.com/sleipnirdb/sleipnir/core/stats"
)

// crash is the end of the process by a fault of ours. The first one writes the
// report; others that happen meanwhile wait for the end.
type crash struct {
	begun atomic.Bool
}

// crashReason is a panic value of our own, or the reason of a signal.
type crashReason struct {
	text   string
	signal int
}

// reportTime bounds the writing of a report: a part that needs a loop or a
// lease which the fault has taken along gives up.
const reportTime = time.Second

// exitCrashed is the exit code after a crash.
const exitCrashed = 1

// rescue is deferred by the server's own goroutines.
func (s *Server) rescue() {
	if reason := recover(); reason != nil {
		s.crashed(nil, reason)
	}
}

// Crashed is told by the dispatcher of a panic.
func (h *hooks) Crashed(x *dispatch.Executor, reason any) { (*Server)(h).crashed(x, reason) }

// crashed writes the report and ends the process. It doesn't return.
func (s *Server) crashed(x *dispatch.Executor, reason any) {
	stack := debug.Stack()
	if s.crash.begun.Swap(true) {
		select {} // the other one ends the process
	}
	report := logging.Crash{
		Program: s.program.Name, Version: s.program.Version, Commit: s.program.Commit, Issues: s.program.Issues,
		Stack: stack, Config: s.Config.DebugText,
		Info: func() string { return s.bounded(s.crashInfo) },
	}
	switch r := reason.(type) {
	case crashReason:
		report.Reason, report.Signal = r.text, r.signal
	case interface{ Addr() uintptr }:
		report.Reason, report.Signal = fmt.Sprintf("accessing address %#x: %v", r.Addr(), reason), int(syscall.SIGSEGV)
	case error:
		report.Reason = r.Error()
		if strings.Contains(report.Reason, "nil pointer") || strings.Contains(report.Reason, "invalid memory address") {
			report.Signal = int(syscall.SIGSEGV)
		}
	default:
		report.Reason = fmt.Sprint(reason)
	}
	if x != nil {
		session, args := x.Serving()
		if session != nil {
			report.Client = func() string {
				return fmt.Sprintf("id=%d addr=%s laddr=%s name=%s db=%d cmd=%s", session.ID, session.Conn.RemoteAddr(),
					session.Conn.LocalAddr(), s.Log.User(session.Name), session.DB, session.LastCommand)
			}
		}
		report.Args = func() [][]byte { return args }
	}
	s.Log.Crash(report)
	os.Exit(exitCrashed)
}

// crashInfo is the part of INFO that needs no loop and no lease.
func (s *Server) crashInfo() string {
	n := stats.NewInfo("server", "memory")
	s.infoServer(n)
	s.infoMemoryBrief(n)
	return n.String()
}

// bounded runs a part of the report, but not for long.
func (s *Server) bounded(part func() string) string {
	done := make(chan string, 1)
	go func() {
		defer func() {
			if reason := recover(); reason != nil {
				done <- fmt.Sprintf("(this part failed: %v)", reason)
			}
		}()
		done <- part()
	}()
	select {
	case text := <-done:
		return text
	case <-time.After(reportTime):
		return "(this part took too long)"
	}
}
