package rdb

import (
	"math"
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
	"github.com/sleipnirdb/sleipnir/datastruct/seq"
)

// Encoder writes values. It keeps its buffers from one to the next.
type Encoder struct {
	w       writer
	version int
	env     *object.Env
	pack    packer
	text    []byte
}

// NewEncoder returns an encoder of payloads.
func NewEncoder(env *object.Env) *Encoder { return &Encoder{env: env} }

// VersionError is the error for a value that has no form in the version that is written.
type VersionError struct {
	Key     []byte
	Version int
}

func (e *VersionError) Error() string {
	return "rdb: the hash '" + string(e.Key) + "' has fields with an expiry: version " + strconv.Itoa(e.Version) +
		" has no form for it, " + strconv.Itoa(VersionValkey9) + " does"
}

// VersionFor returns the oldest version from least on that has a form for the value.
func VersionFor(e keyspace.Entry, env *object.Env, least int) int {
	if e.Type() == object.TypeHash && e.AsHash(env, 0).Timed() > 0 {
		return max(least, VersionValkey9)
	}
	return least
}

// value writes type, key (nil: none) and value.
func (x *Encoder) value(e keyspace.Entry, key []byte) error {
	t, err := x.typeOf(e)
	if err != nil {
		return err
	}
	x.w.byte(byte(t))
	if key != nil {
		x.w.text(key)
	}
	switch t {
	case TypeString:
		x.str(e)
	case TypeSet:
		x.set(e.AsSet(x.env))
	case TypeSetIntset:
		x.intset(e.AsSet(x.env))
	case TypeSetListpack:
		x.setListpack(e.AsSet(x.env))
	case TypeZSet2:
		x.zset(e.AsZSet(x.env))
	case TypeZSetListpack:
		x.zsetListpack(e.AsZSet(x.env))
	case TypeListQuicklist2:
		x.list(e.AsList(x.env))
	case TypeHash, TypeHash2:
		x.hash(e.AsHash(x.env, 0), t == TypeHash2)
	case TypeHashListpack:
		x.hashListpack(e.AsHash(x.env, 0))
	case TypeStreamListpack2, TypeStreamListpack3:
		x.stream(e.AsStream(x.env))
	}
	return x.w.err
}

// typeOf chooses the form of a value.
func (x *Encoder) typeOf(e keyspace.Entry) (Type, error) {
	isPacked := e.Encoding() == object.EncListpack
	switch e.Type() {
	case object.TypeString:
		return TypeString, nil
	case object.TypeSet:
		switch {
		case e.Encoding() == object.EncIntset:
			return TypeSetIntset, nil
		case isPacked && x.version > VersionRedis70:
			return TypeSetListpack, nil
		}
		return TypeSet, nil
	case object.TypeZSet:
		if isPacked {
			return TypeZSetListpack, nil
		}
		return TypeZSet2, nil
	case object.TypeList:
		return TypeListQuicklist2, nil
	case object.TypeHash:
		switch {
		case e.AsHash(x.env, 0).Timed() > 0:
			if x.version < VersionValkey9 {
				return 0, &VersionError{Key: append([]byte(nil), e.Key()...), Version: x.version}
			}
			return TypeHash2, nil
		case isPacked:
			return TypeHashListpack, nil
		}
		return TypeHash, nil
	case object.TypeStream:
		if x.version <= VersionRedis70 {
			return TypeStreamListpack2, nil
		}
		return TypeStreamListpack3, nil
	}
	return 0, errType
}

func (x *Encoder) str(e keyspace.Entry) {
	if n, ok := e.IsInt(); ok {
		x.w.int(n)
		return
	}
	// Text that looks like a number stays text in the other encodings; the reader finds out by itself.
	x.w.text(e.Bytes())
}

// packedText writes an element as a string.
func (x *Encoder) packedText(v packed.Value) {
	if v.IsInt {
		x.w.int(v.Int)
		return
	}
	x.w.text(v.Bytes)
}

func (x *Encoder) set(s object.Set) {
	x.w.count(s.Len())
	s.Each(func(v packed.Value) bool {
		x.packedText(v)
		return x.w.err == nil
	})
}

func (x *Encoder) intset(s object.Set) {
	width := 2
	s.Each(func(v packed.Value) bool {
		width = max(width, intWidth(v.Int))
		return width < 8
	})
	x.text = appendIntsetHead(kept(x.text), width, s.Len())
	s.Each(func(v packed.Value) bool {
		x.text = appendSigned(x.text, uint64(v.Int), width) // #nosec G115 -- two's complement
		return true
	})
	x.w.text(x.text)
}

func (x *Encoder) setListpack(s object.Set) {
	x.pack.reset()
	s.Each(func(v packed.Value) bool {
		x.pack.value(v)
		return true
	})
	x.w.text(x.pack.bytes())
}

// hash writes the fields, with their expiries if isTimed.
func (x *Encoder) hash(h object.Hash, isTimed bool) {
	x.w.count(h.Len())
	h.Each(func(field, value packed.Value) {
		x.packedText(field)
		x.packedText(value)
		if isTimed {
			x.text = field.AppendTo(kept(x.text))
			at, _ := h.Expiry(x.text)
			if at == 0 {
				at = noExpiry
			}
			x.w.millis(at)
		}
		x.w.room()
	})
}

func (x *Encoder) hashListpack(h object.Hash) {
	x.pack.reset()
	h.Each(func(field, value packed.Value) {
		x.pack.value(field)
		x.pack.value(value)
	})
	x.w.text(x.pack.bytes())
}

// list writes the elements in nodes as large as list-max-listpack-size allows. How many there are has to be told first, so they are
// walked twice.
func (x *Encoder) list(l object.List) {
	x.w.count(x.nodes(l, false))
	x.nodes(l, true)
}

// nodes walks the nodes of a list, and returns how many there are; it writes them if isReal.
func (x *Encoder) nodes(l object.List, isReal bool) (count int) {
	fill := seq.Fill(x.env.Limits.ListSize.Load())
	x.pack.reset()
	bytes, elements := packed.EmptyBytes, 0
	end := func() {
		if elements == 0 {
			return
		}
		count++
		if isReal {
			x.w.count(nodePacked)
			x.w.text(x.pack.bytes())
			x.w.room()
			x.pack.reset()
		}
		bytes, elements = packed.EmptyBytes, 0
	}
	for w := l.From(0); ; {
		v, ok := w.Next()
		if !ok {
			break
		}
		if fill.IsLarge(v.Len()) {
			end()
			count++
			if isReal {
				x.w.count(nodePlain)
				x.packedText(v)
			}
			continue
		}
		size := v.Size()
		if fill.Exceeds(bytes+size, elements+1) {
			end()
		}
		bytes += size
		elements++
		if isReal {
			x.pack.value(v)
		}
	}
	end()
	return count
}

// zset writes the members from the last to the first: who inserts them in this order always inserts at the front.
func (x *Encoder) zset(z object.ZSet) {
	n := z.Len()
	x.w.count(n)
	for c := z.Walk(n-1, n, true); c.Next() && x.w.err == nil; {
		x.w.text(c.Member())
		x.w.float(c.Score())
		x.w.room()
	}
}

func (x *Encoder) zsetListpack(z object.ZSet) {
	x.pack.reset()
	for c := z.Walk(0, z.Len(), false); c.Next(); {
		x.pack.text(c.Member())
		x.packScore(c.Score())
	}
	x.w.text(x.pack.bytes())
}

// packScore appends a score: as a number where it is a whole one.
func (x *Encoder) packScore(score float64) {
	const most = 1 << 62
	if score >= -most && score <= most && float64(int64(score)) == score {
		x.pack.int(int64(score))
		return
	}
	x.text = appendScore(kept(x.text), score)
	x.pack.text(x.text)
}

// appendScore appends the shortest text of a score that reads back as the same.
func appendScore(dst []byte, score float64) []byte {
	switch {
	case math.IsInf(score, 1):
		return append(dst, "inf"...)
	case math.IsInf(score, -1):
		return append(dst, "-inf"...)
	}
	return strconv.AppendFloat(dst, score, 'g', -1, 64)
}
