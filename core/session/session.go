// Package session is the state of a connected client: what CLIENT LIST shows,
// its transaction, and what it waits for.
//
// A session belongs to whoever runs its connection: its loop, or, while it is
// lent, the holder of the lease that its command waits for. Fields are plain
// unless they say "atomic". While a session is lent its loop reads the View
// taken before, and nothing else.
package session

import (
	"github.com/sleipnirdb/sleipnir/core/acl"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/core/journal"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/pubsub"
	"github.com/sleipnirdb/sleipnir/core/tracking"
	"github.com/sleipnirdb/sleipnir/net/loop"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// State holds the facts that make a command leave the fast path through the
// gate: zero for a plain client.
type State uint32

// The states.
const (
	InMulti State = 1 << iota
	// DirtyExec: a command was refused while queueing; EXEC aborts.
	DirtyExec
	// Locked: not authenticated.
	Locked
	// Subscribed to at least one channel or pattern.
	Subscribed
	// ReplyOff, ReplySkipNext, ReplySkip: CLIENT REPLY.
	ReplyOff
	ReplySkipNext
	ReplySkip
	// Monitoring: MONITOR.
	Monitoring
	// NoTouch: reads leave LRU and LFU alone.
	NoTouch
	// NoEvict: exempt from client eviction.
	NoEvict
	// Closing: the connection ends after what it has to say.
	Closing
	// ImportSource: CLIENT IMPORT-SOURCE ON.
	ImportSource
	// ReadOnlyMode: READONLY, for cluster replicas.
	ReadOnlyMode
	// Applied: what the session runs comes from a file or from the primary,
	// and was accepted once. It has no client.
	Applied
	// Restricted: there are things that the user may not do.
	Restricted
	// Tracking: CLIENT TRACKING ON; the others are how.
	Tracking
	TrackingBroadcast
	TrackingOptIn
	TrackingOptOut
	TrackingNoLoop
	// TrackingCaching: CLIENT CACHING was given for the next command.
	TrackingCaching
	// TrackingEnded: the command that is under way has ended the tracking.
	TrackingEnded
	// AnyTracking are all states of CLIENT TRACKING.
	AnyTracking = Tracking | TrackingBroadcast | TrackingOptIn | TrackingOptOut | TrackingNoLoop | TrackingCaching
)

// Session is one connected client.
type Session struct {
	Conn   *loop.Conn
	W      resp.Writer
	Parser resp.Parser
	State  State
	DB     int
	ID     uint64

	// CreatedMs and ActiveMs are unix times of the connect and of the last
	// command.
	CreatedMs, ActiveMs int64
	Commands            uint64 // commands processed
	NetIn, NetOut       uint64 // bytes
	LastCommand         string // full name, "NULL" before the first

	Name            string
	LibName, LibVer string
	// User is who the client is; nil for a session that is Applied, which may do everything. SetUser changes it.
	User            *acl.User
	RedirectCapable bool
	Subs            Subscriptions
	Multi           Multi
	Watch           Watch
	Block           Block
	// Needs is the journal's position that the replies in W hang on: in mode always they wait until it is on disk.
	Needs journal.Position
	// Wrote is the journal's position behind the session's last write.
	Wrote journal.Position
	// Pushes are out-of-band messages that came while the session was parked.
	// Loop only.
	Pushes []byte
	// KillAfterReply: CLIENT KILL named this session itself.
	KillAfterReply bool

	// Pushed is called after each Push, on the session's loop. Constant.
	Pushed func(s *Session)
	// Feed is the way of invalidations to this session; nil while it needs none.
	// Atomic.
	Feed atomic.Pointer[tracking.Feed]
	// Withheld are invalidations that came while somebody else served the
	// session's wait. Owner.
	Withheld tracking.Taken
	// Lent: another thread runs this session. Loop only.
	Lent bool
	// Resubscribe: it came to this loop while lent. Loop only.
	Resubscribe bool
	// Recheck: rights were changed while it was lent. Loop only.
	Recheck bool
	// Listed: it is in its loop's book of those that monitor. Loop only.
	Listed bool
	// Last is the view taken when the session was lent. Loop only.
	Last View

	// Weighed is what it counts for in the sum of what clients take. Its loop; the next loop's when it moves.
	Weighed int64

	// OverSinceMs is the unix time since when the output is over its soft
	// limit, 0 if it is not. Loop only.
	OverSinceMs int64

	// Script is the script that the session's command runs, for the handler to go on with.
	Script any
	// Short: memory was short when its script began, or its transaction.
	Short bool

	// Op is the dispatcher's state of a command that waits. Its owner is the
	// owner of the session.
	Op any
}

// Queued is one command that waits for EXEC.
type Queued struct {
	Command int // row ID
	Args    [][]byte
}

// Multi is a transaction that is being queued.
type Multi struct {
	Queue []Queued
	Bytes int // of the queued arguments
	// DB is the database in which the next queued command will run.
	DB int
	// Flags are the union of the queued commands' flags, Inverse that of
	// their complements: what EXEC needs if one of them does.
	Flags, Inverse uint64
}

// Watch is what WATCH remembers.
type Watch struct {
	Keys    []WatchedKey
	Watcher *keyspace.Watcher // nil while nothing is watched
	Bytes   int               // about what the keys take
}

// Add notes a key that is watched now.
func (w *Watch) Add(db int, key []byte) {
	w.Keys = append(w.Keys, WatchedKey{DB: db, Key: append([]byte(nil), key...)})
	w.Bytes += len(key) + bytesPerName
}

// Dirty reports whether a watched key was changed.
func (w *Watch) Dirty() bool { return w.Watcher != nil && w.Watcher.Dirty() }

// WatchedKey names a watched key.
type WatchedKey struct {
	DB  int
	Key []byte
}

// Block is what a parked session waits for. Loop only.
type Block struct {
	// UntilMs is the unix time of the timeout, 0 for none.
	UntilMs int64
	// Timeout writes the reply of a wait that ran out; nil when not blocked.
	Timeout func(s *Session)
	// Waiter stands in the queues of the keys that are waited for, and Args
	// are the command's arguments; nil where no key is waited for.
	Waiter *keyspace.Waiter
	Args   [][]byte
	// IsOver says whether a wait is over that nobody ends by himself; it is asked each millisecond, and Timeout answers then too. nil for others.
	IsOver func() bool
	// Cancel undoes the wait when the client is unblocked or goes away.
	Cancel func(s *Session)
}

// Away reports that another thread runs the session, or serves its wait: its
// loop may not end it now.
func (s *Session) Away() bool { return s.Lent || s.Block.Waiter != nil && s.Block.Waiter.Claimed() }

// SetUser makes the client a user. The owner of the session calls it.
func (s *Session) SetUser(u *acl.User) {
	s.User = u
	s.LimitUser()
}

// LimitUser has the gate look at what the user may do, if there are limits to it. The owner of the session calls it.
func (s *Session) LimitUser() {
	s.State &^= Restricted
	if s.User != nil && s.User.Rights().Limited() {
		s.State |= Restricted
	}
}

// UserName is the name of the user; empty where there is none.
func (s *Session) UserName() string {
	if s.User == nil {
		return ""
	}
	return s.User.Name
}

// Blocked reports whether the session waits in a blocking command.
func (s *Session) Blocked() bool { return s.Block.Timeout != nil }

// View is the part of a session that CLIENT LIST shows of its changing state.
type View struct {
	DB, MultiCount, WatchCount, SubCount, PatternCount, ShardCount int
	MultiBytes                                                     int
	State                                                          State
	Resp3                                                          bool
	LastCommand, Name, User, LibName, LibVer                       string
	ActiveMs                                                       int64
	Commands, NetIn, NetOut                                        uint64
}

// View returns the state as CLIENT LIST shows it. On the session's loop.
func (s *Session) View() View {
	if s.Lent {
		return s.Last
	}
	return s.OwnView()
}

// OwnView is View for the owner of the session.
func (s *Session) OwnView() View {
	multi := -1
	if s.State&InMulti != 0 {
		multi = len(s.Multi.Queue)
	}
	return View{
		DB: s.DB, MultiCount: multi, WatchCount: len(s.Watch.Keys),
		SubCount: len(s.Subs.Names[pubsub.Channel]), PatternCount: len(s.Subs.Names[pubsub.Pattern]),
		ShardCount: len(s.Subs.Names[pubsub.Shard]),
		MultiBytes: s.Multi.Bytes, State: s.State, Resp3: s.W.Resp3,
		LastCommand: s.LastCommand, Name: s.Name, User: s.UserName(), LibName: s.LibName, LibVer: s.LibVer,
		ActiveMs: s.ActiveMs, Commands: s.Commands, NetIn: s.NetIn, NetOut: s.NetOut,
	}
}
