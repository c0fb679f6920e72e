package object

import "github.com/sleipnirdb/sleipnir/datastruct/packed"

// ListWalk goes over a list's elements towards its end. It is good until the list is changed.
type ListWalk struct {
	l     List
	b     packed.Block
	at    int // position of the next element
	index int // of the next element
	left  int // elements from the next one on that are in its block
}

// From returns a walk that begins with the element with an index.
func (l List) From(index int) (w ListWalk) {
	w.l, w.index = l, index
	w.load()
	return w
}

// load goes to the block that holds the next element; at its end it stays behind the last one.
func (w *ListWalk) load() {
	w.left = 0
	if w.index >= w.l.Len() {
		return
	}
	var k int
	w.b, w.at, k = w.l.run(w.index)
	w.left = w.b.Len() - k
}

// Next returns the next element, and false behind the last one.
func (w *ListWalk) Next() (v packed.Value, ok bool) {
	if w.left == 0 {
		if w.load(); w.left == 0 {
			return packed.Value{}, false
		}
	}
	v, w.at = w.b.Read(w.at)
	w.left--
	w.index++
	return v, true
}

// Texts reads the next elements into dst as long as they are short texts, which most are, and returns how many; the rest is for Next. It
// is faster for many, and may return 0 at any time.
func (w *ListWalk) Texts(dst [][]byte) (n int) {
	if w.left == 0 {
		if w.load(); w.left == 0 {
			return 0
		}
	}
	n, w.at = w.b.Texts(w.at, dst)
	w.left -= n
	w.index += n
	return n
}

// FindNext goes on behind the next element that equals v, and returns its index; false if there is none.
func (w *ListWalk) FindNext(v packed.Value) (index int, ok bool) {
	for {
		if w.left == 0 {
			if w.load(); w.left == 0 {
				return 0, false
			}
		}
		at, passed := w.b.FindNext(w.at, v)
		w.index += passed
		w.left -= passed
		if w.left > 0 {
			w.at = at + w.b.Size(at)
			w.left--
			w.index++
			return w.index - 1, true
		}
	}
}

// ListBack goes over a list's elements towards its front. It is good until the list is changed.
type ListBack struct {
	l     List
	b     packed.Block
	at    int // position behind the next element
	index int // of the next element
	left  int // elements up to the next one that are in its block
}

// Back returns a walk towards the front that begins with the element with an index; -1 is the last.
func (l List) Back(index int) (w ListBack) {
	if index < 0 {
		index += l.Len()
	}
	w.l, w.index = l, index
	w.load()
	return w
}

// load goes to the block that holds the next element; at the front it stays in front of the first one.
func (w *ListBack) load() {
	w.left = 0
	if w.index < 0 {
		return
	}
	var k int
	w.b, w.at, k = w.l.run(w.index)
	w.at += w.b.Size(w.at)
	w.left = k + 1
}

// Prev returns the next element towards the front, and false in front of the first one.
func (w *ListBack) Prev() (v packed.Value, ok bool) {
	if w.left == 0 {
		if w.load(); w.left == 0 {
			return packed.Value{}, false
		}
	}
	w.at = w.b.Prev(w.at)
	w.left--
	w.index--
	return w.b.Get(w.at), true
}

// FindPrev goes on in front of the next element towards the front that equals v, and returns its index; false if there is none.
func (w *ListBack) FindPrev(v packed.Value) (index int, ok bool) {
	for {
		if w.left == 0 {
			if w.load(); w.left == 0 {
				return 0, false
			}
		}
		at, passed := w.b.FindPrev(w.at, v)
		w.index -= passed
		w.left -= passed
		if at >= 0 {
			w.at = at
			w.left--
			w.index--
			return w.index + 1, true
		}
	}
}
