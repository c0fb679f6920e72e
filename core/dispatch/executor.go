package dispatch

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/acl"
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/pubsub"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/core/stats"
	"github.com/sleipnirdb/sleipnir/core/tracking"
	"github.com/sleipnirdb/sleipnir/internal/clock"
	"github.com/sleipnirdb/sleipnir/internal/crc"
	"github.com/sleipnirdb/sleipnir/net/loop"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// Bounds of one executor's work.
const (
	// flushBytes is how much reply gathers before it is written while more of
	// the same pipeline waits.
	flushBytes = 64 << 10
	// turnNanos is for how long a pipeline runs before other connections of the
	// loop get their turn.
	turnNanos = 250_000
)

// bounds limit what an executor does before it gives way. Tests lower them.
type bounds struct {
	// spin is how often a busy lease is looked at before the command is
	// posted to its holder: about the time of one short command.
	spin int
	// spinSeveral is the same for each lease of a command that needs several:
	// about the time of another such command. To give up costs more here, as the
	// leases that are held already have to be taken again. Who waits holds only
	// lower partitions than the one that it waits for, so two never wait for
	// each other.
	spinSeveral int
	// served is how many posted tasks one drain serves before it hands the
	// lease to the loop of the next one, so that a hot partition's holder
	// gets back to its own clients, and a goroutine to its caller.
	served int
	// attempts is how often an all-or-none acquisition is tried before the
	// command takes the token.
	attempts int
}

func defaultBounds() bounds {
	return bounds{spin: 64, spinSeveral: 512, served: 64, attempts: 4}
}

// none is the partition of an executor that keeps no lease.
const none = -1

// Executor runs commands on one loop, or on one ordinary goroutine. Only its
// own thread touches it.
type Executor struct {
	d     *Dispatcher
	loop  *loop.Loop // nil: an ordinary goroutine
	Stats *stats.Local
	// Subscribers are the sessions of this loop that subscribe to something.
	Subscribers *pubsub.Local
	// Listeners are those that listen to changes of keys; nil without a loop.
	Listeners *tracking.Local

	call    command.Call
	effects keyspace.Effects
	args    [][]byte  // where the arguments of a batch stand
	ahead   []request // the batch that is under way
	// places are those of the keys of its requests that may have several.
	places []command.Place
	// placed is the request of several keys that is about to run
	// where its places say, or nil.
	placed *request
	keys   []command.KeyRef
	asked  acl.Request // of the call that is being checked
	mask   partition.Mask
	// holding are the partitions of the call of several that is running.
	holding partition.Mask

	// held is the partition whose lease is kept over a run of commands.
	held int
	// drains are leases to give back, after serving their tasks, last first.
	drains []*partition.Lease
	// later are leases that come after them: their next task failed because
	// of one that is in drains.
	later    []*partition.Lease
	draining bool
	// served are lent sessions whose command has run, to be sent home.
	served []*op

	// enlisted: this loop is in the dispatcher's list of those that hold output back. Loop only.
	enlisted   bool
	nextHolder *Executor // in that list; until it is enlisted, or told
	released   loop.Post
	// isMute: what it does is not for the journal.
	isMute bool
	// away: what it runs may not leave it, as it holds up no loop.
	away bool

	now         int64  // unix ms of the current batch
	ticks       uint64 // clock at the end of the last command
	lastName    *command.Command
	slowTicks   uint64
	turnTicks   uint64
	tickedMs    int64 // when Tick last did its work
	nextTick    int   // what it answered
	patrolledMs int64
	changed     bool // a command has run since that may have set a timer
	// loggedRequest and largeReply are the command log's thresholds, in bytes; largeRequest is the lesser of that and maxInput.
	loggedRequest, largeRequest, largeReply int

	// monitors are the sessions of this loop that monitor, with the number of the last line that was before.
	monitors map[*session.Session]uint64
	blocked  map[*session.Session]struct{}
	// asking are those of blocked whose wait is asked whether it is over.
	asking map[*session.Session]struct{}
	// dueMs is the unix time before which no wait of blocked ends.
	dueMs  int64
	paused map[*session.Session]bool
	// pausedBy are the conditions that held when those of paused were parked.
	pausedBy uint32

	weighing weighing
	hot      hotKeys

	limits, lockedLimits resp.Limits
	configVersion        uint64
	idleMs               int64 // timeout, 0 for none
	maxInput             int   // client-query-buffer-limit
	output               [config.ClassCount]config.OutputLimit
	outputLimited        bool
	clientLimit          int64 // maxmemory-clients, 0 for none
	isBounded            bool  // one of the two limits is on
}

func (x *Executor) init(d *Dispatcher) {
	*x = Executor{
		d: d, Stats: stats.New(len(d.Table.Rows())), held: none,
		args:     make([][]byte, 0, argsPerBatch),
		monitors: make(map[*session.Session]uint64),
		blocked:  make(map[*session.Session]struct{}),
		asking:   make(map[*session.Session]struct{}),
		paused:   make(map[*session.Session]bool),
	}
	x.call.Set, x.call.Nested = d.Set, x
	x.effects.Reset()
	x.turnTicks = clock.NanosToTicks(turnNanos)
	x.configVersion = ^uint64(0)
	x.configure()
}

// Now returns the unix time in milliseconds of the current batch.
func (x *Executor) Now() int64 { return x.now }

// Serving returns the session and the arguments of the call that is being
// carried out, or was last: for a crash report.
func (x *Executor) Serving() (s *session.Session, args [][]byte) { return x.call.Session, x.call.Args }

// Loop returns the executor's loop, nil for an ordinary goroutine.
func (x *Executor) Loop() *loop.Loop { return x.loop }

// Sessions visits the sessions of this loop. On the loop.
func (x *Executor) Sessions(visit func(s *session.Session)) {
	// From the end: whoever is closed by the visit gives its place to the last.
	for i := len(x.loop.Conns()) - 1; i >= 0; i-- {
		if i >= len(x.loop.Conns()) {
			continue
		}
		if s, _ := x.loop.Conns()[i].Data.(*session.Session); s != nil {
			visit(s)
		}
	}
}

// configure takes over settings that changed.
func (x *Executor) configure() {
	cfg := x.d.Config
	v := cfg.Version()
	if v == x.configVersion {
		return
	}
	x.configVersion = v
	x.limits = resp.Limits{MaxBulk: cfg.Int(config.ProtoMaxBulkLen), MaxMultibulk: 1 << 30, MaxInline: 64 << 10, Authenticated: true}
	x.lockedLimits = x.limits
	x.lockedLimits.Authenticated = false
	x.idleMs = cfg.Int(config.Timeout) * 1000
	x.maxInput = int(cfg.Int(config.ClientQueryBufferLimit))
	x.output = *cfg.OutputLimits()
	x.outputLimited = x.output[config.ClassNormal] != config.OutputLimit{} || x.output[config.ClassPubsub] != config.OutputLimit{}
	x.configureClientLimit()
	x.isBounded = x.outputLimited || x.clientLimit != 0
	x.configureEffects()
	x.configureHotKeys()
	x.slowTicks = ^uint64(0)
	if us := cfg.Int(config.CommandLogExecutionSlowerThan); us >= 0 {
		x.slowTicks = clock.NanosToTicks(min(us, maxSlowUs) * 1000)
	}
	if ms := cfg.Int(config.LatencyMonitorThreshold); ms > 0 {
		x.slowTicks = min(x.slowTicks, clock.NanosToTicks(min(ms*1000, maxSlowUs)*1000))
	}
	x.loggedRequest = orNever(cfg.Int(config.CommandLogRequestLargerThan))
	x.largeRequest = min(x.loggedRequest, x.maxInput)
	x.largeReply = orNever(cfg.Int(config.CommandLogReplyLargerThan))
}

// maxSlowUs bounds a threshold so that it can be told in clock ticks: a day.
const maxSlowUs = 24 * 3600 * 1_000_000

// orNever is a threshold in bytes, of which a negative one is never reached.
func orNever(n int64) int {
	if n < 0 || n > math.MaxInt {
		return math.MaxInt
	}
	return int(n)
}

// input executes the requests that have arrived on c. It ends when they are
// used up, or the session waits for something.
func (x *Executor) input(s *session.Session, c *loop.Conn) {
	x.configure() // a setting is in force for the next command
	s.W.B = c.Out
	x.now = x.loop.NowMs
	x.ticks = ticksNow()
	s.ActiveMs = x.now
	turnEnd := x.ticks + x.turnTicks
	for more := true; more; {
		var err error
		more, err = x.readAhead(s, c.In())
		for i := range x.ahead {
			switch x.request(s, &x.ahead[i]) {
			case ran:
			case parked:
				x.drop()
				x.park(s, c)
				return
			default:
				x.drop()
				return
			}
			if s.State&session.Closing != 0 || len(s.W.B) > flushBytes || x.ticks > turnEnd {
				if i+1 < len(x.ahead) {
					s.Parser.Reset()
				}
				c.Yield()
				more, err = false, nil
				break
			}
		}
		if err != nil {
			x.protocolError(s, c, err)
		} else if !more {
			c.Need(s.Parser.Need())
			if len(c.In())+s.Multi.Bytes > x.maxInput {
				x.Stats.InputLimited++
				c.Abort(errInputLimit)
			}
		}
	}
	x.drop()
	s.NetOut += uint64(len(s.W.B))
	x.handBack(s, c)
	x.subscribe(s)
	if x.isBounded {
		x.bound(s, c.OutPending())
	}
	if s.State&session.Closing != 0 {
		x.close(s, c)
	}
}

// park lets a session of this loop wait.
func (x *Executor) park(s *session.Session, c *loop.Conn) {
	s.Parser.Reset()
	x.handBack(s, c)
	x.subscribe(s)
	if s.Blocked() {
		s.Commands-- // it counts when the wait is over
		x.block(s)
	}
	x.changed = true // a wait may be due before the next tick
	c.Flush()
	c.Unpin()
	c.Park()
}

func (x *Executor) protocolError(s *session.Session, c *loop.Conn, err error) {
	x.Stats.ProtocolErrors++
	x.Stats.Failed("ERR")
	s.W.Error("ERR " + err.Error())
	c.Consume(len(c.In()))
	s.State |= session.Closing
}

// outcome says what became of a request.
type outcome uint8

const (
	ran    outcome = iota // replied
	parked                // the session waits; its loop still owns it
	lent                  // the session belongs to another thread now
	gone                  // so do the leases under which its command ran
)

// request carries out one request, which stands at the front of the
// connection's input.
func (x *Executor) request(s *session.Session, r *request) outcome {
	cmd, args, n := r.cmd, r.args, r.size
	s.NetIn += uint64(n)
	if r.err == errAttack {
		x.d.Hooks.Attacked(s)
		s.State |= session.Closing
		return ran
	}
	if r.err != nil {
		s.Conn.Consume(n)
		x.refuse(s, cmd, args, r.err)
		return ran
	}
	if cmd == nil {
		s.Conn.Consume(n)
		return ran
	}
	mark := len(s.W.B)
	s.Commands++
	s.LastCommand = cmd.Full
	if uint32(s.State)|x.d.gate.Load() != 0 || cmd.Flags&alwaysGated != 0 {
		if s.State&session.Tracking != 0 {
			x.hear(s) // of what is refused or queued, too, the reply stands behind what has come
			mark = len(s.W.B)
		}
		switch verdict, err := x.pass(s, cmd, args); verdict {
		case refused:
			s.Conn.Consume(n)
			x.refuse(s, cmd, args, err)
			return ran
		case queued:
			s.Conn.Consume(n)
			silence(s, cmd, mark)
			return ran
		case paused:
			// The request stays where it is, to be parsed and counted again.
			s.NetIn -= uint64(n)
			s.Commands--
			x.paused[s] = true
			return parked
		case passed:
		}
	}
	s.Conn.Consume(n)
	if n > x.largeRequest {
		if n > x.maxInput {
			x.Stats.InputLimited++
			s.State |= session.Closing
			s.Conn.Abort(errInputLimit)
			return ran
		}
		if n > x.loggedRequest && cmd.Flags&command.SkipCommandLog == 0 {
			x.d.Hooks.Large(s, stats.LargeRequest, args, n, x.now)
		}
	}
	out := x.route(s, r)
	if out == ran && s.State&(session.ReplyOff|session.ReplySkip|session.ReplySkipNext) != 0 {
		silence(s, cmd, mark)
	}
	return out
}

// route takes the leases that the command needs, and runs it.
func (x *Executor) route(s *session.Session, r *request) outcome {
	cmd, args := r.cmd, r.args
	if p := r.partition; p != none {
		if p != x.held && !x.take(p) {
			return x.lendFor(s, cmd, args, p)
		}
		return x.run(s, cmd, args, p)
	}
	x.drop()
	if x.effectiveFlags(s, cmd, args)&(command.OffLoop|command.RunsScript) != 0 && x.leaves(s, cmd, args) {
		return x.offLoop(s, cmd, args)
	}
	if r.isPlaced {
		if r.first == r.last {
			x.holding = partition.Mask{}
			return x.run(s, cmd, args, none)
		}
		x.mask = partition.Mask{}
		for _, at := range x.places[r.first:r.last] {
			x.mask.Add(int(at.Partition))
		}
		return x.withSeveral(s, r)
	}
	all, several, err := x.needs(s, cmd, args)
	switch {
	case err != nil:
		x.refuse(s, cmd, args, err)
		return ran
	case all:
		return x.withToken(s, cmd, args)
	case several:
		return x.withSeveral(s, r)
	}
	x.holding = partition.Mask{}
	return x.run(s, cmd, args, none)
}

// needs fills x.mask with the partitions of a command whose key is not simply
// at one place. Without all and several, it needs none.
func (x *Executor) needs(s *session.Session, cmd *command.Command, args [][]byte) (all, several bool, err error) {
	switch cmd.Scope {
	case command.ScopeAll:
		x.mask = partition.Mask{}
		x.mask.Fill(x.d.Set.Len())
		return true, false, nil
	case command.ScopeRoute:
		x.mask = partition.Mask{}
		x.prepare(s, cmd, args, none)
		cmd.Route(&x.call, &x.mask)
		first := x.mask.Next(0)
		return x.mask.Len() == x.d.Set.Len() && x.d.Set.Len() > 1, first >= 0, nil
	case command.ScopeKeys:
	}
	if len(cmd.Keys) == 0 && cmd.FindKeys == nil {
		return false, false, nil
	}
	x.keys, err = cmd.AppendKeys(args, x.keys[:0])
	if err != nil {
		// The handler words the error as its command does.
		return false, false, nil
	}
	x.mask = partition.Mask{}
	for _, k := range x.keys {
		x.mask.Add(x.d.Set.Of(crc.Slot(args[k.Pos])))
	}
	return false, len(x.keys) > 0, nil
}

// prepare fills the call.
func (x *Executor) prepare(s *session.Session, cmd *command.Command, args [][]byte, p int) {
	c := &x.call
	c.Cmd, c.Args, c.W, c.Session = cmd, args, &s.W, s
	c.Now, c.Partition, c.InExec, c.MayLeave, c.Dirty = x.now, p, false, false, 0
	c.Held = &x.holding
	c.Told = false
	if f := x.gathering(); c.Effects != f { // a pointer is costly to write
		c.Effects = f
	}
	if r := x.placed; r != nil {
		x.placed = nil
		c.Places, c.Prefetched = x.places[r.first:r.last], r.isHinted
	} else if p == none {
		c.Places, c.Prefetched = nil, false
	}
}

// run executes a command whose leases are held; p is its only partition, or
// none.
func (x *Executor) run(s *session.Session, cmd *command.Command, args [][]byte, p int) outcome {
	if cmd.Flags&(command.Write|command.MayReplicate|command.RunsQueue) != 0 && x.d.walked.Load() && !x.spare(s, cmd, args) {
		x.placed = nil // whoever runs it later finds the places anew
		return lent
	}
	x.prepare(s, cmd, args, p)
	if s.State&attended != 0 {
		x.attend(s, p)
	}
	mark := len(s.W.B)
	x.call.MayLeave = !x.away
	x.checkEntered(p)
	err := cmd.Run(&x.call)
	if err == command.Suspended {
		return x.suspend(s, cmd, args, p)
	}
	x.Stats.Changes += x.call.Dirty
	if x.call.Effects != nil {
		if at := x.settle(); at != 0 {
			s.Wrote = at
			x.written(at, p, &x.holding)
		}
		s.Needs = max(s.Needs, x.hangsOn(p, &x.holding))
	}
	if s.State&attended != 0 {
		x.attended(s, cmd, args, p)
	}
	end := ticksNow()
	spent := end - x.ticks
	x.ticks = end
	if err != nil {
		if err == command.TooLong {
			s.W.B = s.W.B[:mark]
			return x.leave(s, cmd, args, p)
		}
		if err == command.Parked && s.Block.Waiter != nil {
			if x.d.monitors.Load() != 0 {
				x.d.tell(s, cmd, args, "")
			}
			x.await(s, cmd) // it's counted when the wait is over
			return parked
		}
	}
	x.Stats.Ran(cmd.ID, spent)
	if spent > x.slowTicks {
		x.slow(s, cmd, args, spent)
	}
	if x.d.waiting.Load() != 0 {
		x.serveReady(p)
	}
	if x.d.monitors.Load() != 0 {
		x.d.tell(s, cmd, args, "")
	}
	if len(s.W.B)-mark > x.largeReply && cmd.Flags&command.SkipCommandLog == 0 {
		x.d.Hooks.Large(s, stats.LargeReply, args, len(s.W.B)-mark, x.now)
	}
	if cmd.Flags&(command.Write|command.Blocking) != 0 {
		x.changed = true
	}
	if err != nil {
		if err == command.Parked {
			return parked
		}
		s.W.B = s.W.B[:mark]
		x.Stats.Commands[cmd.ID].Failed++
		x.Stats.Failed(err.Error())
		s.W.Error(err.Error())
	}
	return ran
}

// noTouch tells the partitions of a call whether look-ups leave LRU and LFU
// alone (CLIENT NO-TOUCH).
func (x *Executor) noTouch(p int, on bool) {
	if p != none {
		x.d.Set.Space(p).SetNoTouch(on)
		return
	}
	for p := x.holding.Next(0); p >= 0; p = x.holding.Next(p + 1) {
		x.d.Set.Space(p).SetNoTouch(on)
	}
}

// refuse answers a request that was not executed.
func (x *Executor) refuse(s *session.Session, cmd *command.Command, args [][]byte, err error) {
	mark := len(s.W.B)
	if cmd != nil {
		x.Stats.Commands[cmd.ID].Rejected++
	}
	switch {
	case cmd != nil && cmd.Flags&command.RunsQueue != 0:
		err = command.ExecAborted(err)
		x.abandon(s)
		if x.d.monitors.Load() != 0 {
			x.d.tell(s, cmd, args, "")
		}
	case s.State&session.InMulti != 0:
		s.State |= session.DirtyExec
	}
	x.Stats.Failed(err.Error())
	s.W.Error(err.Error())
	silence(s, nil, mark)
}

// silence takes back a reply that CLIENT REPLY has turned off. What tells of subscriptions is no reply.
func silence(s *session.Session, cmd *command.Command, mark int) {
	if cmd != nil && cmd.Flags&listens == listens {
		mark = len(s.W.B)
	}
	switch {
	case s.State&session.ReplySkipNext != 0:
		s.State = s.State&^session.ReplySkipNext | session.ReplySkip
	case s.State&session.ReplySkip != 0:
		s.State &^= session.ReplySkip
		s.W.B = s.W.B[:mark]
	case s.State&session.ReplyOff != 0:
		s.W.B = s.W.B[:mark]
	}
}
