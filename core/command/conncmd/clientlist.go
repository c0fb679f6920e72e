package conncmd

import (
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/session"
)

// flagsOf are the letters of CLIENT LIST's flags.
func flagsOf(s *session.Session, v *session.View) string {
	return flagLetters(s, v, !s.Lent && s.Blocked(), !s.Lent && s.Watch.Dirty())
}

// ownFlags are those of a session whose call is being run.
func ownFlags(s *session.Session, v *session.View) string {
	return flagLetters(s, v, false, s.Watch.Dirty())
}

func flagLetters(s *session.Session, v *session.View, waits, isDirty bool) string {
	var flags []byte
	add := func(on bool, letter byte) {
		if on {
			flags = append(flags, letter)
		}
	}
	add(v.State&session.Monitoring != 0, 'O')
	add(v.State&session.Subscribed != 0, 'P')
	add(v.State&session.InMulti != 0, 'x')
	add(waits, 'b')
	add(v.State&session.Tracking != 0, 't')
	add(v.State&session.Tracking != 0 && s.Feed.Load().Broken(), 'R')
	add(v.State&session.TrackingBroadcast != 0, 'B')
	add(isDirty, 'd')
	add(v.State&session.Closing != 0, 'c')
	add(s.Conn.Transport().Network() == "unix", 'U')
	add(v.State&session.ReadOnlyMode != 0, 'r')
	add(v.State&session.NoEvict != 0, 'e')
	add(v.State&session.NoTouch != 0, 'T')
	add(v.State&session.ImportSource != 0, 'I')
	if flags == nil {
		return "N"
	}
	return string(flags)
}

// capabilities are the letters of CLIENT LIST's capa.
func capabilities(s *session.Session) string {
	if s.RedirectCapable {
		return "r"
	}
	return ""
}

// appendClient appends the line of CLIENT LIST for a session, without its end.
// On the session's loop.
func appendClient(dst []byte, s *session.Session, nowMs int64) []byte {
	c, v := s.Conn, s.View()
	return appendLine(dst, s, &v, flagsOf(s, &v), buffers{c.InSize(), c.InFree(), c.OutPending(), int(dispatch.Weight(s))}, nowMs)
}

// AppendClient appends the line of CLIENT LIST for a session whose call is being run, by whichever thread: without the sizes of buffers,
// which are the loop's.
func AppendClient(dst []byte, s *session.Session, nowMs int64) []byte {
	v := s.OwnView()
	return appendLine(dst, s, &v, ownFlags(s, &v), buffers{}, nowMs)
}

// buffers are the sizes of a connection's buffers.
type buffers struct{ in, inFree, out, total int }

func appendLine(dst []byte, s *session.Session, v *session.View, flags string, b buffers, nowMs int64) []byte {
	text := func(name, value string) {
		dst = append(append(append(dst, name...), '='), value...)
		dst = append(dst, ' ')
	}
	number := func(name string, n int64) {
		dst = append(append(dst, name...), '=')
		dst = append(strconv.AppendInt(dst, n, 10), ' ')
	}
	c := s.Conn
	last := v.LastCommand
	if last == "" {
		last = "NULL"
	}
	number("id", int64(s.ID)) // #nosec G115 -- counts connections
	text("addr", c.RemoteAddr())
	text("laddr", c.LocalAddr())
	number("fd", int64(c.Fd()))
	text("name", v.Name)
	number("age", (nowMs-s.CreatedMs)/1000)
	number("idle", max(nowMs-v.ActiveMs, 0)/1000)
	text("flags", flags)
	text("capa", capabilities(s))
	number("db", int64(v.DB))
	number("sub", int64(v.SubCount))
	number("psub", int64(v.PatternCount))
	number("ssub", int64(v.ShardCount))
	number("multi", int64(v.MultiCount))
	number("watch", int64(v.WatchCount))
	number("qbuf", int64(b.in))
	number("qbuf-free", int64(b.inFree))
	number("argv-mem", 0)
	number("multi-mem", int64(v.MultiBytes))
	number("rbs", 0)
	number("rbp", 0)
	number("obl", 0)
	number("oll", 0)
	number("omem", int64(b.out))
	number("tot-mem", int64(max(b.total, b.out+b.in+b.inFree+v.MultiBytes)))
	text("events", "r")
	text("cmd", last)
	text("user", v.User)
	number("redir", redirectOf(s, v.State))
	number("resp", protocol(v.Resp3))
	text("lib-name", v.LibName)
	text("lib-ver", v.LibVer)
	number("tot-net-in", int64(v.NetIn))   // #nosec G115 -- bytes
	number("tot-net-out", int64(v.NetOut)) // #nosec G115 -- bytes
	number("tot-cmds", int64(v.Commands))  // #nosec G115 -- a count
	return dst[:len(dst)-1]
}

func (g *group) clientInfo(c *command.Call) error {
	var line []byte
	d, me := g.deps().Dispatcher, c.Session
	d.OnLoop(me.Conn.Loop(), func(x *dispatch.Executor) { line = append(appendClient(nil, me, x.Now()), '\n') })
	c.W.Verbatim("txt", string(line))
	return nil
}

func (g *group) clientList(c *command.Call) error {
	f := filter{list: true}
	if err := f.parse(g.deps().Users, c.Args[2:]); err != nil {
		return err
	}
	var lines []byte
	g.deps().Dispatcher.EachSession(func(x *dispatch.Executor, s *session.Session) {
		if f.matches(s, c.Session, x.Now()) {
			lines = append(appendClient(lines, s, x.Now()), '\n')
		}
	})
	c.W.Verbatim("txt", string(lines))
	return nil
}

func (g *group) clientKill(c *command.Call) error {
	var f filter
	oldForm := len(c.Args) == 3
	if oldForm {
		f = filter{terms: []term{{kind: "addr", value: string(c.Args[2])}}}
	} else {
		f.skipMe = true
		if err := f.parse(g.deps().Users, c.Args[2:]); err != nil {
			return err
		}
	}
	killed := int64(0)
	g.deps().Dispatcher.EachSession(func(x *dispatch.Executor, s *session.Session) {
		if f.matches(s, c.Session, x.Now()) {
			killed++
			if s != c.Session {
				x.Kill(s)
			}
		}
	})
	if !f.skipMe && f.hit {
		c.Session.KillAfterReply = true
	}
	if !oldForm {
		c.W.Int(killed)
		return nil
	}
	if killed == 0 {
		return command.Error("ERR No such client")
	}
	c.W.OK()
	return nil
}
