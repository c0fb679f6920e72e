package seq

import (
	"fmt"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// Size returns the bytes in the arena. For samples > 0 it is estimated from the leaves that hold the first so many elements.
func (s Seq) Size(samples int) int {
	if samples <= 0 || samples >= s.Len() {
		return s.a.Cap(s.ref) + s.sizeBelow(s.root(), s.height())
	}
	bytes, count := 0, 0
	for count < samples {
		leaf, _ := s.locate(count)
		bytes += s.a.Cap(leaf)
		count += s.leaf(leaf).Len()
	}
	return s.a.Cap(s.ref) + nodeBytes + int(float64(bytes)/float64(count)*float64(s.Len()))
}

func (s Seq) sizeBelow(ref arena.Ref, level int) int {
	sum := s.a.Cap(ref)
	if level > 0 {
		v := s.nodeAt(ref)
		for i := range v.n() {
			sum += s.sizeBelow(v.ref(i), level-1)
		}
	}
	return sum
}

// Sane checks the invariants, for tests.
func (s Seq) Sane() error {
	n, err := s.saneBelow(s.root(), s.height())
	switch {
	case err != nil:
		return err
	case n != s.Len():
		return fmt.Errorf("seq: %d elements, the head says %d", n, s.Len())
	case s.height() > 1 && s.nodeAt(s.root()).n() < 2:
		return fmt.Errorf("seq: the root has %d child", s.nodeAt(s.root()).n())
	}
	var p, q path
	s.descendFirst(&p)
	s.descendLast(&q)
	if p.leaf != s.first() || q.leaf != s.last() {
		return fmt.Errorf("seq: the ends are %d and %d, the head says %d and %d", p.leaf, q.leaf, s.first(), s.last())
	}
	return nil
}

// saneBelow returns how many elements there are in the leaves below a node.
func (s Seq) saneBelow(ref arena.Ref, level int) (int, error) {
	if level == 0 {
		b := s.leaf(ref)
		if b.IsEmpty() {
			return 0, fmt.Errorf("seq: leaf %d is empty", ref)
		}
		return b.Len(), b.Sane()
	}
	v := s.nodeAt(ref)
	if v.n() < 1 || v.n() > nodeCap {
		return 0, fmt.Errorf("seq: %d children in node %d", v.n(), ref)
	}
	sum := 0
	for i := range v.n() {
		n, err := s.saneBelow(v.ref(i), level-1)
		if err != nil {
			return 0, err
		}
		if want := v.count(i) + s.leads(v.ref(i), level-1); n != want {
			return 0, fmt.Errorf("seq: %d elements below node %d, its parent says %d", n, v.ref(i), want)
		}
		sum += n
	}
	return sum, nil
}

// leads returns the deltas of the ends that lie below a node.
func (s Seq) leads(ref arena.Ref, level int) int {
	first, last := ref, ref
	for ; level > 0; level-- {
		f, l := s.nodeAt(first), s.nodeAt(last)
		first, last = f.ref(0), l.ref(l.n()-1)
	}
	d := 0
	if first == s.first() {
		d += s.lead(offFirstLead)
	}
	if last == s.last() {
		d += s.lead(offLastLead)
	}
	return d
}
