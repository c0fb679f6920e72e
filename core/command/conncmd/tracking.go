package conncmd

import (
	"slices"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/core/tracking"
)

const (
	errRedirectTwice command.Error = "ERR A client can only redirect to a single other client"
	errNoRedirect    command.Error = "ERR The client ID you want redirect to does not exist"
	errPrefixMode    command.Error = "ERR PREFIX option requires BCAST mode to be enabled"
	errSwitchBcast   command.Error = "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode."
	errOptBcast      command.Error = "ERR OPTIN and OPTOUT are not compatible with BCAST"
	errOptBoth       command.Error = "ERR You can't specify both OPTIN mode and OPTOUT mode"
	errSwitchOpt     command.Error = "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode."
	errCachingOff    command.Error = "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"
	errCachingYes    command.Error = "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."
	errCachingNo     command.Error = "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."
)

func hasWord(args [][]byte, word string) bool {
	return slices.ContainsFunc(args, func(arg []byte) bool { return command.Is(arg, word) })
}

// redirects reports whether a CLIENT TRACKING has to look for another session, which only an ordinary goroutine may.
func redirects(args [][]byte) bool { return hasWord(args[2:], "redirect") }

// routeTracking takes every lease for a session that may come to hear of all keys.
func routeTracking(c *command.Call, m *partition.Mask) {
	if hasWord(c.Args[2:], "bcast") {
		m.Fill(c.Set.Len())
	}
}

// trackingRequest is what CLIENT TRACKING asks for.
type trackingRequest struct {
	state    session.State // with the options given
	prefixes []string
	redirect int64
}

// parse reads the options. exists says whether there is a session with this ID.
func (r *trackingRequest) parse(args [][]byte, exists func(id int64) bool) error {
	for i := 0; i < len(args); i++ {
		switch arg, more := args[i], i+1 < len(args); {
		case command.Is(arg, "redirect") && more:
			i++
			if r.redirect != 0 {
				return errRedirectTwice
			}
			id, ok := command.ParseInt(args[i])
			if !ok {
				return command.ErrNotInt
			}
			if !exists(id) {
				return errNoRedirect
			}
			r.redirect = id
		case command.Is(arg, "bcast"):
			r.state |= session.TrackingBroadcast
		case command.Is(arg, "optin"):
			r.state |= session.TrackingOptIn
		case command.Is(arg, "optout"):
			r.state |= session.TrackingOptOut
		case command.Is(arg, "noloop"):
			r.state |= session.TrackingNoLoop
		case command.Is(arg, "prefix") && more:
			i++
			r.prefixes = append(r.prefixes, string(args[i]))
		default:
			return command.ErrSyntax
		}
	}
	return nil
}

// check reports whether the options go together, and with what the session does already.
func (r *trackingRequest) check(s *session.Session) error {
	broadcast := r.state & session.TrackingBroadcast
	const opt = session.TrackingOptIn | session.TrackingOptOut
	switch {
	case broadcast == 0 && len(r.prefixes) > 0:
		return errPrefixMode
	case s.State&session.Tracking != 0 && s.State&session.TrackingBroadcast != broadcast:
		return errSwitchBcast
	case broadcast != 0 && r.state&opt != 0:
		return errOptBcast
	case r.state&opt == opt:
		return errOptBoth
	case r.state&opt != 0 && (r.state|s.State)&opt == opt:
		return errSwitchOpt
	}
	for i, prefix := range r.prefixes {
		if f := s.Feed.Load(); f != nil {
			if other, is := f.Overlap(prefix); is {
				return command.Error("ERR Prefix '" + prefix + "' overlaps with an existing prefix '" + other + "'. Prefixes for a single client must not overlap.")
			}
		}
		for _, other := range r.prefixes[i+1:] {
			if tracking.Overlaps(prefix, other) {
				return command.Error("ERR Prefix '" + prefix + "' overlaps with another provided prefix '" + other + "'. Prefixes for a single client must not overlap.")
			}
		}
	}
	return nil
}

func (g *group) clientTracking(c *command.Call) error {
	var r trackingRequest
	var target *tracking.Feed
	err := r.parse(c.Args[3:], func(id int64) bool {
		target = g.feedOf(id)
		return target != nil
	})
	if err != nil {
		return err
	}
	s := c.Session
	switch {
	case command.Is(c.Args[2], "on"):
		if err := r.check(s); err != nil {
			return err
		}
		g.startTracking(c, &r, target)
	case command.Is(c.Args[2], "off"):
		g.stopTracking(s)
	default:
		return command.ErrSyntax
	}
	c.W.OK()
	return nil
}

// feedOf returns the feed of the session with this ID, nil if there is none. On an ordinary goroutine.
func (g *group) feedOf(id int64) (found *tracking.Feed) {
	g.deps().Dispatcher.EachSession(func(_ *dispatch.Executor, s *session.Session) {
		if int64(s.ID) == id { // #nosec G115 -- counts connections
			found = s.MakeFeed()
		}
	})
	return found
}

func (g *group) startTracking(c *command.Call, r *trackingRequest, target *tracking.Feed) {
	s := c.Session
	opt := tracking.Options{Redirect: target, NoLoop: r.state&session.TrackingNoLoop != 0}
	if r.state&session.TrackingBroadcast != 0 {
		opt.Broadcast, opt.Prefixes = true, r.prefixes
		if len(r.prefixes) == 0 {
			opt.Prefixes = []string{""}
		}
		for p := range c.Set.Len() {
			c.Set.Space(p).SetFollow(keyspace.FollowModified)
		}
		s.Subs.Changes = append(s.Subs.Changes, session.SubscriptionChange{Kind: session.PrefixesChanged})
	}
	g.deps().Dispatcher.Tracking.Start(s.MakeFeed(), opt)
	caching := s.State & session.TrackingCaching
	s.State = s.State&^session.AnyTracking | session.Tracking | r.state | caching
}

// stopTracking ends CLIENT TRACKING.
func (g *group) stopTracking(s *session.Session) {
	if s.State&session.Tracking == 0 {
		return
	}
	if s.State&session.TrackingBroadcast != 0 {
		s.Subs.Changes = append(s.Subs.Changes, session.SubscriptionChange{Kind: session.PrefixesChanged})
	}
	g.deps().Dispatcher.Tracking.Stop(s.Feed.Load())
	s.State = s.State&^session.AnyTracking | session.TrackingEnded
}

func clientCaching(c *command.Call) error {
	s := c.Session
	if s.State&session.Tracking == 0 {
		return errCachingOff
	}
	switch {
	case command.Is(c.Args[2], "yes"):
		if s.State&session.TrackingOptIn == 0 {
			return errCachingYes
		}
	case command.Is(c.Args[2], "no"):
		if s.State&session.TrackingOptOut == 0 {
			return errCachingNo
		}
	default:
		return command.ErrSyntax
	}
	s.State |= session.TrackingCaching
	c.W.OK()
	return nil
}

// redirectOf returns the ID of the session that gets the invalidations of another, 0 for that itself, -1 if it doesn't track.
func redirectOf(s *session.Session, state session.State) int64 {
	if state&session.Tracking == 0 {
		return -1
	}
	return int64(s.Feed.Load().RedirectID()) // #nosec G115 -- counts connections
}

func clientGetredir(c *command.Call) error {
	c.W.Int(redirectOf(c.Session, c.Session.State))
	return nil
}

func clientTrackinginfo(c *command.Call) error {
	s := c.Session
	is := func(bits session.State) bool { return s.State&bits == bits }
	c.W.Map(3)
	c.W.BulkString("flags")
	mark, n := c.W.Defer(), 0
	flag := func(on bool, name string) {
		if on {
			c.W.BulkString(name)
			n++
		}
	}
	flag(is(session.Tracking), "on")
	flag(!is(session.Tracking), "off")
	flag(is(session.TrackingBroadcast), "bcast")
	flag(is(session.TrackingOptIn), "optin")
	flag(is(session.TrackingOptIn|session.TrackingCaching), "caching-yes")
	flag(is(session.TrackingOptOut), "optout")
	flag(is(session.TrackingOptOut|session.TrackingCaching), "caching-no")
	flag(is(session.TrackingNoLoop), "noloop")
	flag(is(session.Tracking) && s.Feed.Load().Broken(), "broken_redirect")
	c.W.DoneSet(mark, n)
	c.W.BulkString("redirect")
	c.W.Int(redirectOf(s, s.State))
	c.W.BulkString("prefixes")
	var prefixes []string
	if is(session.TrackingBroadcast) {
		prefixes = slices.Sorted(slices.Values(s.Feed.Load().Prefixes))
	}
	c.W.Array(len(prefixes))
	for _, p := range prefixes {
		c.W.BulkString(p)
	}
	return nil
}
