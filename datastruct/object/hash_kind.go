package object

import (
	"errors"
	"fmt"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
)

// hashKind is what the rest of the program can do with a hash.
var hashKind = kind{free: freeHash, copy: copyHash, len: lenHash, size: sizeHash, sane: saneHash}

// bucketFields is about how many fields a bucket of a table holds.
const bucketFields = 8

func freeHash(a *arena.Arena, enc Encoding, root arena.Ref, limit int) (rest arena.Ref) {
	if enc == EncListpack {
		a.Free(root, arena.PurposePacked)
		return 0
	}
	r := hashRootAt(a, root)
	if r.timed != 0 {
		if timedFieldsAt(a, r.timed).order.Free(a, limit, nil) {
			return root
		}
		a.Free(r.timed, arena.PurposeObject)
		r.timed = 0
	}
	if r.table.Free(a, limit/bucketFields+1, func(ref arena.Ref) { pairAt(a, ref).free() }) {
		return root
	}
	a.Free(root, arena.PurposeObject)
	return 0
}

func lenHash(a *arena.Arena, enc Encoding, root arena.Ref) int {
	if enc == EncListpack {
		return hashBlock(a, root).Len() / 2
	}
	return hashRootAt(a, root).table.Len()
}

func copyHash(from *arena.Arena, enc Encoding, root arena.Ref, to *arena.Arena, env *Env) (arena.Ref, bool) {
	if enc == EncListpack {
		b := hashBlock(from, root)
		twin := to.Alloc(len(b), arena.PurposePacked)
		if twin == 0 {
			return 0, false
		}
		copy(to.Bytes(twin, len(b)), b)
		return twin, true
	}
	twin := to.Alloc(hashRootBytes, arena.PurposeObject)
	if twin == 0 {
		return 0, false
	}
	*hashRootAt(to, twin) = hashRoot{}
	if !hashRootAt(from, root).copyInto(from, hashRootAt(to, twin), Hash{Entry: Entry{a: to}, env: env}) {
		for rest := twin; rest != 0; {
			rest = freeHash(to, enc, rest, 1<<30)
		}
		return 0, false
	}
	return twin, true
}

// copyInto copies all fields to an empty hashtable, which is h's.
func (r *hashRoot) copyInto(from *arena.Arena, into *hashRoot, h Hash) bool {
	if r.timed != 0 {
		if into.timed = h.a.Alloc(timedFieldsBytes, arena.PurposeObject); into.timed == 0 {
			return false
		}
		*timedFieldsAt(h.a, into.timed) = timedFields{order: tree.New(arena.PurposeTree)}
	}
	ok := true
	r.table.Each(from, func(ref arena.Ref) bool {
		p := pairAt(from, ref)
		ok = into.add(h, p.field(), p.value(), p.expireAt()) != Failed
		return ok
	})
	return ok
}

func sizeHash(a *arena.Arena, enc Encoding, root arena.Ref, samples int) int {
	if enc == EncListpack {
		return a.Cap(root)
	}
	r := hashRootAt(a, root)
	n := a.Cap(root) + r.table.Bytes()
	if r.timed != 0 {
		n += a.Cap(r.timed) + timedFieldsAt(a, r.timed).order.Bytes(a)
	}
	seen, sum := 0, 0
	r.table.Each(a, func(ref arena.Ref) bool {
		sum += pairAt(a, ref).bytes()
		seen++
		return samples == 0 || seen < samples
	})
	if seen > 0 {
		n += sum / seen * (r.table.Len() - seen)
	}
	return n + sum
}

func saneHash(a *arena.Arena, enc Encoding, root arena.Ref, env *Env) error {
	if enc == EncListpack {
		return sanePackedHash(hashBlock(a, root))
	}
	h, r := Hash{Entry: Entry{a: a}, env: env}, hashRootAt(a, root)
	if err := r.table.Sane(a, h.hashOf()); err != nil {
		return fmt.Errorf("table: %w", err)
	}
	if r.table.Len() == 0 {
		return errors.New("a hashtable without fields")
	}
	var err error
	timed := 0
	r.table.Each(a, func(ref arena.Ref) bool {
		p := pairAt(a, ref)
		if p.flags&pairTimed != 0 {
			timed++
		}
		err = p.sane(h, r)
		return err == nil
	})
	if err == nil {
		err = r.saneOrder(a, timed)
	}
	return err
}

func sanePackedHash(b packed.Block) error {
	if err := b.Sane(); err != nil {
		return err
	}
	if n := b.Len(); n == 0 || n%2 != 0 {
		return fmt.Errorf("a packed hash of %d entries", n)
	}
	for at, end := packed.HeaderBytes, b.End(); at < end; at = b.Skip(at, 2) {
		if first := b.Find(packed.HeaderBytes, b.Get(at), 1); first != at {
			return fmt.Errorf("the field at %d stands at %d as well", at, first)
		}
	}
	return nil
}

// sane checks one pair of a hashtable.
func (p hashPair) sane(h Hash, r *hashRoot) error {
	field := p.field()
	switch {
	case r.find(h, field) != p.ref:
		return fmt.Errorf("field %q isn't found, or twice", field)
	case !Fits(p.a.Cap(p.ref), p.need()):
		return fmt.Errorf("field %q needs %d bytes, has a block of %d", field, p.need(), p.a.Cap(p.ref))
	case p.flags&pairExternal != 0 != (len(p.value()) > MaxInline):
		return fmt.Errorf("field %q has a value of %d bytes, flags %d", field, len(p.value()), p.flags)
	case p.flags&pairTimed != 0 != (p.expireAt() > 0):
		return fmt.Errorf("field %q expires at %d, flags %d", field, p.expireAt(), p.flags)
	}
	return nil
}

// saneOrder checks the order of expiries of a hash with so many of them.
func (r *hashRoot) saneOrder(a *arena.Arena, timed int) error {
	if r.timed == 0 {
		if timed != 0 {
			return fmt.Errorf("%d fields expire, and there is no order of them", timed)
		}
		return nil
	}
	t := timedFieldsAt(a, r.timed)
	if err := t.order.Sane(a, nil); err != nil {
		return fmt.Errorf("order of expiries: %w", err)
	}
	if t.order.Len() != timed {
		return fmt.Errorf("%d fields expire, the order has %d", timed, t.order.Len())
	}
	for c := t.order.Begin(a); c.Valid(); c.Next(a) {
		if p := pairAt(a, c.Item().Ref); p.expireAt() != int64(c.Item().Key) {
			return fmt.Errorf("field %q expires at %d, the order says %d", p.field(), p.expireAt(), c.Item().Key)
		}
	}
	return nil
}
