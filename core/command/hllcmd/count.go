package hllcmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/hll"
)

// pfadd adds elements. Should the registers turn out to be damaged at one of them, those before it stay, as in Valkey.
func (g *group) pfadd(c *command.Call) error {
	key := c.Args[1]
	db := c.DB(key)
	s := sketch{db, db.FindWrite(key), g.limits.SparseMax()}
	if err := check(s.e); err != nil {
		return err
	}
	updated := int64(0)
	if !s.e.Exists() {
		updated++
	}
	if err := s.open(key); err != nil {
		return err
	}
	for i, element := range c.Args[2:] {
		raised, err := s.raise(hll.Place(element))
		if err != nil {
			c.Dirty += updated
			c.PropagateList(c.Args[2:2+i], c.Args[0], key)
			return err
		}
		if raised {
			updated++
		}
	}
	if updated > 0 {
		s.changed(c, key, updated)
	}
	c.W.Int(min(updated, 1))
	return nil
}

func pfcount(c *command.Call) error {
	if len(c.Args) > 2 {
		return countUnion(c)
	}
	key := c.Args[1]
	db := c.DB(key)
	s := sketch{db: db, e: db.Find(key)}
	if err := check(s.e); err != nil {
		return err
	}
	if !s.e.Exists() {
		c.W.Int(0)
		return nil
	}
	if err := s.open(key); err != nil {
		return err
	}
	b := s.e.Writable()
	n, ok := hll.Cached(b)
	if !ok {
		var err error
		if n, err = hll.Estimate(b); err != nil {
			return errCorrupt
		}
		hll.Remember(b, n)
		db.Touched(key)
		c.Dirty++
	}
	c.W.Int(int64(n))
	return nil
}

func countUnion(c *command.Call) error {
	c.Prefetch(c.Args[1:], 1)
	var u hll.Union
	for _, key := range c.Args[1:] {
		if _, err := raiseAll(c, &u, key); err != nil {
			return err
		}
	}
	c.W.Int(int64(u.Estimate()))
	return nil
}

// raiseAll takes the value of a key into the union and says whether it is a dense one.
func raiseAll(c *command.Call, u *hll.Union, key []byte) (dense bool, err error) {
	e := c.DB(key).Find(key)
	if err := check(e); err != nil || !e.Exists() {
		return false, err
	}
	b := e.Bytes()
	if u.Raise(b) != nil {
		return false, errCorrupt
	}
	return !hll.Sparse(b), nil
}

// pfmerge makes the first key the union of all. It is dense if one of them is.
func (g *group) pfmerge(c *command.Call) error {
	c.Prefetch(c.Args[1:], 1)
	var u hll.Union
	dense := false
	for _, key := range c.Args[1:] {
		d, err := raiseAll(c, &u, key)
		if err != nil {
			return err
		}
		dense = dense || d
	}
	key := c.Args[1]
	db := c.DB(key)
	s := sketch{db, db.FindWrite(key), g.limits.SparseMax()}
	if err := s.open(key); err != nil {
		return err
	}
	if err := s.store(&u, dense); err != nil {
		return err
	}
	s.changed(c, key, 1)
	c.W.OK()
	return nil
}

// store raises the value to a union in which it is contained.
func (s *sketch) store(u *hll.Union, dense bool) error {
	if dense && hll.Sparse(s.e.Bytes()) {
		if err := s.densify(); err != nil {
			return err
		}
	}
	// Register by register as long as the value is sparse: what its bytes are depends on the way.
	for index := range hll.Registers {
		if b := s.e.Writable(); !hll.Sparse(b) {
			u.PutDense(b)
			return nil
		}
		if rank := u.Rank(index); rank != 0 {
			if _, err := s.raise(index, rank); err != nil {
				return err
			}
		}
	}
	return nil
}
