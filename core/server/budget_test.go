package server

import (
	"math"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
)

func TestTenacity(t *testing.T) {
	tests := []struct{ tenacity, micros int64 }{{0, 0}, {1, 50}, {10, 500}, {11, 575}, {50, 133931}}
	for _, tt := range tests {
		if got := tenacityNanos(tt.tenacity) / 1000; got != tt.micros {
			t.Errorf("tenacity %d: %d µs, want %d", tt.tenacity, got, tt.micros)
		}
	}
	if tenacityNanos(100) != math.MaxInt64 {
		t.Error("tenacity 100 has an end")
	}
}

// TestMakeRoom fills a server, lowers the limit, and has each policy make
// room.
func TestMakeRoom(t *testing.T) {
	const keys, share = 5000, 3
	tests := []struct {
		policy string
		ttl    int64 // of every third key
		want   bool  // whether there is something to evict
	}{
		{"noeviction", 0, false},
		{"allkeys-lru", 0, true},
		{"allkeys-lfu", 0, true},
		{"allkeys-random", 0, true},
		{"volatile-lru", 0, false},
		{"volatile-lru", 1e6, true},
		{"volatile-lfu", 1e6, true},
		{"volatile-random", 1e6, true},
		{"volatile-ttl", 1e6, true},
	}
	for _, tt := range tests {
		t.Run(tt.policy, func(t *testing.T) {
			s := testServer(t, "maxmemory-policy", tt.policy, "maxmemory-eviction-tenacity", "100")
			s.dispatcher.ExclusiveAll(func(x *dispatch.Executor) {
				s.tuneSpaces()
				for i := range keys {
					addKey(t, s, i)
					if tt.ttl > 0 && i%share == 0 {
						expireKey(t, s, i, x.Now()+tt.ttl)
					}
				}
			})
			before := s.stored()
			limit := s.usedMemory() - before/10
			if err := s.Config.Assign(config.MaxMemory, formatInt(limit)); err != nil {
				t.Fatal(err)
			}
			s.dispatcher.OnFree(func(x *dispatch.Executor) {
				if got := s.dispatcher.Memory.MakeRoom(x); got != tt.want {
					t.Errorf("MakeRoom = %v, want %v", got, tt.want)
				}
			})
			if over := s.overLimit(); tt.want != (over <= 0) {
				t.Errorf("used memory is %d above the limit", over)
			}
			u := (*operations)(s).spaces(true)
			if evicted := int64(u.stats.Evicted); u.dbs[0].Keys+evicted != keys { // #nosec G115 -- a count
				t.Errorf("%d keys left, %d evicted, of %d", u.dbs[0].Keys, evicted, keys)
			}
			if gone := keys/share + 1 - u.dbs[0].Expires; tt.ttl > 0 && gone != int64(u.stats.Evicted) { // #nosec G115 -- a count
				t.Errorf("a volatile policy evicted %d keys, of which %d had an expiry", u.stats.Evicted, gone)
			}
		})
	}
}
