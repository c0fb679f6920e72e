// Package dispatch carries a request from a connection's bytes to its reply:
// parse, look up, gate, find the keys, take the leases, run, count.
//
//	Input ─ parse ─ lookup ─ gate ─┬─ no key ───────────────────────── run
//	                               ├─ one partition: lease free ────── run
//	                               │                 busy: lend ─ … ─ run by the holder, resume
//	                               ├─ several: all free ───────────── run
//	                               │           busy: lend, retry, then the token
//	                               └─ off the loop: an ordinary goroutine takes the leases and runs
//
// An Executor does this for one loop. To lend a session is to hand it, parked,
// to whoever holds the lease that its command waits for; that executor runs
// the command and posts the session back to its loop.
package dispatch

import (
	"sync"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/core/acl"
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/journal"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/pubsub"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/core/stats"
	"github.com/sleipnirdb/sleipnir/core/tracking"
	"github.com/sleipnirdb/sleipnir/internal/clock"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// Hooks is what the dispatcher asks of the rooms above it.
type Hooks interface {
	// Opened decides about a new connection on its loop; an error is sent and
	// the connection closed.
	Opened(c *loop.Conn) (*session.Session, error)
	// Closed ends a session. On its loop.
	Closed(s *session.Session, why error)
	// Abandoned forgets the watched keys of a session that left its
	// transaction. On its loop; no lease is held.
	Abandoned(s *session.Session)
	// Ticked runs on each loop about once a millisecond of activity, and
	// returns in how many milliseconds it wants to run again (-1: no wish).
	Ticked(x *Executor) int
	// Attacked reports a connection that was cut because it speaks HTTP.
	Attacked(s *session.Session)
	// Secrets tells which arguments must not be shown to anybody, nil for none.
	Secrets(args [][]byte) func(i int) bool
	// Slow records a command that took longer than the threshold of the slow
	// log or of the latency monitor, having waited for leases before.
	Slow(s *session.Session, cmd *command.Command, args [][]byte, ticks, waited uint64, nowMs int64)
	// Large records a command whose request, or reply, had more bytes than the
	// command log's threshold.
	Large(s *session.Session, kind stats.LogKind, args [][]byte, bytes int, nowMs int64)
	// Busy tells the log of a script that is busy after so many ms.
	Busy(name string, isFunction bool, ms int64)
	// Denied logs a call that the session's user may not give. The caller owns the session.
	Denied(s *session.Session, cmd *command.Command, args [][]byte, d acl.Denial, from acl.Context, nowMs int64)
	// Crashed ends the process after a panic of an executor's goroutine. x
	// is the executor, nil where there is none.
	Crashed(x *Executor, reason any)
}

// Memory makes room when used memory is over maxmemory.
type Memory interface {
	// MakeRoom evicts by the policy in force, and reports whether a command
	// that needs memory may go on. x holds no lease.
	MakeRoom(x *Executor) bool
}

// Dispatcher is the loops' handler.
type Dispatcher struct {
	Table  *command.Table
	Set    *partition.Set
	Config *config.Config
	Hooks  Hooks
	Memory Memory
	// FreeScripts: scripts may call any command, for tests. Atomic.
	FreeScripts atomic.Bool
	// Journal gets the effects of what is executed.
	Journal *journal.Journal
	// Hub has the subscribers of pub/sub.
	Hub *pubsub.Hub
	// Tracking is that of client-side caches.
	Tracking *tracking.Server
	// Loops are the I/O loops, set before they start.
	Loops *loop.Group

	// gate holds process-wide conditions that take every command off the
	// gate's fast path. Atomic.
	gate atomic.Uint32
	// diskError is what writes are answered while GateDisk is set. Atomic.
	diskError atomic.Pointer[command.Error]
	// monitors is the number of sessions that monitor. Atomic.
	monitors atomic.Int32
	// monitored is the number of the last line that they were sent. Atomic.
	monitored atomic.Uint64
	// walked: a snapshot is told of writes beforehand. Switched on under every lease. Atomic.
	walked atomic.Bool
	// clientBytes is what sessions take outside the arenas. Atomic.
	clientBytes atomic.Int64
	// waiting is the number of sessions that wait for keys. Atomic.
	waiting atomic.Int32
	// pausedUntilMs is the end of CLIENT PAUSE. Atomic.
	pausedUntilMs atomic.Int64
	// always: replies wait for durable, the position up to which the journal is on disk. Atomic.
	always  atomic.Bool
	durable atomic.Uint64
	// holders are the loops that hold output back, linked by nextHolder. Atomic.
	holders atomic.Pointer[Executor]
	// pauseMu guards the changes of pausedUntilMs and of the gate's bits for
	// it, which belong together. A leaf: nothing is locked under it.
	pauseMu sync.Mutex
	// evicting: somebody looks for clients to be ended. Atomic.
	evicting atomic.Bool

	offLoop executorPool
	held    heldBack
	scripts scripts
	bounds  bounds // constant once the loops run
}

// New returns a dispatcher over the given parts.
func New(table *command.Table, set *partition.Set, cfg *config.Config, hooks Hooks) *Dispatcher {
	d := &Dispatcher{Table: table, Set: set, Config: cfg, Hooks: hooks, bounds: defaultBounds()}
	d.Journal = journal.New(journal.Config{Full: d.journalFull, Drained: d.journalDrained})
	return d
}

// Start gives the loop its executor.
func (d *Dispatcher) Start(l *loop.Loop) {
	x := new(Executor)
	x.init(d)
	x.loop = l
	x.Subscribers = d.Hub.NewLocal(l)
	x.Listeners = d.Tracking.NewLocal(l, listeners)
	x.released.Fn, x.released.Arg = released, x
	l.Data = x
}

func listeners(l *loop.Loop) *tracking.Local { return l.Data.(*Executor).Listeners }

// Stop ends the loop's executor; what it counted goes to the pool's.
func (d *Dispatcher) Stop(l *loop.Loop) {
	d.offLoop.inherit(l.Data.(*Executor).Stats)
}

// Panicked ends the process after a panic on a loop.
func (d *Dispatcher) Panicked(l *loop.Loop, reason any) {
	x, _ := l.Data.(*Executor)
	d.Hooks.Crashed(x, reason)
}

// Open accepts or refuses a connection.
func (d *Dispatcher) Open(c *loop.Conn) {
	x := c.Loop().Data.(*Executor)
	s, err := d.Hooks.Opened(c)
	if err != nil {
		x.Stats.Rejected++
		c.Out = append(append(append(c.Out, '-'), err.Error()...), "\r\n"...)
		c.CloseAfterFlush()
		return
	}
	x.Stats.Connections++
	s.Conn, s.Pushed = c, pushed
	c.Data = s
}

// Close ends the connection's session.
func (d *Dispatcher) Close(c *loop.Conn, why error) {
	s, _ := c.Data.(*session.Session)
	if s == nil {
		return
	}
	x := c.Loop().Data.(*Executor)
	if !x.endWait(s) {
		d.waiting.Add(-1) // whoever serves it finds nobody to answer
	}
	x.unblock(s)
	delete(x.paused, s)
	x.unlist(s)
	d.forgetWeight(s)
	d.Hooks.Closed(s, why)
	x.subscribe(s)
	x.closeFeed(s)
}

// Hangup ends a wait whose client went away.
func (d *Dispatcher) Hangup(c *loop.Conn) {
	s, _ := c.Data.(*session.Session)
	if s == nil || s.Lent {
		return
	}
	x := c.Loop().Data.(*Executor)
	if s.Blocked() || x.paused[s] {
		ended := x.endWait(s)
		c.Abort(errHangup)
		if ended {
			x.unblock(s)
			delete(x.paused, s)
			c.Resume()
		}
	}
}

// Leaving lets go of a session that moves to another loop.
func (d *Dispatcher) Leaving(c *loop.Conn) {
	s, _ := c.Data.(*session.Session)
	if s == nil {
		return
	}
	x := c.Loop().Data.(*Executor)
	delete(x.blocked, s)
	delete(x.paused, s)
	delete(x.monitors, s)
	s.Listed = false
	x.Subscribers.Drop(s)
	x.Listeners.Drop(s)
}

// Moved takes over a session from another loop.
func (d *Dispatcher) Moved(c *loop.Conn) {
	s, _ := c.Data.(*session.Session)
	if s == nil {
		return
	}
	x := c.Loop().Data.(*Executor)
	if c.Holds() {
		x.enlist()
	}
	if s.Lent { // what it subscribes to is its borrower's now
		s.Resubscribe = true
		return
	}
	x.resubscribe(s)
	x.changed = true
	switch {
	case !c.Parked():
	case s.Blocked():
		x.block(s)
	default:
		x.paused[s] = true
		x.pausedBy = gatePauses // whichever it was
	}
}

// Why a connection was closed.
const (
	errHangup      command.Error = "peer closed"
	errKilled      command.Error = "killed"
	errEvicted     command.Error = "evicted: maxmemory-clients"
	errIdle        command.Error = "idle"
	errInputLimit  command.Error = "query buffer limit"
	errOutputLimit command.Error = "output buffer limit"
	// errAttack: a browser was made to speak HTTP to this port (cross protocol
	// scripting).
	errAttack command.Error = "POST or Host: command"
)

// Input executes what the connection has sent.
func (d *Dispatcher) Input(c *loop.Conn) {
	s, _ := c.Data.(*session.Session)
	if s == nil {
		c.Consume(len(c.In()))
		return
	}
	c.Loop().Data.(*Executor).input(s, c)
}

// Tick does the loop's periodic work, at most once a millisecond.
func (d *Dispatcher) Tick(l *loop.Loop) int {
	x := l.Data.(*Executor)
	if l.NowMs == x.tickedMs {
		if x.changed {
			return 1 // something may have become due sooner
		}
		return x.nextTick
	}
	x.tickedMs, x.changed = l.NowMs, false
	x.now = l.NowMs
	x.configure()
	x.nextTick = sooner(sooner(d.Hooks.Ticked(x), x.timers()), x.weigh())
	return x.nextTick
}

// sooner returns the earlier of two delays in ms, -1 standing for never.
func sooner(a, b int) int {
	if a < 0 || (b >= 0 && b < a) {
		return b
	}
	return a
}

// ticksNow is the clock that commands are measured with.
func ticksNow() uint64 { return clock.Ticks() }
