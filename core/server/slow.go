package server

import (
	"strings"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/core/stats"
	"github.com/sleipnirdb/sleipnir/internal/clock"
)

// Slow keeps a command that took long for the slow log and the latency
// monitor.
func (h *hooks) Slow(s *session.Session, cmd *command.Command, args [][]byte, ticks, waited uint64, nowMs int64) {
	nanos := clock.TicksToNanos(ticks)
	h.slow(cmd, nanos, nowMs)
	threshold := h.Config.Int(config.CommandLogExecutionSlowerThan)
	if threshold < 0 || nanos/1000 < threshold {
		return
	}
	h.logCommand(stats.SlowExecution, s, args, stats.LogEntry{Value: nanos / 1000, Waited: clock.TicksToNanos(waited) / 1000}, nowMs, config.CommandLogSlowExecutionMaxLen)
}

// Busy tells the log of a script that takes very long.
func (h *hooks) Busy(name string, isFunction bool, ms int64) {
	kill := "SCRIPT KILL"
	if isFunction {
		kill = "FUNCTION KILL"
	}
	h.Log.Warningf("Slow script detected: still in execution after %d milliseconds. You can try killing the script using the %s command. Script name is: %s.", ms, kill, name)
}

// Large keeps a command with a large request or reply for the command log.
func (h *hooks) Large(s *session.Session, kind stats.LogKind, args [][]byte, bytes int, nowMs int64) {
	keep := config.CommandLogLargeRequestMaxLen
	if kind == stats.LargeReply {
		keep = config.CommandLogLargeReplyMaxLen
	}
	h.logCommand(kind, s, args, stats.LogEntry{Value: int64(bytes)}, nowMs, keep)
}

func (h *hooks) logCommand(kind stats.LogKind, s *session.Session, args [][]byte, e stats.LogEntry, nowMs int64, keep config.ID) {
	e.TimeS, e.Args, e.Client, e.Name = nowMs/1000, stats.LoggedArgs(args, secrets(args)), s.Conn.RemoteAddr(), s.Name
	h.commandLog.Add(kind, &e, int(min(h.Config.Int(keep), maxLogLen)))
}

// maxLogLen bounds a command log however large the directive is.
const maxLogLen = 1 << 20

// Secrets is secrets for the dispatcher.
func (h *hooks) Secrets(args [][]byte) func(i int) bool { return secrets(args) }

// secrets tells which arguments must not be shown anywhere: nil if none.
func secrets(args [][]byte) func(i int) bool {
	name := args[0]
	switch {
	case command.Is(name, "auth"):
		return func(i int) bool { return i > 0 }
	case command.Is(name, "hello"):
		return func(i int) bool { return i > 2 && (follows(args, i, "auth", 1) || follows(args, i, "auth", 2)) }
	case command.Is(name, "migrate"):
		return func(i int) bool {
			return i > 5 && (follows(args, i, "auth", 1) || follows(args, i, "auth2", 1) || follows(args, i, "auth2", 2))
		}
	case command.Is(name, "acl") && len(args) > 1 &&
		(command.Is(args[1], "setuser") || command.Is(args[1], "deluser") || command.Is(args[1], "getuser")):
		return func(i int) bool { return i > 1 }
	case command.Is(name, "config") && len(args) > 1 && command.Is(args[1], "set"):
		return func(i int) bool {
			return i > 2 && i%2 == 1 && config.IsSensitive(strings.ToLower(string(args[i-1])))
		}
	}
	return nil
}

// follows reports whether argument i stands so many places after a word.
func follows(args [][]byte, i int, word string, places int) bool {
	return i >= places && command.Is(args[i-places], word)
}
