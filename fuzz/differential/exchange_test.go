package differential

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/client"
	"github.com/sleipnirdb/sleipnir/internal/launch"
)

// exchangeLimits are settings of the encodings under which values are exchanged. A limit of hashes is told in a way of its own, see
// TestStreamsAtLimits.
var exchangeLimits = map[string][]string{
	"default": nil,
	"large": {"--set-max-intset-entries", "0", "--hash-max-listpack-entries", "0", "--zset-max-listpack-entries", "0",
		"--list-max-listpack-size", "1", "--stream-node-max-entries", "1"},
	"small": {"--set-max-intset-entries", "1000000", "--hash-max-listpack-entries", "1000000", "--hash-max-listpack-value", "1000000",
		"--zset-max-listpack-entries", "1000000", "--zset-max-listpack-value", "1000000", "--list-max-listpack-size", "-5",
		"--stream-node-max-entries", "0", "--stream-node-max-bytes", "0"},
}

// TestExchange fills both servers with the same data, carries every value over by DUMP and RESTORE, and everything by a snapshot, each
// way, and compares fingerprints.
func TestExchange(t *testing.T) {
	reference, subject := referenceBinary(t), subjectBinary(t)
	count := 4
	if testing.Short() {
		count = 1
	}
	for name, args := range exchangeLimits {
		t.Run(name, func(t *testing.T) {
			x := &exchange{T: t, folders: map[*launch.Server]string{}}
			x.reference = x.start(reference, args)
			x.subject = x.start(subject, append([]string{"--rdb-version-write", "10"}, args...))
			pair := NewPair(x.reference.Addr(), x.subject.Addr())
			for i := range count {
				seed := *seedFlag + uint64(i)
				for _, grammar := range []*Grammar{NewCommandGrammar(true), NewListGrammar(), NewStreamGrammar()} {
					fillBoth(t, pair, grammar, seed)
					x.connect()
					x.sameDigest(seed, "in the beginning")
					x.dumps(seed)
				}
			}
			x.widths()
			x.dumps(0)
			x.snapshots()
		})
	}
}

// widths fills both sides with texts at whose lengths an element of a listpack gets another head, or another length behind it.
func (x *exchange) widths() {
	x.Helper()
	x.do(x.ref, "SELECT", "0")
	x.do(x.sub, "SELECT", "0")
	for _, around := range []int{63, 125, 4095, 16378} {
		for n := around - 3; n <= around+4; n++ {
			text := strings.Repeat("t", n)
			for _, write := range [][]string{
				{"XADD", "widths:stream", fmt.Sprint(n, "-1"), "f", text, text[1:], "v"},
				{"RPUSH", "widths:list", text, "7"},
				{"HSET", fmt.Sprint("widths:hash", n), text, "1"},
				{"ZADD", fmt.Sprint("widths:zset", n), "1", text},
			} {
				x.do(x.ref, write...)
				x.do(x.sub, write...)
			}
		}
	}
	x.sameDigest(0, "at the widths of listpacks")
}

// fillBoth runs a stream of commands on both sides.
func fillBoth(t *testing.T, pair *Pair, grammar *Grammar, seed uint64) {
	t.Helper()
	const length = 2000
	if err := pair.Reset(2); err != nil {
		t.Fatal(err)
	}
	if d := pair.RunStream(grammar.Stream(rand.New(rand.NewPCG(seed, 0)), length, streamConns), seed); d != nil {
		t.Fatalf("seed %d: %v", seed, d)
	}
}

type exchange struct {
	*testing.T
	reference, subject *launch.Server
	folders            map[*launch.Server]string // where they run
	ref, sub           *client.Conn
}

func (x *exchange) start(binary string, args []string) *launch.Server {
	x.Helper()
	dir := x.TempDir()
	s := start(x, binary, append([]string{"--dir", dir}, args...)...)
	x.folders[s] = dir
	return s
}

func (x *exchange) connect() {
	x.Helper()
	for _, side := range []struct {
		conn **client.Conn
		addr string
	}{{&x.ref, x.reference.Addr()}, {&x.sub, x.subject.Addr()}} {
		if *side.conn != nil {
			_ = (*side.conn).Close() // the server may have ended
		}
		c, err := client.Dial("tcp", side.addr, replyLimit)
		if err != nil {
			x.Fatal(err)
		}
		*side.conn = c
	}
}

func (x *exchange) do(c *client.Conn, args ...string) client.Value {
	x.Helper()
	v, err := c.Do(args...)
	if err != nil {
		x.Fatalf("%.200q: %v", args, err)
	}
	return v
}

// sameDigest compares all data.
func (x *exchange) sameDigest(seed uint64, when string) {
	x.Helper()
	ref, sub := x.do(x.ref, "DEBUG", "DIGEST").Text, x.do(x.sub, "DEBUG", "DIGEST").Text
	if ref == sub {
		return
	}
	for db := range contentDatabases {
		x.do(x.ref, "SELECT", fmt.Sprint(db))
		x.do(x.sub, "SELECT", fmt.Sprint(db))
		for _, key := range x.do(x.ref, "KEYS", "*").Elems {
			ref, sub := x.do(x.ref, "DEBUG", "DIGEST-VALUE", key.Text), x.do(x.sub, "DEBUG", "DIGEST-VALUE", key.Text)
			if ref.String() != sub.String() {
				x.Errorf("seed %d, %s: database %d, key %q (%s, %s) differs", seed, when, db, key.Text,
					x.do(x.sub, "TYPE", key.Text).Text, x.do(x.sub, "OBJECT", "ENCODING", key.Text).Text)
			}
		}
	}
	x.Fatalf("seed %d, %s: digests %s and %s", seed, when, ref, sub)
}

// dumps carries every value over, each way.
func (x *exchange) dumps(seed uint64) {
	x.Helper()
	for db := range contentDatabases {
		x.do(x.ref, "SELECT", fmt.Sprint(db))
		x.do(x.sub, "SELECT", fmt.Sprint(db))
		for _, key := range x.do(x.ref, "KEYS", "*").Elems {
			ref, sub := x.do(x.ref, "DUMP", key.Text), x.do(x.sub, "DUMP", key.Text)
			if ref.IsNil() || sub.IsNil() {
				continue // its time has come
			}
			x.restore(x.sub, key.Text, ref.Text)
			x.restore(x.ref, key.Text, sub.Text)
		}
	}
	x.sameDigest(seed, "after the exchange of dumps")
}

func (x *exchange) restore(c *client.Conn, key, payload string) {
	x.Helper()
	at := "0"
	if v := x.do(c, "PEXPIRETIME", key).Text; !strings.HasPrefix(v, "-") {
		at = v
	}
	if v := x.do(c, "RESTORE", key, at, payload, "REPLACE", "ABSTTL"); v.IsError() {
		x.Fatalf("%q: %s\n%x", key, v.Text, payload)
	}
}

// snapshots lets each server load the other's file.
func (x *exchange) snapshots() {
	x.Helper()
	x.do(x.ref, "SAVE")
	x.do(x.sub, "SAVE")
	want := x.do(x.ref, "DEBUG", "DIGEST").Text
	ours, theirs := filepath.Join(x.folders[x.subject], "dump.rdb"), filepath.Join(x.folders[x.reference], "dump.rdb")
	spare := theirs + ".theirs"
	for _, move := range [][2]string{{theirs, spare}, {ours, theirs}, {spare, ours}} {
		if err := os.Rename(move[0], move[1]); err != nil {
			x.Fatal(err)
		}
	}
	for _, c := range []*client.Conn{x.ref, x.sub} {
		if v := x.do(c, "DEBUG", "RELOAD", "NOSAVE"); v.IsError() {
			x.Fatal(v.Text)
		}
	}
	if got := x.do(x.ref, "DEBUG", "DIGEST").Text; got != want {
		x.Errorf("the reference has read something else: %s, %s", got, want)
	}
	x.sameDigest(0, "after the exchange of snapshots")
	x.do(x.sub, "CONFIG", "SET", "rdb-version-write", "auto")
	if v := x.do(x.sub, "DEBUG", "RELOAD"); v.IsError() {
		x.Fatal(v.Text)
	}
	x.sameDigest(0, "after a reload in the newer version")
}
