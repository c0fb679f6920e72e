package server

import (
	"fmt"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

// BenchmarkEvict inserts keys into a full server: each makes room for itself.
func BenchmarkEvict(b *testing.B) {
	for _, policy := range []string{"allkeys-lru", "allkeys-lfu", "allkeys-random"} {
		b.Run(policy, func(b *testing.B) {
			s := testServer(b, "maxmemory-policy", policy)
			s.dispatcher.ExclusiveAll(func(*dispatch.Executor) {
				s.tuneSpaces()
				for i := range 500_000 {
					addKey(b, s, i)
				}
			})
			if err := s.Config.Assign(config.MaxMemory, formatInt(s.usedMemory())); err != nil {
				b.Fatal(err)
			}
			i := 500_000
			b.ReportAllocs()
			s.dispatcher.OnFree(func(x *dispatch.Executor) {
				for b.Loop() {
					if !s.dispatcher.Memory.MakeRoom(x) {
						b.Fatal("nothing to evict")
					}
					addKey(b, s, i)
					i++
				}
			})
		})
	}
}

func addKey(tb testing.TB, s *Server, i int) {
	key := fmt.Appendf(nil, "key:%012d", i)
	db := s.Set.Space(s.Set.Of(crc.Slot(key))).DB(0)
	if err := db.Add(key, object.Text([]byte("0123456789abcdef")), 0); err != nil {
		tb.Fatal(err)
	}
}

// testServer is a server that doesn't run.
func testServer(tb testing.TB, pairs ...string) *Server {
	tb.Helper()
	cfg := config.New()
	for i := 0; i < len(pairs); i += 2 {
		id, ok := config.Lookup(pairs[i])
		if !ok {
			tb.Fatalf("no directive %s", pairs[i])
		}
		if err := cfg.Assign(id, pairs[i+1]); err != nil {
			tb.Fatal(err)
		}
	}
	s, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Stop(drainTime); err != nil {
			tb.Error(err)
		}
		s.garbage.disposals.Wait()
		s.memory.Close()
	})
	return s
}

func expireKey(tb testing.TB, s *Server, i int, at int64) {
	key := fmt.Appendf(nil, "key:%012d", i)
	db := s.Set.Space(s.Set.Of(crc.Slot(key))).DB(0)
	if _, err := db.SetExpiry(db.Peek(key), at); err != nil {
		tb.Fatal(err)
	}
}
