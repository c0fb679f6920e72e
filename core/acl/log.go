package acl

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Where a denied call came from.
type Context uint8

// The contexts.
const (
	TopLevel Context = iota
	InMulti
	InScript
	InModule
)

func (c Context) String() string { return [...]string{"toplevel", "multi", "lua", "module"}[c] }

// Entry is a line of the log: denials of one kind that came after each other.
type Entry struct {
	Reason    Reason
	Context   Context
	Object    string // the key, channel or command
	User      string
	Client    string // the last one, as CLIENT LIST shows it
	Count     int64
	ID        int64
	CreatedMs int64 // unix
	UpdatedMs int64
}

const (
	// groupedMs is for how long after the last denial another one joins its entry.
	groupedMs = 60_000
	// groupedDepth is among how many of the latest entries it is looked for.
	groupedDepth = 10
)

// isLike tells whether a denial is counted in the entry.
func (e *Entry) isLike(d *Entry) bool {
	apart := e.UpdatedMs - d.UpdatedMs
	return e.Reason == d.Reason && e.Context == d.Context && max(apart, -apart) <= groupedMs && e.Object == d.Object && e.User == d.User
}

// Log keeps the latest denials. Any goroutine: it is off the way of calls that are allowed.
type Log struct {
	counts [ReasonCount]atomic.Int64

	mu      sync.Mutex // guards what follows; a leaf
	entries []*Entry   // the latest first
	nextID  int64
}

// Add logs a denial at UpdatedMs, and keeps so many entries.
func (l *Log) Add(d *Entry, keep int64) {
	l.counts[d.Reason].Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, e := range l.entries[:min(len(l.entries), groupedDepth)] {
		if keep > 0 && e.isLike(d) {
			joined := *e // who reads the log may be looking at it
			joined.Client, joined.UpdatedMs = d.Client, d.UpdatedMs
			joined.Count++
			l.entries = slices.Insert(slices.Delete(l.entries, i, i+1), 0, &joined)
			return
		}
	}
	if keep > 0 {
		d.Count, d.ID, d.CreatedMs = 1, l.nextID, d.UpdatedMs
		l.nextID++
		l.entries = slices.Insert(l.entries, 0, d)
	}
	if int64(len(l.entries)) > keep {
		l.entries = slices.Delete(l.entries, int(keep), len(l.entries))
	}
}

// Latest returns up to n entries, the latest first. They are not to be changed.
func (l *Log) Latest(n int64) []*Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries[:max(0, min(n, int64(len(l.entries))))])
}

// Reset drops the entries.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

// Denied returns how often a call was denied for a reason.
func (l *Log) Denied(r Reason) int64 { return l.counts[r].Load() }

// ResetCounts is CONFIG RESETSTAT.
func (l *Log) ResetCounts() {
	for i := range l.counts {
		l.counts[i].Store(0)
	}
}
