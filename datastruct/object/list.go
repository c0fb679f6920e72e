package object

import (
	"errors"
	"math"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
	"github.com/sleipnirdb/sleipnir/datastruct/seq"
)

// A list is a packed block (EncListpack), or a sequence of such (EncQuicklist). The directive list-max-listpack-size says
// when the one becomes the other, and how large the blocks of a sequence are. A list that grows changes as soon as it would exceed the
// limit, one that shrinks when it is down to half of it.

// List is the view of an entry that holds a list. Values that methods return are views, valid until the next change.
//
// Methods that return a bool say whether there was memory; if not, the list is as it was. A method that removes elements
// leaves the entry to the caller when there are none any more.
type List struct {
	Entry
	env *Env
}

// AsList returns the view of an entry that holds a list.
func (e Entry) AsList(env *Env) List { return List{e, env} }

func (l List) fill() seq.Fill { return seq.Fill(l.env.Limits.ListSize.Load()) }

// block returns the packed block of a list that is one.
func (l List) block() packed.Block { return blockAt(l.a, l.Root()) }

func blockAt(a *arena.Arena, root arena.Ref) packed.Block { return a.Bytes(root, a.Cap(root)) }

func (l List) isSeq() bool { return l.Encoding() == EncQuicklist }

func (l List) seq() seq.Seq { return seq.At(l.a, l.Root()) }

// Len returns the number of elements.
func (l List) Len() int {
	root := l.Root()
	if root == 0 {
		return 0
	}
	return listLen(l.a, l.Encoding(), root)
}

// Grow makes the list fit for elements that are about to be added: from a block it becomes a sequence if they are too many or too
// large together.
func (l List) Grow(elements ...[]byte) bool {
	if l.isSeq() {
		return true
	}
	bytes, n := packed.EmptyBytes, len(elements)
	root := l.Root()
	if root != 0 {
		b := blockAt(l.a, root)
		bytes = b.Used()
		n += b.Len()
	}
	for _, e := range elements {
		bytes += len(e)
	}
	if !l.fill().Exceeds(bytes, n) {
		return true
	}
	if root == 0 {
		l.SetRoot(EncQuicklist, 0) // the sequence begins with the first element
		return true
	}
	s, ok := seq.New(l.a, root)
	if ok {
		l.SetRoot(EncQuicklist, s.Ref())
	}
	return ok
}

// PushLast adds an element at the end. The caller has called Grow.
func (l List) PushLast(element []byte) bool {
	v := packed.Encode(element)
	root := l.Root()
	switch {
	case root == 0:
		return l.begin(v)
	case l.isSeq():
		return seq.At(l.a, root).PushLast(v, l.fill())
	}
	b := l.withRoom(v.Size())
	if b == nil {
		return false
	}
	b.Append(v)
	return true
}

// PushFirst adds an element at the front. The caller has called Grow.
func (l List) PushFirst(element []byte) bool {
	v := packed.Encode(element)
	root := l.Root()
	switch {
	case root == 0:
		return l.begin(v)
	case l.isSeq():
		return seq.At(l.a, root).PushFirst(v, l.fill())
	}
	b := l.withRoom(v.Size())
	if b == nil {
		return false
	}
	b.Prepend(v)
	return true
}

// begin adds the first element.
func (l List) begin(v packed.Value) bool {
	root := l.a.Alloc(packed.EmptyBytes+v.Size(), arena.PurposePacked)
	if root == 0 {
		return false
	}
	packed.Init(blockAt(l.a, root)).Append(v)
	if l.isSeq() {
		s, ok := seq.New(l.a, root)
		if !ok {
			l.a.Free(root, arena.PurposePacked)
			return false
		}
		root = s.Ref()
	}
	l.SetRoot(l.Encoding(), root)
	return true
}

// A block that grows gets slack of a part of it, if it isn't small.
const (
	slackFrom = 512
	slackPart = 16
)

// withRoom returns the packed block, moved if need be, with room for n bytes more; nil if the arena is out of memory.
func (l List) withRoom(n int) packed.Block {
	root := l.Root()
	b := blockAt(l.a, root)
	if b.Room() >= n {
		return b
	}
	need := b.Used() + n
	if need >= slackFrom {
		need += need / slackPart
	}
	return l.resized(root, need)
}

// resized moves the packed block to an arena block of so many bytes.
func (l List) resized(root arena.Ref, bytes int) packed.Block {
	fresh := l.a.Alloc(bytes, arena.PurposePacked)
	if fresh == 0 {
		return nil
	}
	b, old := blockAt(l.a, fresh), blockAt(l.a, root)
	copy(b, old[:old.Used()])
	l.a.Free(root, arena.PurposePacked)
	l.SetRoot(EncListpack, fresh)
	return b
}

// First returns the first element of a list that isn't empty.
func (l List) First() packed.Value {
	if l.isSeq() {
		return l.seq().First()
	}
	b := l.block()
	return b.Get(b.First())
}

// Last returns the last element of a list that isn't empty.
func (l List) Last() packed.Value {
	if l.isSeq() {
		return l.seq().Last()
	}
	b := l.block()
	return b.Get(b.Last())
}

// DropFirst removes the first element.
func (l List) DropFirst() {
	if l.isSeq() {
		l.seq().DropFirst()
	} else {
		l.block().Delete(packed.HeaderBytes, 1)
	}
	l.shrink()
}

// DropLast removes the last element.
func (l List) DropLast() {
	if l.isSeq() {
		l.seq().DropLast()
	} else {
		b := l.block()
		b.Cut(b.Last(), b.End(), 1)
	}
	l.shrink()
}

// Set puts an element in the place of the one with an index, which is there.
func (l List) Set(index int, element []byte) bool {
	if !l.Grow(element) {
		return false
	}
	v := packed.Encode(element)
	if l.isSeq() {
		if !l.seq().Set(index, v, l.fill()) {
			return false
		}
		l.shrink()
		return true
	}
	b := l.block()
	at := b.At(index)
	if b = l.withRoom(max(0, v.Size()-b.Size(at))); b == nil {
		return false
	}
	b.Replace(at, v)
	l.shrink()
	return true
}

// Insert puts an element in front of the one with an index, or at the end.
func (l List) Insert(index int, element []byte) bool {
	if !l.Grow(element) {
		return false
	}
	v := packed.Encode(element)
	if l.isSeq() {
		return l.seq().Insert(index, v, l.fill())
	}
	b := l.withRoom(v.Size())
	if b == nil {
		return false
	}
	b.Insert(b.Skip(packed.HeaderBytes, index), v)
	return true
}

// Delete removes count elements from the one with an index on; there are as many.
func (l List) Delete(index, count int) {
	if count == 0 {
		return
	}
	if l.isSeq() {
		l.seq().Delete(index, count, l.fill())
	} else {
		b := l.block()
		b.Delete(b.At(index), count)
	}
	l.shrink()
}

// trimAtOnce is so few elements that their removal takes no time worth mentioning.
const trimAtOnce = 10000

// Trim keeps count elements, of which there must be some, from an index on. Where it removes many, the caller has to discard them: they are what it
// returns.
func (l List) Trim(index, count int) (rest [2]Remains) {
	tail := l.Len() - index - count
	if tail > 0 && !l.splitOff(index+count, tail, &rest[0], false) {
		l.Delete(index+count, tail)
	}
	if index > 0 && !l.splitOff(index, index, &rest[1], true) {
		l.Delete(0, index)
	}
	return rest
}

// splitOff cuts a sequence at an index, keeps one part and gives the other away. It returns false, with nothing changed, if the part, of count
// elements, isn't large, or if the arena is out of memory.
func (l List) splitOff(index, count int, rest *Remains, keepRight bool) bool {
	if !l.isSeq() || count <= trimAtOnce {
		return false
	}
	left := l.seq()
	right, ok := left.SplitOff(index)
	if !ok {
		return false
	}
	if keepRight {
		left, right = right, left
	}
	*rest = Remains{TypeList, EncQuicklist, right.Ref()}
	l.SetRoot(EncQuicklist, left.Ref())
	l.shrink()
	return true
}

// Remove removes the elements that equal the given one, and returns how many: at most limit of them, the first ones or, if isLast, the last
// ones.
func (l List) Remove(element []byte, limit int, isLast bool) (removed int) {
	v := packed.Encode(element)
	index := 0
	if isLast && limit < math.MaxInt {
		index, limit = l.nthLast(v, limit), math.MaxInt
	}
	if l.isSeq() {
		removed = l.seq().DeleteEqual(index, v, limit, l.fill())
	} else {
		b := l.block()
		removed = b.DeleteEqual(b.Skip(packed.HeaderBytes, index), v, limit)
	}
	if removed > 0 {
		l.shrink()
	}
	return removed
}

// nthLast returns the index of the nth last element that equals v, or 0 if there are less.
func (l List) nthLast(v packed.Value, n int) int {
	w := l.Back(-1)
	for ; n > 1; n-- {
		if _, ok := w.FindPrev(v); !ok {
			return 0
		}
	}
	i, _ := w.FindPrev(v)
	return max(i, 0)
}

// shrink lets a list that has lost elements change its encoding, and gives unused memory back. One without elements stays as it is.
func (l List) shrink() {
	if !l.isSeq() {
		root := l.Root()
		b := blockAt(l.a, root)
		if used := b.Used(); !b.IsEmpty() && 2*used < len(b)-minSpare {
			l.resized(root, used) // out of memory, it stays where it is
		}
		return
	}
	s := l.seq()
	if s.Len() == 0 {
		return
	}
	b, ok := s.Single()
	if !ok || !l.fill().Shrinks(b.Used(), b.Len()) {
		return
	}
	if root, ok := s.Dissolve(); ok {
		l.SetRoot(EncListpack, root)
		l.shrink()
	}
}

// minSpare is so little unused memory that a block isn't moved for it.
const minSpare = 64

// Index returns the element with an index below Len.
func (l List) Index(index int) packed.Value {
	b, at, _ := l.run(index)
	return b.Get(at)
}

// run returns the packed block that holds the element with an index, its position there, and its index in the block.
func (l List) run(index int) (b packed.Block, at, k int) {
	if l.isSeq() {
		return l.seq().Run(index)
	}
	b = l.block()
	return b, b.At(index), index
}

var listKind = kind{free: listFree, copy: listCopy, len: listLen, size: listSize, sane: listSane}

func listFree(a *arena.Arena, enc Encoding, root arena.Ref, limit int) arena.Ref {
	if enc != EncQuicklist {
		a.Free(root, arena.PurposePacked)
		return 0
	}
	if seq.At(a, root).Free(limit) {
		return root
	}
	return 0
}

func listCopy(from *arena.Arena, enc Encoding, root arena.Ref, to *arena.Arena, _ *Env) (arena.Ref, bool) {
	if enc == EncQuicklist {
		s, ok := seq.At(from, root).Copy(to)
		return s.Ref(), ok
	}
	used := blockAt(from, root).Used()
	twin := to.Alloc(used, arena.PurposePacked)
	if twin == 0 {
		return 0, false
	}
	copy(to.Bytes(twin, used), from.Bytes(root, used))
	return twin, true
}

func listLen(a *arena.Arena, enc Encoding, root arena.Ref) int {
	if enc == EncQuicklist {
		return seq.At(a, root).Len()
	}
	return blockAt(a, root).Len()
}

func listSize(a *arena.Arena, enc Encoding, root arena.Ref, samples int) int {
	if enc == EncQuicklist {
		return seq.At(a, root).Size(samples)
	}
	return a.Cap(root)
}

var errListEncoding = errors.New("a list that is neither listpack nor quicklist")

func listSane(a *arena.Arena, enc Encoding, root arena.Ref, _ *Env) error {
	switch enc {
	case EncQuicklist:
		return seq.At(a, root).Sane()
	case EncListpack:
		return blockAt(a, root).Sane()
	}
	return errListEncoding
}
