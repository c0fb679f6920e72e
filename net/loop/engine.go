package loop

import (
	"fmt"
	"runtime"

	"github.com/sleipnirdb/sleipnir/net/transport"
)

// An engine tells loops which connections are ready, and lends them something to run on. Everything else, from
// reading to back-pressure, is the same code for all engines.
type engine interface {
	// port makes one loop's side. It is called on any goroutine.
	port(l *Loop) (port, error)
	// wrap puts what the engine needs around a fresh socket, before TLS or anything else goes around it.
	wrap(sock transport.Conn) (transport.Conn, error)
	// listen has ln's connections handed to its group. unlisten ends that: the address is free when it returns, and
	// ln.done is closed when nobody uses the socket any more. It may be called on a loop.
	listen(ln *Listener) error
	unlisten(ln *Listener)
	// fds is the number of descriptors that one connection takes.
	fds() int
}

// A port is what one loop has of its engine.
type port interface {
	// start makes the loop run: begin, then rounds with events between, then end.
	start()
	// wake ends the loop's sleep. The caller is the one whose post ended it (see box).
	wake()
	// watch has events of c reported from now on, one at once if something is there already; unwatch ends that and
	// leaves the socket open; forget ends it because the socket is about to be closed. On the loop.
	watch(c *Conn) error
	unwatch(c *Conn)
	forget(c *Conn)
	// blocked says that the kernel refused some of c's bytes: an event is wanted when it takes them. On the loop.
	blocked(c *Conn)
}

// Engines by name.
const (
	EngineEpoll   = "epoll"
	EngineNetpoll = "netpoll"
)

// Engines lists the engines of this system, the default first.
func Engines() []string {
	if runtime.GOOS == "linux" {
		return []string{EngineEpoll, EngineNetpoll}
	}
	return []string{EngineNetpoll}
}

func newEngine(cfg Config) (engine, error) {
	switch cfg.Engine {
	case EngineNetpoll:
		return newNetpoll(cfg)
	case EngineEpoll, "":
		if runtime.GOOS == "linux" {
			return newEpoll(cfg)
		}
		if cfg.Engine == "" {
			return newNetpoll(cfg)
		}
	}
	return nil, fmt.Errorf("loop: engine %q is not available on %s", cfg.Engine, runtime.GOOS)
}
