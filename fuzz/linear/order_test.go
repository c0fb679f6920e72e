package linear

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/client"
)

// rounds is how many pairs of writes an order test makes.
func rounds() int {
	if testing.Short() {
		return 2_000
	}
	return 10_000
}

// watched is a reading of the two counters.
type watched struct{ x, y int }

// TestPipelinedWritesInOrder: a client writes x and then y, in another
// partition, in one pipeline. Who sees the y of a round must see its x.
func TestPipelinedWritesInOrder(t *testing.T) {
	s := serve(t, 4, 2)
	x, y := keyNames[0], keyNames[1]
	var done atomic.Bool
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() { s.noise(t, 1, stop) })
	// Observers read y first, so that a write between the two readings can only make x the newer.
	observe := func(name string, read func(c *client.Conn) (watched, error)) {
		wg.Go(func() {
			c := s.dial(t)
			defer func() { _ = c.Close() }()
			last := watched{}
			for !done.Load() {
				w, err := read(c)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				if w.x < w.y {
					t.Errorf("%s: saw y of round %d with x of round %d", name, w.y, w.x)
					return
				}
				if w.x < last.x || w.y < last.y {
					t.Errorf("%s: time ran backwards: %v after %v", name, w, last)
					return
				}
				last = w
			}
		})
	}
	observe("two requests", func(c *client.Conn) (w watched, err error) {
		if w.y, err = number(c.Do("GET", y)); err == nil {
			w.x, err = number(c.Do("GET", x))
		}
		return w, err
	})
	observe("one pipeline", func(c *client.Conn) (w watched, err error) {
		b := client.AppendCommand(nil, []string{"GET", y})
		if err = c.Write(client.AppendCommand(b, []string{"GET", x})); err != nil {
			return w, err
		}
		if w.y, err = number(next(c)); err == nil {
			w.x, err = number(next(c))
		}
		return w, err
	})
	observe("MGET", func(c *client.Conn) (w watched, err error) {
		v, err := c.Do("MGET", y, x)
		if err != nil || len(v.Elems) != 2 {
			return w, fmt.Errorf("%v: %w", v, err)
		}
		if w.y, err = number(v.Elems[0], nil); err == nil {
			w.x, err = number(v.Elems[1], nil)
		}
		if err == nil && w.x > w.y+1 {
			err = fmt.Errorf("MGET saw x of round %d with y of round %d", w.x, w.y)
		}
		return w, err
	})
	func() {
		defer wg.Wait()
		defer close(stop)
		defer done.Store(true)
		writeInOrder(t, s, x, y)
	}()
}

func writeInOrder(t *testing.T, s *service, x, y string) {
	c := s.dial(t)
	defer func() { _ = c.Close() }()
	const seed = 7
	r := rand.New(rand.NewPCG(seed, 1)) // #nosec G404 -- a test
	for i := 1; i <= rounds(); {
		var b []byte
		n := 1 + r.IntN(20)
		for range n {
			text := strconv.Itoa(i)
			b = client.AppendCommand(b, []string{"SET", x, text})
			b = client.AppendCommand(b, []string{"SET", y, text})
			i++
		}
		if err := c.Write(b); err != nil {
			t.Error(err)
			return
		}
		for range 2 * n {
			if v, _, err := c.Read(); err != nil || v.IsError() {
				t.Errorf("%v %v", v, err)
				return
			}
		}
	}
}

func next(c *client.Conn) (client.Value, error) {
	v, _, err := c.Read()
	return v, err
}

// number is the value of a counter, 0 while it isn't there.
func number(v client.Value, err error) (int, error) {
	if err != nil || v.IsNil() {
		return 0, err
	}
	return strconv.Atoi(v.Text)
}

// TestTransactionsAreWhole: transfers between accounts in different partitions
// never change what a reader of all of them adds up.
func TestTransactionsAreWhole(t *testing.T) {
	s := serve(t, 4, 2)
	const accounts, each, seed = keyCount, 1000, 3
	setup := s.dial(t)
	defer func() { _ = setup.Close() }()
	for _, key := range keyNames {
		must(t, setup, "SET", key, strconv.Itoa(each))
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			c := s.dial(t)
			defer func() { _ = c.Close() }()
			r := rand.New(rand.NewPCG(seed, uint64(i))) // #nosec G404 G115 -- a test
			for range rounds() / 8 {
				var err error
				if i%2 == 0 {
					err = sum(c, accounts*each)
				} else {
					err = transfer(c, r)
				}
				if err != nil {
					t.Errorf("seed %d, client %d: %v", seed, i, err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := sum(setup, accounts*each); err != nil {
		t.Error(err)
	}
}

func sum(c *client.Conn, want int) error {
	v, err := c.Do(append([]string{"MGET"}, keyNames...)...)
	if err != nil {
		return err
	}
	total := 0
	for _, e := range v.Elems {
		n, err := number(e, nil)
		if err != nil {
			return err
		}
		total += n
	}
	if total != want {
		return fmt.Errorf("the accounts hold %d, not %d: %v", total, want, v)
	}
	return nil
}

func transfer(c *client.Conn, r *rand.Rand) error {
	from, to := keyNames[r.IntN(keyCount)], keyNames[r.IntN(keyCount)]
	amount := strconv.Itoa(r.IntN(10))
	b := client.AppendCommand(nil, []string{"MULTI"})
	b = client.AppendCommand(b, []string{"DECRBY", from, amount})
	b = client.AppendCommand(b, []string{"INCRBY", to, amount})
	if err := c.Write(client.AppendCommand(b, []string{"EXEC"})); err != nil {
		return err
	}
	for range 4 {
		if v, _, err := c.Read(); err != nil || v.IsError() {
			return fmt.Errorf("%v %w", v, err)
		}
	}
	return nil
}

// TestWatchNeverFailsAlone: nobody else touches the key, so EXEC never fails,
// whatever goes on in the other partitions.
func TestWatchNeverFailsAlone(t *testing.T) {
	s := serve(t, 4, 2)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { s.noise(t, 5, stop) })
	defer wg.Wait()
	defer close(stop)
	c := s.dial(t)
	defer func() { _ = c.Close() }()
	for i := range rounds() / 8 {
		must(t, c, "WATCH", keyNames[0], keyNames[1])
		must(t, c, "GET", keyNames[0])
		must(t, c, "MULTI")
		must(t, c, "SET", keyNames[1], strconv.Itoa(i))
		if v := must(t, c, "EXEC"); v.IsNil() {
			t.Fatalf("round %d: EXEC failed", i)
		}
	}
}
