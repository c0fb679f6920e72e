package server

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/core/snapshot"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/internal/client"
)

// recorder is a format that tells keys, expiries and values, byte for byte.
type recorder struct{ env *object.Env }

type recorderEncoder struct {
	x *rdb.Encoder
}

func (r recorder) Encoder(*snapshot.Cut) snapshot.Encoder {
	return recorderEncoder{rdb.NewEncoder(r.env)}
}

const (
	recordSelect = 'S'
	recordEntry  = 'E'
)

func (r recorderEncoder) Select(dst []byte, db int) []byte {
	return append(dst, recordSelect, byte(db))
}

func (r recorderEncoder) Append(dst []byte, e keyspace.Entry, _ rdb.Usage) ([]byte, error) {
	value, err := r.x.Payload(e, rdb.VersionValkey9, false)
	dst = binary.AppendUvarint(append(dst, recordEntry), uint64(len(e.Key())))
	dst = binary.AppendVarint(append(dst, e.Key()...), e.ExpireAt())
	return append(binary.AppendUvarint(dst, uint64(len(value))), value...), err
}

func (r recorderEncoder) Write(out io.Writer, e keyspace.Entry, u rdb.Usage) error {
	b, err := r.Append(nil, e, u)
	for err == nil && len(b) > 0 {
		n := min(len(b), 1000)
		_, err = out.Write(b[:n])
		b = b[n:]
	}
	return err
}

// recorderFrame is nothing but a mark at both ends.
type recorderFrame struct{}

func (recorderFrame) Head(dst []byte, _ *snapshot.Cut) []byte { return append(dst, '{') }
func (recorderFrame) Tail(dst []byte, _ uint64) []byte        { return append(dst, '}') }
func (recorderFrame) Sums() bool                              { return false }

// recorded reads what a recorder wrote: values by database and key. A key that is there twice is an error.
func recorded(b []byte) (map[string]string, error) {
	if len(b) < 2 || b[0] != '{' || b[len(b)-1] != '}' {
		return nil, fmt.Errorf("%d bytes without their ends", len(b))
	}
	entries := make(map[string]string)
	db := -1
	for r := bytes.NewReader(b[1 : len(b)-1]); r.Len() > 0; {
		switch kind, _ := r.ReadByte(); kind {
		case recordSelect:
			n, _ := r.ReadByte()
			db = int(n)
		case recordEntry:
			n, _ := binary.ReadUvarint(r)
			key := make([]byte, n)
			_, _ = io.ReadFull(r, key)
			expireAt, _ := binary.ReadVarint(r)
			n, _ = binary.ReadUvarint(r)
			value := make([]byte, n)
			if _, err := io.ReadFull(r, value); err != nil {
				return nil, err
			}
			name := fmt.Sprintf("%d/%s", db, key)
			if _, was := entries[name]; was {
				return nil, fmt.Errorf("%s is there twice", name)
			}
			entries[name] = fmt.Sprintf("%d %x", expireAt, value)
		default:
			return nil, fmt.Errorf("record %q after %d entries", kind, len(entries))
		}
	}
	return entries, nil
}

// sameRecords compares what was there at a cut with what the snapshot of it holds.
func sameRecords(t *testing.T, cut, got []byte) {
	t.Helper()
	want, err := recorded(cut)
	if err != nil {
		t.Fatalf("the cut: %v", err)
	}
	have, err := recorded(got)
	if err != nil {
		t.Fatalf("the snapshot: %v", err)
	}
	wrong := 0
	for name, value := range want {
		if have[name] == value {
			continue
		}
		if wrong++; wrong < 5 {
			t.Errorf("%s: the cut has %.120s, the snapshot %.120s", name, value, have[name])
		}
	}
	for name, value := range have {
		if _, was := want[name]; !was {
			if wrong++; wrong < 5 {
				t.Errorf("%s: the snapshot has %.120s, the cut nothing", name, value)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d keys are wrong", wrong, len(want))
	}
}

// writes makes random commands over a few keys of every type, in some databases.
type writes struct {
	*rand.Rand
	members int // of which a collection may have some
	keys    int // of each type
}

func (w writes) key(kind string) string { return kind + strconv.Itoa(w.IntN(w.keys)) }

func (w writes) many(n int, make func() []string) (words []string) {
	for range 1 + w.IntN(n) {
		words = append(words, make()...)
	}
	return words
}

func (w writes) member() string { return "m" + strconv.Itoa(w.IntN(w.members)) }
func (w writes) text() string {
	return fmt.Sprintf("%0*d", 1+w.IntN(200), w.IntN(1000))
}

// kinds are prefixes of keys, by type.
var kinds = []string{"s", "l", "e", "z", "h", "x", "p"}

// next returns a command.
func (w writes) next() []string {
	one := func() []string { return []string{w.member()} }
	pair := func() []string { return []string{w.member(), w.text()} }
	scored := func() []string { return []string{strconv.Itoa(w.IntN(5000) - 2500), w.member()} }
	kind := kinds[w.IntN(len(kinds))]
	key := w.key(kind)
	switch w.IntN(26) {
	case 0:
		return []string{"set", w.key("s"), w.text()}
	case 1:
		return []string{"set", w.key("s"), w.text(), "px", strconv.Itoa(1 + w.IntN(40))}
	case 2:
		return []string{"append", w.key("s"), w.text()}
	case 3:
		return []string{"setrange", w.key("s"), strconv.Itoa(w.IntN(30_000)), w.text()}
	case 4:
		return []string{"incr", w.key("n")}
	case 5:
		return append([]string{"rpush", w.key("l")}, w.many(60, one)...)
	case 6:
		return []string{[]string{"lpop", "rpop"}[w.IntN(2)], w.key("l"), strconv.Itoa(1 + w.IntN(40))}
	case 7:
		return append([]string{"sadd", w.key("e")}, w.many(80, one)...)
	case 8:
		return append([]string{"srem", w.key("e")}, w.many(60, one)...)
	case 9:
		return append([]string{"zadd", w.key("z")}, w.many(80, scored)...)
	case 10:
		return append([]string{"zrem", w.key("z")}, w.many(60, one)...)
	case 11:
		return append([]string{"hset", w.key("h")}, w.many(60, pair)...)
	case 12:
		return append([]string{"hdel", w.key("h")}, w.many(60, one)...)
	case 13:
		return []string{"hpexpire", w.key("h"), strconv.Itoa(1 + w.IntN(60)), "fields", "2", w.member(), w.member()}
	case 14:
		return append([]string{"xadd", w.key("x"), "*"}, w.many(4, pair)...)
	case 15:
		return []string{"xgroup", "create", w.key("x"), "g" + strconv.Itoa(w.IntN(3)), "0"}
	case 16:
		return []string{"xreadgroup", "group", "g" + strconv.Itoa(w.IntN(3)), "c", "count", strconv.Itoa(1 + w.IntN(20)), "streams", w.key("x"), ">"}
	case 17:
		return append([]string{"pfadd", w.key("p")}, w.many(50, one)...)
	case 18:
		return []string{"pfcount", w.key("p")}
	case 19:
		return []string{"del", key}
	case 20:
		return []string{"rename", key, w.key(kind)}
	case 21:
		return []string{"copy", key, w.key(kind), "db", strconv.Itoa(w.IntN(3)), "replace"}
	case 22:
		return []string{"move", key, strconv.Itoa(w.IntN(3))}
	case 23:
		return []string{"pexpire", key, strconv.Itoa(1 + w.IntN(50))}
	case 24:
		return []string{"getex", w.key("s"), "persist"}
	}
	return w.seldom()
}

// seldom returns a command that does much.
func (w writes) seldom() []string {
	switch w.IntN(12) {
	case 0:
		return []string{"swapdb", strconv.Itoa(w.IntN(3)), strconv.Itoa(w.IntN(3))}
	case 1:
		return []string{"flushdb"}
	case 2:
		return []string{"sunionstore", w.key("e"), w.key("e"), w.key("e")}
	case 3:
		return []string{"zunionstore", w.key("z"), "2", w.key("z"), w.key("e")}
	case 4:
		return []string{"bitop", "xor", w.key("s"), w.key("s"), w.key("s")}
	case 5:
		return []string{"sort", w.key("l"), "alpha", "store", w.key("l")}
	case 6:
		return []string{"persist", w.key("s")}
	case 7:
		return []string{"ltrim", w.key("l"), "0", strconv.Itoa(w.IntN(300))}
	case 8:
		return []string{"get", w.key("s")}
	}
	return []string{"select", strconv.Itoa(w.IntN(3))}
}

func args(words []string) [][]byte {
	b := make([][]byte, len(words))
	for i, word := range words {
		b[i] = []byte(word)
	}
	return b
}

// stepper is a host whose loops are the test: it makes the cut, and does the slices, where the test says.
type stepper struct {
	s    *Server
	cuts chan func()
}

func (h *stepper) Cut(f func()) {
	done := make(chan struct{})
	h.cuts <- func() { f(); close(done) }
	<-done
}
func (h *stepper) Stir()          {}
func (h *stepper) Loops() int     { return 1 }
func (h *stepper) Release()       { h.s.dispatcher.Release() }
func (h *stepper) Walked(on bool) { h.s.dispatcher.SetWalked(on) }
func (h *stepper) Rescue()        {}

func (h *stepper) KeyDelay() time.Duration { return 0 }

// TestCut takes snapshots of known places in a known order of operations.
func TestCut(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { cutAmidWrites(t, seed) })
	}
}

func cutAmidWrites(t *testing.T, seed uint64) {
	s := testServer(t, "partitions", strconv.Itoa(1<<(seed%3)))
	host := &stepper{s, make(chan func())}
	budget := []int64{1 << 20, 64 << 20}[seed%2]
	taker := snapshot.New(s.Set, host, func() int64 { return budget })
	w := writes{rand.New(rand.NewPCG(seed, 1)), 20 + int(seed)*300, 10 + int(seed%3)*30}
	a := s.dispatcher.NewApplier()
	defer a.Close()
	write := func(n int) {
		for range n {
			_ = a.Apply(args(w.next()))
			if w.IntN(20) == 0 {
				_ = a.Apply(args([]string{"multi"}))
				for range w.IntN(5) {
					_ = a.Apply(args(w.next()))
				}
				_ = a.Apply(args([]string{"exec"}))
			}
			if w.IntN(10) == 0 {
				s.Set.Space(w.IntN(s.Set.Len())).ExpireSlice(0)
			}
		}
	}
	write(3000)
	for round := range 6 {
		var cut, got bytes.Buffer
		format := recorder{s.Set.Space(0).Env()}
		done := make(chan error, 1)
		taker.Start(snapshot.Target{Out: &got, Format: format, Frame: recorderFrame{},
			AtCut: func(*snapshot.Cut) {
				if err := taker.Hold(&cut, format, recorderFrame{}); err != nil {
					t.Errorf("round %d: %v", round, err)
				}
			},
			Done: func(err error) { done <- err }})
		(<-host.cuts)()
		v := taker.NewWalker(w.IntN(100))
		for over := false; !over; {
			write(w.IntN(30))
			for range w.IntN(3) {
				v.Slice(int64(w.IntN(5000)), func(p int, f func(*partition.Set)) bool { f(s.Set); return true })
			}
			select {
			case err := <-done:
				if over = true; err != nil {
					t.Fatalf("seed %d, round %d: %v", seed, round, err)
				}
			default:
			}
		}
		sameRecords(t, cut.Bytes(), got.Bytes())
		for p := range s.Set.Len() {
			if err := s.Set.Space(p).Sane(); err != nil {
				t.Fatalf("seed %d, round %d, partition %d: %v", seed, round, p, err)
			}
		}
		write(200)
	}
}

// TestCutUnderLoad takes snapshots while clients write on all loops, and compares each with what every lease showed at its cut.
func TestCutUnderLoad(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	s := testServer(t, "port", "0", "unixsocket", socket, "io-threads", "3", "partitions", "8", "snapshot-memory-budget", "1mb", "save", "")
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var clients sync.WaitGroup
	var stop atomic.Bool
	for i := range uint64(6) {
		clients.Add(1)
		go func() {
			defer clients.Done()
			writeUntil(t, socket, writes{rand.New(rand.NewPCG(seed, i)), 400 + int(i)*400, 40}, &stop)
		}()
	}
	for round := range 25 {
		var cut, got bytes.Buffer
		format := recorder{s.Set.Space(0).Env()}
		done := make(chan error, 1)
		s.walking.taker.Start(snapshot.Target{Out: &got, Format: format, Frame: recorderFrame{},
			AtCut: func(*snapshot.Cut) {
				if err := s.walking.taker.Hold(&cut, format, recorderFrame{}); err != nil {
					t.Errorf("round %d: %v", round, err)
				}
			},
			Done: func(err error) { done <- err }})
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
		case <-time.After(time.Minute):
			t.Fatalf("round %d: the snapshot doesn't end", round)
		}
		sameRecords(t, cut.Bytes(), got.Bytes())
		if t.Failed() {
			break
		}
	}
	stop.Store(true)
	clients.Wait()
	for p := range s.Set.Len() {
		s.dispatcher.ExclusiveAll(func(*dispatch.Executor) {
			if err := s.Set.Space(p).Sane(); err != nil {
				t.Errorf("partition %d: %v", p, err)
			}
		})
	}
}

// writeUntil sends random commands, alone, in pipelines and in transactions, and some that wait.
func writeUntil(t *testing.T, socket string, w writes, stop *atomic.Bool) {
	c, err := client.Dial("unix", socket, time.Minute)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close() //nolint:errcheck // nothing depends on it
	for !stop.Load() {
		var b []byte
		replies := 0
		add := func(words ...string) {
			b = client.AppendCommand(b, words)
			replies++
		}
		switch w.IntN(8) {
		case 0:
			add("multi")
			for range w.IntN(6) {
				add(w.next()...)
			}
			add("exec")
		case 1:
			add("blmove", w.key("l"), w.key("l"), "left", "right", "0.01")
			add("bzpopmin", w.key("z"), w.key("z"), "0.01")
		default:
			for range 1 + w.IntN(20) {
				add(w.next()...)
			}
		}
		if err := c.Write(b); err != nil {
			t.Error(err)
			return
		}
		for range replies {
			if _, _, err := c.Read(); err != nil {
				t.Error(err)
				return
			}
		}
	}
}
