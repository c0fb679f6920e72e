package keycmd

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// sorter is a SORT on its way.
type sorter struct {
	*sorting
	c     *command.Call
	items []sortItem
	texts []byte // of integers; grows, and what refers to the old bytes stays
	name  []byte // scratch: the key made of a pattern
}

// sortItem is an element with what it is sorted by. Texts are views of the arena, or of texts. They stay, as nothing is changed until all is
// read; a key whose time has come while others were looked up is none of those that were found.
type sortItem struct {
	text   []byte
	weight float64
	by     []byte // by pattern and ALPHA; nil: there's none
}

// text returns the text of a value.
func (s *sorter) text(v packed.Value) []byte {
	if !v.IsInt {
		return v.Bytes
	}
	from := len(s.texts)
	s.texts = v.AppendTo(s.texts)
	return s.texts[from:len(s.texts):len(s.texts)]
}

func (s *sorter) add(v packed.Value) { s.items = append(s.items, sortItem{text: s.text(v)}) }

// load takes the elements of the key in the order that they have: backwards for DESC, where they stay in it.
func (s *sorter) load(db *keyspace.DB, e keyspace.Entry) {
	switch e.Type() {
	case object.TypeSet:
		set := db.SetOf(e)
		s.items = make([]sortItem, 0, set.Len())
		set.Each(func(v packed.Value) bool {
			s.add(v)
			return true
		})
	case object.TypeList:
		s.loadList(db.List(e))
	default:
		s.loadZSet(db.ZSet(e))
	}
}

// work returns how many of n elements the command looks at.
func (s *sorter) work(n int) int {
	if !s.isAsIs {
		return n
	}
	start, end := s.span(n)
	return end - start
}

// window returns which elements to load of n that have an order: what LIMIT says if they stay in it.
func (s *sorter) window(n int) (start, count int) {
	if !s.isAsIs {
		return 0, n
	}
	start, end := s.span(n)
	s.start, s.count = 0, -1
	return start, end - start
}

func (s *sorter) loadList(list object.List) {
	n := list.Len()
	start, count := s.window(n)
	s.items = make([]sortItem, 0, count)
	if s.isAsIs && s.isDesc {
		for w := list.Back(n - 1 - start); len(s.items) < count; {
			v, ok := w.Prev()
			if !ok {
				return
			}
			s.add(v)
		}
		return
	}
	for w := list.From(start); len(s.items) < count; {
		v, ok := w.Next()
		if !ok {
			return
		}
		s.add(v)
	}
}

func (s *sorter) loadZSet(z object.ZSet) {
	n := z.Len()
	start, count := s.window(n)
	s.items = make([]sortItem, 0, count)
	isReverse := s.isAsIs && s.isDesc
	if isReverse {
		start = n - 1 - start
	}
	for cursor := z.Walk(start, count, isReverse); cursor.Next(); {
		// The member may stand in the cursor: an integer does.
		s.add(packed.Encode(cursor.Member()))
	}
}

// weigh finds what each element is sorted by.
func (s *sorter) weigh() error {
	for i := range s.items {
		it := &s.items[i]
		by, ok := it.text, true
		if s.by != nil {
			var v packed.Value
			if v, ok = s.lookup(s.by, it.text); !ok {
				continue
			}
			by = s.text(v)
		}
		if s.isAlpha {
			it.by = by[:len(by):len(by)]
			if it.by == nil {
				it.by = []byte{}
			}
			continue
		}
		if it.weight, ok = parseWeight(by); !ok {
			return errWeight
		}
	}
	return nil
}

// parseWeight reads a number as C's strtod does: a zero byte ends it, blanks may come before it, and nothing at all is 0.
func parseWeight(text []byte) (float64, bool) {
	if n, ok := command.ParseInt(text); ok {
		return float64(n), true
	}
	if i := bytes.IndexByte(text, 0); i >= 0 {
		text = text[:i]
	}
	if len(text) == 0 {
		return 0, true
	}
	return command.ParseFloat(bytes.TrimLeft(text, " \t\n\v\f\r"))
}

// order sorts the items.
func (s *sorter) order() {
	compare := compareWeights
	if s.isAlpha {
		compare = compareTexts
	}
	if s.isDesc {
		slices.SortStableFunc(s.items, func(a, b sortItem) int { return compare(b, a) })
		return
	}
	slices.SortStableFunc(s.items, compare)
}

func compareWeights(a, b sortItem) int {
	if n := cmp.Compare(a.weight, b.weight); n != 0 {
		return n
	}
	return bytes.Compare(a.text, b.text) // so that the result is the same everywhere
}

func compareTexts(a, b sortItem) int {
	switch {
	case a.by != nil && b.by != nil:
		return bytes.Compare(a.by, b.by)
	case a.by == nil && b.by == nil:
		return 0
	case a.by == nil:
		return -1
	}
	return 1
}

// lookup returns what a pattern stands for: the element itself for #, else the string at the key that has the element in the place of
// the *, or the field behind -> of the hash there.
func (s *sorter) lookup(pattern, element []byte) (packed.Value, bool) {
	if string(pattern) == "#" {
		return packed.Value{Bytes: element}, true
	}
	star := bytes.IndexByte(pattern, '*')
	if star < 0 {
		return packed.Value{}, false
	}
	rest, field := pattern[star+1:], []byte(nil)
	if i := bytes.Index(rest, []byte("->")); i >= 0 && i+2 < len(rest) {
		rest, field = rest[:i], rest[i+2:]
	}
	s.name = append(append(append(s.name[:0], pattern[:star]...), element...), rest...)
	db := s.c.DB(s.name)
	e := db.Find(s.name)
	switch {
	case !e.Exists():
		return packed.Value{}, false
	case field != nil:
		if e.Type() != object.TypeHash {
			return packed.Value{}, false
		}
		return db.Hash(e).Get(field)
	case e.Type() != object.TypeString:
		return packed.Value{}, false
	}
	if n, ok := e.IsInt(); ok {
		return packed.IntValue(n), true
	}
	return packed.Value{Bytes: e.Bytes()}, true
}

// reply writes the elements that LIMIT asks for, or what GET makes of them.
func (s *sorter) reply() {
	start, end := s.span(len(s.items))
	w := s.c.W
	w.Array((end - start) * max(len(s.gets), 1))
	for _, it := range s.items[start:end] {
		if len(s.gets) == 0 {
			w.Bulk(it.text)
		}
		for _, pattern := range s.gets {
			v, ok := s.lookup(pattern, it.text)
			switch {
			case !ok:
				w.Null()
			case v.IsInt:
				w.BulkInt(v.Int)
			default:
				w.Bulk(v.Bytes)
			}
		}
	}
}

// result returns what reply writes: an empty text where there's nothing.
func (s *sorter) result() [][]byte {
	start, end := s.span(len(s.items))
	result := make([][]byte, 0, (end-start)*max(len(s.gets), 1))
	for _, it := range s.items[start:end] {
		if len(s.gets) == 0 {
			result = append(result, it.text)
		}
		for _, pattern := range s.gets {
			v, _ := s.lookup(pattern, it.text)
			result = append(result, s.text(v))
		}
	}
	return result
}
