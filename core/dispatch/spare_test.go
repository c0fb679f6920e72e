package dispatch_test

import (
	"sync/atomic"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
)

// full is a snapshot that has no room until it is told so.
type full struct{ roomy atomic.Bool }

func (f *full) Keep(int, keyspace.Entry) bool { return f.roomy.Load() }
func (f *full) Lend(int, *keyspace.Loan) bool { return f.roomy.Load() }
func (f *full) Dead() bool                    { return false }
func (f *full) Over(bool)                     {}

// TestPutOff has a snapshot put off commands of several keys, which then run one after another on the same loop: each has to find its
// own keys.
func TestPutOff(t *testing.T) {
	b := newBed(t, 1, 16)
	one, two, three := b.dial(), b.dial(), b.dial()
	one.ask("mset a 1 b 2 c 3 d 4", "+OK")
	var snapshot full
	b.d.ExclusiveAll(func(*dispatch.Executor) {
		for p := range b.set.Len() {
			b.set.Space(p).BeginWalk(&snapshot)
		}
		b.d.SetWalked(true)
	})
	one.send("mset a 5 b 6")
	two.send("mset c 7 d 8")
	three.send("del d e")
	b.eventually("three commands are put off", func() bool { return b.d.HeldBack() == 3 })
	snapshot.roomy.Store(true)
	b.d.Release()
	one.want("+OK")
	two.want("+OK")
	three.want(":1")
	one.ask("mget a b c", `["5" "6" "7"]`)
}
