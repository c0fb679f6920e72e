// Package loop is the I/O side of the server: N threads, each of which waits for sockets, reads, has the handler
// execute what arrived, and writes the replies. It knows no protocol and no command.
//
// Terms. A Group has loops and listeners. A Loop is one thread of execution: an OS thread in the epoll engine, a
// right to execute in the netpoll engine; whatever is said to happen "on the loop" happens there, one thing at a time.
// A Conn belongs to one loop, from Open to Close, unless the number of loops changes and it has to move. A Post is work
// that anybody hands to a loop. The Handler is the server.
//
// A round of a loop:
//
//	events ─▶ for each ready connection: read once ─▶ Input ─▶ write once
//	posts  ─▶ what was posted up to now; a post to a connection is followed by a write
//	again  ─▶ connections that have more to do: unread input, a full socket that has been emptied in part
//	tick   ─▶ Handler.Tick, which says how long the loop may sleep
//
// One read takes at most 64 KiB, and what is left waits for the next round, so a connection that floods us doesn't
// keep others waiting. All replies to one read go out in one write. What the kernel refuses is kept, and as long as
// more than 64 KiB of it wait, the connection's input isn't processed: a peer that doesn't read can't make us hold
// more replies than that and those to one more batch of its input.
//
// Ownership. A connection that is parked may be executed by another thread. Between Park and the Post that calls
// Resume the loop touches neither its input nor Out nor Data; and as arguments are views into the input, the bytes
// stay where they are, in a part of the loop's read buffer that is pinned meanwhile. The loop still watches the socket:
// it goes on sending what the kernel had refused before, and tells the handler if the peer goes away. It closes
// nothing that is parked: whoever owns the connection isn't to lose it under his hands.
//
//	         Park                    Post, Resume
//	loop ────────────▶ somebody else ────────────▶ loop
//	In, Out, Data      In, Out, Data               In, Out, Data
//	socket, rest       (the loop: socket, rest)    socket, rest
//
// Memory. A connection that waits for its peer has no buffer at all (see buffer.go).
//
// When the number of loops shrinks, the loops that go move their connections, the parked ones too: only the loop's
// part of a connection moves, and posts that still come to the old loop are sent on.
package loop

import (
	"sync/atomic"
	"time"
)

// Handler is what runs on the loops: the server. All methods for one connection are called on its loop.
type Handler interface {
	// Start is the first call on a loop, Stop the last. Start may set l.Data.
	Start(l *Loop)
	Stop(l *Loop)
	// Open is the first call for a connection. It may set c.Data, append to c.Out, and refuse with CloseAfterFlush.
	Open(c *Conn)
	// Input is called when c.In holds bytes that it didn't hold before, or what Need asked for, or after Yield and
	// Resume. It parses, executes, calls Consume, and appends replies to c.Out; it may Park the connection.
	Input(c *Conn)
	// Hangup tells, once for each Park, that the peer of a parked connection has closed (or that the group stops); it
	// may come within the call that parked it, after the handler has returned. The connection ends after its Resume;
	// until then its input, Out and Data aren't the loop's.
	Hangup(c *Conn)
	// Close is the last call for a connection. why is nil after CloseAfterFlush, io.EOF if the peer closed.
	Close(c *Conn, why error)
	// Tick is called at the end of each round, and again within nextMs even if nothing happens (-1: no wish).
	Tick(l *Loop) (nextMs int)
}

// Mover is a Handler that wants to know of connections that move from one loop to another.
type Mover interface {
	// Leaving is called on the old loop, before anything else. If the connection is parked its owner's part is still
	// somebody else's.
	Leaving(c *Conn)
	// Moved is called on the new loop. If the connection is parked its owner's part is still somebody else's.
	Moved(c *Conn)
}

// Panicker is a Handler that wants to know of a panic on a loop's goroutine before the process ends.
type Panicker interface {
	// Panicked is called while the goroutine panics: its stack is still there. If it returns, the panic goes on.
	Panicked(l *Loop, reason any)
}

// rescue tells the handler of a panic. It is deferred by whatever runs rounds.
func (l *Loop) rescue() {
	h, ok := l.g.handler.(Panicker)
	if !ok {
		return
	}
	if reason := recover(); reason != nil {
		h.Panicked(l, reason)
		panic(reason)
	}
}

// Loop is one I/O thread.
type Loop struct {
	Data  any   // the handler's
	NowMs int64 // wall clock, ms, as of this round or a few connections ago; loop only
	Index int   // unique among the living loops of its group, 0 <= Index < MaxLoops; used again later

	g    *Group
	port port

	// Loop.
	conns     []*Conn
	ready     []*Conn // to be served in the next round
	spare     []*Conn // the other of two lists
	holding   []*Conn // those that keep output back
	pool      pool
	chunk     *chunk
	chunkOff  int
	out       []byte
	parkedOut int // bytes of the reply buffers of parked connections, as of Park
	trimmed   int64
	retiring  bool // give the connections away, then end
	stopping  bool // close the connections, then end
	done      bool
	posts     uint64
	inputs    uint64
	reads     uint64
	writes    uint64
	bytesIn   uint64
	bytesOut  uint64
	rounds    uint64

	// Atomic.
	box   box
	heir  atomic.Pointer[Loop] // who gets the posts after this loop has ended
	count atomic.Int64         // connections here or on the way here
	wakes atomic.Uint64
}

// nowEvery is how many connections are served between two readings of the clock.
const nowEvery = 8

func newLoop(g *Group, index int) *Loop {
	l := &Loop{g: g, Index: index}
	l.chunk = l.pool.chunk()
	return l
}

// Group is the group that the loop belongs to.
func (l *Loop) Group() *Group { return l.g }

// Conns returns the loop's connections, parked ones too. Loop only; valid until the next connection comes or goes.
func (l *Loop) Conns() []*Conn { return l.conns }

// Figures are what a loop has done so far.
type Figures struct {
	Rounds, Inputs, Posts, Wakes uint64 // rounds of the loop, calls of Input, posts run, wake-ups by other threads
	Reads, Writes                uint64 // of sockets
	BytesIn, BytesOut            uint64
}

// Figures returns what the loop has done. Loop only.
func (l *Loop) Figures() Figures {
	return Figures{
		Rounds: l.rounds, Inputs: l.inputs, Posts: l.posts, Wakes: l.wakes.Load(),
		Reads: l.reads, Writes: l.writes, BytesIn: l.bytesIn, BytesOut: l.bytesOut,
	}
}

// begin is the first thing on the loop's own goroutine.
func (l *Loop) begin() {
	l.tickClock()
	l.g.handler.Start(l)
}

func (l *Loop) tickClock() { l.NowMs = time.Now().UnixMilli() }

// round is what follows the events: posts, connections that have more to do, the tick. It returns how long the loop
// may wait for the next event: 0 not at all, -1 for ever.
func (l *Loop) round() (waitMs int) {
	l.rounds++
	l.drain()
	l.serveReady()
	if l.retiring || l.stopping {
		l.wane()
	}
	waitMs = l.g.handler.Tick(l)
	if len(l.ready) != 0 || l.done {
		return 0
	}
	return waitMs
}

// serveReady serves the connections that asked for it before now; those that ask again get their turn next round.
func (l *Loop) serveReady() {
	list := l.ready
	l.ready, l.spare = l.spare[:0], list
	for i, c := range list {
		list[i] = nil
		if c.owner.Load() != l {
			continue
		}
		c.flags &^= queued
		if i%nowEvery == nowEvery-1 {
			l.tickClock()
		}
		l.serve(c)
	}
}

func (l *Loop) enqueue(c *Conn) {
	if c.flags&(queued|closed) == 0 {
		c.flags |= queued
		l.ready = append(l.ready, c)
	}
}

// wane ends a loop that is to go: gives connections away or closes them, and when none is left shuts the box.
func (l *Loop) wane() {
	for i := len(l.conns) - 1; i >= 0; i-- {
		c := l.conns[i]
		switch {
		case l.stopping:
			l.wind(c)
		default:
			l.move(c, l.g.lightest(l))
		}
	}
	if len(l.conns) == 0 && l.count.Load() == 0 && l.box.close() {
		l.done = true
	}
}

// wind asks c to end: at once if nothing is owed, otherwise after sending; if it is parked, whenever the handler
// has it resumed. It is called each round, because a connection may park after it has been asked.
func (l *Loop) wind(c *Conn) {
	if c.flags&draining == 0 {
		c.flags |= draining
		l.enqueue(c)
	}
	if c.flags&parked != 0 {
		c.flags |= hup
		l.tell(c)
	}
}

// end is the last thing on the loop's goroutine.
func (l *Loop) end() {
	l.g.handler.Stop(l)
	l.g.ended(l)
}

// idle is called before a wait without a near end. It gives memory back, at most once a second.
func (l *Loop) idle() {
	if l.NowMs-l.trimmed < 1000 {
		return
	}
	l.trimmed = l.NowMs
	l.pool.trim(poolIdleBytes)
	if cap(l.out) > chunkBytes {
		l.out = nil
	}
	if cap(l.spare) > 1024 {
		l.spare = nil
	}
}

// adopt makes c one of the loop's connections. On the loop.
func (l *Loop) adopt(c *Conn, fresh bool) {
	if c.sentTo != l { // which has ended meanwhile; this loop got its posts
		c.sentTo.count.Add(-1)
		l.count.Add(1)
	}
	if l.retiring && !l.stopping {
		l.count.Add(-1)
		if !l.send(c, l.g.lightest(l), fresh) {
			l.lost(c, fresh)
		}
		return
	}
	l.enroll(c)
	if err := l.port.watch(c); err != nil {
		l.unadopted(c, fresh, err)
		return
	}
	if !fresh {
		if m, ok := l.g.handler.(Mover); ok {
			m.Moved(c)
		}
		c.flags |= readable
		l.enqueue(c)
		return
	}
	l.lend(c)
	c.flags |= serving
	l.g.handler.Open(c)
	c.flags &^= serving
	l.after(c)
}

func adoptFresh(l *Loop, arg any) { l.adopt(arg.(*Conn), true) }
func adoptMoved(l *Loop, arg any) { l.adopt(arg.(*Conn), false) }

// enroll puts c on the loop's list; count includes it already.
func (l *Loop) enroll(c *Conn) {
	c.index = len(l.conns)
	l.conns = append(l.conns, c)
	if c.flags&parked != 0 {
		l.parkedOut += c.outCap
	}
	if c.Holds() {
		l.holds(c)
	}
	c.loop.Store(l)
	c.owner.Store(l)
}

// unadopted ends a connection on the loop's list that the engine doesn't take. Of a fresh one the handler has never
// heard.
func (l *Loop) unadopted(c *Conn, fresh bool, err error) {
	if !fresh {
		c.Abort(err)
		return
	}
	c.flags |= closed
	_ = c.sock.Close()
	l.remove(c)
}

// lost ends a connection that was on its way to another loop when the group stopped.
func (l *Loop) lost(c *Conn, fresh bool) {
	l.count.Add(1)
	l.enroll(c)
	l.unadopted(c, fresh, ErrStopped)
}

// send posts c to another loop, which adopts it. It is false if there are no loops any more.
func (l *Loop) send(c *Conn, to *Loop, fresh bool) bool {
	to.count.Add(1)
	c.sentTo = to
	c.loop.Store(to)
	c.post = Post{Fn: adoptMoved, Arg: c}
	if fresh {
		c.post.Fn = adoptFresh
	}
	if to.deliver(&c.post) {
		return true
	}
	to.count.Add(-1)
	return false
}

// move gives c to another loop. The owner's part isn't touched, so a parked connection can move as well; what is
// pinned stays where it is. Posts that come here for c are sent on.
func (l *Loop) move(c *Conn, to *Loop) {
	if to == nil || to == l || c.flags&closed != 0 {
		return
	}
	l.g.movesBegun.Add(1)
	defer l.g.movesDone.Add(1)
	if m, ok := l.g.handler.(Mover); ok {
		m.Leaving(c)
	}
	l.port.unwatch(c)
	c.owner.Store(nil)
	c.flags &^= queued
	if len(c.rest) != 0 {
		c.flags &^= writeBlocked
	}
	l.remove(c)
	if !l.send(c, to, false) {
		l.lost(c, false)
	}
}

// remove takes c off the loop's list.
func (l *Loop) remove(c *Conn) {
	if c.flags&parked != 0 {
		l.parkedOut -= c.outCap
	}
	if c.Holds() {
		l.unlistHolding(c)
	}
	last := len(l.conns) - 1
	moved := l.conns[last]
	l.conns[c.index] = moved
	moved.index = c.index
	l.conns[last] = nil
	l.conns = l.conns[:last]
	l.count.Add(-1)
}
