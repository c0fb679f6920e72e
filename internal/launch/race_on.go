//go:build race

package launch

// Race tells whether the race detector is on; then programs are built with it too.
const Race = true
