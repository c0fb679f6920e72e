package server

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/journal"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/fuzz/differential"
	"github.com/sleipnirdb/sleipnir/internal/client"
)

// The journal is proved by its use: what clients do to one server is repeated, from the journal, on another one, and both must
// hold the same.

const (
	effectReplyLimit = 20 * time.Second
	effectDatabases  = 16
)

// original is a server whose journal is read.
type original struct {
	*Server
	t      *testing.T
	path   string
	reader *journal.Reader
}

// newOriginal starts a server that listens to a socket in the file system. Directives come in pairs.
func newOriginal(t *testing.T, directives ...string) *original {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	s := testServer(t, append([]string{"port", "0", "unixsocket", path, "enable-debug-command", "yes", "save", ""}, directives...)...)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	return &original{Server: s, t: t, path: path}
}

// expiries sets what becomes of what has expired.
func (o *original) expiries(m keyspace.ExpiryMode) {
	o.dispatcher.ExclusiveAll(func(*dispatch.Executor) {
		for p := range o.Set.Len() {
			o.Set.Space(p).SetExpiryMode(m)
		}
	})
}

func (o *original) open() {
	o.dispatcher.ExclusiveAll(func(*dispatch.Executor) { o.reader = o.dispatcher.Journal.Open() })
}

func (o *original) dial() *client.Conn {
	o.t.Helper()
	c, err := client.Dial("unix", o.path, effectReplyLimit)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = c.Close() })
	return c
}

// journaled returns what the journal has got since the last call, command by command.
func (o *original) journaled() [][][]byte {
	o.t.Helper()
	var in []byte
	o.dispatcher.ExclusiveAll(func(*dispatch.Executor) {
		for {
			b, _ := o.reader.Next()
			if len(b) == 0 {
				return
			}
			in = append(in, b...)
		}
	})
	return parsed(o.t, in)
}

// spell writes commands as a user would.
func spell(commands [][][]byte) string {
	var b strings.Builder
	for _, args := range commands {
		for _, arg := range args {
			fmt.Fprintf(&b, "%.80q ", arg)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// content reads everything, as text by key.
func (o *original) content() map[string]string {
	o.t.Helper()
	c := o.dial()
	do := func(args ...string) client.Value {
		v, err := c.Do(args...)
		if err != nil {
			o.t.Fatal(err)
		}
		return v
	}
	all := map[string]string{}
	for db := range effectDatabases {
		do("SELECT", fmt.Sprint(db))
		for _, e := range do("KEYS", "*").Elems {
			all[fmt.Sprintf("%d %q", db, e.Text)] = valueOf(do, e.Text)
		}
	}
	return all
}

// valueOf reads all that makes up a value. Of consumers the times at which they were seen are left out, which no journal has.
func valueOf(do func(args ...string) client.Value, key string) string {
	kind := do("TYPE", key).Text
	text := kind + " expires " + do("PEXPIRETIME", key).String() + " "
	switch kind {
	case "string":
		return text + do("GET", key).String()
	case "list":
		return text + do("LRANGE", key, "0", "-1").String()
	case "zset":
		return text + do("ZRANGE", key, "0", "-1", "WITHSCORES").String()
	case "set":
		return text + strings.Join(texts(do("SMEMBERS", key), 1), " ")
	case "hash":
		pairs := texts(do("HGETALL", key), 2)
		for i, pair := range pairs {
			field, _ := client.Parse(strings.SplitN(pair, " = ", 2)[0])
			pairs[i] += do("HPEXPIRETIME", key, "FIELDS", "1", field.Text).String()
		}
		return text + strings.Join(pairs, "\n")
	}
	return text + withoutSeen(do("XINFO", "STREAM", key, "FULL", "COUNT", "0"))
}

// texts returns the elements of an array, so many in one, sorted.
func texts(v client.Value, n int) []string {
	var list []string
	for i := 0; i+n <= len(v.Elems); i += n {
		var parts []string
		for _, e := range v.Elems[i : i+n] {
			parts = append(parts, fmt.Sprintf("%q", e.Text))
		}
		list = append(list, strings.Join(parts, " = "))
	}
	slices.Sort(list)
	return list
}

// withoutSeen writes a value without what it says of times, sizes of trees and deliveries to history.
func withoutSeen(v client.Value) string {
	if len(v.Elems) == 0 {
		return v.String()
	}
	var b strings.Builder
	b.WriteByte('[')
	for i := 0; i < len(v.Elems); i++ {
		switch v.Elems[i].Text {
		case "seen-time", "active-time", "radix-tree-keys", "radix-tree-nodes":
			i++
			continue
		}
		b.WriteString(withoutSeen(v.Elems[i]) + " ")
	}
	b.WriteByte(']')
	return b.String()
}

// sameContent compares two servers.
func sameContent(t *testing.T, a, b map[string]string) bool {
	t.Helper()
	same := true
	for key, text := range a {
		if b[key] != text {
			t.Errorf("key %s\n  is       %.1000s\n  repeated %.1000s", key, text, b[key])
			same = false
		}
	}
	for key, text := range b {
		if _, ok := a[key]; !ok {
			t.Errorf("key %s\n  is gone, but repeated it is %.1000s", key, text)
			same = false
		}
	}
	return same
}

// effectCase is a setting under which effects are repeated.
type effectCase struct {
	name       string
	directives []string
	clients    int
}

func TestEffectsRepeated(t *testing.T) {
	streams, length := 12, 1500
	if testing.Short() {
		streams, length = 2, 500
	}
	for _, tt := range []effectCase{
		{"one client, one partition", []string{"partitions", "1", "io-threads", "1"}, 1},
		{"one client", []string{"partitions", "16", "io-threads", "1"}, 1},
		{"several clients", []string{"partitions", "16", "io-threads", "3"}, 6},
		{"few partitions", []string{"partitions", "2", "io-threads", "3"}, 6},
		{"small encodings", []string{"partitions", "4", "io-threads", "2", "hash-max-listpack-entries", "2", "zset-max-listpack-entries", "2",
			"set-max-intset-entries", "2", "set-max-listpack-entries", "2", "list-max-listpack-size", "2", "stream-node-max-entries", "3"}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRepetition(t, &tt)
			for range streams {
				if seed := rand.Uint64(); !r.stream(seed, length) { // #nosec G404 -- a test's choice
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

// repetition is a server with its journal, and another one on which that is repeated.
type repetition struct {
	*effectCase
	t             *testing.T
	first, second *original
	applier       *dispatch.Applier
}

func newRepetition(t *testing.T, c *effectCase) *repetition {
	t.Helper()
	r := &repetition{effectCase: c, t: t, first: newOriginal(t, c.directives...), second: newOriginal(t, "partitions", "8")}
	r.second.expiries(keyspace.ExpireIgnore)
	r.first.open()
	r.applier = r.second.dispatcher.NewApplier()
	t.Cleanup(r.applier.Close)
	return r
}

// stream has clients send commands drawn by the seed, and compares the repetition.
func (r *repetition) stream(seed uint64, length int) bool {
	r.first.expiries(keyspace.ExpireDelete)
	grammar := differential.NewEffectGrammar()
	var wg sync.WaitGroup
	for i := range r.clients {
		c := r.first.dial()
		steps := grammar.Stream(rand.New(rand.NewPCG(seed, uint64(i))), length, 1) // #nosec G404 G115 -- a test's choice
		steps = slices.DeleteFunc(steps, readsHistory)
		wg.Go(func() {
			send(r.first, c, steps, seed)
			_ = c.Close()
		})
	}
	wg.Wait()
	r.first.expiries(keyspace.ExpireIgnore) // what is there stays as it is
	commands := r.first.journaled()
	if err := r.repeat(commands); err != nil {
		r.t.Error(err)
		return false
	}
	return sameContent(r.t, r.first.content(), r.second.content())
}

// readsHistory says whether a step reads what is pending with a consumer. That counts as a delivery, which the journal doesn't get, as
// Valkey's replicas don't.
func readsHistory(step differential.Step) bool {
	if len(step.Args) == 0 || !strings.EqualFold(step.Args[0], "xreadgroup") {
		return false
	}
	at := slices.IndexFunc(step.Args, func(arg string) bool { return strings.EqualFold(arg, "streams") })
	if at < 0 {
		return false
	}
	rest := step.Args[at+1:]
	return slices.ContainsFunc(rest[len(rest)/2:], func(id string) bool { return id != ">" })
}

// repeat applies commands on the second server.
func (r *repetition) repeat(commands [][][]byte) error {
	for i, args := range commands {
		if err := r.applier.Apply(args); err != nil {
			return fmt.Errorf("%w\n%s", err, spell(commands[max(0, i-20):i+1]))
		}
	}
	return nil
}

// TestEvictionsRepeated fills a server beyond its memory.
func TestEvictionsRepeated(t *testing.T) {
	const room, valueBytes, batch, enough, most = 1 << 20, 500, 100, 300, 100_000
	for _, tt := range []struct{ policy, lazy, verb string }{{"allkeys-lru", "yes", "UNLINK"}, {"volatile-ttl", "no", "DEL"}} {
		t.Run(tt.policy, func(t *testing.T) {
			r := newRepetition(t, &effectCase{directives: []string{"partitions", "16", "io-threads", "2", "maxmemory-policy", tt.policy,
				"lazyfree-lazy-eviction", tt.lazy, "maxmemory-eviction-tenacity", "100"}})
			debug.FreeOSMemory() // what tests before have left would leave by itself, and make room
			r.first.sampleMemory()
			if err := r.first.Config.Assign(config.MaxMemory, formatInt(r.first.usedMemory()+room)); err != nil {
				t.Fatal(err)
			}
			c := r.first.dial()
			value := strings.Repeat("v", valueBytes)
			keys := 0
			for keys < most && (*operations)(r.first.Server).spaces(false).stats.Evicted < enough {
				var out []byte
				for range batch {
					out = client.AppendCommand(out, []string{"SET", fmt.Sprint("key:", keys), value, "EX", "1000"})
					keys++
				}
				if err := c.Write(out); err != nil {
					t.Fatal(err)
				}
				for range batch {
					if v, _, err := c.Read(); err != nil || v.IsError() {
						t.Fatal(v, err)
					}
				}
			}
			if err := r.first.Config.Assign(config.MaxMemory, "0"); err != nil { // no more: who looks takes memory too
				t.Fatal(err)
			}
			r.first.expiries(keyspace.ExpireIgnore)
			commands := r.first.journaled()
			evicted := 0
			for _, args := range commands {
				if string(args[0]) == tt.verb {
					evicted++
				}
			}
			if evicted < enough {
				t.Errorf("%d %ss for %d keys", evicted, tt.verb, keys)
			}
			if err := r.repeat(commands); err != nil {
				t.Fatal(err)
			}
			sameContent(t, r.first.content(), r.second.content())
		})
	}
}

// send sends the steps in pipelines of random length.
func send(o *original, c *client.Conn, steps []differential.Step, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 99)) // #nosec G404 -- a test's choice
	for len(steps) > 0 {
		n := min(1+rnd.IntN(12), len(steps))
		var out []byte
		sent := 0
		for i := range steps[:n] {
			if !isRepeatable(steps[i].Args) {
				continue
			}
			out = client.AppendCommand(out, steps[i].Args)
			sent++
		}
		steps = steps[n:]
		if err := c.Write(out); err != nil {
			o.t.Error(err)
			return
		}
		for range sent {
			if _, _, err := c.Read(); err != nil {
				o.t.Error(err)
				return
			}
		}
	}
}

// isRepeatable leaves out what ends a connection, and what changes something that Valkey's journal hasn't either: the deliveries of
// entries that a consumer reads again.
func isRepeatable(args []string) bool {
	switch strings.ToLower(args[0]) {
	case "quit", "auth", "hello", "reset":
		return false
	case "xreadgroup":
		return args[len(args)-1] == ">" && args[len(args)-2] != "STREAMS" && !strings.Contains(args[len(args)-2], "-")
	}
	return true
}

// TestForeignEffects applies what only other servers write.
func TestForeignEffects(t *testing.T) {
	o := newOriginal(t, "partitions", "2")
	o.expiries(keyspace.ExpireIgnore)
	a := o.dispatcher.NewApplier()
	defer a.Close()
	for _, tt := range []struct{ command, key, want string }{
		{"SET k v PXAT 1000", "k", `string expires :1000 "v"`}, // what is past stays until the file says that it goes
		{"SET k v EXAT 1", "k", `string expires :1000 "v"`},
		{"PEXPIREAT k 2000", "k", `string expires :2000 "v"`},
		{"GETEX k PXAT 3000", "k", `string expires :3000 "v"`},
		{"HSET h f v", "h", `hash expires :-1 "f" = "v"[:-1]`},
		{"HPEXPIREAT h 1000 FIELDS 1 f", "h", `hash expires :-1 "f" = "v"[:1000]`},
		{"HSETEX h PXAT 2000 FIELDS 1 f w", "h", `hash expires :-1 "f" = "w"[:2000]`},
		{"XADD s MAXLEN = 1 LIMIT 1 1-1 f v", "s", ""}, // Valkey makes a trim exact and leaves the limit
		{"XADD s MAXLEN = 0 LIMIT 1 1-2 f v", "s", ""},
	} {
		if err := a.Apply(fields(tt.command)); err != nil {
			t.Errorf("%s: %v", tt.command, err)
		}
		got := o.content()[fmt.Sprintf("0 %q", tt.key)]
		if got != tt.want && tt.want != "" {
			t.Errorf("%s: %s, want %s", tt.command, got, tt.want)
		}
	}
	if v, err := o.dial().Do("XLEN", "s"); err != nil || v.String() != ":0" {
		t.Error(v, err)
	}
}

func fields(line string) (args [][]byte) {
	for word := range strings.FieldsSeq(line) {
		args = append(args, []byte(word))
	}
	return args
}
