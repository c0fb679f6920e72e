package lua

import (
	"errors"
	"math"
	"math/bits"
)

// Tables have two parts. The array holds the values of the keys 1 … len(arr). The hash is an array of nodes, a power of two
// many, with chains through the free places of the same array (Brent's variation): a key sits in its main position, or the key
// that sits there has its own main position there too.
//
// Hash functions, the sizes of both parts and the way to a free place are those of the reference. So are therefore the
// order in which pairs goes through a table, and the border that # finds in a table with holes: scripts see both, and
// some lean on them. Objects hash by the number that they got at birth, so that the order is the same in every run.
//
// A key whose value became nil stays in its node until the next rehash: next finds its place by it.
type Table struct {
	object
	arr      []Value
	nodes    []node
	meta     *Table
	state    *State
	lastFree int32
	absent   uint8 // metamethods known to be missing from this table, as bits; valid while it is only read
	frozen   bool
}

type node struct {
	key, val Value
	next     int32 // index of the chain's next node + 1
}

const (
	maxBits       = 26 // of the size of a part
	placesPerStep = 16 // that are looked at in the time of a step of a script, about
	tableBytes    = 160
	valueBytes    = 16
	nodeBytes     = 40
	stringBytes   = 48
	closureBytes  = 128
	upvalueBytes  = 32
)

var (
	errNilKey   = errors.New("table index is nil")
	errNaNKey   = errors.New("table index is NaN")
	errReadonly = errors.New("Attempt to modify a readonly table")
	errOverflow = errors.New("table overflow")
)

// NewTable makes a table with room for arr values at 1, 2, … and hash others.
func (s *State) NewTable(arr, hash int) *Table {
	t := &Table{state: s}
	t.object = object{kind: KindTable, hash: s.newID(), table: t}
	s.used += tableBytes + int64(arr)*valueBytes + int64(hash)*nodeBytes
	if arr > 0 {
		t.arr = make([]Value, arr)
	}
	if hash > 0 {
		t.setNodes(hash)
	}
	return t
}

// Refill makes the table what NewTable(arr, 0) would: empty, with room for so many values.
func (t *Table) Refill(arr int) {
	if c := cap(t.arr); c < arr || c > max(4*arr, 64) {
		t.state.used += int64(arr-c) * valueBytes
		t.arr = make([]Value, arr)
	}
	clear(t.arr)
	t.arr = t.arr[:arr]
	t.nodes, t.meta, t.lastFree, t.absent, t.frozen = nil, nil, 0, 0, false
}

// Value is the table as a value.
func (t *Table) Value() Value { return Value{p: &t.object} }

// Metatable is the table's metatable, or nil.
func (t *Table) Metatable() *Table { return t.meta }

// SetMetatable gives the table a metatable, or none.
func (t *Table) SetMetatable(meta *Table) { t.meta = meta }

// Freeze makes the table readonly for Lua code: assignments raise an error. Go code still may use the Set methods.
func (t *Table) Freeze() { t.frozen = true }

// Thaw undoes Freeze.
func (t *Table) Thaw() { t.frozen = false }

// Frozen tells whether the table is readonly.
func (t *Table) Frozen() bool { return t.frozen }

// Writable is the error that Lua code gets for writing to the table, or nil. Builtins that write to tables ask it.
func (t *Table) Writable() error {
	if t.frozen {
		return errReadonly
	}
	return nil
}

// Get is the value at k, Nil if there is none. Metamethods aren't asked.
func (t *Table) Get(k Value) Value {
	if p := t.find(k); p != nil {
		return *p
	}
	return Nil
}

// GetInt is Get of a whole number.
func (t *Table) GetInt(i int) Value {
	if uint(i-1) < uint(len(t.arr)) {
		return t.arr[i-1]
	}
	if p := t.findNumber(float64(i)); p != nil {
		return *p
	}
	return Nil
}

// GetString is Get of a string.
func (t *Table) GetString(k string) Value {
	if len(t.nodes) == 0 {
		return Nil
	}
	h := hashString(k)
	for i := int(h) & (len(t.nodes) - 1); ; {
		n := &t.nodes[i]
		if p := n.key.p; p != nil && p.kind == KindString && p.hash == h && p.str == k {
			return n.val
		}
		if n.next == 0 {
			return Nil
		}
		i = int(n.next) - 1
	}
}

// Set gives k the value v; nil takes the key out. A frozen table is written to as well: who acts for Lua code asks Writable
// before.
func (t *Table) Set(k, v Value) error {
	t.absent = 0
	if p := t.find(k); p != nil {
		*p = v
		return nil
	}
	if k.p == nil {
		return errNilKey
	}
	if k.n != k.n {
		return errNaNKey
	}
	if v.p == nil {
		return nil
	}
	p, err := t.insert(k)
	if err == nil {
		*p = v
	}
	return err
}

// SetInt is Set of a whole number.
func (t *Table) SetInt(i int, v Value) error {
	if uint(i-1) < uint(len(t.arr)) {
		t.arr[i-1] = v
		return nil
	}
	return t.Set(Number(float64(i)), v)
}

// SetString is Set of a string.
func (t *Table) SetString(k string, v Value) error { return t.Set(t.state.String(k), v) }

// find is the place of k's value, nil if k isn't there.
func (t *Table) find(k Value) *Value {
	switch {
	case k.p == nil:
		return nil
	case k.p == &numberObject:
		if i := int(k.n); float64(i) == k.n && uint(i-1) < uint(len(t.arr)) {
			return &t.arr[i-1]
		}
		return t.findNumber(k.n)
	case k.p.kind == KindString:
		return t.findString(k.p)
	}
	if len(t.nodes) == 0 {
		return nil
	}
	for i := t.mainPosition(k); ; {
		n := &t.nodes[i]
		if n.key == k {
			return &n.val
		}
		if n.next == 0 {
			return nil
		}
		i = int(n.next) - 1
	}
}

func (t *Table) findNumber(f float64) *Value {
	if len(t.nodes) == 0 {
		return nil
	}
	for i := t.numberPosition(f); ; {
		n := &t.nodes[i]
		if n.key.p == &numberObject && n.key.n == f {
			return &n.val
		}
		if n.next == 0 {
			return nil
		}
		i = int(n.next) - 1
	}
}

func (t *Table) findString(k *object) *Value {
	nodes := t.nodes
	if len(nodes) == 0 {
		return nil
	}
	h := k.stringHash()
	for i := int(h) & (len(nodes) - 1); ; {
		n := &nodes[i]
		if p := n.key.p; p == k || p != nil && p.hash == h && p.kind == KindString && p.str == k.str {
			return &n.val
		}
		if n.next == 0 {
			return nil
		}
		i = int(n.next) - 1
	}
}

// mainPosition is where k belongs; there are nodes.
func (t *Table) mainPosition(k Value) int {
	switch k.p.kind {
	case KindNumber:
		return t.numberPosition(k.n)
	case KindString:
		return int(k.p.stringHash()) & (len(t.nodes) - 1)
	case KindBool:
		return int(k.n) & (len(t.nodes) - 1)
	}
	return int(k.p.hash % uint32((len(t.nodes)-1)|1))
}

func (t *Table) numberPosition(f float64) int {
	if f == 0 {
		return 0 // -0 is the same key
	}
	b := math.Float64bits(f)
	return int((uint32(b) + uint32(b>>32)) % uint32((len(t.nodes)-1)|1))
}

// insert makes a place for the new key k.
func (t *Table) insert(k Value) (*Value, error) {
	if len(t.nodes) == 0 {
		return t.insertGrown(k)
	}
	at := t.mainPosition(k)
	mp := &t.nodes[at]
	if mp.val.p != nil {
		free := t.freePlace()
		if free < 0 {
			return t.insertGrown(k)
		}
		other := t.mainPosition(mp.key)
		if other != at { // who sits here belongs elsewhere: it moves
			for int(t.nodes[other].next)-1 != at {
				other = int(t.nodes[other].next) - 1
			}
			t.nodes[other].next = int32(free) + 1
			t.nodes[free] = *mp
			mp.next = 0
			mp.val = Nil
		} else {
			t.nodes[free].next = mp.next
			mp.next = int32(free) + 1
			mp = &t.nodes[free]
		}
	}
	mp.key = k
	return &mp.val, nil
}

func (t *Table) insertGrown(k Value) (*Value, error) {
	if err := t.rehash(k); err != nil {
		return nil, err
	}
	if p := t.find(k); p != nil {
		return p, nil
	}
	return t.insert(k)
}

func (t *Table) freePlace() int {
	for t.lastFree > 0 {
		t.lastFree--
		if t.nodes[t.lastFree].key.p == nil {
			return int(t.lastFree)
		}
	}
	return -1
}

func (t *Table) setNodes(count int) {
	size := 1 << bits.Len(uint(count-1))
	t.nodes = make([]node, size)
	t.lastFree = int32(size)
}

// counts of whole keys in (2^(i-1), 2^i].
type counts [maxBits + 2]int

func (c *counts) add(k Value) int {
	if k.p != &numberObject {
		return 0
	}
	i := int(k.n)
	if float64(i) != k.n || i < 1 || i > 1<<maxBits {
		return 0
	}
	c[bits.Len(uint(i-1))]++
	return 1
}

// arraySize is the largest n, a power of two, such that more than half of 1 … n are in use, and how many keys that takes.
func (c *counts) arraySize(whole int) (size, inside int) {
	sum := 0
	for i, two := 0, 1; two/2 < whole; i, two = i+1, two*2 {
		if c[i] > 0 {
			sum += c[i]
			if sum > two/2 {
				size, inside = two, sum
			}
		}
		if sum == whole {
			break
		}
	}
	return size, inside
}

// rehash sizes both parts anew, with the key k to come.
func (t *Table) rehash(k Value) error {
	t.state.budget -= (len(t.arr) + len(t.nodes)) / placesPerStep
	var c counts
	whole := t.countArray(&c)
	total := whole
	for i := range t.nodes {
		if n := &t.nodes[i]; n.val.p != nil {
			whole += c.add(n.key)
			total++
		}
	}
	whole += c.add(k)
	total++
	size, inside := c.arraySize(whole)
	return t.resize(size, total-inside)
}

func (t *Table) countArray(c *counts) int {
	used, i := 0, 0
	for lg, limit := 0, 1; i < len(t.arr); lg, limit = lg+1, limit*2 {
		n := 0
		for ; i < min(limit, len(t.arr)); i++ {
			if t.arr[i].p != nil {
				n++
			}
		}
		c[lg] += n
		used += n
	}
	return used
}

func (t *Table) resize(arr, hash int) error {
	if arr > 1<<maxBits || hash > 1<<maxBits {
		return errOverflow
	}
	if err := t.state.Charge(int64(max(0, arr-len(t.arr)))*valueBytes + int64(hash)*nodeBytes); err != nil {
		return err
	}
	nodes, vanishing := t.nodes, []Value(nil)
	switch {
	case arr > len(t.arr):
		grown := make([]Value, arr)
		copy(grown, t.arr)
		t.arr = grown
	case arr < len(t.arr):
		vanishing = t.arr[arr:]
		t.arr = append(make([]Value, 0, arr), t.arr[:arr]...)
	}
	t.nodes, t.lastFree = nil, 0
	if hash > 0 {
		t.setNodes(hash)
	}
	for i, v := range vanishing {
		if v.p != nil {
			if err := t.Set(Number(float64(arr+i+1)), v); err != nil {
				return err
			}
		}
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		if n := &nodes[i]; n.val.p != nil {
			if err := t.Set(n.key, n.val); err != nil {
				return err
			}
		}
	}
	return nil
}

// Len is a border of the table: an n with t[n] ~= nil and t[n+1] == nil, or 0.
func (t *Table) Len() int {
	j := len(t.arr)
	if j > 0 && t.arr[j-1].p == nil {
		i := 0
		for j-i > 1 {
			if m := (i + j) / 2; t.arr[m-1].p == nil {
				j = m
			} else {
				i = m
			}
		}
		return i
	}
	if len(t.nodes) == 0 {
		return j
	}
	return t.searchBorder(j)
}

func (t *Table) searchBorder(i int) int {
	j := i + 1
	for t.GetInt(j).p != nil {
		i = j
		if j *= 2; j > math.MaxInt32 { // a table built to mislead: search one by one
			for i = 1; t.GetInt(i).p != nil; i++ {
			}
			return i - 1
		}
	}
	for j-i > 1 {
		if m := (i + j) / 2; t.GetInt(m).p == nil {
			j = m
		} else {
			i = m
		}
	}
	return i
}

// Next is the key and value after k in the table's order, the first ones for Nil. At the end k2 is Nil. It is not ok if k
// isn't in the table.
func (t *Table) Next(k Value) (k2, v Value, ok bool) {
	first, ok := t.position(k)
	if !ok {
		return Nil, Nil, false
	}
	i := first
	for ; i < len(t.arr); i++ {
		if t.arr[i].p != nil {
			k2, v = Number(float64(i+1)), t.arr[i]
			break
		}
	}
	if k2.p == nil {
		for ; i-len(t.arr) < len(t.nodes); i++ {
			if n := &t.nodes[i-len(t.arr)]; n.val.p != nil {
				k2, v = n.key, n.val
				break
			}
		}
	}
	if passed := i - first; passed >= placesPerStep { // going through what is empty takes time as well
		t.state.budget -= passed / placesPerStep
	}
	return k2, v, true
}

// position is how many places of both parts are at or before k.
func (t *Table) position(k Value) (int, bool) {
	if k.p == nil {
		return 0, true
	}
	if k.p == &numberObject {
		if i := int(k.n); float64(i) == k.n && uint(i-1) < uint(len(t.arr)) {
			return i, true
		}
	}
	if len(t.nodes) == 0 {
		return 0, false
	}
	for i := t.mainPosition(k); ; {
		n := &t.nodes[i]
		if RawEqual(n.key, k) {
			return len(t.arr) + i + 1, true
		}
		if n.next == 0 {
			return 0, false
		}
		i = int(n.next) - 1
	}
}
