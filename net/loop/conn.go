package loop

import (
	"errors"
	"io"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/internal/invariant"
	"github.com/sleipnirdb/sleipnir/net/transport"
)

// Reasons for the end of a connection that come from here; others are io.EOF and the socket's errors.
var (
	ErrAborted = errors.New("loop: connection aborted") // Abort(nil)
	ErrStopped = errors.New("loop: group stopped")
)

const (
	// maxPendingOut is how many unsent bytes stop the processing of a connection's input until the peer has read.
	maxPendingOut = 64 << 10
	// maxDrainReads bounds the reading of what a peer sent after the last reply it will get (see Conn.dispose).
	maxDrainReads = 4
)

// Flags of a connection; loop only.
const (
	readable     uint32 = 1 << iota // the kernel may have bytes, an end or an error for us
	hup                             // the peer has gone, wholly or in its sending direction
	hupTold                         // the handler has heard of it
	writeBlocked                    // the kernel refused bytes; an event will say when to go on
	parked                          // somebody else may own In, Out and Data
	again                           // unread input deserves a call of Input
	queued                          // in the loop's list of connections to serve
	serving                         // Input or a flush is on the stack
	closed                          // Close has been called
	draining                        // the group stops: close as soon as nothing is owed
	sawEnd                          // the peer sends no more
	urgent                          // there is urgent data, at which reads end short
	interjected                     // Interject was called
)

// Conn is one client connection.
//
// Its fields fall into three parts. The owner's part belongs to whoever runs the connection: its loop, and between
// Park and Resume the party that the handler handed it to. The loop's part belongs to its loop always. The shared
// part is atomic.
type Conn struct {
	// Data is the handler's. Owner.
	Data any
	// Out is where replies are appended. Owner. It has a buffer whenever the loop calls the handler for this
	// connection (Input, a Post through Conn.Post) and while it is parked.
	Out []byte

	// Owner.
	in      []byte // unread input
	home    []byte // c's own buffer with in inside it, nil if in is elsewhere
	chunk   *chunk // pinned, with in inside it
	need    int    // bytes that in must reach before Input is worth calling
	shared  bool   // in is part of the loop's current chunk
	closing bool   // CloseAfterFlush

	// Loop.
	flags    uint32
	abort    error // Abort while it couldn't be done at once
	sock     transport.Conn
	base     transport.Conn    // what the engine's wrap made, at the bottom of sock
	drainer  transport.Drainer // sock, if it is one
	rest     []byte            // what the kernel refused, goes before Out
	restBuf  []byte            // the buffer that rest is in
	borrowed []byte            // what is sent before Out, and isn't c's
	held     held              // what must not be sent yet, goes behind rest and before Out
	index    int               // in the loop's list of connections
	slot     uint32            // the engine's
	span     int               // bytes of the chunk behind its offset that Input's views may lie in
	inSeen   int               // figures as of Park
	outSeen  int
	outCap   int
	ln       *Listener
	post     Post  // for moves and adoption
	sentTo   *Loop // on the way there, or there

	// Atomic.
	loop  atomic.Pointer[Loop] // where to post
	owner atomic.Pointer[Loop] // the loop whose list c is in; nil on the way between two
}

// In returns the unread input. It is valid until Input returns, or until Resume if the connection was parked.
func (c *Conn) In() []byte { return c.in }

// Consume drops the first n bytes of the unread input. Views into them stay valid as In says.
func (c *Conn) Consume(n int) { c.in = c.in[n:] }

// Need says that Input is to be called again when the unread input has reached total bytes. The buffer grows with
// what arrives, so a peer that announces much and sends little costs little. It is forgotten at the next Input.
func (c *Conn) Need(total int) { c.need = total }

// Yield asks for another call of Input with the input left unread, in the next round of the loop, after what Out
// holds has been sent and the peer has read enough of it.
func (c *Conn) Yield() { c.flags |= again }

// OutFull says that so much output waits that the handler should Yield instead of going on.
func (c *Conn) OutFull() bool { return len(c.Out)+len(c.held.b) >= maxPendingOut }

// Park hands the connection over: until Resume, the loop touches neither its input nor Out nor Data, and somebody
// else may. Views into the input stay valid. Call it on c's loop, before anybody else can see the connection.
//
// Replies already in Out are not sent before Resume: call Flush first if the wait may be long.
func (c *Conn) Park() {
	l := c.loop.Load()
	invariant.Check(c.flags&(parked|closed) == 0, "a connection that is parked or closed is parked")
	c.flags = c.flags&^hupTold | parked
	c.inSeen, c.outSeen = len(c.in), len(c.Out)
	if c.shared {
		c.shared = false
		c.chunk = l.chunk
		c.chunk.refs.Add(1)
		l.chunkOff = min(chunkBytes, (l.chunkOff+c.span+63)&^63)
	}
	if c.Out == nil || len(c.Out) == 0 && l.parkedOut+cap(c.Out) > maxParkedOut {
		l.shrinkOut(c)
	}
	c.outCap = cap(c.Out)
	l.parkedOut += c.outCap
}

// Unpin gives up the views into the input: unread bytes move to a buffer of their own size, and an empty Out becomes a small one. Call
// it before a Park that may last, so that a waiting connection costs little.
func (c *Conn) Unpin() {
	l := c.loop.Load()
	if len(c.Out) == 0 {
		l.shrinkOut(c)
	}
	if len(c.in) == 0 {
		l.dropIn(c)
	} else if c.home == nil {
		l.moveIn(c, l.pool.get(len(c.in)))
	}
}

// Resume ends Park: in this round the loop goes on with the unread input and sends Out. Call it on c's loop.
func (c *Conn) Resume() {
	if c.flags&parked == 0 {
		return
	}
	c.flags = c.flags&^parked | again
	l := c.loop.Load()
	l.parkedOut -= c.outCap
	l.enqueue(c)
}

// Parked says whether the connection is handed over. Call it on c's loop.
func (c *Conn) Parked() bool { return c.flags&parked != 0 }

// Closed says whether the connection has been closed. Call it on c's loop.
func (c *Conn) Closed() bool { return c.flags&closed != 0 }

// Flush sends what Out holds now. It isn't needed after Input or a Post: there the loop does it. Owner and loop.
func (c *Conn) Flush() {
	if c.flags&(parked|closed) != 0 || c.abort != nil {
		return
	}
	l := c.loop.Load()
	if err := l.flush(c); err != nil {
		c.Abort(err)
		return
	}
	if c.flags&serving == 0 && len(c.Out) == 0 && c.Out != nil {
		l.reclaim(c)
	}
}

// Interject sends b behind what Out holds, at the end of this round. It may be called for any connection of the loop but the one that is being served,
// also for one that is parked, if nobody else runs that. b may be shared by many connections, and is not to be changed any more: it is mostly
// sent from where it is. Call it on c's loop.
func (c *Conn) Interject(b []byte) {
	if c.flags&closed != 0 {
		return
	}
	l := c.loop.Load()
	if c.flags&interjected == 0 {
		c.flags |= interjected
		l.enqueue(c)
		if len(c.Out) == 0 && c.owed() == 0 {
			c.borrowed = b
			return
		}
	}
	l.embody(c)
	l.appendOut(c, b)
}

// embody copies what was borrowed to Out, which was empty then: so it goes before what Out has got since.
func (l *Loop) embody(c *Conn) {
	b := c.borrowed
	if b == nil {
		return
	}
	c.borrowed = nil
	l.appendOut(c, b)
	if n := len(c.Out) - len(b); n > 0 {
		copy(c.Out[len(b):], c.Out[:n])
		copy(c.Out, b)
	}
}

// appendOut appends to Out, which grows by the loop's buffers.
func (l *Loop) appendOut(c *Conn, b []byte) {
	if n := len(c.Out) + len(b); n > cap(c.Out) {
		grown := append(l.pool.get(n), c.Out...)
		l.pool.put(c.Out)
		c.Out = grown
	}
	c.Out = append(c.Out, b...)
}

// interjections sends what was interjected. It reports whether that was all that c wanted.
func (l *Loop) interjections(c *Conn) (done bool) {
	c.flags &^= interjected
	isParked := c.flags&parked != 0
	if b := c.borrowed; b != nil && c.abort == nil && c.owed() == 0 {
		c.borrowed = nil
		if err := l.sendBorrowed(c, b); err != nil {
			c.abort = err
		}
		return c.flags&(parked|again|readable|draining) == 0 && c.Out == nil && c.abort == nil && !c.closing
	}
	l.embody(c)
	if !isParked {
		return false
	}
	if err := l.flush(c); err != nil && c.abort == nil {
		c.abort = err
		return false
	}
	if c.Out == nil {
		c.Out = l.pool.get(parkedOutBytes)
	}
	l.parkedOut += cap(c.Out) - c.outCap
	c.inSeen, c.outSeen, c.outCap = len(c.in), len(c.Out), cap(c.Out)
	return false
}

// sendBorrowed sends bytes that are not c's while nothing else is to be sent.
func (l *Loop) sendBorrowed(c *Conn, b []byte) error {
	n, err := c.sock.Write(b)
	l.bytesOut += uint64(n) // #nosec G115 -- a count
	l.writes++
	if err == nil {
		return nil
	}
	if !errors.Is(err, transport.ErrAgain) {
		return err
	}
	l.appendRest(c, b[n:])
	c.flags |= writeBlocked
	l.port.blocked(c)
	return nil
}

// CloseAfterFlush has the connection closed when everything in Out has been sent; its input isn't looked at any more.
// Owner.
func (c *Conn) CloseAfterFlush() { c.closing = true }

// Abort closes the connection without sending what is owed; err goes to the handler's Close. At once, except for a
// connection that is being served (after the handler returns) or parked (on Resume). Call it on c's loop.
func (c *Conn) Abort(err error) {
	if err == nil {
		err = ErrAborted
	}
	if c.flags&closed != 0 {
		return
	}
	if c.abort == nil {
		c.abort = err
	}
	if c.flags&(parked|serving) == 0 {
		c.loop.Load().dispose(c, c.abort)
	}
}

// Aborted says that the connection is to end by Abort, now or on Resume. Call it on c's loop.
func (c *Conn) Aborted() bool { return c.abort != nil }

// Loop is the loop that owns the connection now.
func (c *Conn) Loop() *Loop { return c.loop.Load() }

// Fd is the descriptor, for CLIENT LIST.
func (c *Conn) Fd() int { return c.sock.Fd() }

// Transport is the socket under the connection.
func (c *Conn) Transport() transport.Conn { return c.sock }

// Listener is where the connection was accepted, nil if it was adopted.
func (c *Conn) Listener() *Listener { return c.ln }

// RemoteAddr is the peer's address.
func (c *Conn) RemoteAddr() string { return c.sock.RemoteAddr() }

// LocalAddr is our address.
func (c *Conn) LocalAddr() string { return c.sock.LocalAddr() }

// OutPending is the number of reply bytes that the kernel hasn't taken yet. Of a parked connection it knows what was
// there when it was parked. Call it on c's loop.
func (c *Conn) OutPending() int {
	if c.flags&parked != 0 {
		return c.owed() + c.outSeen + len(c.borrowed)
	}
	return c.owed() + len(c.Out) + len(c.borrowed)
}

// InSize is the number of unread input bytes (of a parked connection: when it was parked). Call it on c's loop.
func (c *Conn) InSize() int {
	if c.flags&parked != 0 {
		return c.inSeen
	}
	return len(c.in)
}

// InFree is the unused room in the connection's own input buffer. Call it on c's loop.
func (c *Conn) InFree() int {
	if c.flags&parked != 0 || c.home == nil {
		return 0
	}
	return cap(c.home) - len(c.in)
}

// MemoryBytes is what the connection's own buffers take. Call it on c's loop.
func (c *Conn) MemoryBytes() int {
	n := cap(c.restBuf) + cap(c.held.b)
	if c.flags&parked == 0 {
		n += cap(c.home) + cap(c.Out)
	}
	return n
}

// event takes in what the engine saw and serves the connection.
func (l *Loop) event(c *Conn, seen uint32) {
	if c.drainer == nil {
		seen |= readable | writeBlocked // only the transport knows what the event means for it
	}
	c.flags |= seen & (readable | hup | urgent)
	if seen&writeBlocked != 0 {
		c.flags &^= writeBlocked
	}
	l.serve(c)
}

// serve does what can be done for c now: send, tell of a hang-up, process input. It ends with c either closed,
// parked, waiting for an event, or in the list of those to be served next round.
func (l *Loop) serve(c *Conn) {
	if c.flags&closed != 0 {
		return
	}
	if len(c.rest) != 0 && c.flags&writeBlocked == 0 {
		if err := l.sendRest(c); err != nil && c.abort == nil {
			c.abort = err
		}
	}
	if c.flags&(parked|interjected) != 0 {
		if c.flags&interjected != 0 && l.interjections(c) {
			return
		}
		if c.flags&parked != 0 {
			l.tell(c)
			return
		}
	}
	if c.abort == nil && !c.closing && c.owed() <= maxPendingOut {
		if c.flags&again != 0 {
			l.input(c)
		} else if c.flags&readable != 0 {
			l.read(c)
		}
	}
	l.after(c)
}

// after is what follows a call of the handler for c.
func (l *Loop) after(c *Conn) {
	switch {
	case c.flags&parked != 0:
		l.tell(c)
	case c.flags&closed == 0:
		l.settle(c)
	}
}

// tell has the handler know that the peer of a parked connection has gone, once for each time it is parked.
func (l *Loop) tell(c *Conn) {
	if c.flags&(hup|hupTold) == hup {
		c.flags |= hupTold
		l.g.handler.Hangup(c)
	}
}

// settle sends what the handler wrote, puts the buffers to rest and decides how c goes on.
func (l *Loop) settle(c *Conn) {
	if c.abort == nil {
		if err := l.flush(c); err != nil {
			c.abort = err
		}
	}
	owed := c.owed()
	switch {
	case c.abort != nil:
		l.dispose(c, c.abort)
	case owed == 0 && (c.closing || c.flags&draining != 0 && c.flags&again == 0):
		l.dispose(c, c.reason())
	default:
		if c.Out != nil {
			l.reclaim(c)
		}
		if c.home != nil || len(c.in) != 0 || c.chunk != nil {
			l.keepIn(c)
		}
		c.shared = false
		if c.flags&(again|readable) != 0 && owed <= maxPendingOut && !c.closing {
			l.enqueue(c)
		}
	}
}

// owed is how many bytes of output have left Out and have not been sent.
func (c *Conn) owed() int { return len(c.rest) + len(c.held.b) }

// reason is why a connection that owes nothing is closed.
func (c *Conn) reason() error {
	switch {
	case c.flags&sawEnd != 0:
		return io.EOF
	case c.flags&draining != 0 && !c.closing:
		return ErrStopped
	}
	return nil
}

// read takes what has arrived, at most one buffer full, and gives it to the handler.
func (l *Loop) read(c *Conn) {
	have := len(c.in)
	var space []byte
	own := c.home != nil
	if own {
		// Few bytes that wait go in front of the loop's large buffer; many stay where they can grow.
		if s := l.readSpace(); have <= minReadBytes/2 && c.need <= minReadBytes {
			copy(s, c.in)
			space, own = s[have:], false
		} else {
			space = l.inSpace(c)
		}
	} else {
		space = l.readSpace()
	}
	n, err := c.sock.Read(space)
	if err != nil {
		if errors.Is(err, transport.ErrAgain) {
			c.flags &^= readable | urgent
			return
		}
		c.ended(err)
		return
	}
	if c.flags&(hup|urgent) == 0 && c.drainer != nil && c.drainer.Drained(n, len(space)) {
		c.flags &^= readable // the next byte makes a new event
	}
	l.bytesIn += uint64(n) // #nosec G115 -- a count
	l.reads++
	if own {
		c.in = c.in[:have+n]
	} else {
		l.dropIn(c)
		c.span = have + n
		at := l.chunk.buf[l.chunkOff:]
		c.in, c.shared = at[:have+n:have+n], true
	}
	l.input(c)
}

// ended closes c because its peer has, or because the connection broke. Replies still owed to a peer that only
// closed its sending direction are sent first.
func (c *Conn) ended(err error) {
	c.flags &^= readable
	if errors.Is(err, io.EOF) {
		c.flags |= sawEnd
		c.closing = true
		return
	}
	c.abort = err
}

// input calls the handler if there is enough to call it for.
func (l *Loop) input(c *Conn) {
	c.flags &^= again
	if len(c.in) == 0 || len(c.in) < c.need {
		return
	}
	c.need = 0
	l.lend(c)
	c.flags |= serving
	l.g.handler.Input(c)
	c.flags &^= serving
	l.inputs++
}

// flush sends Out. Bytes that the kernel refuses move to rest.
func (l *Loop) flush(c *Conn) error {
	if len(c.Out) == 0 {
		return nil
	}
	if len(c.held.b) != 0 {
		c.moveToHeld()
		return nil
	}
	if len(c.rest) != 0 {
		l.appendRest(c, c.Out)
		c.Out = c.Out[:0]
		return nil
	}
	n, err := c.sock.Write(c.Out)
	l.bytesOut += uint64(n) // #nosec G115 -- a count
	l.writes++
	if err == nil {
		c.Out = c.Out[:0]
		return nil
	}
	if !errors.Is(err, transport.ErrAgain) {
		c.Out = c.Out[:0]
		return err
	}
	c.restBuf, c.rest = c.Out, c.Out[n:]
	c.Out = nil
	if c.flags&serving != 0 {
		l.lend(c)
	}
	c.flags |= writeBlocked
	l.port.blocked(c)
	return nil
}

// appendRest queues out behind bytes that still wait.
func (l *Loop) appendRest(c *Conn, out []byte) {
	if len(c.rest)+len(out) <= cap(c.rest) {
		c.rest = append(c.rest, out...)
		return
	}
	b := l.pool.get(2*len(c.rest) + len(out))
	b = append(b, c.rest...)
	b = append(b, out...)
	l.pool.put(c.restBuf)
	c.restBuf, c.rest = b, b
}

// sendRest goes on with bytes that the kernel refused earlier.
func (l *Loop) sendRest(c *Conn) error {
	n, err := c.sock.Write(c.rest)
	l.bytesOut += uint64(n) // #nosec G115 -- a count
	l.writes++
	c.rest = c.rest[n:]
	if err == nil {
		l.pool.put(c.restBuf)
		c.rest, c.restBuf = nil, nil
		return nil
	}
	if !errors.Is(err, transport.ErrAgain) {
		return err
	}
	c.flags |= writeBlocked
	l.port.blocked(c)
	return nil
}

// dispose ends c: the handler hears of it last, then everything goes back to where it came from.
func (l *Loop) dispose(c *Conn, why error) {
	if c.flags&closed != 0 {
		return
	}
	invariant.Check(c.flags&(parked|serving) == 0, "a connection is closed that somebody else runs")
	invariant.Check(c.owner.Load() == l, "a connection is closed on another loop than its own")
	c.flags |= closed
	l.g.handler.Close(c, why)
	if why == nil {
		// The kernel resets a connection that is closed with bytes unread, and the peer may then lose the last reply.
		space := l.readSpace()
		for range maxDrainReads {
			if n, err := c.sock.Read(space); err != nil || n < len(space) {
				break
			}
		}
	}
	l.port.forget(c)
	_ = c.sock.Close()
	l.dropIn(c)
	l.pool.put(c.Out)
	l.pool.put(c.restBuf)
	c.Out, c.rest, c.restBuf, c.Data, c.borrowed = nil, nil, nil, nil, nil
	if c.Holds() {
		l.holdsNot(c)
	}
	l.remove(c)
}
