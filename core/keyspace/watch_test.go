package keyspace

import (
	"testing"

	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

func TestWatch(t *testing.T) {
	k := []byte("k")
	tests := []struct {
		name  string
		setup func(s *Space)
		do    func(s *Space)
		dirty bool
	}{
		{"nothing", nil, func(*Space) {}, false},
		{"read", set, func(s *Space) { s.DB(0).Find(k) }, false},
		{"set", set, set, true},
		{"add", nil, set, true},
		{"set in place", set, func(s *Space) { s.DB(0).SetString(k, []byte("w"), 0) }, true},
		{"set to another size", set, func(s *Space) { s.DB(0).SetString(k, make([]byte, 500), 0) }, true},
		{"other key", nil, func(s *Space) { s.DB(0).SetString([]byte("o"), nil, 0) }, false},
		{"other database", nil, func(s *Space) { s.DB(1).SetString(k, nil, 0) }, false},
		{"delete", set, func(s *Space) { s.DB(0).Delete(k) }, true},
		{"delete what isn't there", nil, func(s *Space) { s.DB(0).Delete(k) }, false},
		{"remove", set, func(s *Space) { s.DB(0).Remove(s.DB(0).Peek(k)) }, true},
		{"update", set, func(s *Space) { s.DB(0).Update(s.DB(0).Peek(k), object.Int(1)) }, true},
		{"count", func(s *Space) { s.DB(0).SetInt(k, 1, 0) },
			func(s *Space) { s.DB(0).Update(s.DB(0).Peek(k), object.Int(2)) }, true},
		{"append", set, func(s *Space) { s.DB(0).Append(s.DB(0).Peek(k), k) }, true},
		{"setrange", set, func(s *Space) { s.DB(0).SetRange(s.DB(0).Peek(k), 3, k) }, true},
		{"expire", set, func(s *Space) { s.DB(0).SetExpiry(s.DB(0).Peek(k), s.Now()+9) }, true},
		{"rename away", set, func(s *Space) { s.DB(0).Rename(s.DB(0).Peek(k), s.DB(0), []byte("o")) }, true},
		{"rename here", nil, renameHere, true},
		{"copy here", nil, func(s *Space) {
			s.DB(1).SetString(k, nil, 0)
			s.DB(1).Copy(s.DB(1).Peek(k), s.DB(0), k)
		}, true},
		{"copy away", set, func(s *Space) { s.DB(0).Copy(s.DB(0).Peek(k), s.DB(0), []byte("o")) }, false},
		{"flushall", set, func(s *Space) { s.FlushAll() }, true},
		{"flushall without the key", nil, func(s *Space) { s.FlushAll() }, false},
		{"flushdb", set, func(s *Space) { s.FlushDB(0) }, true},
		{"flushdb of another", set, func(s *Space) { s.DB(1).SetString(k, nil, 0); s.FlushDB(1) }, false},
		{"swapdb away", set, func(s *Space) { s.SwapDB(0, 1) }, true},
		{"swapdb here", func(s *Space) { s.DB(1).SetString(k, nil, 0) }, func(s *Space) { s.SwapDB(1, 0) }, true},
		{"swapdb without the key", nil, func(s *Space) { s.DB(1).SetString([]byte("o"), nil, 0); s.SwapDB(0, 1) }, false},
		{"expired by a read", volatile, func(s *Space) { pass(s); s.DB(0).Find(k) }, true},
		{"expired by a slice", volatile, func(s *Space) { pass(s); s.ExpireSlice(0) }, true},
		{"expired, not removed", volatile, pass, true},
		{"expired before, removed", overdue, func(s *Space) { s.DB(0).Find(k) }, false},
		{"expired before, removed by a slice", overdue, func(s *Space) { s.ExpireSlice(0) }, false},
		{"expired before, still there", overdue, func(*Space) {}, false},
		{"expired before, deleted", overdue, func(s *Space) { s.DB(0).Delete(k) }, false},
		{"expired before, set", overdue, set, true},
		{"expired before, removed, set", overdue, func(s *Space) { s.DB(0).Find(k); set(s) }, true},
		{"expired before, rename here", overdue, renameHere, true},
		{"expired before, flushed", overdue, func(s *Space) { s.FlushAll() }, false},
		{"expired before, flushed, set", overdue, func(s *Space) { s.FlushAll(); set(s) }, true},
		{"expired before, swapped away", overdue, func(s *Space) { s.SwapDB(0, 1) }, false},
		{"expired before, swapped for the like", func(s *Space) {
			s.DB(1).SetString(k, nil, s.Now()+5)
			overdue(s)
		}, func(s *Space) { s.SwapDB(0, 1) }, false},
		{"expired before, swapped for a live one", func(s *Space) {
			s.DB(1).SetString(k, nil, 0)
			overdue(s)
		}, func(s *Space) { s.SwapDB(0, 1) }, true},
		{"missing, swapped for an expired one", func(s *Space) {
			s.DB(1).SetString(k, nil, s.Now()+5)
			pass(s)
		}, func(s *Space) { s.SwapDB(0, 1) }, false},
		{"missing, swapped for an expired one, set", func(s *Space) {
			s.DB(1).SetString(k, nil, s.Now()+5)
			pass(s)
		}, func(s *Space) { s.SwapDB(0, 1); set(s) }, true},
		{"evicted", set, func(s *Space) {
			s.SetPolicy(Policy{Kind: AllKeysRandom})
			c, _ := s.Candidate()
			s.Evict(c)
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSpace(t, nil)
			if tt.setup != nil {
				tt.setup(s)
			}
			var w, gone Watcher
			d := s.DB(0)
			d.Watch(k, &w)
			d.Watch(k, &gone)
			d.Watch(k, &w)
			d.Unwatch(k, &gone)
			tt.do(s)
			if dirty := w.Dirty() || d.WatchBroken(k, &w); dirty != tt.dirty {
				t.Errorf("dirty: %v, want %v", dirty, tt.dirty)
			}
			if gone.Dirty() || d.WatchBroken(k, &gone) {
				t.Error("a watcher that had left was marked")
			}
			d.Unwatch(k, &w)
			if d.WatchedKeys() != 0 {
				t.Errorf("%d watched keys are left", d.WatchedKeys())
			}
			w.Reset()
			if w.Dirty() {
				t.Error("dirty after the reset")
			}
			sane(t, s)
		})
	}
}

func set(s *Space)      { s.DB(0).SetString([]byte("k"), []byte("v"), 0) }
func volatile(s *Space) { s.DB(0).SetString([]byte("k"), []byte("v"), s.Now()+5) }
func pass(s *Space)     { s.SetNow(s.Now() + 10) }
func overdue(s *Space)  { volatile(s); pass(s) }

func renameHere(s *Space) {
	s.DB(0).SetString([]byte("o"), nil, 0)
	s.DB(0).Rename(s.DB(0).Peek([]byte("o")), s.DB(0), []byte("k"))
}
