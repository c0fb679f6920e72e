package lua

import (
	"math"
	"math/bits"
	"slices"
)

// table.sort is the reference's quicksort step by step where a script can see the steps: by the calls of its comparison, or by
// what an inconsistent one leaves behind. An array of numbers or of strings alone has one sorted form, so any way
// to it will do: that one takes n log n comparisons whatever the order was.

func tableSort(c *Frame) error {
	t, err := c.CheckTable(0)
	if err != nil {
		return err
	}
	n := t.Len()
	order := c.Arg(1)
	if !order.IsNil() {
		if _, err := c.CheckFunction(1); err != nil {
			return err
		}
	}
	if order.IsNil() && n > 1 && n <= len(t.arr) && !t.Frozen() {
		if sort := plainSort(t.arr[:n]); sort != nil {
			if err := c.state.Work(n * bits.Len(uint(n)) / 8); err != nil {
				return err
			}
			sort(t.arr[:n])
			return nil
		}
	}
	s := sorter{c, t, order}
	return s.sort(1, n)
}

// plainSort is how to sort values that are all numbers or all strings, and nil for others.
func plainSort(values []Value) func([]Value) {
	switch values[0].Kind() {
	case KindNumber:
		for _, v := range values {
			// NaN has no place in the order, and a zero may have a sign that comparing doesn't see.
			if n, ok := v.AsNumber(); !ok || n != n || n == 0 && math.Signbit(n) {
				return nil
			}
		}
		return func(values []Value) {
			slices.SortFunc(values, func(a, b Value) int {
				switch {
				case a.n < b.n:
					return -1
				case a.n > b.n:
					return 1
				}
				return 0
			})
		}
	case KindString:
		for _, v := range values {
			if v.Kind() != KindString {
				return nil
			}
		}
		return func(values []Value) {
			slices.SortFunc(values, func(a, b Value) int {
				switch {
				case a.p.str < b.p.str:
					return -1
				case a.p.str > b.p.str:
					return 1
				}
				return 0
			})
		}
	}
	return nil
}

type sorter struct {
	c     *Frame
	t     *Table
	order Value // the script's comparison, or nil
}

func (s *sorter) less(a, b Value) (bool, error) {
	if err := s.c.state.Work(1); err != nil {
		return false, err
	}
	if s.order.IsNil() {
		return s.c.LessThan(a, b)
	}
	v, err := first(s.c.Call(s.order, a, b))
	return v.Truthy(), err
}

func (s *sorter) swap(i, j int, a, b Value) error {
	if err := s.c.setInt(s.t, i, a); err != nil {
		return err
	}
	return s.c.setInt(s.t, j, b)
}

// order2 sees to it that t[i] isn't above t[j], i < j.
func (s *sorter) order2(i, j int) error {
	a, b := s.t.GetInt(i), s.t.GetInt(j)
	less, err := s.less(b, a)
	if err != nil || !less {
		return err
	}
	return s.swap(i, j, b, a)
}

// sort sorts t[low] … t[high].
func (s *sorter) sort(low, high int) error {
	for low < high {
		if err := s.order2(low, high); err != nil {
			return err
		}
		if high-low == 1 {
			return nil
		}
		middle := (low + high) / 2
		if done, err := s.median(low, middle, high); done || err != nil {
			return err
		}
		i, err := s.split(low, middle, high)
		if err != nil {
			return err
		}
		// The smaller half by recursion, the larger one in this loop.
		from, to := i+1, high
		if i-low < high-i {
			from, to, low = low, i-1, i+1
		} else {
			high = i - 1
		}
		if err := s.sort(from, to); err != nil {
			return err
		}
	}
	return nil
}

// median brings the median of three to the middle. With three elements all is done then.
func (s *sorter) median(low, middle, high int) (done bool, err error) {
	m, l := s.t.GetInt(middle), s.t.GetInt(low)
	less, err := s.less(m, l)
	switch {
	case err != nil:
		return true, err
	case less:
		err = s.swap(middle, low, l, m)
	default:
		err = s.order2(middle, high)
	}
	return high-low == 2, err
}

// split brings what is below the pivot, which is in the middle, in front of what is above it, and returns where the pivot is then.
func (s *sorter) split(low, middle, high int) (int, error) {
	pivot := s.t.GetInt(middle)
	if err := s.swap(middle, high-1, s.t.GetInt(high-1), pivot); err != nil {
		return 0, err
	}
	i, j := low, high-1
	for {
		a, err := s.skip(&i, 1, low, high, func(v Value) (bool, error) { return s.less(v, pivot) })
		if err != nil {
			return 0, err
		}
		b, err := s.skip(&j, -1, low, high, func(v Value) (bool, error) { return s.less(pivot, v) })
		if err != nil {
			return 0, err
		}
		if j < i {
			break
		}
		if err := s.swap(i, j, b, a); err != nil {
			return 0, err
		}
	}
	return i, s.swap(high-1, i, s.t.GetInt(i), s.t.GetInt(high-1))
}

// skip moves *i by step past all values that are on the right side of the pivot, and returns the first one that isn't.
func (s *sorter) skip(i *int, step, low, high int, right func(Value) (bool, error)) (Value, error) {
	for {
		*i += step
		v := s.t.GetInt(*i)
		ok, err := right(v)
		if err != nil || !ok {
			return v, err
		}
		if *i > high || *i < low {
			return v, s.c.Errorf(1, "invalid order function for sorting")
		}
	}
}
