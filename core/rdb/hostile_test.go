package rdb

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// samples are values of every form.
func samples() map[string][]byte {
	var zset2, hash2 writer
	zset2.byte(byte(TypeZSet2))
	zset2.count(1)
	zset2.text([]byte("a"))
	zset2.float(1)
	hash2.byte(byte(TypeHash2))
	hash2.count(1)
	hash2.text([]byte("f"))
	hash2.text([]byte("v"))
	hash2.millis(1 << 42)
	folded := writer{compress: true}
	folded.byte(byte(TypeString))
	folded.text(bytes.Repeat([]byte("abcabd"), 30))
	list := append([]byte{byte(TypeListQuicklist2), 2, nodePlain, 1, 'x', nodePacked}, blob(0, listpackOf("a", "12345", "-7"))[1:]...)
	return map[string][]byte{
		"string": blob(TypeString, []byte("abc")), "number": {0, 0xc1, 1, 2}, "compressed": folded.buf,
		"list": texts(TypeList, 2, "a", "b"), "set": texts(TypeSet, 2, "a", "b"), "hash": texts(TypeHash, 1, "a", "b"),
		"zset": {byte(TypeZSet), 1, 1, 'a', 3, '1', '.', '5'}, "zset 2": zset2.buf, "hash 2": hash2.buf,
		"zipmap": blob(TypeHashZipmap, zipmapOf(2, "a", "b", "c", "d")), "intset": blob(TypeSetIntset, intsetOf(1, 70000, 80000)),
		"ziplist": blob(TypeListZiplist, ziplistOf("a", "1", "70000", "x")), "ziplist zset": blob(TypeZSetZiplist, ziplistOf("a", "1")),
		"ziplist hash": blob(TypeHashZiplist, ziplistOf("a", "1")), "quicklist 2": list,
		"quicklist":     append([]byte{byte(TypeListQuicklist), 1}, blob(0, ziplistOf("a", "b"))[1:]...),
		"listpack hash": blob(TypeHashListpack, listpackOf("a", "1000")), "listpack set": blob(TypeSetListpack, listpackOf("a", "1000")),
		"listpack zset": blob(TypeZSetListpack, listpackOf("a", "1.5")),
		"stream 1":      streamOf(TypeStreamListpacks, nil), "stream 2": streamOf(TypeStreamListpack2, nil), "stream 3": streamOf(TypeStreamListpack3, nil),
	}
}

// TestDecodeCutOff reads every value cut off at every byte: all of it is needed.
func TestDecodeCutOff(t *testing.T) {
	for name, b := range samples() {
		if _, err := decoded(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for n := range b {
			if _, err := decoded(b[:n:n]); err == nil {
				t.Errorf("%s: the first %d of %d bytes do", name, n, len(b))
			}
		}
	}
}

// TestDecodeDamaged reads values with bytes changed at random: no panic, and no more memory than the bytes can ask for.
func TestDecodeDamaged(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	rounds := 3000
	if testing.Short() {
		rounds = 300
	}
	for name, b := range samples() {
		for range rounds {
			damaged := bytes.Clone(b)
			for range 1 + rnd.IntN(3) {
				damaged[rnd.IntN(len(damaged))] = byte(rnd.Uint32())
			}
			func() {
				defer func() {
					if r := recover(); r != nil {
						t.Fatalf("seed %d, %s: %x: %v", seed, name, damaged, r)
					}
				}()
				_, _ = decoded(damaged)
			}()
		}
	}
}

func TestDecodeDamage(t *testing.T) {
	change := func(b []byte, at int, to ...byte) []byte {
		b = bytes.Clone(b)
		copy(b[(at+len(b))%len(b):], to)
		return b
	}
	zip, pack, ints := ziplistOf("a", "b"), listpackOf("a", "b"), intsetOf(1, 2)
	tests := []struct {
		name string
		b    []byte
		want error
	}{
		{"no type", nil, errShort},
		{"type 8", []byte{8}, errType},
		{"type 23", []byte{23, 0}, errType},
		{"opcode", []byte{opAux, 0}, errType},
		{"length of 8 GB", []byte{0, len64, 0, 0, 0, 2, 0, 0, 0, 0, 'x'}, errShort},
		{"length that is negative", []byte{0, len64, 255, 255, 255, 255, 255, 255, 255, 255, 'x'}, errShort},
		{"length of an unknown kind", []byte{0, 0x82, 1}, errLength},
		{"string of an unknown form", []byte{0, lenSp | 4, 1}, errSpecial},
		{"count that is a string", []byte{1, lenSp, 1}, errLength},
		{"compressed to nothing", []byte{0, lenSp | specialLZF, 1, len32, 0x7f, 255, 255, 255, 0}, errLZF},
		{"compressed back too far", []byte{0, lenSp | specialLZF, 4, 4, 0, 'a', 0x20, 5}, errLZF},
		{"compressed short", []byte{0, lenSp | specialLZF, 2, 2, 0, 'a'}, errLZF},
		{"compressed long", []byte{0, lenSp | specialLZF, 4, 2, 2, 'a', 'b', 'c'}, errLZF},
		{"empty list", []byte{byte(TypeList), 0}, ErrEmpty},
		{"empty set", []byte{byte(TypeSet), 0}, ErrEmpty},
		{"empty hash", []byte{byte(TypeHash), 0}, ErrEmpty},
		{"empty zset", []byte{byte(TypeZSet2), 0}, ErrEmpty},
		{"empty ziplist", blob(TypeListZiplist, ziplistOf()), ErrEmpty},
		{"empty listpack", blob(TypeHashListpack, listpackOf()), ErrEmpty},
		{"empty zipmap", blob(TypeHashZipmap, zipmapOf(0)), errZipmap},
		{"quicklist of empty nodes", append([]byte{byte(TypeListQuicklist), 1}, blob(0, ziplistOf())[1:]...), ErrEmpty},
		{"node of an unknown kind", append([]byte{byte(TypeListQuicklist2), 1, 3}, blob(0, pack)[1:]...), errNode},
		{"huge count", []byte{byte(TypeList), len64, 255, 255, 255, 255, 255, 255, 255, 255, 1, 'a'}, errShort},

		{"ziplist: bytes", blob(TypeListZiplist, change(zip, 0, 9)), errZiplist},
		{"ziplist: tail", blob(TypeListZiplist, change(zip, 4, 10)), errZiplist},
		{"ziplist: tail far off", blob(TypeListZiplist, change(zip, 4, 255, 255, 255, 255)), errZiplist},
		{"ziplist: count", blob(TypeListZiplist, change(zip, 8, 3)), errZiplist},
		{"ziplist: no end", blob(TypeListZiplist, change(zip, -1, 0)), errZiplist},
		{"ziplist: previous length", blob(TypeListZiplist, change(zip, -4, 2)), errZiplist},
		{"ziplist: previous length of four bytes", blob(TypeListZiplist, change(zip, -4, 254)), errZiplist},
		{"ziplist: end inside", blob(TypeListZiplist, change(zip, -4, 255)), errZiplist},
		{"ziplist: text too long", blob(TypeListZiplist, change(zip, -3, 60)), errZiplist},
		{"ziplist: length of 4 GB", blob(TypeListZiplist, change(zip, -3, 0x80)), errZiplist},
		{"ziplist: unknown encoding", blob(TypeListZiplist, change(zip, -3, 0xc1)), errZiplist},
		{"ziplist: odd", blob(TypeHashZiplist, ziplistOf("a")), errOdd},

		{"listpack: bytes", blob(TypeHashListpack, change(pack, 0, 200)), errListpack},
		{"listpack: count", blob(TypeHashListpack, change(pack, 4, 4)), errListpack},
		{"listpack: no end", blob(TypeHashListpack, change(pack, -1, 1)), errListpack},
		{"listpack: back length", blob(TypeHashListpack, change(pack, -2, 3)), errListpack},
		{"listpack: text too long", blob(TypeHashListpack, change(pack, 6, 0xbf)), errListpack},
		{"listpack: long text", blob(TypeHashListpack, change(pack, 6, 0xf0)), errListpack},
		{"listpack: text of 4 GB", blob(TypeHashListpack, change(listpackOf("a", "bcdef"), 9, 0xf0, 255, 255, 255, 255)), errListpack},
		{"listpack: end inside", blob(TypeHashListpack, change(pack, 6, 0xff)), errListpack},
		{"listpack: odd", blob(TypeZSetListpack, listpackOf("a")), errOdd},

		{"zipmap: no end", blob(TypeHashZipmap, []byte{1, 1, 'a', 1, 0, 'b'}), errZipmap},
		{"zipmap: count", blob(TypeHashZipmap, []byte{2, 1, 'a', 1, 0, 'b', 255}), errZipmap},
		{"zipmap: no value", blob(TypeHashZipmap, []byte{1, 1, 'a', 255}), errZipmap},
		{"zipmap: length", blob(TypeHashZipmap, []byte{1, 254, 255, 255, 255, 255, 255}), errZipmap},
		{"zipmap: free", blob(TypeHashZipmap, []byte{1, 1, 'a', 1, 9, 'b', 255}), errZipmap},

		{"intset: width", blob(TypeSetIntset, change(ints, 0, 3)), errIntset},
		{"intset: count", blob(TypeSetIntset, change(ints, 4, 1)), errIntset},
		{"intset: count of 4 G", blob(TypeSetIntset, change(ints, 4, 0, 0, 0, 0x80)), errIntset},
		{"intset: empty", blob(TypeSetIntset, intsetOf()), errIntset},
		{"intset: not sorted", blob(TypeSetIntset, intsetOf(2, 1)), errIntset},
		{"intset: twice", blob(TypeSetIntset, intsetOf(2, 2)), errIntset},

		{"zset: not a number", []byte{byte(TypeZSet), 1, 1, 'a', scoreNaN}, errScore},
		{"zset: text", []byte{byte(TypeZSet), 1, 1, 'a', 1, 'x'}, errScore},
		{"zset 2: not a number", []byte{byte(TypeZSet2), 1, 1, 'a', 1, 0, 0, 0, 0, 0, 0xf8, 0x7f}, errScore},
		{"zset listpack: text", blob(TypeZSetListpack, listpackOf("a", "b")), errScore},
		{"zset listpack: nan", blob(TypeZSetListpack, listpackOf("a", "nan")), errScore},
		{"hash: negative expiry", []byte{byte(TypeHash2), 1, 1, 'a', 1, 'b', 0xfe, 255, 255, 255, 255, 255, 255, 255}, errFieldExpiry},
		{"module of old", []byte{byte(TypeModulePreGA), 0}, errModuleOld},
		{"module: unknown part", []byte{byte(TypeModule2), 0, 9}, errModule},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := decoded(tt.b); !errors.Is(err, tt.want) {
				t.Errorf("%x: got %v, %v; want %v", tt.b, got, err, tt.want)
			}
		})
	}
}

func TestDecodeDamagedStream(t *testing.T) {
	node := func(fields []string, live, deleted int, entries ...[]string) func(w *writer) {
		b := streamNodeOf(fields, live, deleted, entries...)
		return func(w *writer) {
			w.buf[1] = 1
			w.length(idBytes)
			w.raw(make([]byte, idBytes))
			w.length(uint64(len(b)))
			w.raw(b)
		}
	}
	tests := []struct {
		name, part string
		do         func(w *writer)
		want       error
	}{
		{"short ID", "nodes", func(w *writer) { w.text([]byte("x")) }, errStream},
		{"empty listpack", "nodes", func(w *writer) { w.length(16); w.raw(make([]byte, 16)); w.text(listpackOf()) }, errStream},
		{"no entries but a count", "nodes", node([]string{"f"}, 1, 0), errStream},
		{"more entries than the count", "nodes", node([]string{"f"}, 1, 0, []string{"2", "1", "0", "v", "4"}, []string{"2", "2", "0", "v", "4"}), errStream},
		{"negative count", "nodes", node([]string{"f"}, -1, 0), errStream},
		{"huge count", "nodes", node([]string{"f"}, 1<<62, 0), errStream},
		{"more fields than there are", "nodes", func(w *writer) { w.length(16); w.raw(make([]byte, 16)); w.text(listpackOf("1", "0", "9", "f", "0")) }, errStream},
		{"deleted without the flag", "nodes", node([]string{"f"}, 0, 1, []string{"2", "1", "0", "v", "4"}), errStream},
		{"unknown flag", "nodes", node([]string{"f"}, 1, 0, []string{"4", "1", "0", "v", "4"}), errStream},
		{"ID that is text", "nodes", node([]string{"f"}, 1, 0, []string{"2", "x", "0", "v", "4"}), errStream},
		{"first ID 0", "nodes", node([]string{"f"}, 1, 0, []string{"2", "0", "0", "v", "4"}), errStreamID},
		{"falling IDs", "nodes", node([]string{"f"}, 2, 0, []string{"2", "2", "0", "v", "4"}, []string{"2", "1", "0", "v", "4"}), errStreamID},
		{"wrong count behind an entry", "nodes", node([]string{"f"}, 1, 0, []string{"2", "1", "0", "v", "3"}), errStream},
		{"field without value", "nodes", node([]string{"f"}, 1, 0, []string{"0", "1", "0", "1", "f"}), errStream},
		{"no fields", "nodes", node(nil, 1, 0, []string{"2", "1", "0", "3"}), errStream},
		{"negative fields", "nodes", node([]string{"f"}, 1, 0, []string{"0", "1", "0", "-1", "2"}), errStream},
		{"another length", "entries", func(w *writer) { w.count(4) }, errStreamLen},
		{"last ID too small", "last", func(w *writer) { w.count(9); w.count(0) }, errStream},
		{"deleted after the last", "info", func(w *writer) {
			for _, n := range []int{5, 1, 10, 0, 4} {
				w.count(n)
			}
		}, errStream},
		{"fewer added than there", "info", func(w *writer) {
			for _, n := range []int{5, 1, 5, 2, 2} {
				w.count(n)
			}
		}, errStream},
		{"entries read", "read", func(w *writer) { w.length(1 << 63) }, errStream},
		{"pending twice", "pending", func(w *writer) {
			w.count(2)
			for range 2 {
				w.raw(make([]byte, 16+8))
				w.count(0)
			}
		}, errStreamID},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := streamOf(TypeStreamListpack3, func(part string, w *writer) bool {
				if part == tt.part {
					tt.do(w)
				}
				return part == tt.part
			})
			if got, err := decoded(b); !errors.Is(err, tt.want) {
				t.Errorf("%x: got %v, %v; want %v", b, got, err, tt.want)
			}
		})
	}
}

func TestReaderGrowsWithData(t *testing.T) {
	// A length of 4 GB in a file of a few bytes.
	b := []byte{byte(TypeString), len32, 255, 255, 255, 255, 'x'}
	d := NewDecoder(bytes.NewReader(b))
	if err := d.Payload(&recorder{}); !errors.Is(err, errShort) {
		t.Fatalf("got %v", err)
	}
	if n := cap(d.r.buf); n > 2*readerBytes {
		t.Errorf("the buffer has %d bytes", n)
	}
}
