// Package invariant holds the assertions that are on in builds with the tag invariants or under the
// race detector, and cost nothing in others.
//
// Enabled is a constant, so that a block guarded by it is compiled away; Check is for the plain case of
// one condition:
//
//	if invariant.Enabled {
//		invariant.Check(t.countedByHand() == t.count, "count disagrees with the leaves")
//	}
//	invariant.Check(n >= 0, "negative length")
//
// An assertion is for our own mistakes only. Input from a socket, a file or a peer gets an error.
package invariant

// Check panics with msg if cond is false and assertions are on. The condition itself is evaluated in
// every build: guard an expensive one with Enabled.
func Check(cond bool, msg string) {
	if Enabled && !cond {
		fail(msg)
	}
}

// fail is apart from Check to keep that one inlinable.
//
//go:noinline
func fail(msg string) {
	panic("invariant broken: " + msg)
}
