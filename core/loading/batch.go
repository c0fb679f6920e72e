package loading

import (
	"encoding/binary"

	"github.com/sleipnirdb/sleipnir/core/rdb"
)

// batch is a run of items for one partition.
//
// An item is, in little endian:
//
//	 0  key length, 4 bytes
//	 4  value length, 4 bytes
//	 8  expiry
//	16  idle seconds
//	24  offset of the value in the file
//	32  database, 4 bytes
//	36  frequency, 2 bytes
//	38  type
//	39  1 if the value goes on in the batches that follow
//	40  key, value
//
// A value that comes in pieces ends its batch. Each of the batches that follow is a piece and nothing else.
type batch struct {
	partition int
	items     []byte
	keys      int
	goesOn    bool // a piece of a value, and not the last one
}

const (
	itemHead = 40
	// openBytes is how much the partitions' open batches take together, between bounds for one.
	openBytes = 4 << 20
	minBatch  = 4 << 10
	maxBatch  = 64 << 10
	// keptBatch is from what size on a batch that has grown for one value doesn't stay so large.
	keptBatch = 1 << 20
)

// clear makes a batch one without items, for a partition.
func (b *batch) clear(p int) {
	if cap(b.items) > keptBatch {
		b.items = make([]byte, 0, maxBatch)
	}
	*b = batch{partition: p, items: b.items[:0]}
}

// fits says whether an item finds room without the batch growing.
func (b *batch) fits(k *rdb.KeyInfo, value []byte) bool {
	return itemHead+len(k.Key)+len(value) <= cap(b.items)-len(b.items)
}

// add appends an item.
func (b *batch) add(k *rdb.KeyInfo, database uint32, offset int64, value []byte, goesOn bool) {
	var head [itemHead]byte
	binary.LittleEndian.PutUint32(head[0:], uint32(len(k.Key)))     // #nosec G115 -- a piece at most, and Split bounds keys
	binary.LittleEndian.PutUint32(head[4:], uint32(len(value)))     // #nosec G115
	binary.LittleEndian.PutUint64(head[8:], uint64(k.ExpireAt))     // #nosec G115 -- two's complement
	binary.LittleEndian.PutUint64(head[16:], uint64(k.IdleSeconds)) // #nosec G115
	binary.LittleEndian.PutUint64(head[24:], uint64(offset))        // #nosec G115
	binary.LittleEndian.PutUint32(head[32:], database)
	binary.LittleEndian.PutUint16(head[36:], uint16(k.Frequency)) // #nosec G115 -- two's complement
	head[38] = byte(k.Type)
	if goesOn {
		head[39] = 1
	}
	b.items = append(append(append(b.items, head[:]...), k.Key...), value...)
	b.keys++
	b.goesOn = goesOn
}

// item is one of a batch: views of it.
type item struct {
	rdb.KeyInfo
	value    []byte
	offset   int64
	database int
	goesOn   bool
}

// next reads the first item of b, and returns what comes after it.
func (i *item) next(b []byte) []byte {
	head := b[:itemHead:itemHead]
	end := itemHead + int(binary.LittleEndian.Uint32(head[0:]))
	i.Key = b[itemHead:end:end]
	b = b[end:]
	n := int(binary.LittleEndian.Uint32(head[4:]))
	i.value = b[:n:n]
	i.ExpireAt = int64(binary.LittleEndian.Uint64(head[8:]))     // #nosec G115 -- two's complement
	i.IdleSeconds = int64(binary.LittleEndian.Uint64(head[16:])) // #nosec G115
	i.offset = int64(binary.LittleEndian.Uint64(head[24:]))      // #nosec G115
	i.database = int(binary.LittleEndian.Uint32(head[32:]))
	i.Frequency = int(int16(binary.LittleEndian.Uint16(head[36:]))) // #nosec G115
	i.Type = rdb.Type(head[38])
	i.goesOn = head[39] != 0
	return b[n:]
}
