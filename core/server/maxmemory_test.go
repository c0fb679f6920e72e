package server

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/internal/client"
)

// TestMaxMemoryRandom has clients write values of all types and sizes, read, delete and publish at random, under every
// policy and with settings that change, and looks after each batch whether the ceiling holds.
func TestMaxMemoryRandom(t *testing.T) {
	const (
		room    = 1 << 20
		batches = 60
		// slack is what one batch may leave above the limit until the next command looks: what clients take is counted
		// every few milliseconds.
		slack = 512 << 10
	)
	seed := rand.Uint64() // #nosec G404 -- a test
	t.Logf("seed %d", seed)
	for n, policy := range []string{"allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "noeviction"} {
		t.Run(policy, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, uint64(n))) // #nosec G115 G404 -- a test
			o := newOriginal(t, "maxmemory-policy", policy, "maxmemory-eviction-tenacity", "100")
			c, mute := o.dial(), o.dial()
			o.sampleMemory()
			if err := o.Config.Assign(config.MaxMemory, formatInt(o.usedMemory()+room)); err != nil {
				t.Fatal(err)
			}
			w := memoryWork{rnd: rnd, ttl: strings.HasPrefix(policy, "volatile")}
			if _, err := mute.Do("SUBSCRIBE", "ch"); err != nil { // and never reads again
				t.Fatal(err)
			}
			refused := 0
			for range batches {
				refused += w.batch(t, c)
				if over := o.overLimit(); policy != "noeviction" && over > slack {
					t.Fatalf("used memory is %d above the limit", over)
				}
			}
			u := (*operations)(o.Server).spaces(false)
			switch evicted := u.stats.Evicted; {
			case policy == "noeviction" && (evicted > 0 || refused == 0):
				t.Errorf("%d keys evicted, %d commands refused", evicted, refused)
			case policy != "noeviction" && (evicted == 0 || refused > 0):
				t.Errorf("%d keys evicted, %d commands refused", evicted, refused)
			}
			(*operations)(o.Server).EachSpace(false, func(p int, space *keyspace.Space) {
				if err := space.Sane(); err != nil {
					t.Errorf("partition %d: %v", p, err)
				}
			})
		})
	}
}

// memoryWork makes random commands.
type memoryWork struct {
	rnd *rand.Rand
	ttl bool // each key gets an expiry at once
}

// batch sends some commands in one go, and returns how many were refused for want of memory.
func (w *memoryWork) batch(t *testing.T, c *client.Conn) (refused int) {
	t.Helper()
	var out []byte
	sent := 0
	send := func(args ...string) {
		out = client.AppendCommand(out, args)
		sent++
	}
	for range 50 {
		key, value := fmt.Sprintf("k%d", w.rnd.IntN(5000)), strings.Repeat("v", w.rnd.IntN(1<<w.rnd.IntN(16)))
		switch w.rnd.IntN(12) {
		case 0:
			send("GET", key)
		case 1:
			send("DEL", key)
		case 2:
			send("PUBLISH", "ch", value[:len(value)/16])
		case 3:
			send("DEL", key)
			send("RPUSH", key, value, value, "x")
		case 4:
			send("DEL", key)
			send("HSET", key, "f", value, "g", value)
		case 5:
			send("DEL", key)
			send("ZADD", key, "1", value+"a", "2", "b")
		case 6:
			send("DEL", key)
			send("XADD", key, "*", "f", value)
		default:
			send("SET", key, value)
		}
		if w.ttl {
			send("EXPIRE", key, fmt.Sprint(1000+w.rnd.IntN(1000)))
		}
	}
	if err := c.Write(out); err != nil {
		t.Fatal(err)
	}
	for range sent {
		v, _, err := c.Read()
		if err != nil {
			t.Fatal(err)
		}
		if v.IsError() {
			if strings.HasPrefix(v.Text, "OOM") {
				refused++
			} else if !strings.HasPrefix(v.Text, "WRONGTYPE") {
				t.Fatalf("a reply is %s", v.Format())
			}
		}
	}
	return refused
}
