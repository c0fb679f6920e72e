package dispatch

import (
	"strconv"
	"strings"
	"time"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// MONITOR: a line for each command that was executed, made by the thread that executed it and posted to every loop for those of its
// sessions that monitor. So the lines of one connection's commands stay in order, and the line of a command that a
// session sends itself comes behind its reply. Lines are numbered, as one may still be on its way to a loop
// where somebody begins to monitor after its command. While nobody monitors, a command costs one look at a counter.

// Monitor begins to send what is executed to a session, or ends it. The owner of the session calls it.
func (d *Dispatcher) Monitor(s *session.Session, on bool) {
	if on == (s.State&session.Monitoring != 0) {
		return
	}
	s.State ^= session.Monitoring
	if on {
		d.monitors.Add(1)
		return
	}
	d.monitors.Add(-1)
}

// list enters a session in the loop's book of those that monitor, or strikes it off.
func (x *Executor) list(s *session.Session, monitors bool) {
	s.Listed = monitors
	if monitors {
		x.monitors[s] = x.d.monitored.Load()
		return
	}
	delete(x.monitors, s)
}

// unlist ends what a session monitors when it closes.
func (x *Executor) unlist(s *session.Session) {
	x.d.Monitor(s, false)
	x.list(s, false)
}

// tell has everybody who monitors know of a command that was executed, by the session's client or by another one that is named.
func (d *Dispatcher) tell(s *session.Session, cmd *command.Command, args [][]byte, by string) {
	if cmd.Flags&(command.SkipMonitor|command.Admin) == 0 {
		d.announce(s, args, by)
	}
}

// announce is tell whatever the command.
func (d *Dispatcher) announce(s *session.Session, args [][]byte, by string) {
	if d.gate.Load()&GateLoading != 0 {
		return
	}
	if by == "" {
		by = monitoredAddr(s.Conn.RemoteAddr())
	}
	number, line := d.monitored.Add(1), d.appendLine(nil, s.DB, by, args)
	loops := d.Loops.Living()
	posts := make([]loop.Post, len(loops))
	for i, l := range loops {
		posts[i].Fn, posts[i].Arg = monitored, monitoredLine{number, line}
		l.Post(&posts[i])
	}
}

// appendLine appends when, where and by whom a command was executed, and its arguments.
func (d *Dispatcher) appendLine(dst []byte, db int, by string, args [][]byte) []byte {
	const microDigits = 6
	us := time.Now().UnixMicro()
	dst = append(dst, '+')
	dst = strconv.AppendInt(dst, us/1e6, 10)
	dst = append(dst, '.')
	fraction := strconv.FormatInt(us%1e6, 10)
	dst = append(dst, strings.Repeat("0", microDigits-len(fraction))...)
	dst = append(dst, fraction...)
	dst = append(dst, " ["...)
	dst = strconv.AppendInt(dst, int64(db), 10)
	dst = append(dst, ' ')
	dst = append(dst, by...)
	dst = append(dst, ']')
	secret := d.Hooks.Secrets(args)
	for i, arg := range args {
		dst = append(dst, ' ')
		if secret != nil && secret(i) {
			arg = []byte("(redacted)")
		}
		dst = append(dst, config.Quote(string(arg))...)
	}
	return append(dst, "\r\n"...)
}

// monitoredAddr is an address as MONITOR shows it: that of a unix socket by its path.
func monitoredAddr(addr string) string {
	if path, isPath := strings.CutSuffix(addr, ":0"); isPath {
		return "unix:" + path
	}
	return addr
}

// monitoredLine is a line on its way.
type monitoredLine struct {
	number uint64
	text   []byte
}

func monitored(l *loop.Loop, line any) { l.Data.(*Executor).deliver(line.(monitoredLine)) }

// deliver sends a line to the sessions of this loop that monitor.
func (x *Executor) deliver(line monitoredLine) {
	for s, since := range x.monitors {
		if line.number <= since || s.State&session.ReplyOff != 0 && !s.Lent {
			continue
		}
		s.Push(line.text)
	}
}
