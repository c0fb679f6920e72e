package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/internal/client"
)

func TestPipelineKeepsOrderPastBusyLease(t *testing.T) {
	b := newBed(t, 2, 2)
	holder, p := b.apart()
	busy, free := b.keyIn(0), b.keyIn(1)
	holder.send("hold " + busy)
	<-b.entered
	p.send("set "+free+" 1", "set "+busy+" 2", "set "+free+" 3", "mget "+busy+" "+free, "get "+free)
	b.waiting(p)
	b.release <- struct{}{}
	holder.want("+OK")
	p.want("+OK", "+OK", "+OK", `["2" "3"]`, `"3"`)
}

// TestWaysToLeases takes every way to the leases past a busy one.
func TestWaysToLeases(t *testing.T) {
	for name, lines := range map[string][]string{
		"one":             {"get A", "nil"},
		"several":         {"mget A B", "[nil nil]"},
		"all":             {"all", "+OK"},
		"all, off loop":   {"alloff", "+OK"},
		"keys":            {"keys *", "[]"},
		"one, off loop":   {"slowly A", "+OK"},
		"transaction":     {"multi|mget A B|exec", "+OK|+QUEUED|[[nil nil]]"},
		"off loop, multi": {"multi|keys *|get A|client id|exec", "+OK|+QUEUED|+QUEUED|+QUEUED|[[] nil :ID]"},
		"watch":           {"watch A B|multi|exec", "+OK|+OK|[]"},
		"reset":           {"watch A|multi|get A|reset|exec", "+OK|+OK|+QUEUED|+RESET|-ERR EXEC without MULTI"},
	} {
		for _, offLoop := range []string{"hold", "slowly"} {
			t.Run(name+" past "+offLoop, func(t *testing.T) {
				b := newBed(t, 2, 2)
				holder, p := b.apart()
				subst := strings.NewReplacer("A", b.keyIn(0), "B", b.keyIn(1))
				holder.send(offLoop + " " + b.keyIn(0))
				<-b.entered
				for _, line := range strings.Split(lines[0], "|") {
					p.send(subst.Replace(line))
				}
				b.waiting(p)
				b.release <- struct{}{}
				if strings.HasPrefix(lines[0], "slowly") {
					<-b.entered
					b.release <- struct{}{}
				}
				for _, want := range strings.Split(lines[1], "|") {
					v, _, err := p.Read()
					if err != nil {
						t.Fatal(err)
					}
					if strings.Contains(want, "ID") {
						want = v.String()
					}
					if got := v.String(); got != want {
						t.Errorf("got %s, want %s", got, want)
					}
				}
				holder.want("+OK")
			})
		}
	}
}

// TestInlineRequestsAfterWait: requests that were parsed ahead of a wait are
// parsed again, from the bytes as they were sent.
func TestInlineRequestsAfterWait(t *testing.T) {
	for name, first := range map[string]string{"blocked": "wait 1 5", "lent": "mget A B", "off loop": "keys nothing"} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, 2, 2)
			holder, p := b.apart()
			first = strings.NewReplacer("A", b.keyIn(0), "B", b.keyIn(1)).Replace(first)
			holder.send("hold " + b.keyIn(0))
			<-b.entered
			if err := p.Write([]byte(first + "\r\nset " + b.keyIn(1) + " \"x y\"\r\nget " + b.keyIn(1) + "\r\n")); err != nil {
				t.Fatal(err)
			}
			if name != "blocked" {
				b.waiting(p)
			}
			b.release <- struct{}{}
			if _, _, err := p.Read(); err != nil {
				t.Fatal(err)
			}
			p.want("+OK", `"x y"`)
			holder.want("+OK")
		})
	}
}

func TestPausedRequests(t *testing.T) {
	b := newBed(t, 2, 2)
	one, other := b.apart()
	one.ask("client pause 100000 write", "+OK")
	other.ask("get a", "nil")
	if err := other.Write([]byte("set a \"x y\"\r\nget a\r\nappend a z\r\n")); err != nil {
		t.Fatal(err)
	}
	one.ask("get a", "nil")
	b.eventually("the session is parked", func() bool {
		parked := false
		b.d.OnLoop(other.conn.Loop(), func(*dispatch.Executor) { parked = other.conn.Parked() })
		return parked
	})
	start := time.Now()
	one.ask("client unpause", "+OK")
	other.want("+OK", `"x y"`, ":4")
	if waited := time.Since(start); waited > time.Second {
		t.Errorf("resumed %v after UNPAUSE", waited)
	}
	b.eventually("each request is counted once", func() bool {
		n := uint64(0)
		b.d.OnLoop(other.conn.Loop(), func(*dispatch.Executor) { n = other.s.Commands })
		return n == 4
	})
}

func TestPauseEndsByItself(t *testing.T) {
	b := newBed(t, 2, 2)
	one, other := b.apart()
	one.ask("client pause 30 all", "+OK")
	one.send("get b")
	other.send("multi", "set a 1", "exec")
	one.want("nil")
	other.want("+OK", "+QUEUED", "[+OK]")
}

func TestHangupWhilePaused(t *testing.T) {
	b := newBed(t, 2, 2)
	one, other := b.apart()
	one.ask("client pause 100000 write", "+OK")
	other.send("set a 1")
	_ = other.Close()
	b.eventually("the connection ends", func() bool { return b.loops.Conns() == 1 })
	one.ask("client unpause", "+OK")
	one.ask("get a", "nil")
}

func TestReplyOff(t *testing.T) {
	b := newBed(t, 2, 2)
	p := b.dial()
	p.send("client reply off", "multi", "set a 1", "nosuch", "get", "discard", "set a 2", "client reply on", "client reply skip", "get a", "get a")
	p.want("+OK", `"2"`)
}

func TestKillMany(t *testing.T) {
	b := newBed(t, 2, 2)
	var peers []*peer
	for range 9 {
		peers = append(peers, b.dial())
	}
	peers[4].ask("client kill type normal", ":8")
	for i, p := range peers {
		if i != 4 {
			p.closed()
		}
	}
	peers[4].ask("ping", "+PONG")
}

func TestKill(t *testing.T) {
	for name, tc := range map[string]struct{ line string }{
		"lent": {"set A 1"}, "lent, then blocked": {"block A 0"}, "blocked": {"wait 1 0"}, "token": {"all"}, "off loop": {"keys *"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, 3, 2)
			holder := b.dial()
			victim, killer := b.dial(), b.dial()
			if victim.conn.Loop() == holder.conn.Loop() || killer.conn.Loop() == holder.conn.Loop() {
				t.Fatal("clients share the holder's loop")
			}
			holder.send("slowly " + b.keyIn(0))
			<-b.entered
			victim.send(strings.ReplaceAll(tc.line, "A", b.keyIn(0)), "ping")
			if name == "blocked" {
				b.eventually("it blocks", func() bool {
					blocked := false
					b.d.OnLoop(victim.conn.Loop(), func(*dispatch.Executor) { blocked = victim.s.Blocked() })
					return blocked
				})
			} else {
				b.waiting(victim)
			}
			killer.ask("client kill type normal", ":2") // the holder too
			b.release <- struct{}{}
			victim.closed()
			holder.closed()
			b.eventually("one connection is left", func() bool { return b.loops.Conns() == 1 })
		})
	}
}

func TestHangup(t *testing.T) {
	for name, line := range map[string]string{
		"lent": "append A 1", "lent, then blocked": "block A 0", "blocked": "wait 1 0", "token": "all", "off loop": "keys *",
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, 2, 2)
			holder, p := b.apart()
			holder.send("slowly " + b.keyIn(0))
			<-b.entered
			p.send(strings.ReplaceAll(line, "A", b.keyIn(0)), "append "+b.keyIn(1)+" x")
			if name == "blocked" {
				b.eventually("it blocks", func() bool {
					blocked := false
					b.d.OnLoop(p.conn.Loop(), func(*dispatch.Executor) { blocked = p.s.Blocked() })
					return blocked
				})
			} else {
				b.waiting(p)
			}
			_ = p.Close()
			b.release <- struct{}{}
			holder.want("+OK")
			b.eventually("the connection ends", func() bool { return b.loops.Conns() <= 2 })
		})
	}
}

func TestUnblock(t *testing.T) {
	b := newBed(t, 2, 2)
	one, other := b.apart()
	id := func(p *peer) string { v, _ := p.Do("client", "id"); return v.Text }
	otherID := id(other)
	for reason, want := range map[string]string{
		"": ":0", "timeout": ":0", "error": "-UNBLOCKED client unblocked via CLIENT UNBLOCK",
	} {
		other.send("wait 1 0", "ping")
		b.eventually("it blocks", func() bool {
			v, err := one.Do(append([]string{"client", "unblock", otherID}, strings.Fields(reason)...)...)
			return err == nil && v.String() == ":1"
		})
		other.want(want, "+PONG")
	}
	one.ask("client unblock "+otherID, ":0")
}

func TestWaitTimesOut(t *testing.T) {
	b := newBed(t, 2, 2)
	one, other := b.apart()
	one.send("wait 1 20", "ping")
	other.send("wait 0 0", "wait 1 1", "multi", "wait 1 0", "exec")
	other.want(":0", ":0", "+OK", "+QUEUED", "[:0]")
	one.want(":0", "+PONG")
}

// TestBlockedSessionsMove: each wait ends once, on the loop that has the
// session by then.
func TestBlockedSessionsMove(t *testing.T) {
	b := newBed(t, 1, 2)
	var peers []*peer
	for range 12 {
		p := b.dial()
		p.send("wait 1 60", "ping")
		peers = append(peers, p)
	}
	for _, n := range []int{4, 2, 6, 1, 3} {
		if err := b.loops.SetLoops(n); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond) // so that some move before, some after their time
	}
	for _, p := range peers {
		p.want(":0", "+PONG")
	}
}

func TestPausedSessionsMove(t *testing.T) {
	b := newBed(t, 1, 2)
	admin := b.dial()
	admin.ask("client pause 100000 write", "+OK")
	var peers []*peer
	for range 12 {
		p := b.dial()
		p.send("append a x", "ping")
		peers = append(peers, p)
	}
	admin.ask("ping", "+PONG")
	for _, n := range []int{4, 2, 6} {
		if err := b.loops.SetLoops(n); err != nil {
			t.Fatal(err)
		}
		admin.ask("ping", "+PONG")
	}
	admin.ask("client unpause", "+OK")
	for _, p := range peers {
		v, _, err := p.Read()
		if err != nil || v.Kind != client.Int {
			t.Fatal(v, err)
		}
		p.want("+PONG")
	}
	admin.ask("strlen a", ":12")
}

func TestWatchEndsWithItsSession(t *testing.T) {
	b := newBed(t, 2, 2)
	p := b.dial()
	p.ask("watch "+b.keyIn(0)+" "+b.keyIn(1), "+OK")
	watched := func() (n int) {
		b.d.ExclusiveAll(func(*dispatch.Executor) {
			for i := range b.set.Len() {
				n += b.set.Space(i).DB(0).WatchedKeys()
			}
		})
		return n
	}
	if n := watched(); n != 2 {
		t.Fatalf("%d keys are watched, want 2", n)
	}
	_ = p.Close()
	b.eventually("nothing is watched", func() bool { return watched() == 0 })
}

// TestCountedBeforeReply: who has the reply of a command sees it counted.
func TestCountedBeforeReply(t *testing.T) {
	b := newBed(t, 2, 2)
	p := b.dial()
	id := b.table.Lookup([]byte("alloff")).ID
	for i := range 200 {
		p.ask("alloff", "+OK")
		if got := b.d.Stats().Commands[id].Calls; got != uint64(i)+1 { // #nosec G115 -- small
			t.Fatalf("after %d calls %d are counted", i+1, got)
		}
	}
}

// TestVisitAfterStop: a visit to a loop that has ended doesn't wait for it.
func TestVisitAfterStop(t *testing.T) {
	b := newBed(t, 2, 2)
	l := b.loops.Loops()[0]
	b.stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.d.OnLoop(l, func(*dispatch.Executor) {})
		b.d.EachLoop(func(*dispatch.Executor) {})
	}()
	select {
	case <-done:
	case <-time.After(replyLimit):
		t.Fatal("the visit waits for ever")
	}
}

func TestUnauthenticatedLimits(t *testing.T) {
	b := newBed(t, 1, 2, "requirepass", "secret")
	p := b.dial()
	p.ask("get a", "-NOAUTH Authentication required.")
	// What follows AUTH in the same pipeline has the limits of a client that is logged in.
	many := "mset" + strings.Repeat(" k v", 10)
	p.send("auth secret", many, "set a "+strings.Repeat("x", 20000), "strlen a")
	p.want("+OK", "+OK", "+OK", ":20000")
	p = b.dial()
	p.send(many)
	p.want("-ERR Protocol error: unauthenticated multibulk length")
	p.closed()
	p = b.dial()
	p.send("set a " + strings.Repeat("x", 20000))
	p.want("-ERR Protocol error: unauthenticated bulk length")
	p.closed()
}

// TestLongReplies: more than a flush holds, to a client that reads late.
func TestLongReplies(t *testing.T) {
	b := newBed(t, 2, 2)
	p := b.dial()
	value := strings.Repeat("v", 3000)
	p.ask("set a "+value, "+OK")
	const n = 2000
	sent := make(chan error, 1)
	go func() {
		var request []byte
		for range n {
			request = client.AppendCommand(request, []string{"get", "a"})
			request = client.AppendCommand(request, []string{"incr", "n"})
		}
		sent <- p.Write(append(request, "get a\r\n"...))
	}()
	for i := range n {
		v, _, err := p.Read()
		if err != nil || v.Text != value {
			t.Fatalf("reply %d: %d bytes, %v", i, len(v.Text), err)
		}
		if v, _, err = p.Read(); err != nil || v.Text == "" {
			t.Fatalf("reply %d: %v %v", i, v, err)
		}
	}
	p.want(client.Quote(value))
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	p.ask("get n", `"2000"`)
}

// TestRequestsCutAnywhere: what was read ahead and what is still to come.
func TestRequestsCutAnywhere(t *testing.T) {
	b := newBed(t, 2, 2)
	holder, p := b.apart()
	_ = holder
	var request []byte
	for _, line := range []string{"set a 1", "wait 1 1", "append a 2", "mget a b", "keys b", "get a"} {
		request = client.AppendCommand(request, strings.Fields(line))
	}
	for cut := 1; cut < len(request); cut += 3 {
		for _, part := range [][]byte{request[:cut], request[cut:]} {
			if err := p.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		p.want("+OK", ":0", ":2", `["12" nil]`, "[]", `"12"`)
	}
}

// TestEverySessionOnce visits sessions while they change loops: each one is met, and met once.
func TestEverySessionOnce(t *testing.T) {
	const conns = 40
	b := newBed(t, 2, 2)
	for range conns {
		b.dial().ask("set a b", "+OK")
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			if err := b.loops.SetLoops(1 + i%4); err != nil {
				t.Error(err)
			}
		}
	}()
	for over := false; !over; {
		select {
		case <-done:
			over = true
		default:
		}
		met := make(map[*session.Session]int)
		b.d.EachSession(func(_ *dispatch.Executor, s *session.Session) { met[s]++ })
		if len(met) != conns {
			t.Fatalf("%d of %d sessions were met", len(met), conns)
		}
		for _, times := range met {
			if times != 1 {
				t.Fatalf("a session was met %d times", times)
			}
		}
	}
}
