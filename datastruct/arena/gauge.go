//go:build !race

package arena

import "sync/atomic"

// gauge is a counter with one writer at a time (the holder of the lease) and any number of readers.
//
// The writer uses a plain store: it is the only one, a word is never torn (the Go memory model says so for
// values of a word, on every platform that we build for), and a reader needs a recent value, not an
// order. An atomic store would be a locked exchange on amd64 and cost more than the allocation that it counts. The build for
// the race detector uses atomics (gauge_race.go).
type gauge struct{ v int64 }

func (g *gauge) add(d int64) { g.v += d }

func (g *gauge) load() int64 { return atomic.LoadInt64(&g.v) }
