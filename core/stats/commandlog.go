package stats

import (
	"strconv"
	"sync"
	"sync/atomic"
)

// LogKind is one of the three command logs.
type LogKind uint8

// The logs.
const (
	SlowExecution LogKind = iota
	LargeRequest
	LargeReply
	LogKinds
)

// Bounds of one entry, as in Valkey.
const (
	maxLogArgs     = 32
	maxLogArgBytes = 128
)

// LogEntry is one command in a log. It is never changed once it is logged.
type LogEntry struct {
	ID     int64
	TimeS  int64 // unix seconds
	Value  int64 // microseconds, or bytes
	Waited int64 // microseconds for other commands, before
	Args   []string
	Client string // address
	Name   string // of the client
}

// CommandLog keeps the latest commands that took long, or were large. Any
// goroutine may use it; it is off the path of ordinary commands.
type CommandLog struct {
	logs [LogKinds]commandRing
}

// commandRing is one log.
type commandRing struct {
	mu      sync.Mutex // guards entries; a leaf
	entries []*LogEntry
	nextID  int64
	length  atomic.Int64
}

// Add logs an entry, whose ID it sets, and drops the oldest beyond keep.
func (l *CommandLog) Add(kind LogKind, e *LogEntry, keep int) {
	r := &l.logs[kind]
	r.mu.Lock()
	defer r.mu.Unlock()
	if keep == 0 {
		return // not even counted, as in Valkey
	}
	e.ID = r.nextID
	r.nextID++
	r.entries = append(r.entries, e)
	if drop := len(r.entries) - keep; drop > 0 {
		clear(r.entries[:drop])
		r.entries = append(r.entries[:0], r.entries[drop:]...)
	}
	r.length.Store(int64(len(r.entries)))
}

// Len returns the number of entries.
func (l *CommandLog) Len(kind LogKind) int64 { return l.logs[kind].length.Load() }

// Reset drops all entries.
func (l *CommandLog) Reset(kind LogKind) {
	r := &l.logs[kind]
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = nil
	r.length.Store(0)
}

// Latest returns up to n entries, the newest first; all if n is negative.
func (l *CommandLog) Latest(kind LogKind, n int64) []*LogEntry {
	r := &l.logs[kind]
	r.mu.Lock()
	defer r.mu.Unlock()
	if n < 0 || n > int64(len(r.entries)) {
		n = int64(len(r.entries))
	}
	list := make([]*LogEntry, n)
	for i := range list {
		list[i] = r.entries[len(r.entries)-1-i]
	}
	return list
}

// LoggedArgs copies a command's arguments for a log: not too many, and none
// too long. Those that hidden picks are left out.
func LoggedArgs(args [][]byte, hidden func(i int) bool) []string {
	shown := min(len(args), maxLogArgs)
	list := make([]string, shown)
	for i := range list {
		switch {
		case shown != len(args) && i == shown-1:
			list[i] = "... (" + strconv.Itoa(len(args)-shown+1) + " more arguments)"
		case hidden != nil && hidden(i):
			list[i] = "(redacted)"
		case len(args[i]) > maxLogArgBytes:
			list[i] = string(args[i][:maxLogArgBytes]) + "... (" + strconv.Itoa(len(args[i])-maxLogArgBytes) + " more bytes)"
		default:
			list[i] = string(args[i])
		}
	}
	return list
}
