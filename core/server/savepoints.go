package server

import (
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/internal/schedule"
)

// saving decides when the server saves by itself: at save points, when so much has changed in so much time, when BGSAVE was
// put off, and at the times of `snapshot-cron`. The cron asks it at each of its samples, and sets its clock by it while it rests.
type saving struct {
	tried     atomic.Int64 // unix time of the last try in the background
	scheduled atomic.Bool  // BGSAVE was put off
	plan      atomic.Pointer[schedule.Schedule]
	// planned is up to when the plan was followed. The cron's.
	planned time.Time
}

// saveRetrySeconds is how long the server waits after a save that failed.
const saveRetrySeconds = 5

// maySave tells whether a save in the background may begin: none is under way, and the last one went well or is some time past.
func (s *Server) maySave(now int64) bool {
	return !s.snapshots.busy.Load() && !s.isLoading() &&
		(!s.snapshots.failed.Load() || now-s.saving.tried.Load() > saveRetrySeconds)
}

// saveIfDue begins a save if it is time for one. On the cron's goroutine.
func (s *Server) saveIfDue(at time.Time) {
	if s.saving.planDue(at) {
		s.Log.Noticef("It is time for a snapshot by snapshot-cron.")
		s.saving.scheduled.Store(true)
	}
	now := at.Unix()
	if !s.maySave(now) {
		return
	}
	if s.saving.scheduled.Load() {
		if s.bgsave() {
			s.saving.scheduled.Store(false)
		}
		return
	}
	if p, due := s.savePointDue(now); due {
		s.Log.Noticef("%d changes in %d seconds. Saving...", p.Changes, p.Seconds)
		s.bgsave()
	}
}

// planDue tells whether a time of the plan has come since it was last asked. What came before the server's start or the plan's is
// past, and of several that were missed, with a clock that was put forward, one counts.
func (p *saving) planDue(now time.Time) bool {
	plan := p.plan.Load()
	from := p.planned
	p.planned = now
	if plan == nil || plan.IsZero() || from.IsZero() || now.Before(from) {
		return false
	}
	next, ok := plan.Next(from)
	return ok && !next.After(now)
}

// untilPlanned is how long it takes to the plan's next time; 0 stands for ever.
func (p *saving) untilPlanned(now time.Time) time.Duration {
	plan := p.plan.Load()
	if plan == nil {
		return 0
	}
	next, ok := plan.Next(now)
	if !ok {
		return 0
	}
	return min(max(next.Sub(now), time.Second), longestWait*time.Second)
}

// setPlan follows the directive snapshot-cron.
func (s *Server) setPlan() error {
	plan, err := schedule.Parse(s.Config.Str(config.SnapshotCron))
	if err != nil {
		return err
	}
	s.saving.plan.Store(&plan)
	s.cron.stir() // its alarm may be for too late a time
	return nil
}

// savePointDue returns the first save point that is reached.
func (s *Server) savePointDue(now int64) (config.SavePoint, bool) {
	points := s.Config.SavePoints()
	if len(points) == 0 {
		return config.SavePoint{}, false
	}
	return reached(points, s.unsaved(), now-s.snapshots.last.Load())
}

// reached returns the first of the save points that so many changes since a save so many seconds ago reach.
func reached(points []config.SavePoint, changes, age int64) (config.SavePoint, bool) {
	for _, p := range points {
		if changes >= p.Changes && age > p.Seconds {
			return p, true
		}
	}
	return config.SavePoint{}, false
}

// untilSave is how long nothing will be due if nothing changes meanwhile; 0 stands for ever.
func (s *Server) untilSave(at time.Time) time.Duration {
	if s.saving.scheduled.Load() {
		return time.Second
	}
	wait, points, now := s.saving.untilPlanned(at), s.Config.SavePoints(), at.Unix()
	if len(points) == 0 {
		return wait
	}
	point := untilReached(points, s.unsaved(), now-s.snapshots.last.Load(), now-s.saving.tried.Load())
	if wait == 0 || point != 0 && point < wait {
		return point
	}
	return wait
}

// longestWait bounds the sleep until a save point, however far away it is.
const longestWait = 24 * 3600

// untilReached is how long it takes until one of the save points is reached with no more changes, and the last try is long enough ago.
func untilReached(points []config.SavePoint, changes, age, sinceTry int64) time.Duration {
	wait := int64(0)
	for _, p := range points {
		if changes < p.Changes {
			continue
		}
		left := max(min(p.Seconds, longestWait)-age, saveRetrySeconds-sinceTry, 0) + 1
		if wait == 0 || left < wait {
			wait = left
		}
	}
	return time.Duration(wait) * time.Second
}

// ScheduleSave has a save begin as soon as it may.
func (o *operations) ScheduleSave(afterExec bool) {
	if afterExec {
		o.Log.Noticef("Background saving scheduled to run after transaction execution")
	} else {
		o.Log.Noticef("Background saving scheduled due to user request")
	}
	o.saving.scheduled.Store(true)
}

// CancelSave gives up the snapshot in the background.
func (o *operations) CancelSave() bool {
	if !o.snapshots.busy.Load() {
		return false
	}
	o.Log.Noticef("Background saving will be aborted due to user request")
	(*Server)(o).cancelSave()
	return true
}

// CancelScheduledSave takes back what ScheduleSave asked for.
func (o *operations) CancelScheduledSave() bool {
	if !o.saving.scheduled.Swap(false) {
		return false
	}
	o.Log.Noticef("Scheduled background saving will be cancelled due to user request")
	return true
}
