package server

import (
	"errors"
	"sync"
	"time"

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
	s.Log.Noticef("%s", why)
	if s.isLoading() { // half of the data must not replace all of it
		how.Save, how.NoSave = false, true
	}
	s.giveUpSaving()
	if err := s.leaveOpening(how.Force); err != nil {
		s.Log.Warningf(noEnd)
		return err
	}
	saves := how.Save || (!how.NoSave && len(s.Config.SavePoints()) > 0)
	if !saves && !s.aof.Status().IsOn {
		s.end.begin(0)
		return nil
	}
	if how.NoSave && s.dispatcher.IsLong() {
		s.dispatcher.Freeze() // what a script has done so far is in no file, and won't be
		s.flushFinally()
		s.end.begin(0)
		return nil
	}
	failed := make(chan error)
	go func() {
		defer s.rescue()
		s.dispatcher.ExclusiveAll(func(*dispatch.Executor) {
			if err := s.leaveSafe(how, saves); err != nil {
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
		s.Log.Warningf(noEnd)
	}
	return err
}

// noEnd is the log's line of an end that was refused.
const noEnd = "Errors trying to shut down the server. Check the logs for more information."

var errOpening = errors.New("the append-only file is not complete yet")

// leaveOpening refuses an end while the append-only file that was switched on doesn't have all data yet.
func (s *Server) leaveOpening(force bool) error {
	switch st := s.aof.Status(); {
	case !st.IsOpening || !st.IsRewriting:
	case force:
		s.Log.Warningf("Writing initial AOF. Exit anyway.")
	default:
		s.Log.Warningf("Writing initial AOF, can't exit.")
		return errOpening
	}
	return nil
}

// leaveSafe brings to disk what is to be there after the end. The caller has every lease.
func (s *Server) leaveSafe(how servercmd.Shutdown, saves bool) error {
	if s.aof.Status().IsOn {
		s.flushFinally()
	}
	if !saves {
		return nil
	}
	return s.saveFinally(how.Force)
}

// flushFinally brings the append-only file to disk.
func (s *Server) flushFinally() {
	s.Log.Noticef("Calling fsync() on the AOF file.")
	if err := s.aof.Flush(true); err != nil {
		s.Log.Warningf("Fail to fsync the AOF file: %v.", err)
	}
}

// saveFinally writes the last snapshot. The caller has every lease.
func (s *Server) saveFinally(force bool) error {
	s.Log.Noticef("Saving the final RDB snapshot before exiting.")
	if err := s.supervisor.Notify("STATUS=Saving the final RDB snapshot\n"); err != nil {
		s.Log.Verbosef("Can't tell the supervisor: %v", err)
	}
	err := s.saveHeld()
	switch {
	case err == nil:
	case force:
		s.Log.Warningf("Error trying to save the DB. Exit anyway.")
		return nil
	default:
		s.Log.Warningf("Error trying to save the DB, can't exit.")
	}
	return err
}

// savingEnds bounds how long the end waits for a snapshot that was given up, which removes its file.
const savingEnds = 5 * time.Second

// giveUpSaving ends a snapshot in the background.
func (s *Server) giveUpSaving() {
	if !s.snapshots.busy.Load() {
		return
	}
	s.Log.Warningf("There is a snapshot being written in the background. It is given up.")
	s.cancelSave()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for begin := time.Now(); s.snapshots.busy.Load() && time.Since(begin) < savingEnds; {
		<-look.C
	}
}

// howOf translates the directives shutdown-on-sigint and -sigterm.
func howOf(bits int64) servercmd.Shutdown {
	return servercmd.Shutdown{
		Save: bits&config.ShutdownSave != 0, NoSave: bits&config.ShutdownNoSave != 0, Now: bits&config.ShutdownNow != 0,
		Force: bits&config.ShutdownForce != 0, Safe: bits&config.ShutdownSafe != 0, Failover: bits&config.ShutdownFailover != 0,
	}
}
