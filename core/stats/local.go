// Package stats counts what the server does: per command, per error, in total.
//
// Counters are kept by each executor in a Local of its own, as plain numbers:
// nothing on the command path is shared. A reader visits the executors one
// after the other and adds up (Total).
package stats

import (
	"math/bits"
	"slices"
	"strings"
)

// Local is one executor's counters. Only that executor touches it, and
// whoever it hands a visit to.
type Local struct {
	Commands []Command // by row ID
	Errors   map[string]uint64
	// Totals since the start or the last reset.
	Processed, NetIn, NetOut, ErrorReplies uint64
	UnexpectedErrors, ProtocolErrors       uint64
	Connections, Rejected                  uint64
	InputLimited, OutputLimited            uint64 // connections ended by a limit of their buffers
	EvictedClients                         uint64 // connections ended by maxmemory-clients
	// Posted counts commands that met a busy lease; Tokens those that took
	// the serialized path; Served those run for other loops' sessions.
	Posted, Tokens, Served uint64
	// Changes counts changes of the data. CONFIG RESETSTAT leaves it alone.
	Changes int64
}

// Command is what is counted of one command.
type Command struct {
	Calls, Ticks, Rejected, Failed uint64
	Latency                        *Histogram
}

// New returns counters for a table of the given number of rows.
func New(rows int) *Local {
	return &Local{Commands: make([]Command, rows), Errors: make(map[string]uint64)}
}

// Ran counts a call that took the given number of clock ticks.
func (l *Local) Ran(row int, ticks uint64) {
	c := &l.Commands[row]
	c.Calls++
	c.Ticks += ticks
	if c.Latency == nil {
		c.Latency = new(Histogram)
	}
	c.Latency.Add(ticks)
	l.Processed++
}

// Scripts may answer errors of any code. maxErrorCodes bounds how many are told
// apart, as in Valkey; the rest counts as overflow.
const (
	maxErrorCodes = 128
	overflow      = "ERRORSTATS_OVERFLOW"
)

// ownCodes are codes that the server itself answers with: they are always told
// apart.
var ownCodes = [...]string{"ERR", "WRONGTYPE", "OOM", "NOAUTH", "NOPERM", "WRONGPASS", "NOPROTO", "EXECABORT", "LOADING", "BUSY", "BUSYKEY", "BUSYGROUP",
	"NOSCRIPT", "NOGROUP", "NOSUB", "NOTBUSY", "UNKILLABLE", "UNBLOCKED", "MISCONF", "READONLY", "MASTERDOWN", "NOREPLICAS", "NOMASTERLINK", "DENIED",
	"INVALIDOBJ", "IOERR", "CROSSSLOT", "MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "REDIRECT", "VERSION"}

// Failed counts an error reply by its code, the first word of its text.
func (l *Local) Failed(text string) {
	l.ErrorReplies++
	code, _, _ := strings.Cut(text, " ")
	if _, known := l.Errors[code]; !known && len(l.Errors) >= maxErrorCodes && !slices.Contains(ownCodes[:], code) {
		code = overflow
	}
	l.Errors[code]++
}

// Reset sets all to zero.
func (l *Local) Reset() {
	clear(l.Commands)
	clear(l.Errors)
	*l = Local{Commands: l.Commands, Errors: l.Errors}
}

// AddTo adds these counters to t.
func (l *Local) AddTo(t *Local) {
	for i := range l.Commands {
		from, to := &l.Commands[i], &t.Commands[i]
		to.Calls += from.Calls
		to.Ticks += from.Ticks
		to.Rejected += from.Rejected
		to.Failed += from.Failed
		if from.Latency != nil {
			if to.Latency == nil {
				to.Latency = new(Histogram)
			}
			to.Latency.merge(from.Latency)
		}
	}
	for code, n := range l.Errors {
		t.Errors[code] += n
	}
	t.Processed += l.Processed
	t.NetIn += l.NetIn
	t.NetOut += l.NetOut
	t.ErrorReplies += l.ErrorReplies
	t.UnexpectedErrors += l.UnexpectedErrors
	t.ProtocolErrors += l.ProtocolErrors
	t.Connections += l.Connections
	t.Rejected += l.Rejected
	t.InputLimited += l.InputLimited
	t.OutputLimited += l.OutputLimited
	t.EvictedClients += l.EvictedClients
	t.Posted += l.Posted
	t.Tokens += l.Tokens
	t.Served += l.Served
	t.Changes += l.Changes
}

// subBits is the number of linear steps per power of two, as a power of two:
// the error of a percentile is below 1/2^subBits.
const subBits = 3

// Histogram counts durations in clock ticks, in log-linear buckets.
type Histogram struct {
	buckets [(64 - subBits + 1) << subBits]uint32
}

// Add counts one duration.
func (h *Histogram) Add(ticks uint64) { h.buckets[bucketOf(ticks)]++ }

func bucketOf(v uint64) int {
	if v < 1<<subBits {
		return int(v)
	}
	exp := bits.Len64(v) - subBits - 1
	return exp<<subBits + int(v>>exp)
}

// bucketTop returns the largest value that bucket i counts.
func bucketTop(i int) uint64 {
	if i < 1<<subBits {
		return uint64(i)
	}
	exp := i>>subBits - 1
	return (uint64(i&(1<<subBits-1)|1<<subBits)+1)<<exp - 1
}

func (h *Histogram) merge(from *Histogram) {
	for i, n := range from.buckets {
		h.buckets[i] += n
	}
}

// Count returns how many durations were counted.
func (h *Histogram) Count() uint64 {
	n := uint64(0)
	for _, c := range h.buckets {
		n += uint64(c)
	}
	return n
}

// Percentile returns the duration in ticks below or at which the given share
// (0 to 100) of the counted ones lie.
func (h *Histogram) Percentile(share float64) uint64 {
	total := h.Count()
	if total == 0 {
		return 0
	}
	want := uint64(share/100*float64(total) + 0.5)
	seen := uint64(0)
	for i, c := range h.buckets {
		seen += uint64(c)
		if c != 0 && seen >= max(want, 1) {
			return bucketTop(i)
		}
	}
	return bucketTop(len(h.buckets) - 1)
}

// Each visits the buckets that counted something: the largest duration of
// each, in ticks, and its count.
func (h *Histogram) Each(visit func(topTicks, count uint64)) {
	for i, c := range h.buckets {
		if c != 0 {
			visit(bucketTop(i), uint64(c))
		}
	}
}
