package journal

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"
)

// parser takes the stream of the stress test apart: every command is "W writer number payload checksum".
type parser struct {
	in   []byte
	db   string
	unit int // commands so far of the transaction that is open, -1 outside
	last map[string]int
}

func (p *parser) word() (string, error) {
	i := bytes.Index(p.in, []byte("\r\n"))
	if i < 0 || p.in[0] != '$' {
		return "", fmt.Errorf("no length at %.40q", p.in)
	}
	n, err := strconv.Atoi(string(p.in[1:i]))
	if err != nil || len(p.in) < i+4+n || string(p.in[i+2+n:i+4+n]) != "\r\n" {
		return "", fmt.Errorf("torn at %.40q", p.in)
	}
	w := string(p.in[i+2 : i+2+n])
	p.in = p.in[i+4+n:]
	return w, nil
}

// parse takes a view, which has whole units only.
func (p *parser) parse(view []byte) error {
	p.in = view
	for len(p.in) > 0 {
		if len(p.in) < 4 || p.in[0] != '*' || string(p.in[2:4]) != "\r\n" {
			return fmt.Errorf("no command at %.40q", p.in)
		}
		args := make([]string, p.in[1]-'0')
		p.in = p.in[4:]
		for i := range args {
			w, err := p.word()
			if err != nil {
				return err
			}
			args[i] = w
		}
		if err := p.command(args); err != nil {
			return err
		}
	}
	if p.unit != -1 {
		return fmt.Errorf("a view ends within a transaction")
	}
	return nil
}

func (p *parser) command(args []string) error {
	switch args[0] {
	case "SELECT":
		p.db = args[1]
	case "MULTI":
		p.unit = 0
	case "EXEC":
		p.unit = -1
	default:
		writer, payload := args[1], args[3]
		n, _ := strconv.Atoi(args[2])
		if want := p.last[writer] + 1; n != want {
			return fmt.Errorf("writer %s: command %d, want %d", writer, n, want)
		}
		p.last[writer] = n
		if sum := strconv.Itoa(int(crc32.ChecksumIEEE([]byte(payload)))); sum != args[4] {
			return fmt.Errorf("writer %s: command %d has been changed", writer, n)
		}
		if db := strconv.Itoa(n % 3); db != p.db {
			return fmt.Errorf("writer %s: command %d in database %s, want %s", writer, n, p.db, db)
		}
	}
	return nil
}

// TestStress: writers of units of all sizes in a ring that is always full, readers that sleep, cuts. Nothing is lost, torn, doubled or out of order, and
// everybody comes to an end.
func TestStress(t *testing.T) {
	const writers = 4
	units := 20000
	if testing.Short() {
		units = 2000
	}
	j := New(Config{RingBytes: 1 << 11, UnreadBytes: 1 << 16})
	var leases sync.RWMutex // all of them, or some that nobody else has
	readers := []*Reader{j.Open(), j.Open()}
	var writing, reading sync.WaitGroup
	end := make(chan struct{})
	for w := range writers {
		writing.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), 1)) // #nosec G404 G115 -- a test
			var u Unit
			var before Position
			for n := 0; n < units; {
				u.Reset()
				for range 1 + rng.IntN(3) {
					n++
					payload := make([]byte, rng.IntN(150))
					if rng.IntN(200) == 0 {
						payload = make([]byte, rng.IntN(4000))
					}
					for i := range payload {
						payload[i] = byte(rng.Uint32()) | committed>>56 // headers, if anybody took them for such
					}
					sum := strconv.Itoa(int(crc32.ChecksumIEEE(payload)))
					u.Add(n%3, []byte("W"), []byte(strconv.Itoa(w)), []byte(strconv.Itoa(n)), payload, []byte(sum))
				}
				leases.RLock()
				p := j.Append(&u)
				leases.RUnlock()
				if p <= before {
					t.Errorf("position %d after %d", p, before)
				}
				before = p
			}
		})
	}
	for i, r := range readers {
		reading.Go(func() {
			p := parser{unit: -1, last: make(map[string]int)}
			for over := false; !over; {
				select {
				case <-r.Ready():
				case <-end:
					over = true
				}
				for {
					b, _ := r.Next()
					if len(b) == 0 {
						break
					}
					if err := p.parse(b); err != nil {
						t.Errorf("reader %d: %v", i, err)
						return
					}
				}
			}
			for w := range writers {
				if got := p.last[strconv.Itoa(w)]; got < units {
					t.Errorf("reader %d: writer %d ends at %d, want %d", i, w, got, units)
				}
			}
		})
	}
	cutting := make(chan struct{})
	go func() {
		defer close(cutting)
		for {
			select {
			case <-end:
				return
			default:
			}
			leases.Lock()
			j.Cut()
			leases.Unlock()
			runtime.Gosched()
		}
	}()
	wait(t, &writing)
	close(end)
	wait(t, &reading)
	<-cutting
}

func wait(t *testing.T, g *sync.WaitGroup) {
	t.Helper()
	done := make(chan struct{})
	go func() { g.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(100 * time.Second):
		t.Fatal("somebody waits for ever")
	}
}

// TestWakes: a reader that sleeps gets each unit, without anybody else looking.
func TestWakes(t *testing.T) {
	j := New(Config{})
	r := j.Open()
	const units = 5000
	go func() {
		for range units {
			j.Append(unitOf("0:PING"))
		}
	}()
	until := time.After(100 * time.Second)
	for got := len(resp("SELECT 0")) + units*len(resp("PING")); got > 0; {
		select {
		case <-r.Ready():
		case <-until:
			t.Fatal("a wake-up is lost")
		}
		for b, _ := r.Next(); len(b) > 0; b, _ = r.Next() {
			got -= len(b)
		}
	}
	if n := j.sleepers.Load(); n != 0 {
		t.Errorf("%d readers sleep", n)
	}
}
