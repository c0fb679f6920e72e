package dispatch_test

import (
	"sync/atomic"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/dispatch"
)

// TestPauseAwaitsWrites: CLIENT PAUSE answers when the writes that had begun, or waited for a lease, have ended. What comes later is held back.
func TestPauseAwaitsWrites(t *testing.T) {
	b := newBed(t, 2, 2)
	holder, waiter := b.apart()
	pauser := b.dial()
	key := b.keyIn(0)
	holder.send("slowly " + key)
	<-b.entered
	waiter.send("set " + key + " 1")
	b.waiting(waiter)

	var answered atomic.Bool
	done := make(chan struct{})
	pauser.send("client pause 100000 write")
	go func() {
		defer close(done)
		if v, _, err := pauser.Read(); err != nil || v.String() != "+OK" {
			t.Errorf("CLIENT PAUSE: %v %v", v, err)
		}
		answered.Store(true)
	}()
	b.waiting(pauser)
	for range 10 {
		b.d.EachLoop(func(*dispatch.Executor) {})
		if answered.Load() {
			t.Fatal("CLIENT PAUSE answered while a write was under way")
		}
	}
	b.release <- struct{}{}
	holder.want("+OK")
	waiter.want("+OK")
	<-done

	holder.send("set " + key + " 2")
	waiter.ask("get "+key, `"1"`)
	pauser.ask("client unpause", "+OK")
	holder.want("+OK")
	waiter.ask("get "+key, `"2"`)
}
