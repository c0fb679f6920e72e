package loop

import (
	"math/bits"
	"sync/atomic"
)

// Buffers. Three kinds, all of them a loop's own business, so none needs a lock:
//
//   - The loop reads into one chunk. Nearly always the handler uses up what was read, and the next connection's bytes
//     overwrite it.
//   - A connection that is parked while arguments are views into the chunk pins the part that was read for it; the
//     loop goes on with the part behind. A chunk without pins starts again at its beginning.
//   - A connection with an unfinished request copies it to a buffer of its own, which grows with what arrives. Reply
//     buffers are the same kind. They come from a pool of power-of-two sizes and go back as soon as they are empty.
const (
	chunkBytes   = 64 << 10 // one read takes at most this much: the fairness between connections, too
	minReadBytes = 16 << 10 // the loop changes the chunk when pins leave less than this

	minPoolBits   = 9  // 512 bytes
	maxPoolBits   = 21 // 2 MiB; what is larger is left to the garbage collector
	poolMaxBytes  = 4 << 20
	poolIdleBytes = 128 << 10 // what an idle loop keeps

	outBytes       = 16 << 10  // a fresh reply buffer
	maxOutBytes    = 128 << 10 // the largest used one that is taken instead
	parkedOutBytes = 512       // a reply buffer of a connection that may be parked for long, or while many are
	maxParkedOut   = 2 << 20   // what the reply buffers of parked connections may take before new ones get small ones
)

// chunk is a read buffer that parked connections may hold parts of.
type chunk struct {
	buf  []byte
	refs atomic.Int32 // the loop that reads into it and each pin; atomic because a pinned connection may move to another loop
}

// pool keeps empty buffers by size class. It belongs to one loop.
type pool struct {
	free   [maxPoolBits - minPoolBits + 1][][]byte
	kept   int // bytes in free
	chunks []*chunk
}

// get returns an empty buffer with room for n bytes.
func (p *pool) get(n int) []byte {
	if b := p.maybe(n); b != nil {
		return b
	}
	class := classFor(n)
	if class > maxPoolBits {
		return make([]byte, 0, n)
	}
	return make([]byte, 0, 1<<class)
}

// maybe returns a buffer that is lying about with room for n bytes, nil if there is none.
func (p *pool) maybe(n int) []byte {
	class := classFor(n)
	if class > maxPoolBits {
		return nil
	}
	list := &p.free[class-minPoolBits]
	last := len(*list) - 1
	if last < 0 {
		return nil
	}
	b := (*list)[last]
	(*list)[last] = nil
	*list = (*list)[:last]
	p.kept -= cap(b)
	return b
}

// put takes a buffer that nobody uses any more.
func (p *pool) put(b []byte) {
	if cap(b) < 1<<minPoolBits || cap(b) >= 2<<maxPoolBits || p.kept+cap(b) > poolMaxBytes {
		return
	}
	class := bits.Len(uint(cap(b))) - 1 // #nosec G115 -- a capacity is not negative
	p.free[class-minPoolBits] = append(p.free[class-minPoolBits], b[:0])
	p.kept += cap(b)
}

// trim lets go of the larger buffers until at most limit bytes are kept.
func (p *pool) trim(limit int) {
	for class := len(p.free) - 1; class >= 0 && p.kept > limit; class-- {
		for _, b := range p.free[class] {
			p.kept -= cap(b)
		}
		p.free[class] = nil
	}
	p.chunks = nil
}

func (p *pool) chunk() *chunk {
	if last := len(p.chunks) - 1; last >= 0 {
		k := p.chunks[last]
		p.chunks[last] = nil
		p.chunks = p.chunks[:last]
		k.refs.Store(1)
		return k
	}
	k := &chunk{buf: make([]byte, chunkBytes)}
	k.refs.Store(1)
	return k
}

// maxSpareChunks bounds the chunks that wait for their next use.
const maxSpareChunks = 16

func (p *pool) unref(k *chunk) {
	if k.refs.Add(-1) == 0 && len(p.chunks) < maxSpareChunks {
		p.chunks = append(p.chunks, k)
	}
}

func classFor(n int) int {
	if n <= 1<<minPoolBits {
		return minPoolBits
	}
	return bits.Len(uint(n - 1)) // #nosec G115 -- n is positive here
}

// readSpace is where the loop reads bytes of a connection that has none waiting.
func (l *Loop) readSpace() []byte {
	if l.chunkOff != 0 {
		if l.chunk.refs.Load() == 1 {
			l.chunkOff = 0
		} else if chunkBytes-l.chunkOff < minReadBytes {
			l.pool.unref(l.chunk)
			l.chunk, l.chunkOff = l.pool.chunk(), 0
		}
	}
	return l.chunk.buf[l.chunkOff:]
}

// inSpace makes room to read behind c's waiting bytes, which are in its own buffer.
func (l *Loop) inSpace(c *Conn) []byte {
	start := cap(c.home) - cap(c.in)
	end := start + len(c.in)
	if end < cap(c.home) && (start == 0 || cap(c.home) >= start+c.need) {
		return c.home[end:cap(c.home)]
	}
	if start > 0 && cap(c.home) >= c.need {
		c.in = c.home[:copy(c.home[:cap(c.home)], c.in)]
		return c.home[len(c.in):cap(c.home)]
	}
	l.regrow(c)
	return c.home[len(c.in):cap(c.home)]
}

// regrow moves c's waiting bytes to a larger buffer. It grows by doubling up to what the handler said it needs, so
// memory follows what has really arrived, and no more than a buffer that lies about unused is given on trust.
func (l *Loop) regrow(c *Conn) {
	want := max(c.need, len(c.in)+1)
	grown := l.pool.maybe(want)
	if grown == nil {
		grown = l.pool.get(min(want, max(2*len(c.in), minReadBytes)))
	}
	l.moveIn(c, grown)
}

// moveIn copies c's waiting bytes to b, which becomes c's own buffer.
func (l *Loop) moveIn(c *Conn, b []byte) {
	b = b[:0:cap(b)]
	in := append(b, c.in...)
	l.dropIn(c)
	c.home, c.in = b, in
}

// dropIn lets go of whatever c's input is in.
func (l *Loop) dropIn(c *Conn) {
	if c.home != nil {
		l.pool.put(c.home)
		c.home = nil
	}
	if c.chunk != nil {
		l.pool.unref(c.chunk)
		c.chunk = nil
	}
	c.in, c.shared = nil, false
}

// keepIn puts what the handler left unread to where it can wait: a buffer of c's own, not much larger than it.
func (l *Loop) keepIn(c *Conn) {
	switch {
	case len(c.in) == 0:
		l.dropIn(c)
	case c.home == nil:
		l.regrow(c)
	case cap(c.home) > chunkBytes && max(len(c.in), c.need) < cap(c.home)/4:
		l.moveIn(c, l.pool.get(max(len(c.in), c.need)))
	}
}

// lend gives c a reply buffer if it has none.
func (l *Loop) lend(c *Conn) {
	if c.Out != nil {
		return
	}
	if l.out != nil {
		c.Out, l.out = l.out, nil
		return
	}
	// A larger one that lies about saves growing where replies are long.
	for n := maxOutBytes; n > outBytes; n /= 2 {
		if b := l.pool.maybe(n); b != nil {
			c.Out = b
			return
		}
	}
	c.Out = l.pool.get(outBytes)
}

// shrinkOut changes c's empty reply buffer for a small one.
func (l *Loop) shrinkOut(c *Conn) {
	if c.Out != nil && cap(c.Out) <= parkedOutBytes {
		return
	}
	if c.Out != nil {
		l.reclaim(c)
	}
	c.Out = l.pool.get(parkedOutBytes)
}

// reclaim takes the empty reply buffer back from c.
func (l *Loop) reclaim(c *Conn) {
	b := c.Out
	c.Out = nil
	if l.out == nil && cap(b) <= 1<<maxPoolBits {
		l.out = b[:0]
		return
	}
	l.pool.put(b)
}
