package loop

import (
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// Post is a piece of work for a loop, run on it after the events of its round. It belongs to the caller, who may
// embed it in something longer-lived and use it again once Fn has begun; posting allocates nothing.
//
// A Post must not be posted again before its Fn has begun.
type Post struct {
	Fn  func(l *Loop, arg any)
	Arg any

	next   *Post       // the box
	conn   *Conn       // set by Conn.Post: run where this connection is
	posted atomic.Bool // with invariants on
}

// box is the loop's mailbox: a stack of posts that anybody pushes on and the loop takes off whole.
//
// The head is one of four things: nil (the loop is awake, nothing is posted), a Post (the loop is awake or about to
// be, posts wait), asleep (the loop sleeps or is about to, nothing is posted), shut (the loop is gone for good).
//
// No wake-up is lost, because falling asleep and posting meet in this one word. The loop goes to sleep only by the
// step nil -> asleep, which fails if anything is posted. A poster moves the head to its post by one step from what
// it saw; if that was asleep, this poster and no other has ended this sleep and must wake the loop. If it was not
// asleep, then the loop has yet to try nil -> asleep and will fail and look. So for every sleep in which something is
// posted there is exactly one wake, and none is made for a loop that is awake.
type box struct {
	head atomic.Pointer[Post]
}

var (
	asleep = new(Post)
	shut   = new(Post)
)

// put pushes p. wake says that the caller must now wake the loop; ok is false if the loop is gone.
func (b *box) put(p *Post) (wake, ok bool) {
	for {
		old := b.head.Load()
		switch old {
		case shut:
			return false, false
		case asleep:
			p.next = nil
		default:
			p.next = old
		}
		if b.head.CompareAndSwap(old, p) {
			return old == asleep, true
		}
	}
}

// take empties the box of an awake loop and returns its posts in the order of posting, linked by next.
func (b *box) take() *Post {
	if b.head.Load() == nil {
		return nil
	}
	var first *Post
	for p := b.head.Swap(nil); p != nil; {
		p, p.next, first = p.next, first, p
	}
	return first
}

// sleep announces that the loop is about to wait. It fails if something is posted.
func (b *box) sleep() bool { return b.head.CompareAndSwap(nil, asleep) }

// rouse takes the announcement back. It reports whether this call ended the sleep (otherwise a poster did, or the
// loop wasn't asleep).
func (b *box) rouse() bool { return b.head.CompareAndSwap(asleep, nil) }

// close makes every later put fail. It fails if something is posted.
func (b *box) close() bool { return b.head.CompareAndSwap(nil, shut) }

func (b *box) gone() bool { return b.head.Load() == shut }

// Post has p run on the loop. Any goroutine may call it. If the loop has been removed meanwhile, p runs on the loop
// that took its place; after the group has stopped it doesn't run at all, and Post is false.
func (l *Loop) Post(p *Post) bool {
	p.conn = nil
	return l.deliver(p)
}

// Post has p run on the loop that owns c then, wherever c moves meanwhile. While p's Fn runs, c.Out may be appended
// to (unless c is parked: then c isn't the loop's to touch), and it is flushed afterwards. Any goroutine may call it.
//
// Posts of one goroutine to one connection run in the order posted, except around the one moment when the connection
// moves to another loop. What must stay in order even then is queued beside the connection, the post being a nudge.
func (c *Conn) Post(p *Post) {
	p.conn = c
	c.loop.Load().deliver(p)
}

// deliver puts p into the box of the loop or of the one that took its place. It is false if there is none.
func (l *Loop) deliver(p *Post) bool {
	if invariant.Enabled {
		invariant.Check(!p.posted.Swap(true), "a Post is posted again before its Fn has begun")
	}
	for l != nil {
		wake, ok := l.box.put(p)
		if ok {
			if wake {
				l.wakes.Add(1)
				l.port.wake()
			}
			return true
		}
		l = l.heir.Load()
	}
	return false
}

// drain runs what was posted up to now. What is posted meanwhile waits for the next round, so that posts which make
// posts can't keep the loop from its connections.
func (l *Loop) drain() {
	for p := l.box.take(); p != nil; {
		next := p.next
		p.next = nil
		if invariant.Enabled {
			p.posted.Store(false)
		}
		if p.conn == nil {
			p.Fn(l, p.Arg)
		} else {
			l.drainConn(p, p.conn)
		}
		l.posts++
		p = next
	}
}

func (l *Loop) drainConn(p *Post, c *Conn) {
	if owner := c.owner.Load(); owner != l && (owner == nil || !owner.box.gone()) {
		// c is elsewhere, or on its way: to another loop, or to this one, in which case it arrives by a post as well.
		c.loop.Load().deliver(p)
		return
	}
	if c.flags&(parked|closed) != 0 {
		p.Fn(l, p.Arg)
		return
	}
	l.lend(c)
	l.embody(c)
	p.Fn(l, p.Arg)
	l.after(c)
}
