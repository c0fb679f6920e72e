package server

import (
	"sync"

	"github.com/sleipnirdb/sleipnir/core/command/servercmd"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
)

// ending is the way to the end of the process.
type ending struct {
	mu      sync.Mutex // guards done and pending
	done    bool
	pending bool // asked for, by a signal
	code    chan int
}

func (e *ending) init() { e.code = make(chan int, 1) }

// wait returns the exit code once the process is to end.
func (e *ending) wait() int { return <-e.code }

// begin ends the process, once.
func (e *ending) begin(code int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.done {
		e.done = true
		e.code <- code
	}
}

func (e *ending) mark(pending bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pending = pending
}

func (e *ending) ask()   { e.mark(true) }
func (e *ending) unask() { e.mark(false) }

// asked tells whether a signal has asked for the end already.
func (e *ending) asked() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pending
}

// shutdown ends the process as SHUTDOWN or a signal asks. It refuses an end
// that would lose what it was told to save.
func (s *Server) shutdown(how servercmd.Shutdown, why string) error {
	s.Log.Warningf("%s", why)
	if !how.Save && (how.NoSave || !s.Config.Given(config.Save) || len(s.Config.SavePoints()) == 0) {
		s.end.begin(0)
		return nil
	}
	failed := make(chan error)
	go func() {
		defer s.rescue()
		s.dispatcher.ExclusiveAll(func(*dispatch.Executor) {
			s.Log.Noticef("Saving the final RDB snapshot before exiting.")
			if err := s.saveHeld(); err != nil && !how.Force {
				failed <- err
				return
			}
			// The leases are never given back: nothing is to be written that
			// the snapshot lacks.
			s.end.begin(0)
			close(failed)
			select {}
		})
	}()
	err := <-failed
	if err != nil {
		s.Log.Warningf("Errors trying to shut down the server. Check the logs for more information.")
	}
	return err
}

// howOf translates the directives shutdown-on-sigint and -sigterm.
func howOf(bits int64) servercmd.Shutdown {
	return servercmd.Shutdown{
		Save: bits&config.ShutdownSave != 0, NoSave: bits&config.ShutdownNoSave != 0, Now: bits&config.ShutdownNow != 0,
		Force: bits&config.ShutdownForce != 0, Safe: bits&config.ShutdownSafe != 0, Failover: bits&config.ShutdownFailover != 0,
	}
}
