package stats

import (
	"slices"
	"sync"
)

// latencySamples is how many samples of an event are kept, as in Valkey.
const latencySamples = 160

// LatencySample is one event that took long.
type LatencySample struct {
	TimeS int64 // unix seconds
	Ms    int64
}

// LatencyEvent is what is known of one class of events.
type LatencyEvent struct {
	Name    string
	Samples []LatencySample // oldest first
	Max     int64           // ms, since the last reset
	Sum     int64
	Count   int64
}

// Latency is the latency monitor: events that took at least
// latency-monitor-threshold. Any goroutine may use it; it is used when
// something was slow.
type Latency struct {
	mu     sync.Mutex // guards events; a leaf
	events map[string]*LatencyEvent
}

// Add tells of an event. Of several in one second the longest is kept.
func (l *Latency) Add(name string, timeS, ms int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.events[name]
	if e == nil {
		if l.events == nil {
			l.events = make(map[string]*LatencyEvent)
		}
		e = &LatencyEvent{Name: name}
		l.events[name] = e
	}
	e.Max = max(e.Max, ms)
	e.Sum += ms
	e.Count++
	if n := len(e.Samples); n > 0 && e.Samples[n-1].TimeS == timeS {
		e.Samples[n-1].Ms = max(e.Samples[n-1].Ms, ms)
		return
	}
	if len(e.Samples) == latencySamples {
		e.Samples = append(e.Samples[:0], e.Samples[1:]...)
	}
	e.Samples = append(e.Samples, LatencySample{timeS, ms})
}

// Event returns a copy of an event; ok is false if there was none.
func (l *Latency) Event(name string) (e LatencyEvent, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := l.events[name]
	if found == nil {
		return e, false
	}
	e = *found
	e.Samples = slices.Clone(found.Samples)
	return e, true
}

// Events returns copies of all events, by name.
func (l *Latency) Events() []LatencyEvent {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]LatencyEvent, 0, len(l.events))
	for _, e := range l.events {
		c := *e
		c.Samples = slices.Clone(e.Samples)
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b LatencyEvent) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return list
}

// Reset forgets the named events, all without names, and returns how many
// there were.
func (l *Latency) Reset(names ...string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(names) == 0 {
		n := len(l.events)
		clear(l.events)
		return n
	}
	n := 0
	for _, name := range names {
		if _, ok := l.events[name]; ok {
			delete(l.events, name)
			n++
		}
	}
	return n
}
