package dispatch_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
)

// waitingCommands wait for strings as BLPOP and BLMOVE do for lists.
func waitingCommands() []command.Command {
	last := func(c *command.Call) (int64, error) {
		return command.ParseTimeout(c, c.Args[len(c.Args)-1], true)
	}
	return []command.Command{
		// take removes the first of its keys that is there.
		{Name: "take", Arity: -3, Flags: command.Write | command.Blocking, Keys: []command.KeySpec{command.Range(1, -2, 1, command.RW)},
			Run: func(c *command.Call) error {
				until, err := last(c)
				if err != nil {
					return err
				}
				keys := c.Args[1 : len(c.Args)-1]
				for _, key := range keys {
					db := c.DB(key)
					if e := db.FindWrite(key); e.Exists() {
						c.W.Array(2)
						c.W.Bulk(key)
						c.W.Bulk(e.AppendValue(nil))
						db.Delete(key)
						return nil
					}
				}
				if c.InExec {
					c.W.Null()
					return nil
				}
				return c.Wait(keys, until, command.NullReply)
			}},
		// carry takes a value from its first key to its second, if that is free.
		{Name: "carry", Arity: 4, Flags: command.Write | command.Blocking,
			Keys: []command.KeySpec{command.Key(1, command.RW), command.Key(2, command.RW)},
			Run: func(c *command.Call) error {
				until, err := last(c)
				if err != nil {
					return err
				}
				from, to := c.Args[1], c.Args[2]
				e := c.DB(from).FindWrite(from)
				if !e.Exists() {
					return c.Wait(c.Args[1:2], until, command.NullReply)
				}
				value := e.AppendValue(nil)
				if err := c.DB(to).SetString(to, value, 0); err != nil {
					return command.ErrOOM
				}
				c.DB(from).Delete(from)
				c.W.Bulk(value)
				return nil
			}},
	}
}

func TestWaitForKey(t *testing.T) {
	b := newBed(t, 2, 4)
	pusher, waiter := b.apart()
	key, other := b.keyIn(0), b.keyIn(3)
	waiter.send("take " + key + " " + other + " 0")
	b.blocked(waiter)
	pusher.send("set "+other+" v", "get "+other)
	pusher.want("+OK", "nil") // served within the write
	waiter.want(fmt.Sprintf(`["%s" "v"]`, other))
	pusher.ask("set "+key+" w", "+OK") // nobody waits any more
	pusher.ask("get "+key, `"w"`)
	waiter.ask("take "+key+" 0", fmt.Sprintf(`["%s" "w"]`, key))
	waiter.ask("take "+key+" 1", "nil")
}

func TestWaitersInOrder(t *testing.T) {
	b := newBed(t, 2, 4)
	pusher := b.dial()
	key := b.keyIn(1)
	waiters := make([]*peer, 20)
	for i := range waiters {
		waiters[i] = b.dial()
		waiters[i].send("take " + key + " 0")
		b.blocked(waiters[i])
	}
	for i, w := range waiters {
		pusher.ask(fmt.Sprintf("set %s %d", key, i), "+OK")
		w.want(fmt.Sprintf(`["%s" "%d"]`, key, i))
	}
}

func TestWaitServedByTransaction(t *testing.T) {
	b := newBed(t, 2, 4)
	pusher, waiter := b.apart()
	key := b.keyIn(2)
	waiter.send("take " + key + " 0")
	b.blocked(waiter)
	pusher.send("multi", "set "+key+" a", "set "+key+" b", "exec", "get "+key)
	pusher.want("+OK", "+QUEUED", "+QUEUED", "[+OK +OK]", "nil")
	waiter.want(fmt.Sprintf(`["%s" "b"]`, key))
}

// TestWaitOverPartitions serves a chain: each waiter's destination is what the
// next one waits for, in another partition.
func TestWaitOverPartitions(t *testing.T) {
	b := newBed(t, 2, 4)
	pusher := b.dial()
	const hops = 3
	var waiters []*peer
	for i := range hops {
		w := b.dial()
		w.send(fmt.Sprintf("carry %s %s 0", b.keyIn(i), b.keyIn(i+1)))
		b.blocked(w)
		waiters = append(waiters, w)
	}
	pusher.ask("set "+b.keyIn(0)+" v", "+OK")
	for _, w := range waiters {
		w.want(`"v"`)
	}
	pusher.ask("get "+b.keyIn(hops), `"v"`)
}

// TestWaitOverBusyPartition: the destination's lease is held by somebody else,
// so the waiter is served when that lets go.
func TestWaitOverBusyPartition(t *testing.T) {
	b := newBed(t, 2, 4)
	pusher, waiter := b.apart()
	holder := b.dial()
	from, to := b.keyIn(0), b.keyIn(1)
	waiter.send("carry " + from + " " + to + " 0")
	b.blocked(waiter)
	holder.send("slowly " + to)
	<-b.entered
	pusher.ask("set "+from+" v", "+OK")
	b.release <- struct{}{}
	holder.want("+OK")
	waiter.want(`"v"`)
	pusher.ask("get "+to, `"v"`)
}

func TestWaiterGoesAway(t *testing.T) {
	b := newBed(t, 2, 4)
	pusher, waiter := b.apart()
	key := b.keyIn(0)
	waiter.send("take " + key + " 0")
	b.blocked(waiter)
	id := strconv.FormatUint(waiter.s.ID, 10)
	pusher.ask("client unblock "+id, ":1")
	waiter.want("nil")
	waiter.send("take " + key + " 0")
	b.blocked(waiter)
	pusher.ask("client kill id "+id, ":1")
	waiter.closed()
	pusher.ask("set "+key+" v", "+OK")
	pusher.ask("get "+key, `"v"`)
}

// blocked waits until the session waits on its loop.
func (b *bed) blocked(p *peer) {
	b.t.Helper()
	b.eventually("the session waits", func() bool {
		blocked := false
		b.d.OnLoop(p.conn.Loop(), func(*dispatch.Executor) { blocked = !p.s.Lent && p.s.Blocked() })
		return blocked
	})
}

// TestWaitersStress lets clients put, take and carry values at random, with
// timeouts and over busy partitions: no value may be lost or seen twice.
func TestWaitersStress(t *testing.T) {
	seed := rand.Uint64()
	rounds := 3
	if testing.Short() {
		rounds = 1
	}
	for range rounds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { waitersStress(t, seed) })
		seed++
	}
}

func waitersStress(t *testing.T, seed uint64) {
	b := newBed(t, 2, 8)
	const takers, carriers, pushers, perPusher = 12, 4, 4, 500
	keys := make([]string, 8)
	for i := range keys {
		keys[i] = b.keyIn(i)
	}
	var taken sync.Map
	var count, put atomic.Int64
	var stop atomic.Bool
	var group sync.WaitGroup
	run := func(n int, f func(p *peer, rnd *rand.Rand, i int)) {
		for i := range n {
			p, rnd := b.dial(), rand.New(rand.NewPCG(seed, uint64(n*100+i)))
			group.Go(func() { f(p, rnd, i) })
		}
	}
	some := func(rnd *rand.Rand) []string {
		n := 1 + rnd.IntN(3)
		picked := make([]string, n)
		for i := range picked {
			picked[i] = keys[rnd.IntN(len(keys))]
		}
		return picked
	}
	run(takers, func(p *peer, rnd *rand.Rand, _ int) {
		for !stop.Load() {
			p.send(fmt.Sprintf("take %s %d", strings.Join(some(rnd), " "), 1+rnd.IntN(5)))
			v, _, err := p.Read()
			if err != nil {
				t.Error(err)
				return
			}
			if text := v.String(); text != "nil" {
				value := strings.Fields(strings.Trim(text, "[]"))[1]
				if _, twice := taken.LoadOrStore(value, true); twice {
					t.Errorf("value %s was served twice", value)
				}
				count.Add(1)
			}
		}
	})
	run(carriers, func(p *peer, rnd *rand.Rand, _ int) {
		for !stop.Load() {
			// Its destination is a key that nobody else writes to, and that it empties.
			to := "{" + keys[rnd.IntN(len(keys))] + "}" + p.s.Name + strconv.FormatUint(p.s.ID, 10)
			p.send(fmt.Sprintf("carry %s %s %d", keys[rnd.IntN(len(keys))], to, 1+rnd.IntN(5)), "getdel "+to)
			first, _, err := p.Read()
			second, _, err2 := p.Read()
			if err != nil || err2 != nil {
				t.Error(err, err2)
				return
			}
			if first.String() != second.String() {
				t.Errorf("carried %v, found %v", first, second)
			}
			if text := second.String(); text != "nil" {
				if _, twice := taken.LoadOrStore(text, true); twice {
					t.Errorf("value %s was served twice", text)
				}
				count.Add(1)
			}
		}
	})
	var busy sync.WaitGroup
	for i := range pushers {
		p, rnd := b.dial(), rand.New(rand.NewPCG(seed, uint64(i)))
		busy.Go(func() {
			for n := range perPusher {
				value := fmt.Sprintf("%d-%d", i, n)
				for {
					p.send("set " + keys[rnd.IntN(len(keys))] + " " + value + " nx")
					v, _, err := p.Read()
					if err != nil {
						t.Error(err)
						return
					}
					if v.String() != "nil" {
						put.Add(1)
						break
					}
				}
				if n%50 == 0 {
					p.ask("all", "+OK")
				}
			}
		})
	}
	busy.Wait()
	b.eventually("all values are taken", func() bool { return count.Load() == put.Load() })
	stop.Store(true)
	group.Wait()
}
