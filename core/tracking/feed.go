package tracking

import (
	"strings"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/net/loop"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// Feed is the way of invalidations to one session.
type Feed struct {
	ID   uint64 // the session's
	conn *loop.Conn
	post loop.Post

	// Prefixes are those that the session listens to. Its owner.
	Prefixes []string

	head     atomic.Pointer[note] // the newest first
	nudged   atomic.Bool          // post is on its way
	mode     atomic.Uint32        // of the reader
	broken   atomic.Bool          // its redirect was found to be gone
	gone     atomic.Bool          // the session has ended
	redirect atomic.Pointer[Feed] // who gets what is for this one, nil for itself
}

// Bits of a Feed's mode.
const (
	modeOn uint32 = 1 << iota
	modeBroadcast
	modeNoLoop
)

// NewFeed returns the feed of the session with this ID on c. nudged is called on the session's loop, with arg, when something has come. It must call
// Nudged before it takes it.
func NewFeed(id uint64, c *loop.Conn, nudged func(l *loop.Loop, arg any), arg any) *Feed {
	f := &Feed{ID: id, conn: c}
	f.post.Fn, f.post.Arg = nudged, arg
	return f
}

// Nudged says that the nudge has come. On the session's loop.
func (f *Feed) Nudged() { f.nudged.Store(false) }

// Close says that the session has ended. On its loop.
func (f *Feed) Close() { f.gone.Store(true) }

// Broken says whether the redirect was found to be gone. Any goroutine.
func (f *Feed) Broken() bool { return f.broken.Load() }

// RedirectID returns the ID of the session that gets the invalidations instead, 0 for none. Any goroutine.
func (f *Feed) RedirectID() uint64 {
	if r := f.redirect.Load(); r != nil {
		return r.ID
	}
	return 0
}

func (f *Feed) setMode(opt Options) {
	f.redirect.Store(opt.Redirect)
	f.broken.Store(false)
	mode := modeOn
	if opt.Broadcast {
		mode |= modeBroadcast
	}
	if opt.NoLoop {
		mode |= modeNoLoop
	}
	f.mode.Store(mode)
}

// addPrefix reports whether prefix is new.
func (f *Feed) addPrefix(prefix string) bool {
	for _, p := range f.Prefixes {
		if p == prefix {
			return false
		}
	}
	f.Prefixes = append(f.Prefixes, prefix)
	return true
}

// Overlap returns a prefix of the feed that has keys in common with the given one. The owner of the session calls it.
func (f *Feed) Overlap(prefix string) (other string, is bool) {
	for _, p := range f.Prefixes {
		if Overlaps(p, prefix) {
			return p, true
		}
	}
	return "", false
}

// Overlaps reports whether a key may have both prefixes.
func Overlaps(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }

// noteKind says what a note tells.
type noteKind uint8

const (
	noteKey    noteKind = iota // key is invalid
	noteAll                    // all keys are
	noteKeys                   // key is an encoded array of keys that are
	noteBroken                 // the redirect with this ID is gone
	noteMark                   // a reply of the session stands here
)

// note is one message on its way to a session.
type note struct {
	next       *note
	key        string
	id         uint64
	kind       noteKind
	redirected bool // it is for the session that redirects here
}

// send puts a note for the session, or for the one that hears it instead. Any goroutine.
func (f *Feed) send(n note) {
	r := f.redirect.Load()
	if r == nil {
		f.put(&n)
		return
	}
	if r.gone.Load() {
		f.broken.Store(true)
		f.put(&note{kind: noteBroken, id: r.ID})
		return
	}
	n.redirected = true
	r.put(&n)
}

func (f *Feed) put(n *note) {
	for {
		n.next = f.head.Load()
		if f.head.CompareAndSwap(n.next, n) {
			break
		}
	}
	f.Nudge()
}

// Mark notes the place of a reply that somebody makes who isn't the session's owner. He holds the leases of the command.
func (f *Feed) Mark() { f.put(&note{kind: noteMark}) }

// Nudge has the session's loop look after what has come.
func (f *Feed) Nudge() {
	if !f.nudged.Load() && !f.nudged.Swap(true) {
		f.conn.Post(&f.post)
	}
}

// Taken are notes that were taken off a feed, in their order.
type Taken struct{ first, last *note }

// Take takes what has come. The owner of the session calls it.
func (f *Feed) Take() Taken {
	if f.head.Load() == nil {
		return Taken{}
	}
	newest := f.head.Swap(nil)
	var first *note
	for n := newest; n != nil; {
		n, n.next, first = n.next, first, n
	}
	return Taken{first, newest}
}

// And returns t with the notes of u behind it.
func (t Taken) And(u Taken) Taken {
	switch {
	case t.first == nil:
		return u
	case u.first == nil:
		return t
	}
	t.last.next = u.first
	return Taken{t.first, u.last}
}

// Split returns what stands before the last mark, and behind it.
func (t Taken) Split() (before, behind Taken) {
	var mark *note
	for n := t.first; n != nil; n = n.next {
		if n.kind == noteMark {
			mark = n
		}
	}
	if mark == nil {
		return t, Taken{}
	}
	behind = Taken{mark.next, t.last}
	mark.next = nil
	return Taken{t.first, mark}, behind
}

// Append writes the notes as messages. inPubSub says that the session is subscribed to something: of those with RESP2 only such get messages, and only by
// redirection.
func (t Taken) Append(w *resp.Writer, inPubSub bool) {
	for n := t.first; n != nil; n = n.next {
		n.append(w, inPubSub)
	}
}

func (n *note) append(w *resp.Writer, inPubSub bool) {
	switch n.kind {
	case noteMark:
		return
	case noteBroken:
		if w.Resp3 {
			w.Push(2)
			w.BulkString("tracking-redir-broken")
			w.Int(int64(n.id)) // #nosec G115 -- counts connections
		}
		return
	case noteKey, noteKeys, noteAll:
	}
	switch {
	case w.Resp3:
		w.Push(2)
		w.BulkString("invalidate")
	case n.redirected && inPubSub:
		w.Push(3)
		w.BulkString("message")
		w.BulkString(Channel)
	default:
		return
	}
	switch n.kind {
	case noteKey:
		w.Array(1)
		w.BulkString(n.key)
	case noteKeys:
		w.B = append(w.B, n.key...)
	case noteAll:
		w.Null()
	case noteBroken, noteMark:
	}
}

// Distrust tells the session that all keys are invalid, as some may be that it hasn't heard of.
func (f *Feed) Distrust() { f.send(note{kind: noteAll}) }
