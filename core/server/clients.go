package server

import (
	"net/netip"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/pubsub"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

const (
	errMaxClients command.Error = "ERR max number of clients reached"
	errProtected  command.Error = "DENIED Running in protected mode because protected mode is enabled and no password is set for the default user. " +
		"In this mode connections are only accepted from the loopback interface. If you want to connect from external computers, you " +
		"may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' " +
		"from the loopback interface by connecting from the same host the server is running, however MAKE SURE it's not publicly accessible " +
		"from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by " +
		"editing the configuration file, and setting the protected mode option to 'no', and then restarting the server. " +
		"3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. " +
		"4) Set up an authentication password for the default user. NOTE: You only need to do one of the above things in order for " +
		"the server to start accepting connections from the outside."
)

// Opened makes a session for a new connection, or refuses it.
func (h *hooks) Opened(c *loop.Conn) (*session.Session, error) {
	first := h.users.Default()
	if first.Rights().NoPass() && h.Config.Bool(config.ProtectedMode) && !fromHere(c) {
		return nil, errProtected
	}
	if h.clients.Add(1) > h.Config.Int(config.MaxClients) {
		h.clients.Add(-1)
		return nil, errMaxClients
	}
	now := c.Loop().NowMs
	s := &session.Session{ID: h.lastID.Add(1), CreatedMs: now, ActiveMs: now}
	s.SetUser(first)
	if !h.users.Open() {
		s.State |= session.Locked
	}
	return s, nil
}

// fromHere reports whether the peer is on this machine.
func fromHere(c *loop.Conn) bool {
	if c.Transport().Network() == "unix" {
		return true
	}
	ap, err := netip.ParseAddrPort(c.RemoteAddr())
	return err == nil && ap.Addr().Unmap().IsLoopback()
}

// Attacked logs a connection that was cut because it speaks HTTP.
func (h *hooks) Attacked(s *session.Session) {
	h.Log.Warningf("Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to the server. "+
		"This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your instance. "+
		"Connection from %s aborted.", s.Conn.RemoteAddr())
}

// Closed ends a session.
func (h *hooks) Closed(s *session.Session, _ error) {
	h.clients.Add(-1)
	for k := range s.Subs.Names {
		for name := range s.Subs.Names[k] {
			s.Unsubscribe(pubsub.Kind(k), name) // #nosec G115 -- a kind
			h.hub.Removed(pubsub.Kind(k), name) // #nosec G115 -- a kind
		}
	}
	if len(s.Watch.Keys) > 0 {
		go h.forgetWatches(s)
	}
}
