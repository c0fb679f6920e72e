package loading

import (
	"errors"
	"fmt"
	"time"

	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

// The reader's part: load is the rdb.Cutter.

// Aux hands on what the file says of itself.
func (l *load) Aux(key, value []byte) error { return l.owner.Aux(key, value) }

// Function hands on a library of functions.
func (l *load) Function(code []byte) error { return l.owner.Function(code) }

// Database takes the number of the database of the next keys.
func (l *load) Database(number uint64) error {
	if n := l.Set.Space(0).Databases(); number >= uint64(n) { // #nosec G115 -- small
		return fmt.Errorf("the data is of a server with more than %d databases", n)
	}
	l.database = uint32(number) // #nosec G115 -- checked
	return nil
}

// Resize does nothing: tables grow in small steps here.
func (l *load) Resize(uint64, uint64) error { return nil }

// maxKey is the longest key.
const maxKey = 512 << 20

const errKey rdb.Corrupt = "a key is too long"

// errStop ends the reading when a worker has come upon an error, which is the one to tell.
var errStop = errors.New("a worker has stopped")

// Value puts a value, or a piece of one, into the batch of its partition.
func (l *load) Value(k *rdb.KeyInfo, offset int64, piece []byte, isLast bool) error {
	p := l.Set.Of(crc.Slot(k.Key))
	if l.pieces {
		return l.piece(p, piece, isLast)
	}
	if len(k.Key) > maxKey {
		return errKey
	}
	b := l.open[p]
	if b != nil && !b.fits(k, piece) {
		if err := l.send(p); err != nil {
			return err
		}
		b = nil
	}
	if b == nil {
		b = <-l.free
		b.clear(p)
		l.open[p] = b
	}
	b.add(k, l.database, offset, piece, !isLast)
	if !isLast {
		l.pieces = true
		return l.send(p)
	}
	if l.Delay != nil {
		return l.pause()
	}
	return nil
}

// piece sends another piece of a large value.
func (l *load) piece(p int, piece []byte, isLast bool) error {
	b := <-l.free
	b.clear(p)
	b.items = append(b.items, piece...)
	b.goesOn = !isLast
	l.pieces = !isLast
	l.open[p] = b
	return l.send(p)
}

// send hands the open batch of a partition to its worker.
func (l *load) send(p int) error {
	b := l.open[p]
	l.open[p] = nil
	l.workers[p%len(l.workers)].queue <- b
	l.Progress.at(l.decoder.Offset())
	switch {
	case l.failed.Load():
		return errStop
	case l.Progress.Cancelled():
		return ErrCancelled
	}
	return nil
}

// sendAll hands over what is left.
func (l *load) sendAll() error {
	for p, b := range l.open {
		if b == nil {
			continue
		}
		if err := l.send(p); err != nil {
			return err
		}
	}
	return nil
}

// Sleeps of Delay are gathered to worthwhile ones, and cut into bearable ones.
const (
	minSleep = time.Millisecond
	maxSleep = 50 * time.Millisecond
)

// pause sleeps after a key.
func (l *load) pause() error {
	for l.owed += l.Delay(); l.owed >= minSleep; l.owed -= min(l.owed, maxSleep) {
		if l.Delay() == 0 {
			l.owed = 0
		}
		if l.Progress.Cancelled() {
			return ErrCancelled
		}
		l.Progress.at(l.decoder.Offset())
		time.Sleep(min(l.owed, maxSleep))
	}
	return nil
}
