package lua

// event is a metamethod.
type event uint8

const (
	eventIndex event = iota
	eventNewIndex
	eventEq
	eventLen
	eventCall
	eventAdd // in the order of the arithmetic operators
	eventSub
	eventMul
	eventDiv
	eventMod
	eventPow
	eventUnm
	eventLt
	eventLe
	eventConcat
	eventToString
	eventMetatable
)

// cachedEvents are those whose absence a table remembers.
const cachedEvents = eventAdd

var eventNames = [...]*object{
	constant("__index"), constant("__newindex"), constant("__eq"), constant("__len"), constant("__call"), constant("__add"), constant("__sub"),
	constant("__mul"), constant("__div"), constant("__mod"), constant("__pow"), constant("__unm"), constant("__lt"), constant("__le"), constant("__concat"),
	constant("__tostring"), constant("__metatable"),
}

// constant is a string that belongs to no State.
func constant(s string) *object {
	return &object{kind: KindString, mark: shared, hashed: true, hash: hashString(s), str: s}
}

// handler is the metamethod e of the metatable t, which may be nil.
func (t *Table) handler(e event) Value {
	if t == nil || e < cachedEvents && t.absent&(1<<e) != 0 {
		return Nil
	}
	if p := t.findString(eventNames[e]); p != nil && p.p != nil {
		return *p
	}
	if e < cachedEvents {
		t.absent |= 1 << e
	}
	return Nil
}

// MetatableOf is the metatable of any value, or nil.
func (s *State) MetatableOf(v Value) *Table {
	switch v.Kind() {
	case KindTable:
		return v.p.table.meta
	case KindString:
		return s.stringMeta
	case KindUserdata:
		return v.p.rare.user.meta
	}
	return nil
}

func (s *State) metamethod(v Value, e event) Value { return s.MetatableOf(v).handler(e) }
