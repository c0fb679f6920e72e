package loop

// Output that is kept back. A reply may tell of something that isn't so yet for good (a write that isn't on disk), and must not be sent before it
// is. What it waits for is a number that only grows, a ticket, and somebody says up to which one all is well. Meanwhile the connection goes on
// with its input, as long as no more than maxPendingOut of output is kept back; so who doesn't wait for replies isn't slowed down by it.
//
//	sent ◀─ rest ◀─ held ◀─────────────────── Out
//	                ├ up to first.n ─┤ … last.n ┤
//	                  at first.ticket  at last.ticket
//
// Two tickets are remembered for a connection: that of the oldest output, and the largest. What comes between waits for the largest. So output
// goes on flowing although new one comes all the time, and a connection needs no list.

// held is output that is kept back; loop only.
type held struct {
	b           []byte
	first, last stretch // equal, if there is one ticket only
	index       int     // in the loop's list of connections that hold
}

// stretch is output up to n, which waits for a ticket.
type stretch struct {
	ticket uint64
	n      int
}

// Hold keeps back what is in Out, and what is appended later: until Release of the ticket, or of a larger one. Call it on c's loop. A
// connection that is parked holds what it has when it is resumed: Hold then, before anything can be sent.
func (c *Conn) Hold(ticket uint64) {
	l, h := c.loop.Load(), &c.held
	l.embody(c)
	if len(c.Out) == 0 || c.flags&closed != 0 {
		return
	}
	if len(h.b) == 0 {
		l.holds(c)
		h.first = stretch{ticket: ticket}
		h.last = h.first
	}
	was := len(h.b)
	c.moveToHeld()
	switch {
	case ticket <= h.last.ticket:
	case h.first.ticket == h.last.ticket:
		h.first.n = was
		h.last.ticket = ticket
	default:
		h.last.ticket = ticket
	}
}

// Holds says whether output is kept back. Call it on c's loop.
func (c *Conn) Holds() bool { return len(c.held.b) > 0 }

// moveToHeld keeps back what Out has, behind what is kept back already.
func (c *Conn) moveToHeld() {
	l, h := c.loop.Load(), &c.held
	if len(h.b)+len(c.Out) > cap(h.b) {
		b := append(l.pool.get(len(h.b)+len(c.Out)), h.b...)
		l.pool.put(h.b)
		h.b = b
	}
	h.b = append(h.b, c.Out...)
	c.Out = c.Out[:0]
	if h.last.n = len(h.b); h.first.ticket == h.last.ticket {
		h.first = h.last
	}
}

// Release sends what waits for this ticket or a smaller one, and returns how many connections still hold something. Call it on the loop, between
// connections.
func (l *Loop) Release(ticket uint64) (left int) {
	for i := len(l.holding) - 1; i >= 0; i-- {
		c := l.holding[i]
		switch h := &c.held; {
		case h.last.ticket <= ticket:
			l.letGo(c, h.last.n)
		case h.first.ticket <= ticket:
			l.letGo(c, h.first.n)
			h.first = h.last
		}
	}
	return len(l.holding)
}

// letGo has the first n bytes that c holds sent.
func (l *Loop) letGo(c *Conn, n int) {
	h := &c.held
	if n == len(h.b) && len(c.rest) == 0 {
		c.rest, c.restBuf, h.b = h.b, h.b, nil
	} else {
		l.appendRest(c, h.b[:n])
		h.b = h.b[:copy(h.b, h.b[n:])]
		h.last.n = len(h.b)
	}
	if len(h.b) == 0 {
		l.holdsNot(c)
	}
	l.enqueue(c)
}

// holds enters c in the list of those that hold something.
func (l *Loop) holds(c *Conn) {
	c.held.index = len(l.holding)
	l.holding = append(l.holding, c)
}

// holdsNot takes c off it.
func (l *Loop) holdsNot(c *Conn) {
	l.pool.put(c.held.b)
	c.held.b = nil
	l.unlistHolding(c)
}

func (l *Loop) unlistHolding(c *Conn) {
	last := len(l.holding) - 1
	moved := l.holding[last]
	l.holding[c.held.index] = moved
	moved.held.index = c.held.index
	l.holding[last] = nil
	l.holding = l.holding[:last]
}
