package aof

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// crash ends a server without a word, and returns what a power cut leaves of its files.
func (b *bed) crash() *vfs.Memory {
	b.t.Helper()
	m, ok := b.x.(*vfs.Memory)
	if !ok {
		m = b.x.(*vfs.Faulty).FS.(*vfs.Memory)
	}
	after := m.PowerCut(nil)
	b.log.keeper.end()
	b.log.mu.Lock()
	w := b.log.w
	b.log.mu.Unlock()
	if w != nil {
		w.drop.Store(true)
		b.log.poke()
		_ = w.flush(0, true)
	}
	return after
}

// stop ends a server as SHUTDOWN does.
func (b *bed) stop() {
	b.t.Helper()
	if err := b.log.Close(false); err != nil {
		b.t.Fatal(err)
	}
}

func TestWriteAndLoad(t *testing.T) {
	for _, policy := range []string{"always", "everysec", "no"} {
		for _, preamble := range []string{"yes", "no"} {
			t.Run(policy+" "+preamble, func(t *testing.T) {
				x := vfs.NewMemory()
				settings := []string{"appendfsync " + policy, "aof-use-rdb-preamble " + preamble, "aof-timestamp-enabled yes"}
				for round := range 3 {
					b := newBed(t, x, settings...)
					if len(b.keys) != round*100 {
						t.Errorf("round %d: %d keys", round, len(b.keys))
					}
					for i := range 100 {
						b.write(key(round*100+i), "v")
					}
					want := b.data()
					b.stop()
					again := tryBed(t, x, settings...)
					if err := again.log.ReadManifest(); err != nil {
						t.Fatal(err)
					}
					if _, err := again.log.Load(again); err != nil {
						t.Fatal(err)
					}
					sameData(t, "loaded", again.keys, want)
				}
				base := "1.base.rdb"
				if preamble == "no" {
					base = "1.base.aof"
				}
				if got, want := names(t, x), base+" 1.incr.aof manifest"; got != want {
					t.Errorf("files %s, want %s", got, want)
				}
				if text := file(t, x, "1.incr.aof"); !strings.HasPrefix(text, "#TS:") {
					t.Errorf("no annotation: %.40q", text)
				}
			})
		}
	}
}

func TestAlwaysIsDurable(t *testing.T) {
	b := newBed(t, vfs.NewMemory(), "appendfsync always")
	if !b.holds.Load() {
		t.Error("replies don't wait")
	}
	for i := range 50 {
		p := b.write(key(i), "v")
		b.wait("the sync", func() bool { return b.durable.Load() >= uint64(p) })
	}
	want := b.data()
	b.write("later", "v") // may be lost
	after := newBed(t, b.crash())
	delete(after.keys, "later")
	sameData(t, "after the cut", after.keys, want)
	after.stop()
}

func TestEverySecondSyncs(t *testing.T) {
	b := newBed(t, vfs.NewMemory(), "appendfsync everysec")
	if b.holds.Load() {
		t.Error("replies wait")
	}
	p := b.write("k", "v")
	b.wait("the sync", func() bool { return b.log.Durable() >= p })
	after := newBed(t, b.crash())
	sameData(t, "after the cut", after.keys, b.data())
	after.stop()
}

func TestRewrite(t *testing.T) {
	for _, policy := range []string{"always", "everysec", "no"} {
		for _, preamble := range []string{"yes", "no"} {
			t.Run(policy+" "+preamble, func(t *testing.T) {
				x := vfs.NewMemory()
				b := newBed(t, x, "appendfsync "+policy, "aof-use-rdb-preamble "+preamble)
				b.during = func() { b.write("during", "v") }
				for round := range 3 {
					for i := range 70 {
						b.write(key(i), fmt.Sprint(round))
					}
					if st := b.rewrite(); st.RewriteFailed || st.Rewrites != int64(round+1) {
						t.Fatalf("%+v", st)
					}
					b.write("after", fmt.Sprint(round))
				}
				want := b.data()
				b.stop()
				form := "rdb"
				if preamble == "no" {
					form = "aof"
				}
				if got, want := names(t, x), "4.base."+form+" 4.incr.aof manifest"; got != want {
					t.Errorf("files %s, want %s", got, want)
				}
				if text := file(t, x, "4.incr.aof"); strings.Count(text, "during") != 1 || !strings.HasPrefix(text, "*2\r\n$6\r\nSELECT") {
					t.Errorf("the increment is %q", text)
				}
				b = newBed(t, x)
				sameData(t, "loaded", b.keys, want)
				b.stop()
			})
		}
	}
}

func TestRewriteByItself(t *testing.T) {
	b := newBed(t, vfs.NewMemory(), "auto-aof-rewrite-min-size 1000", "auto-aof-rewrite-percentage 100")
	for n := int64(1); n < 4; n++ {
		for i := 0; b.log.Status().Rewrites < n; i++ {
			b.write(key(i%10), strings.Repeat("x", 60))
			if i > 1e6 {
				t.Fatal("never")
			}
		}
		b.wait("the rewrite", func() bool { return !b.log.Status().IsRewriting })
	}
	want := b.data()
	b.stop()
	b = newBed(t, b.x)
	sameData(t, "loaded", b.keys, want)
	b.stop()
}

func TestRewriteWaitsForSave(t *testing.T) {
	b := newBed(t, vfs.NewMemory())
	b.saving.Store(true)
	if got := b.log.Rewrite(false); got != Scheduled {
		t.Errorf("got %v", got)
	}
	if st := b.log.Status(); !st.IsScheduled || st.IsRewriting {
		t.Errorf("%+v", st)
	}
	b.saving.Store(false)
	b.log.SavingEnded()
	b.wait("the rewrite", func() bool { st := b.log.Status(); return st.Rewrites == 1 && !st.IsRewriting })
	if got := b.log.Rewrite(true); got != Scheduled {
		t.Errorf("in a transaction: got %v", got)
	}
	b.wait("the rewrite", func() bool { st := b.log.Status(); return st.Rewrites == 2 && !st.IsRewriting })
	b.stop()
}

func TestRewriteRefusedMeanwhile(t *testing.T) {
	b := newBed(t, vfs.NewMemory())
	begun, goOn := make(chan struct{}), make(chan struct{})
	b.during = func() { close(begun); <-goOn }
	if b.log.Rewrite(false) != Started {
		t.Error("not started")
	}
	if b.log.Rewrite(false) != Refused {
		t.Error("a second one before it began")
	}
	<-begun
	if b.log.Rewrite(false) != Refused {
		t.Error("a second one")
	}
	b.during = nil
	close(goOn)
	b.wait("the rewrite", func() bool { return !b.log.Status().IsRewriting })
	b.stop()
}

func TestFailedRewritesAreLimited(t *testing.T) {
	b := newBed(t, vfs.NewMemory())
	b.write("k", "v")
	b.saveError = fmt.Errorf("no")
	for n := range int64(3) {
		if st := b.rewrite(); !st.RewriteFailed || st.RewriteFailures != 1 {
			t.Fatalf("%d: %+v", n, st)
		}
		b.log.keeper.mu.Lock()
		b.log.keeper.failures = n + 1
		b.log.keeper.mu.Unlock()
	}
	b.log.keeper.schedule()
	b.log.keeper.poke()
	b.wait("the limit", func() bool {
		b.log.keeper.mu.Lock()
		defer b.log.keeper.mu.Unlock()
		return b.log.keeper.delay == firstDelay
	})
	if st := b.log.Status(); !st.IsScheduled || st.Rewrites != 3 {
		t.Errorf("%+v", st)
	}
	b.saveError = nil
	if st := b.rewrite(); st.RewriteFailed || st.RewriteFailures != 0 { // asked for, there is no limit
		t.Errorf("%+v", st)
	}
	b.stop()
	want := b.data()
	b = newBed(t, b.x)
	sameData(t, "loaded", b.keys, want)
	b.stop()
}

func TestSwitchOnAndOff(t *testing.T) {
	x := vfs.NewMemory()
	b := newBed(t, x, "appendonly no", "appendfsync always")
	turn := func(value string) {
		b.set("appendonly", value)
		b.log.Switch(b.cfg.Bool(config.AppendOnly))
	}
	b.write("before", "v")
	for round := range 3 {
		turn("yes")
		if !b.log.Status().IsOn {
			t.Error("not on at once")
		}
		b.write("opening", fmt.Sprint(round))
		b.wait("the set", func() bool { return b.log.isOn() && !b.log.Status().IsRewriting })
		p := b.write("on", fmt.Sprint(round))
		b.wait("the sync", func() bool { return b.durable.Load() >= uint64(p) })
		want := b.data()
		loaded := tryBed(t, x)
		if err := loaded.log.ReadManifest(); err != nil {
			t.Fatal(err)
		}
		if _, err := loaded.log.Load(loaded); err != nil {
			t.Fatal(err)
		}
		sameData(t, "on", loaded.keys, want)
		turn("no")
		b.wait("off", func() bool { return !b.log.Status().IsOn })
		if b.j.On() || b.holds.Load() {
			t.Error("off, the journal is on or replies wait")
		}
		b.write("off", fmt.Sprint(round))
	}
	b.stop()
}

func TestRewriteWhileOff(t *testing.T) {
	x := vfs.NewMemory()
	b := newBed(t, x, "appendonly no")
	b.write("k", "v")
	if st := b.rewrite(); st.RewriteFailed || st.IsOn {
		t.Errorf("%+v", st)
	}
	if got := names(t, x); got != "1.base.rdb manifest" {
		t.Errorf("files %s", got)
	}
	b.stop()
	b = newBed(t, x)
	sameData(t, "loaded", b.keys, map[string]string{"k": "v"})
	b.stop()
}

func TestPolicyChanges(t *testing.T) {
	b := newBed(t, vfs.NewMemory(), "appendfsync no")
	p := b.write("a", "v")
	b.set("appendfsync", "always")
	b.log.PolicyChanged()
	b.wait("the sync", func() bool { return b.durable.Load() >= uint64(p) })
	if !b.holds.Load() {
		t.Error("replies don't wait")
	}
	b.set("appendfsync", "everysec")
	b.log.PolicyChanged()
	if b.holds.Load() {
		t.Error("replies wait")
	}
	p = b.write("b", "v")
	b.wait("the sync", func() bool { return b.durable.Load() >= uint64(p) })
	b.stop()
}

func TestHistoryStaysIfAskedTo(t *testing.T) {
	x := vfs.NewMemory()
	b := newBed(t, x, "aof-disable-auto-gc yes")
	b.rewrite()
	if got, want := names(t, x), "1.base.rdb 1.incr.aof 2.base.rdb 2.incr.aof manifest"; got != want {
		t.Errorf("files %s, want %s", got, want)
	}
	b.stop()
	b = newBed(t, x)
	b.wait("the removal", func() bool { return names(t, x) == "2.base.rdb 2.incr.aof manifest" })
	b.stop()
}

func TestFlushedRewriteBeginsAnew(t *testing.T) {
	b := newBed(t, vfs.NewMemory())
	b.write("k", "v")
	b.flushes = 2
	b.log.Rewrite(false)
	b.wait("the third rewrite", func() bool {
		st := b.log.Status()
		return st.Rewrites == 3 && !st.IsRewriting
	})
	if st := b.log.Status(); st.RewriteFailed || st.RewriteFailures != 0 || st.IsScheduled {
		t.Errorf("%+v", st)
	}
	b.stop()
}
