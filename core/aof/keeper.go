package aof

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/journal"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// keeper is the goroutine that rewrites and removes files. It sleeps unless it was poked or a rewrite waits for its time.
type keeper struct {
	wake chan struct{}
	quit chan struct{}
	done chan struct{}
	once sync.Once
	// stop: the rewrite under way is to come to nothing. Atomic.
	stop atomic.Bool

	mu        sync.Mutex // guards what follows; a leaf
	want      bool       // that the file is on
	asked     bool       // a rewrite is scheduled
	starting  bool       // it begins at once, and counts as under way
	preamble  bool       // the form of the base that was asked for
	rewriting bool
	started   time.Time // of the rewrite
	last      time.Duration
	failed    bool // the last rewrite
	rewrites  int64
	failures  int64 // one after the other
	delay     time.Duration
	notBefore time.Time
}

func (k *keeper) init() {
	k.wake, k.quit, k.done = make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	k.last = -time.Second
}

// poke has the keeper look at what there is to do.
func (k *keeper) poke() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

func (k *keeper) end() {
	k.stop.Store(true)
	k.once.Do(func() { close(k.quit) })
}

// Limits of rewrites that fail, as Valkey's.
const (
	// failuresBeforeDelay is after how many failures in a row a rewrite is delayed.
	failuresBeforeDelay = 3
	firstDelay          = time.Minute
	largestDelay        = time.Hour
	// lookEvery is how often the keeper looks whether a scheduled rewrite may begin.
	lookEvery = 100 * time.Millisecond
)

// keep is the goroutine.
func (l *Log) keep() {
	defer close(l.keeper.done)
	l.removeHistory()
	for {
		var later <-chan time.Time
		if l.keeper.isWaiting() {
			later = time.After(lookEvery)
		}
		select {
		case <-l.keeper.quit:
			return
		case <-l.keeper.wake:
		case <-later:
		}
		l.follow()
		if l.mayRewrite() {
			l.rewrite()
		}
	}
}

func (k *keeper) isWaiting() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked
}

// Switch follows CONFIG SET appendonly: the log is on or off some time after it. Rewrites that are under way for the other end.
func (l *Log) Switch(want bool) {
	l.mu.Lock()
	wasOff := l.state == off
	l.mu.Unlock()
	k := &l.keeper
	k.mu.Lock()
	k.want = want
	if want && wasOff {
		k.asked, k.preamble = true, l.hasPreamble()
	}
	if !want && k.asked {
		k.asked = false
		l.o.Log.Noticef("AOF was disabled but there is a scheduled AOF background, cancel it.")
	}
	if want && k.rewriting {
		l.o.Log.Noticef("AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and starting a rewrite now.")
	}
	if !want && k.rewriting {
		l.o.Log.Noticef("Killing running AOF rewrite (it is no child process): AOF was disabled.")
	}
	k.stop.Store(k.rewriting)
	k.starting = want && !k.rewriting && !l.o.Host.IsSaving()
	k.mu.Unlock()
	if !want {
		l.o.Host.HoldReplies(false)
		l.counts.Store(false)
	}
	l.mu.Lock()
	switch {
	case want && l.state == off:
		l.state = opening
	case !want && l.state == opening:
		l.state = off
	}
	l.mu.Unlock()
	k.poke()
}

// Reply is what BGREWRITEAOF answers.
type Reply uint8

// The answers.
const (
	Started Reply = iota
	Scheduled
	Refused // one is under way
)

// Rewrite is BGREWRITEAOF. inTransaction: it is part of one, so the rewrite begins later.
func (l *Log) Rewrite(inTransaction bool) Reply {
	k := &l.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.rewriting || k.starting {
		return Refused
	}
	reply := Started
	if inTransaction || l.o.Host.IsSaving() {
		l.o.Log.Noticef("Background append only file rewriting scheduled.")
		reply = Scheduled
	}
	k.starting = reply == Started
	k.asked, k.preamble = true, l.hasPreamble()
	k.failures, k.notBefore, k.delay = 0, time.Time{}, 0
	k.poke()
	return reply
}

// SavingEnded tells that a snapshot for which a rewrite may have waited is over.
func (l *Log) SavingEnded() { l.keeper.poke() }

// follow brings the log to the state that was asked for.
func (l *Log) follow() {
	k := &l.keeper
	k.mu.Lock()
	want := k.want
	k.mu.Unlock()
	l.mu.Lock()
	now := l.state
	l.mu.Unlock()
	switch {
	case !want && now == on && !l.o.Config.Bool(config.AppendOnly):
		l.stopWriting()
	case now == opening:
		k.mu.Lock()
		k.asked = true
		k.mu.Unlock()
	}
}

// stopWriting is appendonly no.
func (l *Log) stopWriting() {
	w, to := l.target(false)
	if w != nil {
		if err := w.flush(to, true); err != nil {
			l.o.Log.Warningf("Fail to fsync the AOF file: %v", err)
		}
		l.o.Host.Exclusive(w.r.Close)
	}
	l.mu.Lock()
	l.w, l.state, l.broken = nil, off, nil
	l.mu.Unlock()
	l.incrBytes.Store(0)
	l.o.Host.Changed()
}

// mayRewrite says whether a rewrite is to begin now.
func (l *Log) mayRewrite() bool {
	k := &l.keeper
	if l.o.Host.IsSaving() {
		if l.hasGrown() {
			k.schedule()
		}
		k.setStarting(false)
		return false
	}
	k.mu.Lock()
	asked := k.asked
	k.mu.Unlock()
	if !asked && !l.hasGrown() {
		return false
	}
	if l.isLimited() {
		k.setStarting(false)
		k.schedule()
		return false
	}
	if !asked {
		base := max(l.baseBytes.Load(), 1)
		l.o.Log.Noticef("Starting automatic rewriting of AOF on %d%% growth", l.CurrentSize()*100/base-100)
	}
	return true
}

func (k *keeper) schedule() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = true
}

func (k *keeper) setStarting(is bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.starting = is
}

// CurrentSize is that of all parts.
func (l *Log) CurrentSize() int64 { return l.restBytes.Load() + l.incrBytes.Load() }

// hasGrown says whether an automatic rewrite is due.
func (l *Log) hasGrown() bool {
	percent := l.o.Config.Int(config.AutoAOFRewritePercentage)
	if percent == 0 || !l.isOn() {
		return false
	}
	size, base := l.CurrentSize(), max(l.baseBytes.Load(), 1)
	return size > l.o.Config.Int(config.AutoAOFRewriteMinSize) && size*100/base-100 >= percent
}

func (l *Log) isOn() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state == on
}

// isLimited says whether rewrites have failed so often that the next has to wait.
func (l *Log) isLimited() bool {
	k := &l.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	switch {
	case k.failures < failuresBeforeDelay:
		k.delay, k.notBefore = 0, time.Time{}
		return false
	case !k.notBefore.IsZero():
		if now.Before(k.notBefore) {
			return true
		}
		k.notBefore = time.Time{}
		return false
	}
	k.delay = min(max(2*k.delay, firstDelay), largestDelay)
	k.notBefore = now.Add(k.delay)
	l.o.Log.Warningf("Background AOF rewrite has repeatedly failed and triggered the limit, will retry in %d minutes", k.delay/time.Minute)
	return true
}

// removeHistory removes the files that no longer count.
func (l *Log) removeHistory() {
	l.mu.Lock()
	m := l.manifest.clone()
	l.mu.Unlock()
	if len(m.History) == 0 || l.o.Config.Bool(config.AOFDisableAutoGC) {
		return
	}
	for _, p := range m.History {
		l.o.Log.Noticef("Removing the history file %s in the background", p.Name)
		l.remove(p.Name)
	}
	m.History = nil
	if l.writeManifest(m) == nil {
		l.mu.Lock()
		l.manifest = m
		l.mu.Unlock()
	}
}

// remove removes a file of the folder. One that stays does no harm.
func (l *Log) remove(name string) {
	if err := l.o.FS.Remove(l.path(name)); err != nil && !os.IsNotExist(err) {
		l.o.Log.Warningf("Can't remove the file %s: %v", name, vfs.Reason(err))
	}
}

// rewrite writes a new base, and takes away what was before it.
func (l *Log) rewrite() {
	k := &l.keeper
	k.mu.Lock()
	if !k.starting { // it had to wait, or nobody asked
		k.preamble = l.hasPreamble()
	}
	preamble := k.preamble
	k.asked, k.starting, k.rewriting, k.started = false, false, true, time.Now()
	k.stop.Store(false)
	k.rewrites++
	k.mu.Unlock()
	l.o.Host.Changed()
	l.o.Log.Noticef("Background append only file rewriting started")
	err := l.newBase(preamble)
	k.mu.Lock()
	k.rewriting, k.last = false, time.Since(k.started)
	isFlushed := errors.Is(err, ErrFlushed)
	k.failed = err != nil && !isFlushed
	switch {
	case err == nil:
		k.failures = 0
	case !isFlushed && !errors.Is(err, errStopped):
		k.failures++
	}
	k.mu.Unlock()
	switch {
	case err == nil:
		l.removeHistory()
		l.o.Log.Noticef("Background AOF rewrite finished successfully")
	case isFlushed:
		l.o.Log.Noticef("Background AOF rewrite begins anew, as all keys were removed")
	default:
		l.o.Log.Warningf("Background AOF rewrite terminated with error: %v", vfs.Reason(err))
	}
	l.o.Host.Changed()
	l.mu.Lock()
	again := isFlushed || l.state == opening
	l.mu.Unlock()
	if again {
		k.schedule()
	}
	k.poke()
}

// hasPreamble says whether a base is an RDB file, and not one of commands.
func (l *Log) hasPreamble() bool { return l.o.Config.Bool(config.AOFUseRDBPreamble) }

// newBase is a rewrite up to the manifest that names the new base.
func (l *Log) newBase(preamble bool) error {
	if err := l.makeDir(); err != nil {
		return err
	}
	l.mu.Lock()
	now, m := l.state, l.manifest.clone()
	l.mu.Unlock()
	switch now {
	case on:
		return l.rewriteOn(m, preamble)
	case opening:
		return l.rewriteOpening(m, preamble)
	}
	// Nothing is journalled: the base alone is the set.
	part := m.addBase(l.name, preamble)
	if err := l.writeBase(part, SnapshotOptions{}, &l.keeper.stop); err != nil {
		return err
	}
	m.retire(m.incrSeq + 1)
	return l.adopt(m, part)
}

// rewriteOn rewrites what is being written: the stream goes on to a new increment at the cut.
func (l *Log) rewriteOn(m *Manifest, preamble bool) error {
	incr := m.addIncr(l.name)
	f, err := l.openIncr(incr.Name, os.O_TRUNC)
	if err != nil {
		return err
	}
	if err := l.writeManifest(m); err != nil {
		_ = f.Close()
		l.leave(m, incr.Name)
		return err
	}
	l.o.Log.Noticef("Creating AOF incr file %s on background rewrite", incr.Name)
	l.mu.Lock()
	l.manifest = m.clone()
	w := l.w
	l.mu.Unlock()
	next := &nextFile{f: f}
	hasCut := false
	cut := func() {
		next.from, hasCut = l.o.Journal.Cut().Offset, true
		w.cuts.add(next)
		l.poke()
	}
	base := m.addBase(l.name, preamble)
	err = l.writeBase(base, SnapshotOptions{AtCut: cut}, &l.keeper.stop)
	if !hasCut { // the manifest has the increment, so it must be the one that is written
		l.o.Host.Exclusive(cut)
	}
	if err != nil {
		return err
	}
	m.retire(incr.Seq)
	if err := l.adopt(m, base); err != nil {
		return err
	}
	next.based.Store(true)
	l.poke()
	return nil
}

// rewriteOpening begins a set while the server runs: what is journalled from the cut on goes to a file that gets its name at the end.
func (l *Log) rewriteOpening(m *Manifest, preamble bool) error {
	temp := "temp-" + l.name + ".incr"
	f, err := l.openIncr(temp, os.O_TRUNC)
	if err != nil {
		return err
	}
	l.o.Log.Noticef("Creating AOF incr file %s on background rewrite", temp)
	var w *writer
	cut := func() {
		w = newWriter(l, l.o.Journal.Open(), f, 0)
		l.mu.Lock()
		l.w = w
		l.mu.Unlock()
	}
	base := m.addBase(l.name, preamble)
	err = l.writeBase(base, SnapshotOptions{AtCut: cut}, &l.keeper.stop)
	if err == nil {
		m.retire(m.incrSeq + 1)
		incr := m.addIncr(l.name)
		if err = l.o.FS.Rename(l.path(temp), l.path(incr.Name)); err == nil {
			temp = ""
			if err = l.adopt(m, base); err != nil {
				l.leave(m, incr.Name)
			}
		}
	}
	if err != nil {
		l.abandon(w, temp)
		if w == nil {
			_ = f.Close()
		}
		return err
	}
	l.mu.Lock()
	if l.state == opening { // not switched off meanwhile
		l.state = on
	}
	l.mu.Unlock()
	l.policyChanged()
	return nil
}

// abandon ends a writer whose file doesn't count, and removes the file if it has its temporary name.
func (l *Log) abandon(w *writer, name string) {
	if w != nil {
		w.drop.Store(true)
		l.poke()
		_ = w.flush(journal.Offset(0), true)
		l.o.Host.Exclusive(w.r.Close)
		l.mu.Lock()
		l.w, l.broken = nil, nil
		l.mu.Unlock()
	}
	if name != "" {
		l.remove(name)
	}
}

// leave lets a file lie that a manifest names which couldn't be put in place: it may be there all the same, after a crash at least. Its
// numbers aren't given out again, and it goes when another manifest is in place.
func (l *Log) leave(m *Manifest, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.strays = append(l.strays, name)
	l.manifest.baseSeq, l.manifest.incrSeq = m.baseSeq, m.incrSeq
}

// adopt puts in place a manifest with a new base.
func (l *Log) adopt(m *Manifest, base Part) error {
	if err := l.writeManifest(m); err != nil {
		l.leave(m, base.Name)
		return err
	}
	l.mu.Lock()
	strays := l.strays
	l.manifest, l.strays = m, nil
	l.mu.Unlock()
	for _, name := range strays {
		l.remove(name)
	}
	l.baseBytes.Store(0)
	l.measure()
	l.baseBytes.Store(l.CurrentSize())
	return nil
}
