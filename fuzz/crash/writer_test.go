package crash

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/client"
)

// unit is what takes effect as a whole: one command, or a transaction of several.
type unit struct {
	steps       [][]string
	sent, acked time.Duration // since the start of the round; acked is 0 if no reply came
}

// writer is one client with keys of its own.
type writer struct {
	id    int
	rnd   *rand.Rand
	twin  twin // of what was sent
	base  twin // what the keys held when the round began
	units []unit
	count int // of all rounds
}

const (
	replyLimit = 20 * time.Second
	maxBatch   = 16
	maxUnits   = 30_000 // of one writer in one round
	maxSteps   = 5      // of a transaction
	maxItems   = 100    // of a list, before it is trimmed
	maxString  = 30_000
	perKind    = 4  // keys of each kind of collection
	texts      = 12 // keys that hold strings
)

func newWriter(id int, seed uint64) *writer {
	return &writer{id: id, rnd: rand.New(rand.NewPCG(seed, uint64(id))), twin: twin{}, base: twin{}} // #nosec G115 -- small
}

// kinds of keys: text, counter, float, list, hash, set, sorted set.
const kinds = "tcflhsz"

func (w *writer) key(kind byte) string {
	n := perKind
	if kind == 't' {
		n = texts
	}
	return w.name(kind, w.rnd.IntN(n))
}

func (w *writer) name(kind byte, i int) string { return fmt.Sprintf("w%d:%c:%d", w.id, kind, i) }

// keys are all that the writer may ever write.
func (w *writer) keys() (all []string) {
	for i := range kinds {
		for k := range max(texts, perKind) {
			all = append(all, w.name(kinds[i], k))
		}
	}
	return all
}

// text is a value that tells which unit wrote it, now and then a long one.
func (w *writer) text() string {
	size := w.rnd.IntN(60)
	if w.rnd.IntN(60) == 0 {
		size = w.rnd.IntN(20_000)
	}
	return strconv.Itoa(w.count) + ":" + strings.Repeat("0123456789abcdef", size/16+1)[:size]
}

// step draws a command that cannot fail.
func (w *writer) step() []string {
	n := strconv.Itoa(w.count)
	member := "m" + strconv.Itoa(w.rnd.IntN(40))
	switch w.rnd.IntN(18) {
	case 0:
		return []string{"SET", w.key('t'), w.text(), "EX", "100000"}
	case 1:
		return w.longer()
	case 2:
		return []string{"MSET", w.key('t'), w.text(), w.key('t'), w.text(), w.key('t'), w.text()}
	case 3:
		return []string{"INCRBY", w.key('c'), strconv.Itoa(w.rnd.IntN(9) + 1)}
	case 4:
		return []string{"INCRBYFLOAT", w.key('f'), "0.25"}
	case 5, 6:
		return w.push(n)
	case 7:
		return []string{"LPOP", w.key('l')}
	case 8:
		return []string{"LMOVE", w.name('l', 0), w.name('l', 1), "RIGHT", "LEFT"}
	case 9:
		return []string{"HSET", w.key('h'), member, n}
	case 10:
		return []string{"HDEL", w.key('h'), member}
	case 11:
		return []string{"SADD", w.key('s'), member}
	case 12:
		return []string{"SREM", w.key('s'), member}
	case 13:
		return []string{"ZADD", w.key('z'), n, member}
	case 14:
		return []string{"ZINCRBY", w.key('z'), "3", member}
	case 15:
		return []string{"DEL", w.key(kinds[w.rnd.IntN(len(kinds))])}
	}
	return []string{"SET", w.key('t'), w.text()}
}

// longer makes a string longer, or gives it another name.
func (w *writer) longer() []string {
	key := w.key('t')
	o := w.twin[key]
	if o != nil && len(o.items[0]) > maxString {
		return []string{"DEL", key}
	}
	if to := w.key('t'); o != nil && w.rnd.IntN(3) == 0 && to != key {
		return []string{"RENAME", key, to}
	}
	return []string{"APPEND", key, "+" + strconv.Itoa(w.count)}
}

func (w *writer) push(item string) []string {
	key := w.key('l')
	if o := w.twin[key]; o != nil && len(o.items) > maxItems {
		return []string{"LTRIM", key, strconv.Itoa(-maxItems / 2), "-1"}
	}
	return []string{[]string{"RPUSH", "LPUSH"}[w.rnd.IntN(2)], key, item}
}

// draw makes the next unit.
func (w *writer) draw() unit {
	w.count++
	n := 1
	if w.rnd.IntN(5) == 0 {
		n = 2 + w.rnd.IntN(maxSteps-1)
	}
	var u unit
	for range n {
		args := w.step()
		w.twin.apply(args)
		u.steps = append(u.steps, args)
	}
	return u
}

func (u *unit) append(b []byte) []byte {
	if len(u.steps) == 1 {
		return client.AppendCommand(b, u.steps[0])
	}
	b = client.AppendCommand(b, []string{"MULTI"})
	for _, args := range u.steps {
		b = client.AppendCommand(b, args)
	}
	return client.AppendCommand(b, []string{"EXEC"})
}

// replies is how many come.
func (u *unit) replies() int {
	if len(u.steps) == 1 {
		return 1
	}
	return len(u.steps) + 2
}

// run writes until the server is gone. An error is one that a server has no right to.
func (w *writer) run(c *client.Conn, clock func() time.Duration) error {
	var out []byte
	for len(w.units) < maxUnits {
		first := len(w.units)
		out = out[:0]
		for range 1 + w.rnd.IntN(maxBatch) {
			u := w.draw()
			out = u.append(out)
			w.units = append(w.units, u)
		}
		now := clock()
		for i := first; i < len(w.units); i++ {
			w.units[i].sent = now
		}
		if err := c.Write(out); err != nil {
			return unlessClosed(err)
		}
		for i := first; i < len(w.units); i++ {
			if err := w.units[i].await(c); err != nil {
				return unlessClosed(err)
			}
			w.units[i].acked = max(clock(), 1)
		}
	}
	return nil
}

func unlessClosed(err error) error {
	if client.Closed(err) {
		return nil
	}
	return err
}

// errRefused is an error reply.
type errRefused string

func (e errRefused) Error() string { return string(e) }

func (u *unit) await(c *client.Conn) error {
	for range u.replies() {
		v, _, err := c.Read()
		if err != nil {
			return err
		}
		for _, e := range append(v.Elems, v) {
			if e.IsError() {
				return fmt.Errorf("%w: %w to %q", errBadReply, errRefused(e.Text), u.steps)
			}
		}
	}
	return nil
}
