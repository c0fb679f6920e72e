package loading

import (
	"sync/atomic"
	"time"
)

// Progress is how far a load has come. Any goroutine may read it. The zero value is that of no load.
type Progress struct {
	started atomic.Int64 // unix s
	total   atomic.Int64 // bytes
	used    atomic.Int64 // memory, as the file says
	done    atomic.Int64 // bytes
	before  atomic.Int64 // bytes of the files before this one
	file    atomic.Int64 // bytes of this one
	keys    atomic.Int64
	active  atomic.Bool
	cancel  atomic.Bool
}

// Begin says that so many bytes are to be loaded, 0 if that isn't known.
func (p *Progress) Begin(now time.Time, total int64) {
	p.started.Store(now.Unix())
	p.total.Store(total)
	p.used.Store(0)
	p.done.Store(0)
	p.before.Store(0)
	p.file.Store(0)
	p.keys.Store(0)
	p.active.Store(true)
}

// End says that the load is over.
func (p *Progress) End() { p.active.Store(false) }

// Active says whether a load is under way.
func (p *Progress) Active() bool { return p.active.Load() }

// Cancel has the load under way, or one to come, end with ErrCancelled.
func (p *Progress) Cancel() { p.cancel.Store(true) }

// NextFile says that offsets are those of the next of several files, of so many bytes.
func (p *Progress) NextFile(bytes int64) {
	p.before.Add(p.file.Swap(bytes))
	p.At(0)
}

// At says how far the load has come in the file.
func (p *Progress) At(offset int64) { p.done.Store(p.before.Load() + offset) }

// SetUsed takes a note of the memory that the data took when it was written.
func (p *Progress) SetUsed(bytes int64) { p.used.Store(bytes) }

func (p *Progress) at(offset int64) {
	if p != nil {
		p.At(offset)
	}
}

func (p *Progress) loaded(keys int) {
	if p != nil {
		p.keys.Add(int64(keys))
	}
}

// Cancelled says whether Cancel was called.
func (p *Progress) Cancelled() bool { return p != nil && p.cancel.Load() }

// State is how far a load has come.
type State struct {
	Started              int64 // unix s
	Total, Done, UsedMem int64 // bytes
	Keys                 int64
	Percent              float64
	LeftSeconds          int64
}

// State returns how far the load has come, as INFO shows it.
func (p *Progress) State(now time.Time) State {
	s := State{Started: p.started.Load(), Total: p.total.Load(), Done: p.done.Load(), UsedMem: p.used.Load(), Keys: p.keys.Load()}
	left := int64(1)
	switch {
	case s.Total > 0:
		s.Percent = float64(s.Done) / float64(s.Total) * 100
		left = s.Total - s.Done
	case s.UsedMem > 0:
		// Memory says little of the file's size.
		s.Percent = min(float64(s.Done)/float64(s.UsedMem)*100, 99.99)
		left = max(s.UsedMem-s.Done, 1)
	}
	s.LeftSeconds = 1
	if elapsed := now.Unix() - s.Started; elapsed > 0 {
		s.LeftSeconds = elapsed * left / (s.Done + 1)
	}
	return s
}
