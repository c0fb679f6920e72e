package conncmd

import (
	"net"
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/acl"
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/command/txncmd"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/pubsub"
	"github.com/sleipnirdb/sleipnir/core/session"
)

const (
	errWrongPass  command.Error = "WRONGPASS invalid username-password pair or user is disabled."
	errNoPassword command.Error = "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?" // #nosec G101 -- an error text
	errNoProto    command.Error = "NOPROTO unsupported protocol version"
	errProtoInt   command.Error = "ERR Protocol version is not an integer or out of range"
	errHelloAuth  command.Error = "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"
	errName       command.Error = "ERR Client names cannot contain spaces, newlines or special characters."
)

func (g *group) auth(c *command.Call) error {
	if len(c.Args) > 3 {
		return command.ErrSyntax
	}
	user, password := []byte(acl.DefaultName), c.Args[1]
	if len(c.Args) == 3 {
		user, password = c.Args[1], c.Args[2]
	} else if g.deps().Users.Default().Rights().NoPass() {
		return errNoPassword
	}
	if err := g.login(c, user, password); err != nil {
		return err
	}
	c.W.OK()
	return nil
}

// login makes the client of a call a user, if the password is right.
func (g *group) login(c *command.Call, name, password []byte) error {
	s, users := c.Session, g.deps().Users
	from := hostOf(s)
	if wait := users.Backoff.Wait(from, string(name), c.Now); wait > 0 {
		return command.Error("WRONGPASS too many failed attempts to authenticate, try again in " + strconv.FormatInt((wait+999)/1000, 10) + " s")
	}
	user := users.Authenticate(name, password)
	if user == nil {
		users.Backoff.Failed(from, string(name), c.Now)
		g.deps().Failed(c, string(name))
		return errWrongPass
	}
	users.Backoff.Succeeded(from, string(name))
	s.SetUser(user)
	s.State &^= session.Locked
	return nil
}

// hostOf is the address of a session's client without its port.
func hostOf(s *session.Session) string {
	addr := s.Conn.RemoteAddr()
	if host, _, err := net.SplitHostPort(addr); err == nil {
		return host
	}
	return addr
}

// validName reports whether a name may stand in CLIENT LIST.
func validName(name []byte) bool {
	for _, ch := range name {
		if ch < '!' || ch > '~' {
			return false
		}
	}
	return true
}

// greeting is what HELLO asks for.
type greeting struct {
	version                int64 // 0: as it is
	user, password, name   []byte
	authenticates, renames bool
}

func (h *greeting) parse(args [][]byte) error {
	if len(args) == 0 {
		return nil
	}
	version, ok := command.ParseInt(args[0])
	if !ok {
		return errProtoInt
	}
	if version != 2 && version != 3 {
		return errNoProto
	}
	h.version = version
	for i := 1; i < len(args); i++ {
		switch arg := args[i]; {
		case command.Is(arg, "auth") && i+2 < len(args):
			h.user, h.password, h.authenticates = args[i+1], args[i+2], true
			i += 2
		case command.Is(arg, "setname") && i+1 < len(args):
			h.name, h.renames = args[i+1], true
			if !validName(h.name) {
				return errName
			}
			i++
		default:
			return command.Error("ERR Syntax error in HELLO option '" + command.Echo(arg) + "'")
		}
	}
	return nil
}

func (g *group) hello(c *command.Call) error {
	var h greeting
	if err := h.parse(c.Args[1:]); err != nil {
		return err
	}
	s := c.Session
	if h.authenticates {
		if err := g.login(c, h.user, h.password); err != nil {
			return err
		}
	}
	if s.State&session.Locked != 0 {
		return errHelloAuth
	}
	if h.renames {
		s.Name = string(h.name)
	}
	if h.version != 0 {
		c.W.Resp3 = h.version == 3
	}
	deps := g.deps()
	c.W.Map(7)
	c.W.BulkString("server")
	c.W.BulkString(deps.Name)
	c.W.BulkString("version")
	c.W.BulkString(deps.Version)
	c.W.BulkString("proto")
	c.W.Int(protocol(c.W.Resp3))
	c.W.BulkString("id")
	c.W.Int(int64(s.ID)) // #nosec G115 -- counts connections
	c.W.BulkString("mode")
	c.W.BulkString("standalone")
	c.W.BulkString("role")
	c.W.BulkString("master")
	c.W.BulkString("modules")
	c.W.Array(0)
	return nil
}

func protocol(resp3 bool) int64 {
	if resp3 {
		return 3
	}
	return 2
}

func routeReset(c *command.Call, m *partition.Mask) { txncmd.RouteWatched(c.Set, c.Session, m) }

func (g *group) reset(c *command.Call) error {
	s := c.Session
	txncmd.End(c)
	for k := range s.Subs.Names {
		for name := range s.Subs.Names[k] {
			s.Unsubscribe(pubsub.Kind(k), name)        // #nosec G115 -- a kind
			g.deps().Hub.Removed(pubsub.Kind(k), name) // #nosec G115 -- a kind
		}
	}
	g.deps().Dispatcher.Monitor(s, false)
	g.stopTracking(s)
	s.DB, s.Name = 0, ""
	c.W.Resp3 = false
	s.State &^= session.ReplyOff | session.ReplySkip | session.ReplySkipNext | session.NoTouch | session.NoEvict |
		session.ReadOnlyMode | session.ImportSource
	users := g.deps().Users
	s.SetUser(users.Default())
	if s.State &^= session.Locked; !users.Open() {
		s.State |= session.Locked
	}
	c.W.Status("RESET")
	return nil
}
