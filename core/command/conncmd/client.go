package conncmd

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/session"
)

const (
	errUnblockReason command.Error = "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"
	errPauseMode     command.Error = "ERR CLIENT PAUSE mode must be WRITE or ALL"
	errTimeoutRange  command.Error = "ERR timeout is out of range"
	errLibName       command.Error = "ERR lib-name cannot contain spaces, newlines or special characters."
	errLibVer        command.Error = "ERR lib-ver cannot contain spaces, newlines or special characters."
	errReplyInMulti  command.Error = "ERR CLIENT REPLY is not allowed inside a transaction"
)

func (g *group) clientRow() command.Command {
	const (
		plain = command.NoScript | command.Loading | command.Stale
		all   = plain | command.Sentinel
		admin = all | command.Admin
	)
	sub := func(name, since string, arity int, flags command.Flags, summary string, run command.Handler) command.Command {
		return command.Command{Name: name, Since: since, Arity: arity, Flags: flags, ACL: command.CatConnection,
			Complexity: "O(1)", Summary: summary, Run: run}
	}
	row := command.Command{Name: "client", Arity: -2, Flags: command.Sentinel, Since: "2.4.0", Complexity: "Depends on subcommand.",
		Summary: "A container for client connection commands.",
		Sub: []command.Command{
			sub("caching", "6.0.0", 3, all|command.AllowBusy, "Instructs the server whether to track the keys in the next request.", clientCaching),
			sub("capa", "8.0.0", -3, plain|command.AllowBusy, "A client claims its capability.", clientCapa),
			sub("getname", "2.6.9", 2, all|command.AllowBusy, "Returns the name of the connection.", clientGetname),
			sub("getredir", "6.0.0", 2, all|command.AllowBusy, "Returns the client ID to which the connection's tracking notifications are redirected.", clientGetredir),
			sub("help", "5.0.0", 2, command.Loading|command.Stale|command.Sentinel, "Returns helpful text about the different subcommands.", clientHelp),
			sub("id", "5.0.0", 2, all|command.AllowBusy, "Returns the unique client ID of the connection.", clientID),
			sub("import-source", "8.1.0", 3, plain, "Marks this client as an import source when the server is in import mode.", clientImportSource),
			sub("info", "6.2.0", 2, all|command.OffLoop, "Returns information about the connection.", g.clientInfo),
			sub("kill", "2.4.0", -3, admin|command.OffLoop, "Terminates open connections.", g.clientKill),
			sub("list", "2.4.0", -2, admin|command.OffLoop, "Lists open connections.", g.clientList),
			sub("no-evict", "7.0.0", 3, admin|command.AllowBusy, "Sets the client eviction mode of the connection.", clientNoEvict),
			sub("no-touch", "7.2.0", 3, plain|command.AllowBusy, "Controls whether commands sent by the client affect the LRU/LFU of accessed keys.", clientNoTouch),
			sub("pause", "3.0.0", -3, admin|command.OffLoop, "Suspends commands processing.", g.clientPause),
			sub("reply", "3.2.0", 3, all|command.AllowBusy|command.NoMulti, "Instructs the server whether to reply to commands.", clientReply),
			sub("setinfo", "7.2.0", 4, all|command.AllowBusy, "Sets information specific to the client or connection.", clientSetinfo),
			sub("setname", "2.6.9", 3, all|command.AllowBusy, "Sets the connection name.", clientSetname),
			{Name: "tracking", Since: "6.0.0", Arity: -3, Flags: all | command.OffLoop, ACL: command.CatConnection, Long: redirects,
				Scope: command.ScopeRoute, Route: routeTracking, Complexity: "O(1). Some options may introduce additional complexity.",
				Summary: "Controls server-assisted client-side caching for the connection.", Run: g.clientTracking},
			sub("trackinginfo", "6.2.0", 2, all, "Returns information about server-assisted client-side caching for the connection.", clientTrackinginfo),
			sub("unblock", "5.0.0", -3, admin|command.OffLoop, "Unblocks a client blocked by a blocking command from a different connection.", g.clientUnblock),
			sub("unpause", "6.2.0", 2, admin, "Resumes processing commands from paused clients.", g.clientUnpause),
		}}
	everyNode := []string{"request_policy:all_nodes", "response_policy:all_succeeded"}
	for i := range row.Sub {
		switch sub := &row.Sub[i]; sub.Name {
		case "info", "list":
			sub.Tips = []string{"nondeterministic_output"}
		case "setinfo", "setname":
			sub.Tips = everyNode
		}
	}
	return row
}

func clientID(c *command.Call) error {
	c.W.Int(int64(c.Session.ID)) // #nosec G115 -- counts connections
	return nil
}

func clientGetname(c *command.Call) error {
	if c.Session.Name == "" {
		c.W.Null()
		return nil
	}
	c.W.BulkString(c.Session.Name)
	return nil
}

func clientSetname(c *command.Call) error {
	if !validName(c.Args[2]) {
		return errName
	}
	c.Session.Name = string(c.Args[2])
	c.W.OK()
	return nil
}

func clientSetinfo(c *command.Call) error {
	value := c.Args[3]
	switch {
	case command.Is(c.Args[2], "lib-name"):
		if !validName(value) {
			return errLibName
		}
		c.Session.LibName = string(value)
	case command.Is(c.Args[2], "lib-ver"):
		if !validName(value) {
			return errLibVer
		}
		c.Session.LibVer = string(value)
	default:
		return command.Error("ERR Unrecognized option '" + command.Echo(c.Args[2]) + "'")
	}
	c.W.OK()
	return nil
}

func clientCapa(c *command.Call) error {
	for _, arg := range c.Args[2:] {
		if command.Is(arg, "redirect") {
			c.Session.RedirectCapable = true
		}
	}
	c.W.OK()
	return nil
}

// onOff sets or clears a state by ON or OFF.
func onOff(c *command.Call, state session.State) error {
	switch {
	case command.Is(c.Args[2], "on"):
		c.Session.State |= state
	case command.Is(c.Args[2], "off"):
		c.Session.State &^= state
	default:
		return command.ErrSyntax
	}
	c.W.OK()
	return nil
}

func clientNoEvict(c *command.Call) error { return onOff(c, session.NoEvict) }

func clientNoTouch(c *command.Call) error { return onOff(c, session.NoTouch) }

func clientImportSource(c *command.Call) error { return onOff(c, session.ImportSource) }

func clientReply(c *command.Call) error {
	s := c.Session
	if c.InExec {
		return errReplyInMulti
	}
	switch {
	case command.Is(c.Args[2], "on"):
		s.State &^= session.ReplyOff | session.ReplySkip
		c.W.OK()
	case command.Is(c.Args[2], "off"):
		s.State |= session.ReplyOff
	case command.Is(c.Args[2], "skip"):
		if s.State&session.ReplyOff == 0 {
			s.State |= session.ReplySkipNext
		}
	default:
		return command.ErrSyntax
	}
	return nil
}

func (g *group) clientPause(c *command.Call) error {
	if len(c.Args) > 4 {
		return command.SubcommandSyntax(c)
	}
	all := true
	if len(c.Args) == 4 {
		if !command.Is(c.Args[3], "write") && !command.Is(c.Args[3], "all") {
			return errPauseMode
		}
		all = command.Is(c.Args[3], "all")
	}
	ms, ok := command.ParseInt(c.Args[2])
	switch {
	case !ok:
		return command.ErrTimeoutNotInt
	case ms < 0:
		return command.ErrTimeoutNeg
	case ms > math.MaxInt64-c.Now:
		return errTimeoutRange
	}
	until := c.Now + ms
	if ms == 0 {
		until = 0
	}
	g.deps().Dispatcher.Pause(until, all)
	if ms > 0 && !c.InExec { // a transaction holds leases that others may be waiting for
		g.deps().Dispatcher.AwaitWrites()
	}
	c.W.OK()
	return nil
}

func (g *group) clientUnpause(c *command.Call) error {
	g.deps().Dispatcher.Unpause()
	c.W.OK()
	return nil
}

func (g *group) clientUnblock(c *command.Call) error {
	withError := false
	if len(c.Args) > 4 {
		return command.SubcommandSyntax(c)
	}
	if len(c.Args) == 4 {
		withError = command.Is(c.Args[3], "error")
		if !withError && !command.Is(c.Args[3], "timeout") {
			return errUnblockReason
		}
	}
	id, ok := command.ParseInt(c.Args[2])
	if !ok {
		return command.ErrNotInt
	}
	found := int64(0)
	g.deps().Dispatcher.EachSession(func(x *dispatch.Executor, s *session.Session) {
		if int64(s.ID) == id && x.Unblock(s, withError) { // #nosec G115 -- counts connections
			found = 1
		}
	})
	c.W.Int(found)
	return nil
}

func clientHelp(c *command.Call) error {
	command.Help(c,
		"CACHING (YES|NO)",
		"    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
		"CAPA <option> [options...]",
		"    The client claims its some capability options. Options are:",
		"    * REDIRECT",
		"      The client can handle redirection during primary and replica failover in standalone mode.",
		"GETREDIR",
		"    Return the client ID we are redirecting to when tracking is enabled.",
		"GETNAME",
		"    Return the name of the current connection.",
		"ID",
		"    Return the ID of the current connection.",
		"IMPORT-SOURCE (ON|OFF)",
		"    Mark this connection as an import source if import mode is enabled.",
		"INFO",
		"    Return information about the current client connection.",
		"KILL <ip:port>",
		"    Kill connection made from <ip:port>.",
		"KILL <option> <value> [<option> <value> [...]]",
		"    Kill connections. The options are those of LIST, and:",
		"    * SKIPME (YES|NO)",
		"      Skip killing current connection (default: yes).",
		"LIST [<option> <value> [...]]",
		"    Return information about client connections. Options, each also as NOT-<option>:",
		"    * ID <client-id> [<client-id> ...], TYPE (NORMAL|PRIMARY|REPLICA|PUBSUB), USER <username>,",
		"      ADDR <ip:port>, LADDR <ip:port>, IP <ip>, NAME <name>, LIB-NAME <name>, LIB-VER <version>,",
		"      FLAGS <flags>, DB <index>, CAPA <capability>",
		"    * MAXAGE <seconds>, IDLE <seconds>, SKIPME (YES|NO)",
		"UNPAUSE",
		"    Stop the current client pause, resuming traffic.",
		"PAUSE <timeout> [WRITE|ALL]",
		"    Suspend all, or just write, clients for <timeout> milliseconds.",
		"REPLY (ON|OFF|SKIP)",
		"    Control the replies sent to the current connection.",
		"SETNAME <name>",
		"    Assign the name <name> to the current connection.",
		"SETINFO <option> <value>",
		"    Set client meta attr. Options are:",
		"    * LIB-NAME: the client lib name.",
		"    * LIB-VER: the client lib version.",
		"UNBLOCK <clientid> [TIMEOUT|ERROR]",
		"    Unblock the specified blocked client.",
		"TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
		"         [OPTIN] [OPTOUT] [NOLOOP]",
		"    Control server assisted client side caching.",
		"TRACKINGINFO",
		"    Report tracking status for the current connection.",
		"NO-EVICT (ON|OFF)",
		"    Protect current client connection from eviction.",
		"NO-TOUCH (ON|OFF)",
		"    Will not touch LRU/LFU stats when this mode is on.")
	return nil
}
