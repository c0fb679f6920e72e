package lua

import "fmt"

// Kind is the type of a value.
type Kind uint8

// The kinds, in the order of the reference's type tags.
const (
	KindNil Kind = iota
	KindBool
	KindUserdata
	KindNumber
	KindString
	KindTable
	KindFunction
	KindThread
)

var kindNames = [...]string{"nil", "boolean", "userdata", "number", "string", "table", "function", "thread"}

func (k Kind) String() string { return kindNames[k] }

// Value is one Lua value; the zero Value is nil. Copying it copies the number or the reference.
//
//	nil       p == nil
//	boolean   p == &boolObject, n is 0 or 1
//	number    p == &numberObject, n is the number
//	others    p is the object, n is 0
//
// Sixteen bytes without unsafe: p is a pointer to the header that all objects begin with, and the header knows the whole
// object by a typed pointer to itself. The field n of what isn't a number or boolean is zero.
type Value struct {
	p *object
	n float64
}

// object is what every string, table, function, thread and userdata begins with. One of the last four fields is set.
type object struct {
	kind   Kind
	hashed bool   // hash is valid (strings only; those of chunks always are)
	mark   uint16 // the marking pass that has seen it last; or shared
	hash   uint32 // of a string; of others a number given at birth, for hashing and printing

	str   string
	table *Table
	fn    *Function
	rare  *rare
}

// shared marks what belongs to no State, such as the strings of a Chunk: several States may read it at the same time, so it
// is never written to and never marked.
const shared = 1<<16 - 1

// rare is what few objects are.
type rare struct {
	thread *Thread
	user   *Userdata
}

var (
	numberObject = object{kind: KindNumber, mark: shared}
	boolObject   = object{kind: KindBool, mark: shared}
)

// Nil is Lua's nil.
var Nil Value

// Number is the Lua number n.
func Number(n float64) Value { return Value{&numberObject, n} }

// Bool is the Lua boolean b.
func Bool(b bool) Value {
	if b {
		return Value{&boolObject, 1}
	}
	return Value{&boolObject, 0}
}

// Kind is the type of v.
func (v Value) Kind() Kind {
	if v.p == nil {
		return KindNil
	}
	return v.p.kind
}

// IsNil tells whether v is nil.
func (v Value) IsNil() bool { return v.p == nil }

// Truthy tells whether v counts as true: everything but nil and false.
func (v Value) Truthy() bool { return v.p != nil && (v.p != &boolObject || v.n != 0) }

// AsNumber is the number v, without coercion.
func (v Value) AsNumber() (float64, bool) { return v.n, v.p == &numberObject }

// AsString is the string v, without coercion. The string may be kept.
func (v Value) AsString() (string, bool) {
	if v.p == nil {
		return "", false
	}
	return v.p.str, v.p.kind == KindString
}

// AsTable is the table v, or nil.
func (v Value) AsTable() *Table {
	if v.p == nil {
		return nil
	}
	return v.p.table
}

// AsFunction is the function v, or nil.
func (v Value) AsFunction() *Function {
	if v.p == nil {
		return nil
	}
	return v.p.fn
}

// AsUserdata is the userdata v, or nil.
func (v Value) AsUserdata() *Userdata {
	if v.p == nil || v.p.rare == nil {
		return nil
	}
	return v.p.rare.user
}

func (v Value) asThread() *Thread {
	if v.p == nil || v.p.rare == nil {
		return nil
	}
	return v.p.rare.thread
}

// ToNumber is the number v, or the one that the string v spells.
func (v Value) ToNumber() (float64, bool) {
	if v.p == &numberObject {
		return v.n, true
	}
	if s, ok := v.AsString(); ok {
		return ParseNumber(s)
	}
	return 0, false
}

// ToString is the string v, or the number v as Lua prints it.
func (v Value) ToString() (string, bool) {
	if v.p == &numberObject {
		return FormatNumber(v.n), true
	}
	return v.AsString()
}

// RawEqual tells whether a and b are equal without asking metamethods.
func RawEqual(a, b Value) bool {
	if a.p == b.p {
		return a.n == b.n // NaN differs from itself; objects have n zero
	}
	return a.p != nil && b.p != nil && a.p.kind == KindString && b.p.kind == KindString && a.p.str == b.p.str
}

// TypeName is the name that type() gives.
func (v Value) TypeName() string { return v.Kind().String() }

// Pointer is what tostring and %p show for objects: a number of the object that tells nothing about the machine's memory.
func (v Value) Pointer() string {
	if v.p == nil {
		return "0x0"
	}
	return fmt.Sprintf("0x%08x", 0x5500_0000+v.p.hash*16)
}

// basicString is tostring without metamethods.
func (v Value) basicString() string {
	switch v.Kind() {
	case KindNil:
		return "nil"
	case KindBool:
		if v.n != 0 {
			return "true"
		}
		return "false"
	case KindNumber:
		return FormatNumber(v.n)
	case KindString:
		return v.p.str
	case KindUserdata:
		if v.p.rare.user.light {
			return "userdata: (nil)"
		}
		return "userdata: " + v.Pointer()
	default:
		return v.TypeName() + ": " + v.Pointer()
	}
}

// Userdata is an opaque value of the host. A light one has neither identity of its own nor a metatable.
type Userdata struct {
	object
	Data  any
	meta  *Table
	light bool
}

// Value is the userdata as a value.
func (u *Userdata) Value() Value { return Value{p: &u.object} }

// NewLight makes a userdata that belongs to no State, such as cjson.null: one that stands for a null pointer. It may be
// shared by several States.
func NewLight() *Userdata {
	u := &Userdata{light: true}
	u.object = object{kind: KindUserdata, mark: shared, rare: &rare{user: u}}
	return u
}
