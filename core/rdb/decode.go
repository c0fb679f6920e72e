package rdb

import (
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// Decoder reads values. It keeps its buffers from one to the next.
type Decoder struct {
	r     reader
	sum   Sum
	field []byte // copies of views that must outlive the next one
	text  []byte

	// The block that is read: kept here, so that its bounds need no memory of their own.
	listpack listpack
	ziplist  ziplist
	zipmap   zipmap
	intset   intset
	stream   streamDecoder
}

// NewDecoder returns a decoder of what in holds, as it comes after the magic of a file.
func NewDecoder(in io.Reader) *Decoder {
	d := &Decoder{}
	d.ResetStream(in)
	return d
}

// Reset makes the decoder one of a block of bytes.
func (d *Decoder) Reset(b []byte) { d.r.resetBytes(b) }

// ResetStream makes the decoder one of the values that a stream holds.
func (d *Decoder) ResetStream(in io.Reader) { d.r.resetStream(in, false) }

// Type reads the type of a value.
func (d *Decoder) Type() (Type, error) {
	b, err := d.r.byte()
	if err == nil && !Type(b).known() {
		err = errType
	}
	return Type(b), err
}

// Rest is how many bytes of a block are left.
func (d *Decoder) Rest() int { return d.r.rest() }

// AtEnd says whether there is nothing more to read.
func (d *Decoder) AtEnd() bool { return d.r.rest() == 0 && errors.Is(d.r.fill(1), errShort) }

// Payload reads type and value of what OpenPayload has returned.
func (d *Decoder) Payload(to Sink) error {
	t, err := d.Type()
	if err != nil {
		return err
	}
	return d.Value(t, to)
}

// Value reads a value of the given type into the sink.
//
// After a *ModuleError the value has been read over, and the next one can be read. After any other error nothing can.
func (d *Decoder) Value(t Type, to Sink) error {
	switch t {
	case TypeString:
		text, err := d.r.text()
		if err != nil {
			return err
		}
		return to.String(text)
	case TypeModulePreGA, TypeModule2:
		return d.module(t)
	}
	if _, ok := t.collection(); !ok {
		return errType
	}
	if err := d.elementsOf(t, to); err != nil {
		return err
	}
	return to.End()
}

// collection returns the type of the collections that are written as t.
func (t Type) collection() (kind object.Type, ok bool) {
	switch t {
	case TypeList, TypeListQuicklist, TypeListQuicklist2, TypeListZiplist:
		return object.TypeList, true
	case TypeSet, TypeSetIntset, TypeSetListpack:
		return object.TypeSet, true
	case TypeZSet, TypeZSet2, TypeZSetZiplist, TypeZSetListpack:
		return object.TypeZSet, true
	case TypeHash, TypeHash2, TypeHashZipmap, TypeHashZiplist, TypeHashListpack:
		return object.TypeHash, true
	case TypeStreamListpacks, TypeStreamListpack2, TypeStreamListpack3:
		return object.TypeStream, true
	}
	return 0, false
}

// elementsOf reads what is in a collection.
func (d *Decoder) elementsOf(t Type, to Sink) error {
	switch t {
	case TypeList, TypeSet:
		return d.plain(t, to)
	case TypeZSet, TypeZSet2:
		return d.plainZSet(t, to)
	case TypeHash, TypeHash2:
		return d.plainHash(t, to)
	case TypeListQuicklist, TypeListQuicklist2:
		return d.quicklist(t, to)
	case TypeStreamListpacks, TypeStreamListpack2, TypeStreamListpack3:
		return d.readStream(t, to)
	}
	return d.nested(t, to)
}

// count reads the number of parts of a collection, and announces it.
func (d *Decoder) count(t Type, to Sink) (uint64, error) {
	n, err := d.r.length()
	if err == nil && n == 0 {
		err = ErrEmpty
	}
	if err != nil {
		return 0, err
	}
	return n, begin(t, n, to)
}

// begin announces a collection.
func begin(t Type, count uint64, to Sink) error {
	kind, _ := t.collection()
	return to.Begin(t, kind, count)
}

// plain reads a list or set of strings.
func (d *Decoder) plain(t Type, to Sink) error {
	n, err := d.count(t, to)
	for ; n > 0 && err == nil; n-- {
		var text []byte
		if text, err = d.r.text(); err != nil {
			break
		}
		if t == TypeList {
			err = to.Element(text)
		} else {
			err = to.Member(text)
		}
	}
	return err
}

func (d *Decoder) plainZSet(t Type, to Sink) error {
	n, err := d.count(t, to)
	for ; n > 0 && err == nil; n-- {
		if err = d.keepField(); err != nil {
			break
		}
		var score float64
		if t == TypeZSet2 {
			score, err = d.r.float()
		} else {
			score, err = d.textScore()
		}
		if err == nil && math.IsNaN(score) {
			err = errScore
		}
		if err == nil {
			err = to.Scored(d.field, score)
		}
	}
	return err
}

// keepField reads a string into d.field, so that another one can be read.
func (d *Decoder) keepField() error {
	text, err := d.r.text()
	d.field = append(kept(d.field), text...)
	return err
}

// Lengths of a score's text that stand for what has none.
const (
	scoreNaN         = 253
	scoreInf         = 254
	scoreNegativeInf = 255
)

// textScore reads a score as it was written before binary ones.
func (d *Decoder) textScore() (float64, error) {
	n, err := d.r.byte()
	if err != nil {
		return 0, err
	}
	switch n {
	case scoreNaN:
		return math.NaN(), nil
	case scoreInf:
		return math.Inf(1), nil
	case scoreNegativeInf:
		return math.Inf(-1), nil
	}
	b, err := d.r.take(uint64(n))
	if err != nil {
		return 0, err
	}
	return parseScore(b)
}

// parseScore reads the text of a score. One that is too large for a double is an infinity.
func parseScore(b []byte) (float64, error) {
	f, err := strconv.ParseFloat(string(b), 64)
	if (err != nil && !math.IsInf(f, 0)) || math.IsNaN(f) {
		return 0, errScore
	}
	return f, nil
}

// noExpiry is what a field without an expiry has in its place.
const noExpiry = -1

const errFieldExpiry Corrupt = "the expiry of a field is out of range"

func (d *Decoder) plainHash(t Type, to Sink) error {
	n, err := d.count(t, to)
	for ; n > 0 && err == nil; n-- {
		if err = d.keepField(); err != nil {
			break
		}
		var value []byte
		if value, err = d.r.text(); err != nil {
			break
		}
		expireAt := int64(0)
		if t == TypeHash2 {
			d.text = append(kept(d.text), value...)
			value = d.text
			expireAt, err = d.fieldExpiry()
		}
		if err == nil {
			err = to.Field(d.field, value, expireAt)
		}
	}
	return err
}

// fieldExpiry reads the expiry of a hash's field, 0 for none.
func (d *Decoder) fieldExpiry() (int64, error) {
	at, err := d.r.millis()
	switch {
	case err != nil:
		return 0, err
	case at == noExpiry:
		return 0, nil
	case at < 0:
		return 0, errFieldExpiry
	}
	return max(at, 1), nil
}

// Nodes of a quicklist, in its second form.
const (
	nodePlain  = 1 // one element
	nodePacked = 2 // a listpack
)

const errNode Corrupt = "a node of a list is of an unknown kind"

func (d *Decoder) quicklist(t Type, to Sink) error {
	n, err := d.count(t, to)
	if err != nil {
		return err
	}
	empty := true
	for ; n > 0; n-- {
		kind := uint64(nodePacked)
		if t == TypeListQuicklist2 {
			if kind, err = d.r.length(); err != nil {
				return err
			}
			if kind != nodePlain && kind != nodePacked {
				return errNode
			}
		}
		text, err := d.r.text()
		if err != nil {
			return err
		}
		some := len(text) > 0
		if kind == nodePlain {
			err = to.Element(text)
		} else {
			some, err = d.node(t, text, to)
		}
		if err != nil {
			return err
		}
		empty = empty && !some
	}
	if empty {
		return ErrEmpty
	}
	return nil
}

// node reads a node of a quicklist that is a block of elements, and says whether there were any.
func (d *Decoder) node(t Type, b []byte, to Sink) (some bool, err error) {
	if t == TypeListQuicklist {
		if d.ziplist, err = openZiplist(b); err == nil {
			some, err = d.elements(&d.ziplist, t, to)
		}
	} else if d.listpack, err = openListpack(b); err == nil {
		some, err = d.elements(&d.listpack, t, to)
	}
	return some, damaged(t, err)
}

// nested reads a collection that is one block.
func (d *Decoder) nested(t Type, to Sink) error {
	b, err := d.r.text()
	if err != nil {
		return err
	}
	var items block
	switch t {
	case TypeSetIntset:
		d.intset, err = openIntset(b)
		items = &d.intset
	case TypeHashZipmap:
		d.zipmap, err = openZipmap(b)
		items = &d.zipmap
	case TypeListZiplist, TypeZSetZiplist, TypeHashZiplist:
		d.ziplist, err = openZiplist(b)
		items = &d.ziplist
	default:
		d.listpack, err = openListpack(b)
		items = &d.listpack
	}
	if err != nil {
		return damaged(t, err)
	}
	if err := begin(t, items.total(), to); err != nil {
		return err
	}
	some := false
	switch t {
	case TypeListZiplist, TypeSetIntset, TypeSetListpack:
		some, err = d.elements(items, t, to)
	default:
		some, err = d.pairs(items, t, to)
	}
	if err == nil && !some {
		return ErrEmpty
	}
	return damaged(t, err)
}

// BlockError is the error for a damaged block within a value: in Valkey's words, which those look for who search the log.
type BlockError struct {
	Type Type
	Err  error
}

func (e *BlockError) Error() string {
	return "rdb: " + blockNames[e.Type] + " integrity check failed: " + strings.TrimPrefix(e.Err.Error(), "rdb: ")
}

// Unwrap returns what is wrong with the block.
func (e *BlockError) Unwrap() error { return e.Err }

var blockNames = [typeEnd]string{
	TypeHashZipmap: "Zipmap", TypeListZiplist: "List ziplist", TypeSetIntset: "Intset", TypeZSetZiplist: "Zset ziplist",
	TypeHashZiplist: "Hash ziplist", TypeListQuicklist: "Ziplist", TypeHashListpack: "Hash listpack", TypeZSetListpack: "Zset listpack",
	TypeListQuicklist2: "Listpack", TypeSetListpack: "Set listpack",
	TypeStreamListpacks: "Stream listpack", TypeStreamListpack2: "Stream listpack", TypeStreamListpack3: "Stream listpack",
}

// damaged says of an error that it is that of a block.
func damaged(t Type, err error) error {
	if what := Corrupt(""); errors.As(err, &what) {
		return &BlockError{t, what}
	}
	return err
}

// elements hands over the items one by one.
func (d *Decoder) elements(b block, t Type, to Sink) (some bool, err error) {
	isSet := t == TypeSetIntset || t == TypeSetListpack
	for {
		i, ok, err := b.next()
		if err != nil || !ok {
			return some, err
		}
		some = true
		if isSet {
			err = to.Member(d.itemText(i))
		} else {
			err = to.Element(d.itemText(i))
		}
		if err != nil {
			return some, err
		}
	}
}

// itemText returns the text of an item, valid until the next call.
func (d *Decoder) itemText(i packed.Value) []byte {
	if !i.IsInt {
		return i.Bytes
	}
	d.text = i.AppendTo(kept(d.text))
	return d.text
}

const errOdd Corrupt = "a field or member lacks its value"

// pairs hands over the items two by two: member and score, or field and value.
func (d *Decoder) pairs(b block, t Type, to Sink) (some bool, err error) {
	for {
		first, ok, err := b.next()
		if err != nil || !ok {
			return some, err
		}
		d.field = first.AppendTo(kept(d.field))
		second, ok, err := b.next()
		if err == nil && !ok {
			err = errOdd
		}
		if err != nil {
			return some, err
		}
		some = true
		if t == TypeZSetZiplist || t == TypeZSetListpack {
			err = d.scored(second, to)
		} else {
			err = to.Field(d.field, d.itemText(second), 0)
		}
		if err != nil {
			return some, err
		}
	}
}

// scored hands over the member in d.field with its score.
func (d *Decoder) scored(i packed.Value, to Sink) error {
	if i.IsInt {
		return to.Scored(d.field, float64(i.Int))
	}
	score, err := parseScore(i.Bytes)
	if err != nil {
		return err
	}
	return to.Scored(d.field, score)
}

// Parts of a module's value.
const (
	moduleEnd    = 0
	moduleSigned = 1
	moduleUint   = 2
	moduleFloat  = 3
	moduleDouble = 4
	moduleString = 5
)

const (
	errModule    Corrupt = "a module's value is damaged"
	errModuleOld Corrupt = "a module's value of before its release can't be read"
)

// module reads over a module's value.
func (d *Decoder) module(t Type) error {
	if t == TypeModulePreGA {
		return errModuleOld
	}
	id, err := d.r.length()
	if err != nil {
		return err
	}
	if err := d.moduleParts(); err != nil {
		return err
	}
	return &ModuleError{moduleName(id)}
}

// moduleParts reads over what a module wrote.
func (d *Decoder) moduleParts() error {
	for {
		part, err := d.r.length()
		if err != nil {
			return err
		}
		switch part {
		case moduleEnd:
			return nil
		case moduleSigned, moduleUint:
			_, err = d.r.length()
		case moduleFloat:
			_, err = d.r.take(4)
		case moduleDouble:
			_, err = d.r.take(8)
		case moduleString:
			_, err = d.r.text()
		default:
			err = errModule
		}
		if err != nil {
			return err
		}
	}
}

// moduleLetters are those of a module type's name, six bits each in its number; the last ten bits are a version.
const moduleLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func moduleName(id uint64) string {
	var name [9]byte
	id >>= 10
	for i := len(name) - 1; i >= 0; i-- {
		name[i] = moduleLetters[id&63]
		id >>= 6
	}
	return string(name[:])
}
