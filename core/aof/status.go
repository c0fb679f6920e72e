package aof

import "time"

// Status is what INFO tells of the append-only file.
type Status struct {
	IsOn               bool // or being switched on
	IsOpening          bool // being switched on: the files don't count yet
	IsRewriting        bool
	IsScheduled        bool // a rewrite waits for its time
	LastRewriteSeconds int64
	RewriteSeconds     int64 // of the one under way; -1 for none
	RewriteFailed      bool  // the last one
	Rewrites           int64
	RewriteFailures    int64 // one after the other
	// WriteError is what writing or syncing fails with, nil if it goes well. Commands that write are refused meanwhile.
	WriteError   error
	CurrentBytes int64
	BaseBytes    int64 // of all after the last rewrite
	Unwritten    int64 // bytes that the writer has taken, and not yet written
	PendingSyncs int64
	DelayedSyncs int64 // that took long
}

// Status returns the state. Any goroutine.
func (l *Log) Status() Status {
	l.mu.Lock()
	st := Status{IsOn: l.state != off, IsOpening: l.state == opening, WriteError: l.broken}
	l.mu.Unlock()
	k := &l.keeper
	k.mu.Lock()
	st.IsRewriting, st.IsScheduled = k.rewriting || k.starting, k.asked && !k.starting
	st.LastRewriteSeconds, st.RewriteSeconds = int64(k.last/time.Second), -1
	if k.rewriting {
		st.RewriteSeconds = int64(time.Since(k.started) / time.Second)
	}
	st.RewriteFailed, st.Rewrites, st.RewriteFailures = k.failed, k.rewrites, k.failures
	k.mu.Unlock()
	st.CurrentBytes, st.BaseBytes = l.CurrentSize(), l.baseBytes.Load()
	st.Unwritten, st.PendingSyncs, st.DelayedSyncs = l.buffered.Load(), l.pendingSync.Load(), l.delayed.Load()
	return st
}

// ResetStats is CONFIG RESETSTAT.
func (l *Log) ResetStats() {
	l.delayed.Store(0)
	l.keeper.mu.Lock()
	defer l.keeper.mu.Unlock()
	l.keeper.rewrites, l.keeper.failures = 0, 0
}
