// Package hllcmd holds the commands of the hyperloglog group. A HyperLogLog is a string, whose bytes are Valkey's.
package hllcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/hll"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Limits are the settings that HyperLogLog commands obey.
type Limits interface {
	// SparseMax is hll-sparse-max-bytes, the longest sparse value that may grow.
	SparseMax() int
}

type group struct{ limits Limits }

// Commands returns the rows of the hyperloglog group.
func Commands(limits Limits) []command.Command {
	g := &group{limits}
	const w = command.Write | command.DenyOOM
	rows := []command.Command{
		{Name: "pfadd", Arity: -2, Flags: w | command.Fast, Keys: []command.KeySpec{command.Key(1, command.RW|command.Insert)}, Since: "2.8.9",
			Complexity: "O(1) to add every element.", Summary: "Adds elements to a HyperLogLog key. Creates the key if it doesn't exist.", Run: g.pfadd},
		{Name: "pfcount", Arity: -2, Flags: command.ReadOnly | command.MayReplicate, Since: "2.8.9",
			Keys:       []command.KeySpec{command.Range(1, -1, 1, command.RW|command.Access)},
			Complexity: "O(1) with a very small average constant time when called with a single key. O(N) with N being the number of keys, and much bigger constant times, when called with multiple keys.",
			Summary:    "Returns the approximated cardinality of the set(s) observed by the HyperLogLog key(s).", Run: pfcount},
		{Name: "pfmerge", Arity: -2, Flags: w, Since: "2.8.9", Complexity: "O(N) to merge N HyperLogLogs, but with high constant times.",
			Keys:    []command.KeySpec{command.Key(1, command.RW|command.Access|command.Insert), command.Range(2, -1, 1, command.RO|command.Access)},
			Summary: "Merges one or more HyperLogLog values into a single key.", Run: g.pfmerge},
		{Name: "pfdebug", Arity: 3, Flags: w | command.Admin, Keys: []command.KeySpec{command.Key(2, command.RW|command.Access)}, Since: "2.8.9",
			Complexity: "N/A", Summary: "Internal commands for debugging HyperLogLog values.", Run: pfdebug},
		{Name: "pfselftest", Arity: 1, Flags: command.Admin | command.OffLoop, Since: "2.8.9",
			Complexity: "N/A", Summary: "An internal command for testing HyperLogLog values.", Run: pfselftest},
	}
	for i := range rows {
		rows[i].Group, rows[i].ACL = "hyperloglog", command.CatHyperLogLog
	}
	return rows
}

const (
	errNotHLL  command.Error = "WRONGTYPE Key is not a valid HyperLogLog string value."
	errCorrupt command.Error = "INVALIDOBJ Corrupted HLL object detected"
)

// check returns an error if the entry exists and isn't a HyperLogLog.
func check(e keyspace.Entry) error {
	if !e.Exists() {
		return nil
	}
	if _, err := command.OfType(e, object.TypeString); err != nil {
		return err
	}
	if !hll.Valid(e.Bytes()) {
		return errNotHLL
	}
	return nil
}

// sketch is a HyperLogLog that may be written to.
type sketch struct {
	db    *keyspace.DB
	e     keyspace.Entry
	limit int
}

// open makes an entry that check has passed, or the missing key, writable. A new key is made without elements.
func (s *sketch) open(key []byte) (err error) {
	switch {
	case !s.e.Exists():
		if s.e, err = s.db.Draft(key, hll.EmptyBytes); err != nil {
			return command.NoMemory(err)
		}
		hll.Init(s.e.Writable())
		err = s.db.Publish(key, s.e)
	case s.e.Encoding() != object.EncRaw:
		s.e, err = s.db.Resize(s.e, s.e.Len())
	}
	return command.NoMemory(err)
}

// raise raises a register, and says whether it was lower.
func (s *sketch) raise(index int, rank uint8) (bool, error) {
	b := s.e.Writable()
	if !hll.Sparse(b) {
		return hll.DenseRaise(b, index, rank), nil
	}
	var edit hll.Edit
	verdict, err := hll.Plan(b, index, rank, s.limit, &edit)
	switch {
	case err != nil:
		return false, errCorrupt
	case verdict == hll.Same:
		return false, nil
	case verdict == hll.Dense:
		if err := s.densify(); err != nil {
			return false, err
		}
		return hll.DenseRaise(s.e.Writable(), index, rank), nil
	}
	return true, s.apply(&edit)
}

// apply carries out an edit, for which the string becomes longer or shorter by a few bytes.
func (s *sketch) apply(edit *hll.Edit) error {
	size, by := s.e.Len(), edit.Growth()
	if by > 0 {
		e, err := s.db.Resize(s.e, size+by)
		if err != nil {
			return command.NoMemory(err)
		}
		s.e = e
	}
	edit.Apply(s.e.Writable(), size)
	if by < 0 {
		e, err := s.db.Resize(s.e, size+by)
		if err != nil { // a smaller block is a new one
			edit.Revert(s.e.Writable(), size)
			return command.NoMemory(err)
		}
		s.e = e
	}
	return nil
}

// densify makes a sparse value dense.
func (s *sketch) densify() error {
	var dense [hll.DenseBytes]byte
	if hll.Densify(dense[:], s.e.Bytes()) != nil {
		return errCorrupt
	}
	e, err := s.db.Resize(s.e, hll.DenseBytes)
	if err != nil {
		return command.NoMemory(err)
	}
	s.e = e
	copy(e.Writable(), dense[:])
	return nil
}

// changed declares n changes of the value by elements.
func (s *sketch) changed(c *command.Call, key []byte, n int64) {
	hll.Invalidate(s.e.Writable())
	s.db.Touched(key)
	c.Dirty += n
	s.db.Notify(keyspace.ClassString, "pfadd", key)
}
