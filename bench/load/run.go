package load

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Run is load being made. Figures are taken from it by windows.
type Run struct {
	cfg     Config
	base    time.Time
	workers []*worker
	conns   []net.Conn
	stop    atomic.Bool
	held    atomic.Bool
	group   sync.WaitGroup
	done    chan struct{} // closed when all workers have ended
	began   int64
	cpu     time.Duration // of this process at Start
}

// Figures is what a window showed.
type Figures struct {
	Elapsed  time.Duration
	Issued   uint64
	Replies  uint64
	BytesIn  uint64
	Errors   uint64
	Nulls    uint64
	FirstErr string
	Latency  *hdrhistogram.Histogram // nanoseconds
	Lateness *hdrhistogram.Histogram // nanoseconds; what the generator added in an open loop
	OwnCPU   time.Duration           // of this whole process
}

// Add joins the figures of another window to f.
func (f *Figures) Add(g *Figures) {
	f.Elapsed += g.Elapsed
	f.OwnCPU += g.OwnCPU
	f.Issued += g.Issued
	f.Replies += g.Replies
	f.BytesIn += g.BytesIn
	f.Errors += g.Errors
	f.Nulls += g.Nulls
	if f.FirstErr == "" {
		f.FirstErr = g.FirstErr
	}
	if f.Latency == nil {
		f.Latency, f.Lateness = newHistogram(), newHistogram()
	}
	f.Latency.Merge(g.Latency)
	f.Lateness.Merge(g.Lateness)
}

// PerSecond is the replies per second.
func (f *Figures) PerSecond() float64 { return float64(f.Replies) / f.Elapsed.Seconds() }

// Quantile of the latency, q in percent.
func (f *Figures) Quantile(q float64) time.Duration {
	return time.Duration(f.Latency.ValueAtQuantile(q))
}

// spareProcs are for the goroutines that are no workers, and for a few runs at the same time.
const spareProcs = 6

// Start opens the connections, sets them up and lets the load begin.
//
// It raises GOMAXPROCS above the number of workers: they wait for events without telling the scheduler.
func Start(cfg Config) (*Run, error) {
	if err := cfg.normalize(); err != nil {
		return nil, err
	}
	r := &Run{cfg: cfg, base: time.Now(), done: make(chan struct{}), cpu: ownCPU()}
	var ring []uint64
	if cfg.Keys.Dist == Zipf {
		ring = newZipfRing(cfg.Keys, cfg.Seed)
	}
	if err := r.connect(); err != nil {
		r.closeAll()
		return nil, err
	}
	if need := cfg.Threads + spareProcs; runtime.GOMAXPROCS(0) < need {
		runtime.GOMAXPROCS(need)
	}
	for i := range cfg.Threads {
		r.workers = append(r.workers, newWorker(&r.cfg, i, r.base, ring))
	}
	if err := r.launch(); err != nil {
		r.stop.Store(true)
		r.closeAll()
		return nil, err
	}
	go func() {
		r.group.Wait()
		close(r.done)
	}()
	return r, nil
}

func (r *Run) connect() error {
	for range r.cfg.Conns {
		c, err := open(&r.cfg)
		if err != nil {
			return fmt.Errorf("load: connection %d: %w", len(r.conns)+1, err)
		}
		r.conns = append(r.conns, c)
	}
	return nil
}

// launch starts the engine that suits the connections.
func (r *Run) launch() error {
	_, plain := r.conns[0].(syscall.Conn)
	if plain && !r.cfg.Goroutine && haveEpoll {
		return r.launchEpoll()
	}
	r.launchGoroutines()
	return nil
}

// share is the connections of worker i.
func (r *Run) share(i int) []net.Conn {
	n, k := len(r.conns), r.cfg.Threads
	return r.conns[n*i/k : n*(i+1)/k]
}

// Measure throws away what was recorded until now, waits for d (or for the end of the run, if that comes
// first) and returns the figures of that time. The probes, which may be nil, are called as the window
// opens and as it closes: to read the server's counters at the same instants.
func (r *Run) Measure(d time.Duration, opens, closes func()) (*Figures, error) {
	return r.MeasureUntil(nil, d, opens, closes)
}

// MeasureUntil is Measure with a window that closes early when until is closed.
func (r *Run) MeasureUntil(until <-chan struct{}, most time.Duration, opens, closes func()) (*Figures, error) {
	_, _, _ = r.collect() // what came before the window
	if opens != nil {
		opens()
	}
	from, cpu := r.clock(), ownCPU()
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-until:
	case <-r.done:
	}
	if closes != nil {
		closes()
	}
	f, last, err := r.collect()
	to := r.clock()
	if r.ended() && last > from {
		to = last
	}
	f.Elapsed, f.OwnCPU = time.Duration(to-from), ownCPU()-cpu
	return f, err
}

// Wait lets a run with a number of Requests come to its end and returns the figures since Start or the
// last Measure.
func (r *Run) Wait() (*Figures, error) {
	<-r.done
	f, last, err := r.collect()
	f.Elapsed, f.OwnCPU = time.Duration(last-r.began), ownCPU()-r.cpu
	if f.Replies == 0 && err == nil {
		err = errors.New("load: no reply")
	}
	return f, err
}

// Peek returns the replies counted since figures were last taken, without taking them.
func (r *Run) Peek() (replies uint64, elapsed time.Duration) {
	for _, w := range r.workers {
		w.mu.Lock()
		replies += w.tally.replies
		w.mu.Unlock()
	}
	return replies, time.Duration(r.clock() - r.began)
}

// Pause lets requests in flight be answered and issues no more until Resume. It returns when all is quiet.
func (r *Run) Pause() {
	r.held.Store(true)
	const look = 500 * time.Microsecond
	for begin := time.Now(); !r.idle() && !r.ended() && time.Since(begin) < r.cfg.Timeout; {
		time.Sleep(look)
	}
}

// Resume goes on after Pause. An open loop's grid begins anew: the pause is not held against the server.
func (r *Run) Resume() { r.held.Store(false) }

func (r *Run) idle() bool {
	for _, w := range r.workers {
		w.mu.Lock()
		idle := w.paused
		for _, f := range w.tally.flows {
			idle = idle && f.wait.count == 0
		}
		w.mu.Unlock()
		if !idle {
			return false
		}
	}
	return true
}

// Done is closed when the run has come to its end by itself, or was stopped.
func (r *Run) Done() <-chan struct{} { return r.done }

// Stop ends the load and closes the connections.
func (r *Run) Stop() {
	r.stop.Store(true)
	<-r.done
	r.closeAll()
}

func (r *Run) clock() int64 { return int64(time.Since(r.base)) }

func (r *Run) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// collect takes the workers' tallies and adds them up.
func (r *Run) collect() (f *Figures, last int64, err error) {
	f = &Figures{Latency: newHistogram(), Lateness: newHistogram()}
	for _, w := range r.workers {
		t := w.take(r.clock())
		f.Latency.Merge(t.latency)
		f.Lateness.Merge(t.lateness)
		f.Issued += t.issued
		f.Replies += t.replies
		f.BytesIn += t.bytesIn
		f.Errors += t.errs
		f.Nulls += t.nulls
		if f.FirstErr == "" {
			f.FirstErr = t.firstErr
		}
		last = max(last, t.last)
		if err == nil {
			err = t.err
		}
	}
	return f, last, err
}

func (r *Run) closeAll() {
	for _, c := range r.conns {
		_ = c.Close()
	}
}

// Do makes a run of cfg.Requests and returns its figures.
func Do(cfg Config) (*Figures, error) {
	if cfg.Requests <= 0 {
		return nil, errors.New("load: Do needs a number of requests")
	}
	r, err := Start(cfg)
	if err != nil {
		return nil, err
	}
	defer r.Stop()
	return r.Wait()
}
