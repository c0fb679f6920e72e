package loop

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestHold: replies wait for their tickets, in their order, and what comes behind them waits, too.
func TestHold(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		for _, c := range []struct {
			name, lines string
			releases    []uint64
			owed        []int // bytes that are kept back after each release
			want        string
		}{
			{"one", "ECHO a,LATE 5", []uint64{4, 5}, []int{2, 0}, "a"},
			{"behind", "ECHO a,LATE 5,ECHO b", []uint64{4, 5}, []int{4, 0}, "a b"},
			{"nothing to keep back", "LATE 5,ECHO a", nil, nil, "a"},
			{"two tickets", "ECHO a,LATE 5,ECHO b,LATE 7,ECHO c", []uint64{5, 6, 7}, []int{4, 4, 0}, "a b c"},
			{"more tickets", "ECHO a,LATE 5,ECHO b,LATE 6,ECHO c,LATE 7", []uint64{5, 6, 7}, []int{4, 4, 0}, "a b c"},
			{"an older ticket", "ECHO a,LATE 5,ECHO b,LATE 3", []uint64{3, 5}, []int{4, 0}, "a b"},
			{"all at once", "ECHO a,LATE 5,ECHO b,LATE 7", []uint64{9}, []int{0}, "a b"},
			{"a parked one", "ECHO a,LATE 5,PARK b", []uint64{5}, []int{0}, "a b"},
			{"the end", "ECHO a,LATE 5,QUIT", []uint64{5}, []int{0}, "a BYE"},
		} {
			t.Run(c.name, func(t *testing.T) {
				s := newLineServer(t)
				g, ln := running(t, Config{Engine: engine, Loops: 1}, s)
				p := dial(t, "tcp", ln.Addr())
				p.send(strings.ReplaceAll(c.lines, ",", "\n") + "\n")
				if len(c.releases) > 0 {
					total := 2*strings.Count(c.lines, "ECHO") + 2*strings.Count(c.lines, "PARK") + 4*strings.Count(c.lines, "QUIT")
					eventually(t, "replies are kept back", func() bool { return pendingOut(g) == total })
				}
				for i, ticket := range c.releases {
					left := 0
					onLoops(g, func(l *Loop) { left = l.Release(ticket) })
					if got := pendingOut(g); got != c.owed[i] || (left > 0) != (got > 0) {
						t.Errorf("after ticket %d: %d connections hold %d bytes, want %d", ticket, left, got, c.owed[i])
					}
				}
				p.want(strings.Fields(c.want)...)
				if strings.Contains(c.lines, "QUIT") {
					if b, err := p.r.ReadByte(); !errors.Is(err, io.EOF) {
						t.Errorf("after BYE: %q, %v; want EOF", b, err)
					}
				}
			})
		}
	})
}

// TestHoldIsBounded: while much is kept back no input is processed; nothing is lost.
func TestHoldIsBounded(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		const requests, size = 300, 30000
		s := newLineServer(t)
		g, ln := running(t, Config{Engine: engine, Loops: 1}, s)
		c := dial(t, "tcp", ln.Addr())
		go func() {
			for i := range requests {
				if _, err := fmt.Fprintf(c, "BIG %d\nLATE %d\n", size, i); err != nil {
					t.Error(err)
					return
				}
			}
		}()
		want := strings.Repeat("x", size)
		eventually(t, "replies are kept back", func() bool { return pendingOut(g) > maxPendingOut })
		end, over := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(over)
			for {
				select {
				case <-end:
					return
				default:
				}
				if n := pendingOut(g); n > 4*maxPendingOut {
					t.Errorf("%d reply bytes are kept back", n)
					return
				}
				onLoops(g, func(l *Loop) { l.Release(requests) })
			}
		}()
		for range requests {
			c.want(want)
		}
		close(end)
		<-over
	})
}

// TestHoldAndGo: connections that hold something end, and move, as others do.
func TestHoldAndGo(t *testing.T) {
	engines(t, func(t *testing.T, engine string) {
		s := newLineServer(t)
		g, ln := running(t, Config{Engine: engine, Loops: 2}, s)
		stay, gone := dial(t, "tcp", ln.Addr()), dial(t, "tcp", ln.Addr())
		stay.send("ECHO a\nLATE 5\n")
		gone.send("ECHO a\nLATE 5\n")
		eventually(t, "replies are kept back", func() bool { return pendingOut(g) == 4 })
		onLoops(g, func(l *Loop) {
			for _, c := range l.Conns() {
				if c.RemoteAddr() == gone.LocalAddr().String() {
					c.Abort(nil)
				}
			}
		})
		if err := g.SetLoops(1); err != nil {
			t.Fatal(err)
		}
		eventually(t, "one loop", func() bool { return len(g.Living()) == 1 && pendingOut(g) == 2 })
		onLoops(g, func(l *Loop) {
			if left := l.Release(5); left != 0 {
				t.Errorf("%d hold something", left)
			}
		})
		stay.want("a")
	})
}
