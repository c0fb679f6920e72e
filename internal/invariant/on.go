//go:build invariants || race

package invariant

// Enabled tells whether this build checks assertions.
const Enabled = true
