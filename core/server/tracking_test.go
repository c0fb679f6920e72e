package server

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/client"
)

// Clients that keep what they read are lied to if an invalidation is lost, or comes before the value that it should have dropped, or behind a reply that tells of a
// later change. The tests below have readers on several loops keep values, while writers change them, and look for each of these.
//
// A writer sets its key to a version, and its witness to the same version after that. Whoever has seen the witness at a version must not find
// an older one of the key in its own cache.

const (
	trackedPairs    = 4
	trackedVersions = 300
	trackedPatience = 20 * time.Second
)

// cache is a client with what it has read.
type cache struct {
	t      testing.TB
	c      *client.Conn
	values map[string]int
	strict bool
	pushes int
}

// dialCache connects a client that tracks as options say.
func dialCache(t testing.TB, path string, strict bool, options ...string) *cache {
	t.Helper()
	c, err := client.Dial("unix", path, trackedPatience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	k := &cache{t: t, c: c, values: make(map[string]int), strict: strict}
	k.do("HELLO", "3")
	k.do(append([]string{"CLIENT", "TRACKING", "ON"}, options...)...)
	return k
}

// reply reads up to the next reply, and takes in the messages before it.
func (k *cache) reply() client.Value {
	for {
		v, _, err := k.c.Read()
		if err != nil {
			k.t.Error(err)
			return client.Value{}
		}
		if v.Kind != client.Push {
			if v.IsError() {
				k.t.Error(v)
			}
			return v
		}
		k.pushes++
		if v.Elems[1].IsNil() {
			clear(k.values)
			continue
		}
		for _, key := range v.Elems[1].Elems {
			delete(k.values, key.Text)
		}
	}
}

func (k *cache) do(args ...string) client.Value {
	if err := k.c.Write(client.AppendCommand(nil, args)); err != nil {
		k.t.Error(err)
		return client.Value{}
	}
	return k.reply()
}

func version(v client.Value) int {
	n, _ := strconv.Atoi(v.Text)
	return n
}

func trackedKey(i int) string     { return "key:" + strconv.Itoa(i) }
func trackedWitness(i int) string { return "witness:" + strconv.Itoa(i) }

// look asks for some keys, keeps them, asks for a witness, and compares. within says how: one by one, in a pipeline, in a transaction.
func (k *cache) look(rnd *rand.Rand, within int) {
	i := rnd.IntN(trackedPairs)
	key, witness := trackedKey(i), trackedWitness(i)
	_, cached := k.values[key]
	var out []byte
	ask := 0
	if !cached {
		out = client.AppendCommand(out, []string{"GET", key})
		ask++
	}
	switch within {
	case 0:
		if !cached {
			k.values[key] = version(k.do("GET", key))
			if k.values[key] == 0 {
				delete(k.values, key)
			}
		}
		k.compare(key, version(k.do("GET", witness)))
	case 1: // the value of the key is kept when its reply comes, and the witness' is behind it
		out = client.AppendCommand(out, []string{"GET", witness})
		_ = k.c.Write(out)
		if ask == 1 {
			if n := version(k.reply()); n != 0 {
				k.values[key] = n
			}
		}
		k.compare(key, version(k.reply()))
	default:
		for _, args := range [][]string{{"MULTI"}, {"GET", key}, {"GET", witness}, {"EXEC"}} {
			_ = k.c.Write(client.AppendCommand(nil, args))
		}
		for range 3 {
			k.reply()
		}
		if both := k.reply(); len(both.Elems) == 2 {
			if n := version(both.Elems[0]); n != 0 {
				k.values[key] = n
			}
			k.compare(key, version(both.Elems[1]))
		}
	}
}

func (k *cache) compare(key string, seen int) {
	if have, is := k.values[key]; k.strict && is && have < seen {
		k.t.Errorf("%s is kept at version %d, though version %d of its witness was seen", key, have, seen)
	}
}

// settled reads until nothing is kept but the last versions.
func (k *cache) settled() {
	deadline := time.Now().Add(trackedPatience)
	for {
		k.do("PING")
		stale := ""
		for key, have := range k.values {
			if have != trackedVersions {
				stale = fmt.Sprintf("%s is kept at version %d for ever", key, have)
			}
		}
		if stale == "" {
			return
		}
		if time.Now().After(deadline) {
			k.t.Error(stale)
			return
		}
	}
}

func TestCachesAreNeverStale(t *testing.T) {
	for _, tc := range []struct {
		name    string
		strict  bool
		options []string
	}{
		{"default", true, nil},
		{"noloop", true, []string{"NOLOOP"}},
		{"broadcast", false, []string{"BCAST", "PREFIX", "key:"}},
		{"broadcast of everything", false, []string{"BCAST"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			seed := uint64(time.Now().UnixNano()) // #nosec G115 -- a seed
			t.Logf("seed %d", seed)
			path := filepath.Join(t.TempDir(), "s")
			s := testServer(t, "port", "0", "unixsocket", path, "save", "", "io-threads", "3", "partitions", "4", "appendonly", "no")
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Stop(time.Second) })
			var writers, readers sync.WaitGroup
			over := make(chan struct{})
			for i := range trackedPairs {
				w, err := client.Dial("unix", path, trackedPatience)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = w.Close() }()
				writers.Go(func() { writeVersions(t, w, i) })
			}
			for i := range 6 {
				k := dialCache(t, path, tc.strict, tc.options...)
				rnd := rand.New(rand.NewPCG(seed, uint64(i))) // #nosec G404 G115 -- a test
				readers.Go(func() {
					for within := i; ; within++ {
						select {
						case <-over:
							k.settled()
							if k.pushes == 0 {
								t.Error("a reader was told of nothing")
							}
							return
						default:
							k.look(rnd, within%3)
						}
					}
				})
			}
			writers.Wait()
			close(over)
			readers.Wait()
		})
	}
}

// writeVersions sets a key, and its witness after it: with a change between and without, by one command or several.
func writeVersions(t *testing.T, w *client.Conn, i int) {
	for n := 1; n <= trackedVersions; n++ {
		text := strconv.Itoa(n)
		var out []byte
		replies := 2
		switch n % 3 {
		case 0: // an expiry that is over is a change as well
			out = client.AppendCommand(out, []string{"SET", trackedKey(i), text, "PX", "1"})
			out = client.AppendCommand(out, []string{"SET", trackedKey(i), text})
			out = client.AppendCommand(out, []string{"SET", trackedWitness(i), text})
			replies = 3
		case 1:
			out = client.AppendCommand(out, []string{"SET", trackedKey(i), text})
			out = client.AppendCommand(out, []string{"SET", trackedWitness(i), text})
		default:
			out = client.AppendCommand(out, []string{"MSET", trackedKey(i), text, trackedWitness(i), text})
			replies = 1
		}
		if err := w.Write(out); err != nil {
			t.Error(err)
			return
		}
		for range replies {
			if v, _, err := w.Read(); err != nil || v.IsError() {
				t.Error(v, err)
				return
			}
		}
	}
}
