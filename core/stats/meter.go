package stats

import "sync"

// meterSamples is over how many samples a Meter takes the mean, as in Valkey.
const meterSamples = 16

// Meter turns a counter that grows into a rate. Any goroutine may use it.
type Meter struct {
	mu      sync.Mutex // guards all; a leaf
	last    uint64
	lastNs  int64
	samples [meterSamples]uint64 // per second
	next    int
}

// Sample takes the counter's value at a time of a steady clock.
func (m *Meter) Sample(value uint64, ns int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lastNs != 0 && ns > m.lastNs && value >= m.last {
		m.samples[m.next] = uint64(float64(value-m.last) * 1e9 / float64(ns-m.lastNs))
		m.next = (m.next + 1) % meterSamples
	}
	m.last, m.lastNs = value, ns
}

// Rest says that nothing is counted from now on, until the next Sample.
func (m *Meter) Rest() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.samples, m.lastNs = [meterSamples]uint64{}, 0
}

// PerSecond returns the mean rate of the last samples.
func (m *Meter) PerSecond() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	sum := uint64(0)
	for _, s := range m.samples {
		sum += s
	}
	return sum / meterSamples
}
