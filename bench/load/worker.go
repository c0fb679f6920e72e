package load

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// worker makes requests and counts replies for its share of the connections. The engine that drives the
// connections calls it; it does no I/O itself.
type worker struct {
	cfg  *Config
	id   int
	src  source
	deck []*Template // the mix laid out by weight, drawn from at random; one template is not drawn
	base time.Time   // clock is nanoseconds since base

	// The open loop's schedule: the intended time of the next request and the mean step to the one after.
	due  float64
	step float64
	turn int // connection that takes the next one

	left int64 // requests that may still be issued

	mu     sync.Mutex // guards what follows, between the worker and whoever reads figures
	paused bool       // nothing is issued
	tally  tally
}

// tally is what a worker recorded since the figures were last taken.
type tally struct {
	latency  *hdrhistogram.Histogram
	lateness *hdrhistogram.Histogram // open loop: send time minus intended time
	issued   uint64
	replies  uint64
	bytesIn  uint64
	replyCounts
	flows []*flow
	last  int64 // clock of the last reply
	err   error
}

// flow is one connection as the worker sees it: bytes to send, requests in flight, replies to scan.
type flow struct {
	out  []byte // rendered, not yet written
	sent int    // of out
	wait fifo   // requests in flight with their start times
	scan scanner
}

const (
	maxLatency  = int64(100 * time.Second)
	histDigits  = 3
	maxDeck     = 4096
	noDue       = math.MaxFloat64
	maxOutBytes = 64 << 20 // a flow with so much unsent is left out until the server reads again
)

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, maxLatency, histDigits) }

func newWorker(cfg *Config, id int, base time.Time, ring []uint64) *worker {
	w := &worker{cfg: cfg, id: id, base: base, left: math.MaxInt64, step: 0, due: noDue}
	w.src = newSource(cfg.Keys, uint64(id), uint64(cfg.Threads), cfg.Seed, ring) // #nosec G115 -- not negative
	w.tally.latency, w.tally.lateness = newHistogram(), newHistogram()
	for _, m := range cfg.Mix {
		for range m.Weight {
			if len(w.deck) < maxDeck {
				w.deck = append(w.deck, m.Template)
			}
		}
	}
	if cfg.Requests > 0 {
		w.left = cfg.Requests / int64(cfg.Threads)
		if int64(id) < cfg.Requests%int64(cfg.Threads) {
			w.left++
		}
	}
	if cfg.Rate > 0 {
		w.step = float64(cfg.Threads) / cfg.Rate * 1e9
	}
	return w
}

// clock is monotonic nanoseconds since the run's base.
func (w *worker) clock() int64 { return int64(time.Since(w.base)) }

// startAt lays the open loop's grid to begin at now. The workers' grids interleave.
func (w *worker) startAt(now int64) {
	if w.cfg.Rate > 0 {
		w.due = float64(now) + w.step*(1+float64(w.id)/float64(w.cfg.Threads))
	}
}

// hold notes whether the run is paused; true as the pause ends, when flows that are idle must be started again.
func (w *worker) hold(held bool, now int64) (resumed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	resumed = w.paused && !held
	w.paused = held
	if resumed {
		w.startAt(now)
	}
	return resumed
}

func (w *worker) render(f *flow) {
	t := w.deck[0]
	if len(w.deck) > 1 {
		t = w.deck[w.src.rnd.below(uint64(len(w.deck)))]
	}
	f.out = t.appendTo(f.out, &w.src)
}

// batch renders the next pipeline of a closed loop; false when there is nothing left to issue.
func (w *worker) batch(f *flow, now int64) bool {
	n := int(min(int64(w.cfg.Pipeline), w.left))
	if n <= 0 || w.paused || f.wait.count > 0 {
		return false
	}
	w.left -= int64(n)
	for range n {
		w.render(f)
	}
	f.wait.push(now, n)
	w.tally.issued += uint64(n)
	return true
}

// oneDue renders the request of the open loop that is due at now, if one is, and says for which flow.
func (w *worker) oneDue(now int64) *flow {
	if w.due > float64(now) || w.left <= 0 || w.paused {
		return nil
	}
	f := w.pick()
	if f == nil {
		return nil
	}
	w.left--
	intended := int64(w.due)
	w.render(f)
	f.wait.push(intended, 1)
	w.tally.issued++
	record(w.tally.lateness, now-intended, 1)
	if w.cfg.Poisson {
		u := float64(w.src.rnd.next()>>11)/(1<<53) + 1e-18
		w.due -= math.Log(u) * w.step
	} else {
		w.due += w.step
	}
	return f
}

// pick chooses the next connection in turn that takes more.
func (w *worker) pick() *flow {
	for range w.tally.flows {
		w.turn++
		if w.turn >= len(w.tally.flows) {
			w.turn = 0
		}
		if f := w.tally.flows[w.turn]; len(f.out)-f.sent < maxOutBytes {
			return f
		}
	}
	return nil
}

// waitNs is how long the open loop may sleep at now.
func (w *worker) waitNs(now, most int64) int64 {
	if w.cfg.Rate <= 0 || w.left <= 0 || w.paused {
		return most
	}
	return min(max(int64(w.due)-now, 0), most)
}

// got takes received bytes; idle says that the flow has nothing in flight any more.
func (w *worker) got(f *flow, b []byte, now int64) (idle bool, err error) {
	n, err := f.scan.feed(b)
	if err != nil {
		return false, err
	}
	w.tally.bytesIn += uint64(len(b))
	if n > 0 {
		w.tally.last = now
		w.tally.replies += uint64(n)
		if err := f.wait.pop(n, now, w.tally.latency); err != nil {
			return false, err
		}
	}
	return f.wait.count == 0, nil
}

func record(h *hdrhistogram.Histogram, ns int64, n int) {
	_ = h.RecordValues(min(max(ns, 1), maxLatency), int64(n)) // cannot fail inside the range
}

// take hands out what was recorded and begins anew.
func (w *worker) take(now int64) tally {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.tally
	for _, f := range t.flows {
		t.errs += f.scan.errs
		t.nulls += f.scan.nulls
		if t.firstErr == "" {
			t.firstErr = f.scan.firstErr
		}
		f.scan.replyCounts = replyCounts{}
		if w.cfg.Rate > 0 {
			f.wait.each(func(at int64, n int) { record(t.latency, now-at, n) })
		}
	}
	w.tally = tally{latency: newHistogram(), lateness: newHistogram(), flows: t.flows, err: t.err}
	return t
}

func (w *worker) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tally.err == nil {
		w.tally.err = err
	}
}

// fifo is the requests in flight, in order: runs of requests that began at the same time.
type fifo struct {
	runs  []run // ring, a power of two long
	head  int
	used  int
	count int // requests
}

type run struct {
	at int64
	n  int
}

var errUnasked = errors.New("a reply came that no request asked for")

func (q *fifo) push(at int64, n int) {
	if q.used == len(q.runs) {
		q.grow()
	}
	q.runs[(q.head+q.used)&(len(q.runs)-1)] = run{at, n}
	q.used++
	q.count += n
}

func (q *fifo) grow() {
	bigger := make([]run, max(2*len(q.runs), 4))
	for i := range q.used {
		bigger[i] = q.runs[(q.head+i)&(len(q.runs)-1)]
	}
	q.runs, q.head = bigger, 0
}

// pop takes n requests that were answered at now and records how long they took.
func (q *fifo) pop(n int, now int64, h *hdrhistogram.Histogram) error {
	if n > q.count {
		return fmt.Errorf("%w: %d replies, %d requests in flight", errUnasked, n, q.count)
	}
	q.count -= n
	for n > 0 {
		r := &q.runs[q.head]
		k := min(n, r.n)
		record(h, now-r.at, k)
		n -= k
		if r.n -= k; r.n == 0 {
			q.head = (q.head + 1) & (len(q.runs) - 1)
			q.used--
		}
	}
	return nil
}

func (q *fifo) each(f func(at int64, n int)) {
	for i := range q.used {
		r := q.runs[(q.head+i)&(len(q.runs)-1)]
		f(r.at, r.n)
	}
}
