package snapshot

import (
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// loan is a large entry for the sink to write.
type loan struct {
	*keyspace.Loan
	db    int
	usage rdb.Usage
}

// Keep serialises an entry. It says no if the budget is used up.
func (k *keeper) Keep(db int, e keyspace.Entry) bool {
	r := k.run
	if r.dead.Load() {
		return true
	}
	need := bound(e)
	if cap(k.piece.b)-len(k.piece.b) < need {
		k.handOver()
		if !r.account.open(&k.piece, need) {
			return false
		}
	}
	x := r.encoders.Get().(Encoder)
	b, held := k.piece.b, cap(k.piece.b)
	if k.db != db {
		b, k.db = x.Select(b, db), db
		if k.piece.keys == 0 {
			k.piece.first, k.piece.entries = db, len(b)
		}
	}
	b, err := x.Append(b, e, k.usage(e))
	r.encoders.Put(x)
	if err != nil {
		r.fail(err)
		return true
	}
	if grown := cap(b) - held; grown > 0 { // the bound was too small: the account stays right
		r.account.used.Add(int64(grown))
	}
	k.piece.b = b
	k.piece.keys++
	return true
}

// Lend has the sink write a large entry.
func (k *keeper) Lend(db int, l *keyspace.Loan) bool {
	r := k.run
	if r.dead.Load() {
		l.Return()
		return true
	}
	select {
	case r.loans <- loan{l, db, k.usage(l.Entry)}:
		r.lent.Add(1)
		return true
	default:
		r.account.starved.Store(true)
		return false
	}
}

// Dead says that nobody wants the snapshot any more.
func (k *keeper) Dead() bool { return k.run.dead.Load() }

// Over notes that the partition is through. What was flushed ends the snapshot.
func (k *keeper) Over(isFlushed bool) {
	if isFlushed {
		k.run.flushed.Store(true)
		k.run.poke()
	}
	k.handOver()
	k.run.through()
}

// handOver gives the piece to the sink.
func (k *keeper) handOver() {
	if k.piece.last = k.db; k.piece.keys > 0 {
		k.run.keys.Add(int64(k.piece.keys))
		k.run.pieces <- k.piece // never waits: the account bounds the pieces
	} else {
		k.run.account.close(&k.piece)
	}
	k.piece, k.db = piece{}, noDatabase
}

// usage is what the file says of the use of a key.
func (k *keeper) usage(e keyspace.Entry) rdb.Usage {
	u := rdb.NoUsage
	switch policy := k.space.Policy().Kind; {
	case policy.LFU():
		u.Frequency = int(k.space.Frequency(e))
	case policy.LRU():
		u.IdleSeconds = k.space.IdleSeconds(e)
	}
	return u
}

// What an entry may take at most: besides key and value there are select, expiry, use and type, and each string has its length. A small
// collection in the arena takes no less than a quarter of what is written for it.
const (
	entryOverhead = 64
	valueFactor   = 4
)

// bound returns how many bytes an entry takes at most.
func bound(e keyspace.Entry) int {
	n := len(e.Key()) + entryOverhead
	if e.Type() == object.TypeString {
		return n + e.Len()
	}
	return n + valueFactor*e.CollectionSize(0)
}
