package dispatch_test

import (
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/partition"
)

const (
	busyScript   = "-BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
	busyFunction = "-BUSY Valkey is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
	unkillable   = "-UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the " +
		"script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command."
	notBusy = "-NOTBUSY No scripts in execution right now."
	killed  = "-ERR Script killed by user with SCRIPT KILL."
)

// busy waits until a script is.
func (b *bed) busy() {
	b.t.Helper()
	b.eventually("a script is busy", func() bool { return b.d.Busy() != nil })
}

// TestBusy looks at what clients are told while a script holds a partition for very long, and after its end.
func TestBusy(t *testing.T) {
	for _, test := range []struct{ name, how, busy, kill, wrongKill string }{
		{"script", "p", busyScript, "scriptkill script", "scriptkill function"},
		{"function", "pf", busyFunction, "scriptkill function", "scriptkill script"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBed(t, 2, 8, "busy-reply-threshold", "0")
			p, other := b.apart()
			held, apart := b.keyIn(3), b.keyIn(5)
			other.ask(test.kill, notBusy)
			watched := b.dial()
			watched.ask("watch "+held, "+OK")
			p.send("script "+test.how+" get "+held+" ; suspend ; hold", "ping")
			<-b.entered
			b.busy()
			for range 2 { // what waits doesn't add up
				other.ask("get "+held, test.busy)
				other.ask("mget "+held+" "+apart, test.busy)
				other.ask("all", test.busy)
				other.ask("alloff", test.busy)
				other.ask("ping", test.busy)
				other.ask("set "+apart+" 1", "+OK")
				other.ask("script p set "+apart+" 1", "[+OK]")
				other.ask("script p set "+held+" 1", test.busy)
			}
			other.ask("multi", "+OK")
			other.ask("set "+apart+" 2", "+QUEUED")
			other.ask("set "+held+" 2", test.busy)
			other.ask("exec", "-EXECABORT Transaction discarded because of: "+test.busy[1:])
			other.ask("multi", "+OK")
			other.ask("set "+apart+" 2", "+QUEUED")
			other.ask("exec", "[+OK]")
			watched.send("unwatch") // may talk to a busy server, but needs its partition

			other.ask(test.wrongKill, test.busy)
			other.ask(test.kill, "+OK")
			p.want(killed, "+PONG")
			watched.want("+OK")
			other.ask("get "+held, "nil")
			other.ask(test.kill, notBusy)
		})
	}
}

// TestBusyMailboxes has everybody wait for a script when it becomes busy.
func TestBusyMailboxes(t *testing.T) {
	b := newBed(t, 2, 8, "busy-reply-threshold", "300")
	p, _ := b.apart()
	held, apart := b.keyIn(3), b.keyIn(5)
	p.send("script p set " + held + " 1 ; suspend ; hold")
	<-b.entered
	var waiting []*peer
	lines := []string{"get " + held, "mget " + apart + " " + held, "all", "alloff", "script - ping", "block " + held + " 0"}
	for _, line := range lines {
		w := b.dial()
		w.send(line)
		waiting = append(waiting, w)
	}
	for _, w := range waiting {
		w.want(busyScript)
	}
	other := b.dial()
	other.ask("scriptkill script", unkillable)
	b.release <- struct{}{}
	p.want("[+OK]")
	other.ask("get "+held, `"1"`)
}

// TestLongScriptsHoldNobodyUp has those who need a script's partition, and others, wait for it in every way. Nobody waits who doesn't need it.
func TestLongScriptsHoldNobodyUp(t *testing.T) {
	b := newBed(t, 2, 8)
	p, other := b.apart()
	held, low, high := b.keyIn(3), b.keyIn(1), b.keyIn(6)
	p.send("script p set " + held + " 1 ; suspend ; hold")
	<-b.entered
	var waiting []*peer
	for _, line := range []string{"mset " + low + " 1 " + held + " 1 " + high + " 1", "all", "alloff", "script - get " + held, "mget " + held + " " + low} {
		w := b.dial()
		w.send(line)
		waiting = append(waiting, w)
		b.waiting(w)
	}
	done := make(chan struct{})
	go func() {
		b.d.ExclusiveAll(func(*dispatch.Executor) {})
		b.d.Cut(func() {})
		close(done)
	}()
	for range 20 {
		other.ask("set "+low+" 2", "+OK")
		other.ask("set "+high+" 2", "+OK")
		other.ask("mget "+low+" "+high, `["2" "2"]`)
		other.ask("ping", "+PONG")
		visited := 0
		b.d.EachPartition(func(int) { visited++ })
		if visited != b.set.Len() {
			t.Fatalf("%d partitions visited, want %d", visited, b.set.Len())
		}
		b.d.EachLoop(func(x *dispatch.Executor) {
			if x.TryWith(3, func(*partition.Set) {}) {
				t.Error("the lease that the script holds is free")
			}
		})
	}
	if n := len(b.d.Running()); n != 1 {
		t.Errorf("%d scripts take long, want 1", n)
	}
	select {
	case <-done:
		t.Error("somebody has had every lease")
	default:
	}
	b.release <- struct{}{}
	p.want("[+OK]")
	for _, w := range waiting {
		if _, _, err := w.Read(); err != nil {
			t.Error(err)
		}
	}
	<-done
}

// TestSerializedPathComesToItsTurn runs long scripts on several partitions, one after the other without a pause. Who needs all partitions gets them.
func TestSerializedPathComesToItsTurn(t *testing.T) {
	b := newBed(t, 2, 8)
	stop := make(chan struct{})
	ended := make(chan struct{})
	const runners = 3
	for i := range runners {
		p := b.dial()
		go func() {
			defer func() { ended <- struct{}{} }()
			for {
				select {
				case <-stop:
					return
				default:
				}
				p.send("script p get " + b.keyIn(2*i+1) + " ; suspend ; last")
				p.want("[nil]")
			}
		}()
	}
	other := b.dial()
	for begin := time.Now(); time.Since(begin) < 300*time.Millisecond; {
		other.ask("all", "+OK")
		other.ask("alloff", "+OK")
		b.d.ExclusiveAll(func(*dispatch.Executor) {})
	}
	close(stop)
	for range runners {
		<-ended
	}
}
