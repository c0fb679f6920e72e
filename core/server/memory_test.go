package server

import "testing"

// TestHeapCharge: only what two collections found alive, beside clients, raises
// the charge, and by steps.
func TestHeapCharge(t *testing.T) {
	const mib = 1 << 20
	var h heapCharge
	h.start(&goMemory{heap: mib, total: 3 * mib, cycles: 1}, 10*mib)
	tests := []struct {
		why                 string
		cycle               uint64
		live, clients, want int64
	}{
		{"no collection since", 1, 101 * mib, 0, 10 * mib},
		{"one collection", 2, 101 * mib, 0, 10 * mib},
		{"the same one again", 2, 101 * mib, 0, 10 * mib},
		{"it was clients", 3, 101 * mib, 98 * mib, 10 * mib},
		{"alive once", 4, 51 * mib, 0, 10 * mib},
		{"alive twice", 5, 41 * mib, 0, 50 * mib},
		{"a little less", 6, 31 * mib, 0, 50 * mib},
		{"a little more", 7, 51 * mib, 0, 50 * mib},
		{"much less", 8, 4 * mib, 0, 13 * mib},
		{"more clients than are alive", 9, 4 * mib, 9 * mib, 13 * mib},
	}
	for _, tt := range tests {
		if got := h.sample(&goMemory{live: tt.live, cycles: tt.cycle}, tt.clients); got != tt.want {
			t.Errorf("%s: %d MiB charged, want %d", tt.why, got/mib, tt.want/mib)
		}
	}
}
