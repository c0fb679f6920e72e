package acl

import (
	"sync"
	"sync/atomic"
)

// Backoff refuses attempts to authenticate for a while after one has failed: of the same user from the same address. The while is
// twice as long after each failure in a row, up to a limit, and is forgotten some time later or when an attempt succeeds. It is asked by
// AUTH and HELLO only.
type Backoff struct {
	initialMs, maxMs atomic.Int64
	refused          atomic.Int64

	mu    sync.Mutex // guards tries; a leaf
	tries map[attempt]*failures
}

// attempt is who is tried, and from where.
type attempt struct{ address, user string }

type failures struct {
	count   int
	untilMs int64
}

const (
	// maxAttempts bounds the table. If it is full those whose time is over go; if that makes no room, so does everything: who can
	// fill it has as many addresses as it takes.
	maxAttempts = 1 << 16
	// forgetAfter is for how many times the longest while failures are remembered.
	forgetAfter = 10
)

// Configure sets the first while and the longest one, in ms. Without a first one nothing is refused.
func (b *Backoff) Configure(initialMs, maxMs int64) {
	b.initialMs.Store(initialMs)
	b.maxMs.Store(max(initialMs, maxMs))
	if initialMs == 0 {
		b.mu.Lock()
		b.tries = nil
		b.mu.Unlock()
	}
}

// Wait returns for how many ms attempts are refused yet, 0 if one may be made now. It counts the refusal.
func (b *Backoff) Wait(address, user string, nowMs int64) int64 {
	if b.initialMs.Load() == 0 {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.tries[attempt{address, user}]
	if f == nil || f.untilMs <= nowMs {
		return 0
	}
	b.refused.Add(1)
	return f.untilMs - nowMs
}

// Failed notes an attempt that failed.
func (b *Backoff) Failed(address, user string, nowMs int64) {
	initial, longest := b.initialMs.Load(), b.maxMs.Load()
	if initial == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	key := attempt{address, user}
	f := b.tries[key]
	if f == nil || nowMs-f.untilMs > forgetAfter*longest {
		b.makeRoom(nowMs)
		f = &failures{}
		b.tries[key] = f
	}
	delay := longest
	if f.count < 32 {
		delay = min(initial<<f.count, longest)
	}
	f.count++
	f.untilMs = nowMs + delay
}

func (b *Backoff) makeRoom(nowMs int64) {
	if b.tries == nil {
		b.tries = map[attempt]*failures{}
	}
	if len(b.tries) < maxAttempts {
		return
	}
	for key, f := range b.tries {
		if f.untilMs <= nowMs {
			delete(b.tries, key)
		}
	}
	if len(b.tries) >= maxAttempts {
		clear(b.tries)
	}
}

// Succeeded forgets the failures.
func (b *Backoff) Succeeded(address, user string) {
	if b.initialMs.Load() == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.tries, attempt{address, user})
}

// Refused returns how many attempts were refused unseen.
func (b *Backoff) Refused() int64 { return b.refused.Load() }
