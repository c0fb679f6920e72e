package aof

import (
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/journal"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// writer brings the journal's stream to the current file. All fields are its goroutine's but for those that say otherwise.
type writer struct {
	log *Log
	r   *journal.Reader

	f  vfs.File
	at int64 // where the next byte goes: behind the last whole record
	// synced is up to where the file is on disk; safe is the journal's position there, and done that of the last byte written.
	synced     int64
	done       journal.Position
	suspect    bool // a sync has failed: the bytes from synced on must be written again
	syncing    bool // the syncer is at work
	syncAt     time.Time
	lastStamp  int64 // unix seconds of the last annotation
	stamp      []byte
	lastLogged time.Time
	looked     time.Time // when it last looked at the file's growth
	broken     error     // what writing or syncing failed with, nil if it goes well

	reached journal.Offset // of the stream: all before it is in files
	cuts    cuts
	asks    chan *ask
	waiting []*ask
	syncs   chan syncJob
	synchd  chan syncJob
	ended   chan struct{}
	// drop: what can't be written is given up. Atomic.
	drop atomic.Bool
}

// ask is asked of the writer: to come to a place in the stream, to sync there, and maybe to end.
type ask struct {
	to    journal.Offset
	isEnd bool
	done  chan error
}

// syncJob is a sync for the syncer, and what came of it.
type syncJob struct {
	f    vfs.File
	upTo int64
	mark journal.Position
	took time.Duration
	err  error
}

// Times of the writer, as multiples of Options.Second.
const (
	// slowSyncs is after how many seconds a sync is called slow.
	slowSyncs = 2
	// logEvery is how often a failing disk is told of.
	logEvery = 30
)

// gatherFor is how long bytes gather before they are written, where nobody waits for them.
const gatherFor = 2 * time.Millisecond

// errGivenUp is the answer to an ask that came to nothing.
var errGivenUp = errors.New("the file can't be written")

// newWriter begins to write to f, whose size is at, what r says.
func newWriter(l *Log, r *journal.Reader, f vfs.File, at int64) *writer {
	w := &writer{log: l, r: r, f: f, at: at, synced: at, syncAt: time.Now(),
		asks: make(chan *ask), syncs: make(chan syncJob, 1), synchd: make(chan syncJob, 1), ended: make(chan struct{})}
	go l.guard(w.sync)
	go l.guard(w.run)
	return w
}

// flush waits until all up to a place in the stream is on disk. With end the writer has ended then, and f is closed.
func (w *writer) flush(to journal.Offset, end bool) error {
	a := &ask{to: to, isEnd: end, done: make(chan error, 1)}
	select {
	case w.asks <- a:
		return <-a.done
	case <-w.ended:
		return errGivenUp
	}
}

func (w *writer) policy() int64 { return w.log.o.Config.Int(config.AppendFsync) }

// run is the goroutine.
func (w *writer) run() {
	defer close(w.ended)
	defer close(w.syncs)
	for {
		b, mark := w.r.Next()
		start := mark.Offset - journal.Offset(len(b))
		w.turn(start)
		if len(b) > 0 && !w.append(b, mark) {
			w.turn(mark.Offset) // it is in the base
		}
		w.reached, w.done = mark.Offset, mark.Position
		w.log.buffered.Store(0)
		w.turn(mark.Offset)
		if w.policy() == config.FsyncAlways {
			w.mustSync()
		} else {
			w.everySecond()
		}
		if w.answer() {
			return
		}
		if len(b) > 0 && w.policy() != config.FsyncAlways {
			w.pause(gatherFor)
			continue
		}
		w.idle()
	}
}

// turn goes on to the next file, if the stream has come to where that begins. The file before is complete and synced, so that only the last
// file with bytes in it can have a torn end.
func (w *writer) turn(at journal.Offset) {
	for n := w.cuts.first(); n != nil && at >= n.from; n = w.cuts.first() {
		for !w.settle() && !w.cuts.inBase(n.from) {
			if w.drop.Load() {
				return
			}
			w.hold()
		}
		w.join()
		w.publish(w.done) // in the file, or in the base
		if !w.cuts.inBase(n.from) {
			w.log.restBytes.Add(w.at)
		}
		old := w.f
		w.f, w.at, w.synced, w.suspect = n.f, 0, 0, false
		w.lastStamp = 0
		w.log.incrBytes.Store(0)
		w.cuts.drop()
		w.heal()
		go w.log.guard(func() { _ = old.Close() })
	}
}

// append writes bytes, which end where a record ends. It says false if they were given up because a base has what they say.
func (w *writer) append(b []byte, mark journal.Mark) bool {
	w.log.buffered.Store(int64(len(b)))
	for {
		if w.suspect && !w.settle() { // until it is known what the file holds, it gets no more
			if w.givesUp(mark) {
				return false
			}
			w.hold()
			continue
		}
		if w.write(b) {
			return true
		}
		if w.givesUp(mark) {
			return false
		}
		w.hold()
	}
}

// givesUp says whether bytes up to a mark needn't be written.
func (w *writer) givesUp(mark journal.Mark) bool {
	return w.drop.Load() || w.cuts.inBase(mark.Offset)
}

// write writes bytes, or nothing.
func (w *writer) write(b []byte) bool {
	start := time.Now()
	at, err := w.at, error(nil)
	if stamp := w.stampAt(start); len(stamp) > 0 {
		_, err = w.f.WriteAt(stamp, at)
		at += int64(len(stamp))
	}
	n := 0
	if err == nil {
		n, err = w.f.WriteAt(b, at)
	}
	w.tellWrite(time.Since(start))
	if err == nil {
		w.at = at + int64(n)
		w.lastStamp = max(w.lastStamp, w.stampSecond(start))
		w.log.incrBytes.Store(w.at)
		if start.Sub(w.looked) > lookEvery {
			w.look(start)
		}
		w.heal()
		return true
	}
	said := w.mayLog()
	if n > 0 && said {
		w.log.o.Log.Warningf("Short write while writing to the AOF file: (nwritten=%d, expected=%d)", n, len(b))
	} else if said {
		w.log.o.Log.Warningf("Error writing to the AOF file: %v", vfs.Reason(err))
	}
	// What is half there is taken away, so that a crash now leaves a whole file; the next try overwrites it anyway.
	if cut := w.f.Truncate(w.at); cut != nil && said {
		w.log.o.Log.Warningf("Could not remove short write from the append-only file. The server may refuse to load the AOF the next time it starts.  ftruncate: %v", vfs.Reason(cut))
	}
	if w.policy() == config.FsyncAlways {
		w.log.o.Log.Warningf("Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...")
		w.log.o.Host.Die()
	}
	w.fail(err)
	return false
}

// look has the keeper rewrite if the file has grown so far.
func (w *writer) look(now time.Time) {
	w.looked = now
	if w.log.hasGrown() {
		w.log.keeper.poke()
	}
}

// tellWrite tells the latency monitor.
func (w *writer) tellWrite(took time.Duration) {
	if w.syncing {
		w.log.o.Host.SlowEvent("aof-write-pending-fsync", took)
	} else {
		w.log.o.Host.SlowEvent("aof-write-alone", took)
	}
	w.log.o.Host.SlowEvent("aof-write", took)
}

// stampAt is the annotation that is due at an instant, if one is.
func (w *writer) stampAt(now time.Time) []byte {
	if !w.log.o.Config.Bool(config.AOFTimestampEnabled) || now.Unix() <= w.lastStamp {
		return nil
	}
	w.stamp = append(strconv.AppendInt(append(w.stamp[:0], "#TS:"...), now.Unix(), 10), '\r', '\n')
	return w.stamp
}

func (w *writer) stampSecond(now time.Time) int64 {
	if !w.log.o.Config.Bool(config.AOFTimestampEnabled) {
		return 0
	}
	return now.Unix()
}

// mustSync is appendfsync always. The clients that wait are answered after it, or never.
func (w *writer) mustSync() {
	w.join()
	if w.at != w.synced || w.suspect {
		start := time.Now()
		if err := w.repeatSuspect(); err != nil {
			w.diedSyncing(err)
		}
		if err := w.f.Sync(); err != nil {
			w.diedSyncing(err)
			w.suspect = true
			return
		}
		w.log.o.Host.SlowEvent("aof-fsync-always", time.Since(start))
		w.synced, w.syncAt, w.suspect = w.at, time.Now(), false
		w.heal()
	}
	w.publish(w.done)
}

func (w *writer) diedSyncing(err error) {
	w.log.o.Log.Warningf("Can't persist AOF for fsync error when the AOF fsync policy is 'always': %v. Exiting...", vfs.Reason(err))
	w.log.o.Host.Die()
	w.fail(err)
}

// everySecond is appendfsync everysec: it has the syncer begin, if a second has passed since it last did.
func (w *writer) everySecond() {
	if w.policy() != config.FsyncEverySec || w.syncing || (w.at == w.synced && !w.suspect) || w.untilSync() > 0 {
		if w.at == w.synced && !w.syncing && !w.suspect {
			w.publish(w.done)
		}
		return
	}
	if w.suspect && w.repeatSuspect() != nil {
		w.syncAt = time.Now()
		return
	}
	w.beginSync()
}

func (w *writer) untilSync() time.Duration { return w.log.o.Second - time.Since(w.syncAt) }

func (w *writer) beginSync() {
	w.syncing, w.syncAt = true, time.Now()
	w.log.pendingSync.Store(1)
	w.syncs <- syncJob{f: w.f, upTo: w.at, mark: w.done}
}

// sync is the goroutine of the syncer.
func (w *writer) sync() {
	for job := range w.syncs {
		start := time.Now()
		job.err = job.f.Sync()
		job.took = time.Since(start)
		w.synchd <- job
	}
}

// tookSync takes what came of a sync.
func (w *writer) tookSync(job syncJob) {
	w.syncing = false
	w.log.pendingSync.Store(0)
	if job.took >= slowSyncs*w.log.o.Second {
		w.log.delayed.Add(1)
		w.log.o.Log.Noticef("Asynchronous AOF fsync is taking too long (disk is busy?). The AOF was written meanwhile, without waiting for fsync to complete.")
	}
	if job.err != nil {
		if w.mayLog() {
			w.log.o.Log.Warningf("Fail to fsync the AOF file: %v", vfs.Reason(job.err))
		}
		w.suspect = true
		if w.policy() == config.FsyncAlways {
			w.diedSyncing(job.err)
		}
		w.fail(job.err)
		return
	}
	w.synced, w.suspect = job.upTo, false
	w.publish(job.mark)
	w.heal()
}

// join waits until the syncer rests.
func (w *writer) join() {
	if w.syncing {
		w.tookSync(<-w.synchd)
	}
}

// settle syncs what was written, and says whether it is on disk.
func (w *writer) settle() bool {
	w.join()
	if w.at == w.synced && !w.suspect {
		return true
	}
	if w.repeatSuspect() != nil {
		return false
	}
	w.beginSync()
	w.join()
	return !w.suspect
}

// repeatSuspect writes again what a failed sync may have lost. The cache still has it.
func (w *writer) repeatSuspect() error {
	if !w.suspect {
		return nil
	}
	b := make([]byte, min(w.at-w.synced, repeatBytes))
	for at := w.synced; at < w.at; {
		p := b[:min(int64(len(b)), w.at-at)]
		n, err := w.f.ReadAt(p, at)
		if n == len(p) {
			_, err = w.f.WriteAt(p, at)
		}
		if err != nil {
			w.fail(err)
			return err
		}
		at += int64(len(p))
	}
	return nil
}

// repeatBytes is how much is written again at once.
const repeatBytes = 1 << 20

// fail and heal keep the state that clients are told of.
func (w *writer) fail(err error) {
	if w.broken == nil || vfs.Reason(w.broken) != vfs.Reason(err) {
		w.broken = err
		w.log.setWriteError(err)
	}
}

func (w *writer) heal() {
	if w.broken != nil && !w.suspect {
		w.broken = nil
		w.log.o.Log.Noticef("AOF write error looks solved. The server can write again.")
		w.log.setWriteError(nil)
	}
}

func (w *writer) mayLog() bool {
	now := time.Now()
	if !w.lastLogged.IsZero() && now.Sub(w.lastLogged) <= logEvery*w.log.o.Second {
		return false
	}
	w.lastLogged = now
	return true
}

// publish tells up to which position all is on disk.
func (w *writer) publish(p journal.Position) {
	if uint64(p) > w.log.durable.Load() {
		w.log.durable.Store(uint64(p))
		w.log.o.Host.Durable(p)
	}
}

// hold waits before the next try to write. Who asks meanwhile doesn't wait for one.
func (w *writer) hold() {
	for _, a := range w.waiting {
		if !a.isEnd {
			a.done <- errGivenUp
		}
	}
	w.waiting = slices.DeleteFunc(w.waiting, func(a *ask) bool { return !a.isEnd })
	if len(w.waiting) > 0 {
		w.drop.Store(true)
		return
	}
	timer := time.NewTimer(w.log.o.Second)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return
		case <-w.log.nudge: // a base may have made it needless
			return
		case job := <-w.synchd:
			w.tookSync(job)
		case a := <-w.asks:
			if a.isEnd {
				w.waiting = append(w.waiting, a)
				w.drop.Store(true)
				return
			}
			a.done <- errGivenUp
		}
	}
}

// pause lets bytes gather.
func (w *writer) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case job := <-w.synchd:
		w.tookSync(job)
	case a := <-w.asks:
		w.waiting = append(w.waiting, a)
	}
}

// idle waits until there is something to do.
func (w *writer) idle() {
	w.look(time.Now())
	var due <-chan time.Time
	if (w.at != w.synced || w.suspect) && !w.syncing && w.policy() == config.FsyncEverySec {
		timer := time.NewTimer(max(w.untilSync(), 0))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-w.r.Ready():
	case <-due:
	case <-w.log.nudge: // the policy has changed, or the next file is there
	case job := <-w.synchd:
		w.tookSync(job)
	case a := <-w.asks:
		w.waiting = append(w.waiting, a)
	}
}

// answer answers the asks whose place has been reached, and says whether one of them ends the writer.
func (w *writer) answer() bool {
	left := w.waiting[:0]
	var last *ask
	for _, a := range w.waiting {
		switch {
		case w.reached < a.to && !w.drop.Load():
			left = append(left, a)
		case a.isEnd:
			last = a
		case w.settle():
			w.publish(w.done)
			a.done <- nil
		default:
			a.done <- errGivenUp
		}
	}
	w.waiting = left
	if last == nil {
		return false
	}
	err := error(nil)
	if !w.settle() || w.drop.Load() {
		err = errGivenUp
	} else {
		w.publish(w.done)
	}
	for n := w.cuts.first(); n != nil; n = w.cuts.first() {
		_ = n.f.Close()
		w.cuts.drop()
	}
	if closed := w.f.Close(); err == nil {
		err = closed
	}
	last.done <- err
	return true
}
