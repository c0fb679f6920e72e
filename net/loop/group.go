package loop

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/net/transport"
)

// MaxLoops bounds the loops of a group, those on their way out included.
const MaxLoops = 512

// Config says how a group runs.
type Config struct {
	Engine string // EngineEpoll, EngineNetpoll, or empty for the system's default
	Loops  int    // 0 means one per usable CPU
	CPUs   []int  // pin loop i to CPUs[i]; empty: no pinning (epoll engine on Linux only)
	// KeepAliveSeconds is set on accepted TCP connections; 0 means off. SetKeepAlive changes it later.
	KeepAliveSeconds int

	waiting int // the epoll engine's way of waiting, for measuring
}

// Group is a set of loops that share a handler and listeners. Let GOMAXPROCS exceed the number of loops (set it before
// Start or SetLoops): what runs beside the loops, the collector included, then needn't wait for one of them to sleep.
type Group struct {
	cfg       Config
	handler   Handler
	engine    engine
	keepAlive atomic.Int64
	loops     atomic.Pointer[[]*Loop] // those that take new connections; loop 0 is there as long as the group is
	alive     atomic.Pointer[[]*Loop] // living, for everybody
	spare     atomic.Bool             // there are more Ps than loops

	movesBegun, movesDone atomic.Uint64 // connections that go from one loop to another

	mu        sync.Mutex // guards what follows
	started   bool
	stopping  bool
	used      [MaxLoops]bool // indexes of living loops
	living    []*Loop        // loops that have not ended, retiring ones too
	listeners []*Listener
	allEnded  chan struct{}
}

// New makes a group. It serves nothing before Start.
func New(cfg Config, h Handler) (*Group, error) {
	if cfg.Loops <= 0 {
		cfg.Loops = runtime.GOMAXPROCS(0)
	}
	if cfg.Loops > MaxLoops/2 {
		return nil, fmt.Errorf("loop: %d loops are more than %d", cfg.Loops, MaxLoops/2)
	}
	e, err := newEngine(cfg)
	if err != nil {
		return nil, err
	}
	g := &Group{cfg: cfg, handler: h, engine: e, allEnded: make(chan struct{})}
	g.keepAlive.Store(int64(cfg.KeepAliveSeconds))
	loops := make([]*Loop, cfg.Loops)
	for i := range loops {
		if loops[i], err = g.grow(); err != nil {
			return nil, err
		}
	}
	g.publish(loops)
	return g, nil
}

// publish makes loops those that take connections.
func (g *Group) publish(loops []*Loop) {
	g.loops.Store(&loops)
	g.spare.Store(runtime.GOMAXPROCS(0) > len(loops))
}

// grow makes one more loop and counts it among the living. The caller holds mu or is alone.
func (g *Group) grow() (*Loop, error) {
	for i := range g.used {
		if g.used[i] {
			continue
		}
		l := newLoop(g, i)
		p, err := g.engine.port(l)
		if err != nil {
			return nil, fmt.Errorf("loop %d: %w", i, err)
		}
		l.port = p
		g.used[i] = true
		g.setLiving(append(slices.Clone(g.living), l))
		return l, nil
	}
	return nil, errors.New("loop: too many loops")
}

// Start starts the loops.
func (g *Group) Start() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.started {
		return
	}
	g.started = true
	g.publish(*g.loops.Load())
	for _, l := range g.living {
		l.port.start()
	}
}

// Engine is the name of the engine in use.
func (g *Group) Engine() string {
	if g.cfg.Engine == "" {
		return Engines()[0]
	}
	return g.cfg.Engine
}

// FdsPerConn is the number of descriptors that a connection takes in the engine in use.
func (g *Group) FdsPerConn() int { return g.engine.fds() }

// Loops returns the loops that take connections now. The slice isn't to be changed.
func (g *Group) Loops() []*Loop { return *g.loops.Load() }

// Living returns the loops that have not ended: besides Loops those that still give their connections away. The slice isn't to be changed. Any
// goroutine.
func (g *Group) Living() []*Loop { return *g.alive.Load() }

// setLiving replaces the living loops. The caller holds mu or is alone.
func (g *Group) setLiving(loops []*Loop) {
	g.living = loops
	g.alive.Store(&loops)
}

// Moves counts the connections that have begun to move from one loop to another, and tells whether some are still under way, on no loop. Any
// goroutine.
func (g *Group) Moves() (begun uint64, underWay bool) {
	done := g.movesDone.Load()
	begun = g.movesBegun.Load()
	return begun, begun != done
}

// Conns is the number of connections, those being accepted or moved included. Any goroutine.
func (g *Group) Conns() int {
	n := int64(0)
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.living {
		n += l.count.Load()
	}
	return int(n)
}

// SetKeepAlive sets the keep-alive idle time of connections accepted from now on; 0 switches it off.
func (g *Group) SetKeepAlive(seconds int) { g.keepAlive.Store(int64(seconds)) }

// Each posts fn to every living loop. It doesn't wait. Any goroutine.
func (g *Group) Each(fn func(l *Loop)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.living {
		l.Post(&Post{Fn: func(l *Loop, _ any) { fn(l) }})
	}
}

// Adopt serves sock, whose Open will be called on the loop that gets it. Any goroutine.
func (g *Group) Adopt(sock transport.Conn) error {
	wrapped, err := g.engine.wrap(sock)
	if err != nil {
		_ = sock.Close()
		return err
	}
	g.place(wrapped, wrapped, nil)
	return nil
}

// place gives a ready socket to the loop with the fewest connections.
func (g *Group) place(base, sock transport.Conn, ln *Listener) {
	c := &Conn{sock: sock, base: base, ln: ln}
	c.drainer, _ = sock.(transport.Drainer)
	l := g.lightest(nil)
	if !l.send(c, l, true) {
		_ = sock.Close()
	}
}

// lightest is the loop with the fewest connections, other than not.
func (g *Group) lightest(not *Loop) *Loop {
	var best *Loop
	fewest := int64(0)
	for _, l := range *g.loops.Load() {
		if n := l.count.Load(); l != not && (best == nil || n < fewest) {
			best, fewest = l, n
		}
	}
	return best
}

// SetLoops changes the number of loops. It returns at once; the loops that go give their connections, parked ones
// too, to those that stay, and end when they have none. Loops that come take some of the others' connections. Any
// goroutine, a loop's included.
func (g *Group) SetLoops(n int) error {
	if n < 1 || n > MaxLoops/2 {
		return fmt.Errorf("loop: number of loops must be between 1 and %d", MaxLoops/2)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopping {
		return ErrStopped
	}
	old := *g.loops.Load()
	if n == len(old) {
		return nil
	}
	if n < len(old) {
		now := append([]*Loop(nil), old[:n]...)
		g.publish(now)
		for i, l := range old[n:] {
			l.heir.Store(now[i%n])
			l.Post(&Post{Fn: func(l *Loop, _ any) { l.retiring = true }})
		}
		return nil
	}
	now := append([]*Loop(nil), old...)
	for len(now) < n {
		l, err := g.grow()
		if err != nil {
			return err
		}
		now = append(now, l)
		if g.started {
			l.port.start()
		}
	}
	g.publish(now)
	for _, l := range old {
		l.Post(&Post{Fn: func(l *Loop, _ any) { l.share(n) }})
	}
	return nil
}

// share moves the connections above the n-th part of all to lighter loops.
func (l *Loop) share(n int) {
	total := int64(0)
	for _, other := range *l.g.loops.Load() {
		total += other.count.Load()
	}
	fair := int(total)/n + 1
	for i := len(l.conns) - 1; i >= 0 && len(l.conns) > fair; i-- {
		if to := l.g.lightest(l); to != nil && to.count.Load() < int64(fair) {
			l.move(l.conns[i], to)
		}
	}
}

// ended takes l out of the living. On its goroutine, as the last thing.
func (g *Group) ended(l *Loop) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.used[l.Index] = false
	for i, other := range g.living {
		if other == l {
			g.setLiving(slices.Delete(slices.Clone(g.living), i, i+1))
			break
		}
	}
	if len(g.living) == 0 {
		close(g.allEnded)
	}
}

// Stop closes the listeners, sends what is owed, closes the connections and ends the loops. Connections that still
// owe bytes after the drain time are cut off. Parked ones are told by Hangup and end when they are resumed; if some
// are not resumed within grace after that, Stop gives up and says so. Not to be called on a loop.
func (g *Group) Stop(drain time.Duration) error {
	g.mu.Lock()
	if g.stopping {
		g.mu.Unlock()
		return nil
	}
	g.stopping = true
	listeners := g.listeners
	g.listeners = nil
	g.mu.Unlock()
	for _, ln := range listeners {
		ln.shutdown()
	}
	g.Start() // a group that never ran has loops to end, too
	for _, ln := range listeners {
		<-ln.done
	}
	g.Each(func(l *Loop) { l.stopping = true })
	if g.await(drain) {
		return nil
	}
	g.Each(func(l *Loop) {
		for i := len(l.conns) - 1; i >= 0; i-- {
			l.conns[i].Abort(ErrStopped)
		}
	})
	if g.await(stopGrace) {
		return nil
	}
	return fmt.Errorf("loop: %d connections were still parked when the group stopped", g.Conns())
}

// stopGrace is how long Stop waits for connections that it has cut off to be resumed.
const stopGrace = 500 * time.Millisecond

func (g *Group) await(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-g.allEnded:
		return true
	case <-t.C:
		return false
	}
}
