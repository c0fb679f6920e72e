package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// bed is partitions with keys, a taker, and a host whose cuts and slices are made by the test.
type bed struct {
	testing.TB
	set      *partition.Set
	taker    *Taker
	walker   *Walker
	cuts     chan func()
	stirred  chan struct{}
	released atomic.Int64
	walked   atomic.Bool
	keys     int
}

func newBed(t testing.TB, partitions int, budget int64, keys, bytes int) *bed {
	mem, err := arena.NewRange(1 << 30)
	if err != nil {
		t.Fatal(err)
	}
	b := &bed{TB: t, cuts: make(chan func()), stirred: make(chan struct{}, 1), keys: keys}
	b.set = partition.NewSet(partitions, func(int) *keyspace.Space {
		s := keyspace.NewSpace(keyspace.Config{Databases: 4, Range: mem, Seed: 1})
		s.SetNow(time.Now().UnixMilli())
		return s
	})
	b.taker = New(b.set, b, func() int64 { return budget })
	b.walker = b.taker.NewWalker(0)
	for i := range keys {
		b.put(i, bytes)
	}
	return b
}

func (b *bed) Cut(f func()) {
	done := make(chan struct{})
	b.cuts <- func() { f(); close(done) }
	<-done
}
func (b *bed) Stir() {
	select {
	case b.stirred <- struct{}{}:
	default:
	}
}
func (b *bed) Loops() int     { return 2 }
func (b *bed) Release()       { b.released.Add(1) }
func (b *bed) Walked(on bool) { b.walked.Store(on) }
func (b *bed) Rescue()        {}

func (b *bed) KeyDelay() time.Duration { return 0 }

func key(i int) []byte { return fmt.Appendf(nil, "key:%d", i) }

// space returns where key i is.
func (b *bed) space(i int) *keyspace.Space { return b.set.Space(i % b.set.Len()) }

func (b *bed) put(i, n int) {
	b.Helper()
	if err := b.space(i).DB(0).SetString(key(i), bytes.Repeat([]byte{byte(i)}, n), 0); err != nil {
		b.Fatal(err)
	}
}

// target returns a target that writes to out, and what its Done will get.
func (b *bed) target(out interface{ Write([]byte) (int, error) }) (Target, chan error) {
	done := make(chan error, 1)
	format := RDB{Env: b.set.Space(0).Env()}
	return Target{Out: out, Format: format, Frame: &RDBFrame{Format: format, Checksum: true}, Done: func(err error) { done <- err }}, done
}

func (b *bed) slice() (more bool) {
	return b.walker.Slice(10_000, func(_ int, f func(*partition.Set)) bool { f(b.set); return true })
}

// walk does slices until there are no more, however often the walk has to wait for the sink.
func (b *bed) walk() {
	b.Helper()
	for limit := time.Now().Add(time.Minute); b.walked.Load(); {
		if b.slice() {
			continue
		}
		if !b.walked.Load() {
			return
		}
		select {
		case <-b.stirred:
		case <-time.After(time.Until(limit)):
			b.Fatal("nobody goes on with the walk")
		}
	}
}

func (b *bed) want(done chan error, want error) {
	b.Helper()
	select {
	case err := <-done:
		if !errors.Is(err, want) {
			b.Fatalf("it ended with %v, want %v", err, want)
		}
	case <-time.After(time.Minute):
		b.Fatal("it doesn't end")
	}
}

func (b *bed) sane() {
	b.Helper()
	for p := range b.set.Len() {
		if b.set.Space(p).Walked() {
			b.Fatalf("partition %d is still walked", p)
		}
		if err := b.set.Space(p).Sane(); err != nil {
			b.Fatalf("partition %d: %v", p, err)
		}
	}
}

// loaded counts what a file holds.
type loaded struct {
	rdb.Sink
	keys, bytes int
}

func (l *loaded) Aux(_, _ []byte) error                { return nil }
func (l *loaded) Function([]byte) error                { return nil }
func (l *loaded) Database(uint64) error                { return nil }
func (l *loaded) Resize(uint64, uint64) error          { return nil }
func (l *loaded) Key(*rdb.KeyInfo) (rdb.Sink, error)   { return l, nil }
func (l *loaded) String(text []byte) error             { l.bytes += len(text); return nil }
func (l *loaded) Done(_ *rdb.KeyInfo, err error) error { l.keys++; return err }

func (b *bed) load(file []byte) (l loaded) {
	b.Helper()
	var d rdb.Decoder
	if err := d.Load(bytes.NewReader(file), rdb.LoadOptions{Checksum: true}, &l); err != nil {
		b.Fatalf("the file: %v", err)
	}
	return l
}

func TestSnapshot(t *testing.T) {
	b := newBed(t, 4, 1<<20, 5000, 100)
	b.put(7, 300_000) // is lent
	var file bytes.Buffer
	target, done := b.target(&file)
	var cut Cut
	target.AtCut = func(c *Cut) { cut = *c }
	ticket := b.taker.Start(target)
	(<-b.cuts)()
	for i := range 100 {
		b.put(b.keys+i, 100) // isn't part of it
	}
	b.walk()
	b.want(done, nil)
	if l := b.load(file.Bytes()); l.keys != 5000 || l.bytes != 4999*100+300_000 {
		t.Errorf("the file holds %d keys with %d bytes", l.keys, l.bytes)
	}
	if p := ticket.Progress(); p.Keys != 5000 || p.Total != 5000 || p.Bytes != int64(file.Len()) || p.Cut == 0 {
		t.Errorf("progress: %+v for %d bytes", p, file.Len())
	}
	if cut.Keys != 5000 || len(cut.Databases) != 1 || cut.Databases[0].Keys != 5000 {
		t.Errorf("the cut: %+v", cut)
	}
	b.sane()
}

// TestShare: those who ask at once for the same format share a cut, another format has its own.
func TestShare(t *testing.T) {
	b := newBed(t, 2, 1<<20, 1000, 50)
	var files [3]bytes.Buffer
	var done [3]chan error
	first, ends := b.target(&files[0])
	done[0] = ends
	b.taker.Start(first)
	cut := <-b.cuts
	for i := range files[1:] {
		var target Target
		target, done[i+1] = b.target(&files[i+1])
		b.taker.Start(target)
	}
	other, otherDone := b.target(&bytes.Buffer{})
	other.Format = RDB{Version: rdb.VersionRedis70, Env: b.set.Space(0).Env()}
	b.taker.Start(other)
	cut()
	b.walk()
	b.want(done[0], nil)
	b.put(1000, 50)
	(<-b.cuts)()
	b.walk()
	b.want(done[1], nil)
	b.want(done[2], nil)
	if !bytes.Equal(files[1].Bytes(), files[2].Bytes()) {
		t.Error("two who share a cut have different files")
	}
	if n := b.load(files[1].Bytes()).keys; n != 1001 {
		t.Errorf("the second cut has %d keys", n)
	}
	(<-b.cuts)()
	b.walk()
	b.want(otherDone, nil)
	b.sane()
}

// gate is a file whose writes wait until it is opened, and then fail with err if that is set.
type gate struct {
	bytes.Buffer
	open chan struct{}
	err  error
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	if g.err != nil && g.Len() > 0 {
		return 0, g.err
	}
	return g.Buffer.Write(p)
}

// stalled has a walk come to its budget before a sink that doesn't write.
func stalled(t *testing.T, b *bed, g *gate) (done chan error) {
	target, done := b.target(g)
	b.taker.Start(target)
	(<-b.cuts)()
	for b.slice() {
		if used := b.taker.current.Load().account.used.Load(); used > 1<<20 {
			t.Fatalf("%d bytes of a budget of 1 MiB are in use", used)
		}
	}
	if !b.walked.Load() {
		t.Fatal("the walk came through although nothing was written")
	}
	return done
}

// TestBudget: with a sink that stalls the walk stops, and so do writes to what it hasn't visited, but no others; all goes on when the sink
// does.
func TestBudget(t *testing.T) {
	b := newBed(t, 4, 1<<20, 8000, 400)
	g := &gate{open: make(chan struct{})}
	done := stalled(t, b, g)
	refused := -1
	for i := range b.keys {
		if !b.space(i).Preserve(0, key(i)) {
			refused = i
			break
		}
		b.put(i, 390)
	}
	if refused < 0 {
		t.Fatal("no write was refused")
	}
	if !b.space(b.keys).Preserve(0, key(b.keys)) {
		t.Error("a write to a new key was refused")
	}
	r := b.taker.current.Load()
	if used, peak := r.account.used.Load(), r.account.peak.Load(); used > 1<<20 || peak > 1<<20 || used < 1<<19 {
		t.Errorf("%d bytes are in use, %d at most", used, peak)
	}
	was := b.released.Load()
	close(g.open)
	for limit := time.Now().Add(time.Minute); b.released.Load() == was; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("nobody is told that there is room")
		}
	}
	if !b.space(refused).Preserve(0, key(refused)) {
		t.Error("the write is still refused")
	}
	b.put(refused, 390)
	b.walk()
	b.want(done, nil)
	if l := b.load(g.Bytes()); l.keys != 8000 || l.bytes != 8000*400 {
		t.Errorf("the file holds %d keys with %d bytes", l.keys, l.bytes)
	}
	b.sane()
}

// TestFailing: a sink that fails, or a target that gives up, ends the snapshot; the walk goes on until nothing of it is left.
func TestFailing(t *testing.T) {
	full := errors.New("disk full")
	for _, tt := range []struct {
		name string
		end  func(b *bed, t *Ticket, g *gate)
		want error
	}{
		{"disk full", func(_ *bed, _ *Ticket, g *gate) { g.err = full; close(g.open) }, full},
		{"cancelled", func(_ *bed, t *Ticket, g *gate) { t.Cancel(); close(g.open) }, ErrCancelled},
		{"cancelled while nothing comes", func(_ *bed, t *Ticket, g *gate) { close(g.open); t.Cancel() }, ErrCancelled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBed(t, 2, 1<<20, 5000, 100)
			b.put(3, 200_000)
			g := &gate{open: make(chan struct{})}
			target, done := b.target(g)
			ticket := b.taker.Start(target)
			(<-b.cuts)()
			for range 20 {
				b.slice()
			}
			for i := range 50 {
				if n := rand.IntN(b.keys); b.space(n).Preserve(0, key(n)) {
					b.put(n, i)
				}
			}
			tt.end(b, ticket, g)
			b.walk()
			b.want(done, tt.want)
			b.sane()
			// And the next one is whole.
			var file bytes.Buffer
			target, done = b.target(&file)
			b.taker.Start(target)
			(<-b.cuts)()
			b.walk()
			b.want(done, nil)
			if n := b.load(file.Bytes()).keys; n != b.keys {
				t.Errorf("the next one has %d keys", n)
			}
		})
	}
}

// TestFlushed: a snapshot ends when its data is gone, and the memory of what the sink still reads stays until then.
func TestFlushed(t *testing.T) {
	b := newBed(t, 2, 1<<20, 2000, 100)
	for i := range 40 {
		b.put(i, 200_000)
	}
	g := &gate{open: make(chan struct{})}
	target, done := b.target(g)
	b.taker.Start(target)
	(<-b.cuts)()
	for b.slice() {
		continue
	}
	var old []*keyspace.Detached
	for p := range b.set.Len() {
		_, o := b.set.Space(p).FlushAll()
		old = append(old, o)
	}
	if old[0].Dispose(1) != true {
		t.Error("memory that is being read was disposed of")
	}
	if b.walked.Load() {
		t.Error("writes are still told")
	}
	close(g.open)
	b.want(done, ErrFlushed)
	for _, o := range old {
		for limit := time.Now().Add(time.Minute); o.Dispose(1 << 20); time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatal("the memory isn't disposed of")
			}
		}
	}
	b.sane()
}

// TestFlushDB: one database that is flushed is part of the snapshot nevertheless.
func TestFlushDB(t *testing.T) {
	b := newBed(t, 2, 1<<20, 2000, 100)
	b.put(5, 50_000)
	var file bytes.Buffer
	target, done := b.target(&file)
	b.taker.Start(target)
	(<-b.cuts)()
	b.slice()
	for p := range b.set.Len() {
		if _, old := b.set.Space(p).FlushDB(0); old != nil {
			t.Fatal("the arena went with the keys")
		}
		b.set.Space(p).SwapDB(0, 1)
	}
	for i := range 10 {
		b.put(i, 10)
	}
	for p := range b.set.Len() {
		b.set.Space(p).FreeSlice(1e9)
	}
	b.walk()
	b.want(done, nil)
	if l := b.load(file.Bytes()); l.keys != 2000 || l.bytes != 1999*100+50_000 {
		t.Errorf("the file holds %d keys with %d bytes", l.keys, l.bytes)
	}
	for p := range b.set.Len() {
		if b.set.Space(p).FreeSlice(1e9) {
			t.Error("what was flushed isn't freed")
		}
	}
	b.sane()
}

// BenchmarkCut tells for how long every lease is held.
func BenchmarkCut(b *testing.B) {
	for _, partitions := range []int{32, 256} {
		b.Run(fmt.Sprint(partitions), func(b *testing.B) {
			d := newBed(b, partitions, 64<<20, 2000, 100)
			total := time.Duration(0)
			for b.Loop() {
				target, done := d.target(&bytes.Buffer{})
				ticket := d.taker.Start(target)
				(<-d.cuts)()
				d.walk()
				d.want(done, nil)
				total += ticket.Progress().Cut
			}
			b.ReportMetric(float64(total.Microseconds())/float64(b.N), "µs/cut")
		})
	}
}
