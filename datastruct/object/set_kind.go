package object

import (
	"errors"
	"fmt"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

var setKind = kind{free: freeSet, copy: copySet, len: lenSet, size: sizeSet, sane: saneSet}

// membersPerBucket is about how many members a bucket of a table holds.
const membersPerBucket = 8

func freeSet(a *arena.Arena, enc Encoding, root arena.Ref, limit int) (rest arena.Ref) {
	if enc != EncHashtable {
		a.Free(root, arena.PurposePacked)
		return 0
	}
	m := Members{a: a, enc: enc, root: root}
	free := func(r arena.Ref) { a.Free(r, arena.PurposeObject) }
	if m.table().Free(a, max(limit/membersPerBucket, 1), free) {
		return root
	}
	a.Free(root, arena.PurposeObject)
	return 0
}

func copySet(from *arena.Arena, enc Encoding, root arena.Ref, to *arena.Arena, env *Env) (arena.Ref, bool) {
	m, twin := Members{from, env, enc, root}, Members{to, env, enc, 0}
	if enc != EncHashtable {
		n := m.usedSmall()
		if twin.root = to.Alloc(n, arena.PurposePacked); twin.root != 0 {
			copy(to.Bytes(twin.root, n), from.Bytes(root, n))
		}
		return twin.root, twin.root != 0
	}
	ok := twin.newTable()
	m.Each(func(v packed.Value) bool {
		if ok {
			_, ok = twin.addHashed(v)
		}
		return ok
	})
	if !ok {
		twin.free()
	}
	return twin.root, ok
}

// usedSmall returns the bytes that are used of the block of a set that is no table.
func (m Members) usedSmall() int {
	if m.enc == EncIntset {
		return m.ints().used()
	}
	return m.block().Used()
}

func lenSet(a *arena.Arena, enc Encoding, root arena.Ref) int {
	return Members{a: a, enc: enc, root: root}.Len()
}

func sizeSet(a *arena.Arena, enc Encoding, root arena.Ref, samples int) int {
	n := a.Cap(root)
	if enc != EncHashtable {
		return n
	}
	t := Members{a: a, enc: enc, root: root}.table()
	n += t.Bytes()
	if samples == 0 {
		samples = t.Len()
	}
	seen, bytes := 0, 0
	t.Each(a, func(r arena.Ref) bool {
		seen++
		bytes += a.Cap(r)
		return seen < samples
	})
	if seen == 0 {
		return n
	}
	return n + int(float64(bytes)/float64(seen)*float64(t.Len())+0.5)
}

func saneSet(a *arena.Arena, enc Encoding, root arena.Ref, env *Env) error {
	m := Members{a, env, enc, root}
	switch enc {
	case EncIntset:
		if n := m.ints().used(); n > a.Cap(root) {
			return fmt.Errorf("an intset of %d bytes in a block of %d", n, a.Cap(root))
		}
		return nonEmpty(m.ints().sane(), m)
	case EncListpack:
		if err := m.block().Sane(); err != nil {
			return err
		}
	case EncHashtable:
		if err := m.table().Sane(a, hashMembers(a, env.Seed)); err != nil {
			return err
		}
	default:
		return fmt.Errorf("a set is no %v", enc)
	}
	seen, err := map[string]bool{}, error(nil)
	m.Each(func(v packed.Value) bool {
		text := string(v.AppendTo(nil))
		if seen[text] || !m.Has(v) {
			err = fmt.Errorf("member %q is there twice, %v, or not found", text, seen[text])
		}
		seen[text] = true
		return err == nil
	})
	if err == nil && len(seen) != m.Len() {
		err = fmt.Errorf("%d members, %d counted", len(seen), m.Len())
	}
	return nonEmpty(err, m)
}

func nonEmpty(err error, m Members) error {
	if err == nil && m.Len() == 0 {
		return errors.New("a set without members")
	}
	return err
}
