package dispatch_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/journal"
)

// disk reads the journal, and says that what it has read is durable when the test wants it.
type disk struct {
	b *bed
	r *journal.Reader

	mu   sync.Mutex // guards what follows
	text []byte
	at   journal.Mark
}

// newDisk has the bed's replies wait for a disk, which nothing has reached yet.
func newDisk(b *bed) *disk {
	d := &disk{b: b}
	b.d.ExclusiveAll(func(*dispatch.Executor) { d.r = b.d.Journal.Open() })
	b.d.SetAlways(true)
	return d
}

// written reads until the text has what is wanted.
func (d *disk) written(what string) {
	d.b.t.Helper()
	d.b.eventually(what+" in the journal", func() bool {
		d.read()
		return strings.Contains(strings.ToUpper(string(d.text)), strings.ToUpper(what))
	})
}

func (d *disk) read() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		v, m := d.r.Next()
		if d.at = m; len(v) == 0 {
			return
		}
		d.text = append(d.text, v...)
	}
}

// sync makes durable what was read.
func (d *disk) sync() {
	d.read()
	d.b.d.Durable(d.at.Position)
}

// silent demands that the client has got nothing, after everybody had a chance to send.
func (b *bed) silent(p *peer) {
	b.t.Helper()
	for range 3 {
		b.d.EachLoop(func(*dispatch.Executor) {})
	}
	if sent := p.sent(b); sent != p.seen {
		b.t.Fatalf("%d bytes were sent too early", sent-p.seen)
	}
}

// sent is what the server has given the kernel for this client.
func (p *peer) sent(b *bed) int {
	n := 0
	b.d.OnLoop(p.conn.Loop(), func(*dispatch.Executor) {
		if !p.s.Lent && !p.conn.Parked() {
			n = int(p.s.NetOut) - p.conn.OutPending() // #nosec G115 -- small
		}
	})
	return n
}

// TestRepliesWaitForDisk takes every way by which a reply comes to its connection.
func TestRepliesWaitForDisk(t *testing.T) {
	for name, c := range map[string]struct{ lines, replies, journal string }{
		"write":       {"set A 1", "+OK", "$1\r\n1"},
		"pipeline":    {"set A 1|get A|ping", `+OK|"1"|+PONG`, "$1\r\n1"},
		"several":     {"mset A 1 B 2|mget A B", `+OK|["1" "2"]`, "MSET"},
		"transaction": {"multi|set A 1|incr B|exec", "+OK|+QUEUED|+QUEUED|[+OK :1]", "EXEC"},
		"off loop":    {"setoff A 1", "+OK", "$1\r\n1"},
		"all, off":    {"setoff A 1|alloff", "+OK|+OK", "$1\r\n1"},
		"the end":     {"set A 1|quit", "+OK|+OK", "$1\r\n1"},
	} {
		for _, way := range []string{"free", "busy"} {
			t.Run(name+", "+way, func(t *testing.T) {
				b := newBed(t, 2, 4)
				holder, p := b.apart()
				d := newDisk(b)
				subst := strings.NewReplacer("A", b.keyIn(0), "B", b.keyIn(1))
				lines := strings.Split(subst.Replace(c.lines), "|")
				if way == "busy" {
					holder.send("hold " + b.keyIn(0))
					<-b.entered
					p.send(lines...)
					b.waiting(p)
					b.release <- struct{}{}
				} else {
					p.send(lines...)
				}
				d.written(c.journal)
				b.silent(p)
				d.sync()
				p.want(strings.Split(c.replies, "|")...)
			})
		}
	}
}

// TestReadsWaitForDisk: a reply that shows a write of somebody else's waits for it; one that shows nothing of it doesn't.
func TestReadsWaitForDisk(t *testing.T) {
	b := newBed(t, 2, 4)
	writer, reader := b.apart()
	d := newDisk(b)
	key, other := b.keyIn(0), b.keyIn(1)
	writer.send("set " + key + " 1")
	d.written("SET")
	reader.ask("get "+other, "nil")
	reader.ask("ping", "+PONG")
	reader.seen = reader.sent(b)
	reader.send("get " + key)
	b.silent(reader)
	b.silent(writer)
	d.sync()
	writer.want("+OK")
	reader.want(`"1"`)
	reader.ask("get "+key, `"1"`)
}

// TestWaitersWaitForDisk: who is served by somebody else's write waits for what was taken.
func TestWaitersWaitForDisk(t *testing.T) {
	for _, line := range []string{"take A 0", "take A B 0", "carry A B 0"} {
		t.Run(line, func(t *testing.T) {
			b := newBed(t, 2, 4)
			writer, waiter := b.apart()
			d := newDisk(b)
			waiter.send(strings.NewReplacer("A", b.keyIn(0), "B", b.keyIn(1)).Replace(line))
			b.eventually("it waits", func() bool { return b.d.Waiting() == 1 })
			writer.send("set " + b.keyIn(0) + " 1")
			b.eventually("it is served", func() bool { return b.d.Waiting() == 0 })
			d.written("SET")
			b.silent(waiter)
			b.silent(writer)
			d.sync()
			writer.want("+OK")
			if v, _, err := waiter.Read(); err != nil {
				t.Fatal(err)
			} else if !strings.Contains(v.String(), `"1"`) && v.String() != "+OK" {
				t.Error(v)
			}
		})
	}
}

// TestDurableInSteps: each acknowledgement sends what it covers, though the client goes on writing.
func TestDurableInSteps(t *testing.T) {
	b := newBed(t, 1, 4)
	p := b.dial()
	d := newDisk(b)
	p.send("set a 1")
	d.written("$1\r\n1")
	p.send("set a 2")
	d.written("$1\r\n2")
	first := d.at
	p.send("set a 3")
	d.written("$1\r\n3")
	b.silent(p)
	b.d.Durable(first.Position)
	p.want("+OK")
	d.sync()
	p.want("+OK", "+OK")
	p.seen = p.sent(b)
	p.send("set a 4")
	d.written("$1\r\n4")
	b.silent(p)
	b.d.SetAlways(false)
	p.want("+OK")
	p.ask("set a 5", "+OK")
}

// TestHeldOutputMoves: the reply goes out though the connection has changed loops meanwhile.
func TestHeldOutputMoves(t *testing.T) {
	b := newBed(t, 2, 4)
	one, other := b.apart()
	d := newDisk(b)
	one.send("set a 1")
	other.send("set b 2")
	d.written("$1\r\na")
	d.written("$1\r\nb")
	if err := b.loops.SetLoops(1); err != nil {
		t.Fatal(err)
	}
	b.eventually("one loop", func() bool { return len(b.loops.Living()) == 1 })
	b.silent(one)
	b.silent(other)
	d.sync()
	one.want("+OK")
	other.want("+OK")
}

// TestHeldOutputIsBounded: who never waits for replies is stopped, and goes on later.
func TestHeldOutputIsBounded(t *testing.T) {
	b := newBed(t, 1, 4)
	p := b.dial()
	d := newDisk(b)
	const batches, each = 40, 1000
	var sent sync.WaitGroup
	sent.Go(func() {
		batch := strings.Repeat("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nx\r\n", each)
		for range batches {
			if err := p.Write([]byte(batch)); err != nil {
				t.Error(err)
			}
		}
	})
	var held int
	b.eventually("it is stopped", func() bool {
		d.read()
		before := held
		b.d.OnLoop(p.conn.Loop(), func(*dispatch.Executor) { held = p.conn.OutPending() })
		return held > 64<<10 && held == before
	})
	if held > 256<<10 {
		t.Errorf("%d bytes are held", held)
	}
	end := make(chan struct{})
	var syncing sync.WaitGroup
	syncing.Go(func() {
		for {
			select {
			case <-end:
				return
			default:
				d.sync()
			}
		}
	})
	for range batches * each {
		p.want("+OK")
	}
	close(end)
	sent.Wait()
	syncing.Wait()
}

// TestClosingWithHeldOutput: a client that goes away while its reply waits does no harm.
func TestClosingWithHeldOutput(t *testing.T) {
	b := newBed(t, 2, 4)
	one, other := b.apart()
	d := newDisk(b)
	one.send("set a 1")
	other.send("set b 1")
	d.written("$1\r\na")
	d.written("$1\r\nb")
	one.Conn.Close()
	b.d.OnLoop(other.conn.Loop(), func(x *dispatch.Executor) { x.Kill(other.s) })
	other.closed()
	d.sync()
	b.eventually("they are gone", func() bool { return b.loops.Conns() == 0 })
	b.dial().ask("ping", "+PONG")
}

// TestJournalFull: while the journal's reader is behind writes wait, and reads don't.
func TestJournalFull(t *testing.T) {
	b := newBed(t, 2, 4)
	writer, reader := b.apart()
	var r *journal.Reader
	b.d.ExclusiveAll(func(*dispatch.Executor) { r = b.d.Journal.Open() })
	const valueBytes = 900 << 10 // less is no large request to the command log
	value := strings.Repeat("x", valueBytes)
	writer.ask("set small 1", "+OK")
	n := 0
	for ; b.d.Gate()&dispatch.GateJournalFull == 0; n++ {
		if n > 2*journal.DefaultUnreadBytes/valueBytes {
			t.Fatal("the journal is never full")
		}
		writer.ask("set large "+value, "+OK")
	}
	writer.send("set small 2")
	reader.send("multi", "incr small", "exec")
	reader.want("+OK")
	third := b.dial()
	third.ask("get small", `"1"`)
	for range 3 {
		b.d.EachLoop(func(*dispatch.Executor) {})
	}
	third.ask("get small", `"1"`)
	for v, _ := r.Next(); len(v) > 0; v, _ = r.Next() {
	}
	writer.want("+OK")
	reader.want("+QUEUED")
	if v, _, err := reader.Read(); err != nil || !strings.HasPrefix(v.String(), "[:") {
		t.Errorf("EXEC: %v %v", v, err)
	}
}
