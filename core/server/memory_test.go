package server

import "testing"

// TestHeapCharge: only what two collections found alive, beside clients, raises
// the charge, and by steps.
func TestHeapCharge(t *testing.T) {
	const mib = 1 << 20
	var h heapCharge
	h.start(&goMemory{heap: mib, cycles: 1})
	tests := []struct {
		why                 string
		cycle               uint64
		live, clients, want int64
	}{
		{"no collection since", 1, 100 * mib, 0, mib},
		{"one collection", 2, 100 * mib, 0, mib},
		{"the same one again", 2, 100 * mib, 0, mib},
		{"it was clients", 3, 100 * mib, 98 * mib, mib},
		{"alive once", 4, 50 * mib, 0, mib},
		{"alive twice", 5, 40 * mib, 0, 40 * mib},
		{"a little less", 6, 30 * mib, 0, 40 * mib},
		{"a little more", 7, 50 * mib, 0, 40 * mib},
		{"much less", 8, 3 * mib, 0, 3 * mib},
		{"more clients than are alive", 9, 3 * mib, 9 * mib, 3 * mib},
	}
	for _, tt := range tests {
		if got := h.sample(&goMemory{live: tt.live, cycles: tt.cycle}, tt.clients); got != tt.want {
			t.Errorf("%s: %d MiB charged, want %d", tt.why, got/mib, tt.want/mib)
		}
	}
}
