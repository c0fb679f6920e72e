package server

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/logging"
)

// signals listens to what the operating system tells the process.
type signals struct {
	ch   chan os.Signal
	done chan struct{}
}

// fatal are signals that end the process with a crash report when somebody
// sends them. From the process itself they come as panics.
var fatal = []os.Signal{syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL, syscall.SIGABRT}

func (s *Server) watchSignals() *signals {
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
	g := &signals{ch: make(chan os.Signal, 4), done: make(chan struct{})}
	signal.Notify(g.ch, append([]os.Signal{syscall.SIGTERM, syscall.SIGINT}, fatal...)...)
	go func() {
		for {
			select {
			case sig := <-g.ch:
				s.signalled(sig)
			case <-g.done:
				return
			}
		}
	}()
	return g
}

func (g *signals) stop() {
	signal.Stop(g.ch)
	close(g.done)
}

func (s *Server) signalled(sig os.Signal) {
	id := config.ShutdownOnSIGTERM
	text := "Received SIGTERM scheduling shutdown..."
	switch sig {
	case syscall.SIGTERM:
	case syscall.SIGINT:
		id, text = config.ShutdownOnSIGINT, "Received SIGINT scheduling shutdown..."
		if s.end.asked() {
			s.Log.FromSignal(logging.Warning, "You insist... exiting now.")
			os.Exit(1)
		}
	default:
		number, _ := sig.(syscall.Signal)
		s.crashed(nil, crashReason{text: fmt.Sprintf("(%s)", sig), signal: int(number)})
	}
	if s.isLoading() {
		text = "Received shutdown signal during loading, scheduling shutdown."
	}
	s.Log.FromSignal(logging.Warning, text)
	s.end.ask()
	if err := s.shutdown(howOf(s.Config.Int(id)), "User requested shutdown..."); err != nil {
		name := "SIGTERM"
		if sig == syscall.SIGINT {
			name = "SIGINT"
		}
		s.Log.Warningf("%s received but errors trying to shut down the server, check the logs for more information", name)
		s.end.unask()
	}
}
