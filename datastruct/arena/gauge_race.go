//go:build race

package arena

import "sync/atomic"

// gauge is a counter with one writer at a time and any number of readers; see gauge.go.
type gauge struct{ v atomic.Int64 }

func (g *gauge) add(d int64) { g.v.Add(d) }

func (g *gauge) load() int64 { return g.v.Load() }
