package rdb

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// numbers are the edges of all widths of integers.
func numbers() []string {
	var list []string
	for _, bits := range []int{3, 7, 8, 12, 13, 15, 16, 23, 24, 31, 32, 63} {
		for d := int64(-1); d <= 1; d++ {
			n := int64(uint64(1)<<bits - 1)
			list = append(list, strconv.FormatInt(n+min(d, 0), 10), strconv.FormatInt(-n+d, 10))
			if bits < 63 {
				list = append(list, strconv.FormatInt(n+d, 10))
			}
		}
	}
	return append(list, "0", "12", "13", strconv.FormatInt(math.MinInt64, 10))
}

func quoted(items []string) []string {
	list := make([]string, len(items))
	for i, s := range items {
		list[i] = strconv.Quote(s)
	}
	return list
}

func TestDecodeElements(t *testing.T) {
	items := append(numbers(), "", "a", "01", "-0", "+1", "\x00\xff", strings.Repeat("x", 63), strings.Repeat("y", 64),
		strings.Repeat("z", 253), "after 253", strings.Repeat("v", 4095), strings.Repeat("w", 4096), strings.Repeat("u", 16384), "end")
	slices.Sort(items)
	items = slices.Compact(items)
	want := quoted(items)
	tests := []struct {
		name, kind string
		b          []byte
	}{
		{"list", "list", texts(TypeList, len(items), items...)},
		{"set", "set", texts(TypeSet, len(items), items...)},
		{"ziplist", "list", blob(TypeListZiplist, ziplistOf(items...))},
		{"set listpack", "set", blob(TypeSetListpack, listpackOf(items...))},
		{"quicklist", "list", append([]byte{byte(TypeListQuicklist), 1}, blob(0, ziplistOf(items...))[1:]...)},
		{"quicklist 2", "list", append([]byte{byte(TypeListQuicklist2), 1, nodePacked}, blob(0, listpackOf(items...))[1:]...)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decoded(tt.b)
			if err != nil || got[0] != tt.kind || !slices.Equal(got[1:], want) {
				t.Fatalf("got %.300v, %v; want %.300v", got, err, want)
			}
		})
	}
}

func TestDecodeManyNodes(t *testing.T) {
	b := []byte{byte(TypeListQuicklist2), 4, nodePacked}
	b = append(b, blob(0, listpackOf("a", "b"))[1:]...)
	b = append(append(b, nodePlain), 1, 'c')
	b = append(append(b, nodePacked), blob(0, listpackOf())[1:]...)
	b = append(append(b, nodePacked), blob(0, listpackOf("7"))[1:]...)
	got, err := decoded(b)
	if want := []string{"list", `"a"`, `"b"`, `"c"`, `"7"`}; err != nil || !slices.Equal(got, want) {
		t.Fatalf("got %v, %v; want %v", got, err, want)
	}
}

func TestDecodeIntset(t *testing.T) {
	for _, set := range [][]int64{{-5}, {math.MinInt16, 0, math.MaxInt16}, {math.MinInt32, -1, math.MaxInt16 + 1}, {math.MinInt64, 3, math.MaxInt64}} {
		want := []string{"set"}
		for _, n := range set {
			want = append(want, fmt.Sprintf(`"%d"`, n))
		}
		if got, err := decoded(blob(TypeSetIntset, intsetOf(set...))); err != nil || !slices.Equal(got, want) {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
	}
}

func TestDecodePairs(t *testing.T) {
	items := []string{"f", "v", "", "", "12", "-7", strings.Repeat("k", 300), strings.Repeat("l", 254)}
	want := []string{"hash"}
	for i := 0; i < len(items); i += 2 {
		want = append(want, fmt.Sprintf("%q=%q", items[i], items[i+1]))
	}
	for name, b := range map[string][]byte{
		"hash":             texts(TypeHash, len(items)/2, items...),
		"zipmap":           blob(TypeHashZipmap, zipmapOf(0, items...)),
		"zipmap with room": blob(TypeHashZipmap, zipmapOf(3, items...)),
		"ziplist":          blob(TypeHashZiplist, ziplistOf(items...)),
		"listpack":         blob(TypeHashListpack, listpackOf(items...)),
	} {
		if got, err := decoded(b); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, want)
		}
	}
}

func TestDecodeFieldExpiry(t *testing.T) {
	var w writer
	w.byte(byte(TypeHash2))
	w.count(3)
	for i, at := range []int64{-1, 0, 1 << 45} {
		w.int(int64(i))
		w.text([]byte("v"))
		w.millis(at)
	}
	got, err := decoded(w.buf)
	want := []string{"hash", `"0"="v"`, `"1"="v" until 1`, `"2"="v" until 35184372088832`}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("got %v, %v; want %v", got, err, want)
	}
}

func TestDecodeScores(t *testing.T) {
	items := []string{"a", "1", "b", "-2.5", "c", "inf", "d", "-inf", "e", "1e400", "f", "3"}
	want := []string{"zset", `"a":1`, `"b":-2.5`, `"c":+Inf`, `"d":-Inf`, `"e":+Inf`, `"f":3`}
	var old, binary writer
	old.byte(byte(TypeZSet))
	binary.byte(byte(TypeZSet2))
	old.count(6)
	binary.count(6)
	for i := 0; i < len(items); i += 2 {
		old.text([]byte(items[i]))
		binary.text([]byte(items[i]))
		score, _ := strconv.ParseFloat(items[i+1], 64)
		binary.float(score)
		switch items[i+1] {
		case "inf":
			old.byte(scoreInf)
		case "-inf":
			old.byte(scoreNegativeInf)
		default:
			old.byte(byte(len(items[i+1])))
			old.raw([]byte(items[i+1]))
		}
	}
	for name, b := range map[string][]byte{
		"text": old.buf, "binary": binary.buf,
		"ziplist":  blob(TypeZSetZiplist, ziplistOf(items...)),
		"listpack": blob(TypeZSetListpack, listpackOf(items...)),
	} {
		if got, err := decoded(b); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, want)
		}
	}
}

// streamOf makes a stream of two nodes, with a group, in one of its three forms.
func streamOf(form Type, change func(part string, w *writer) bool) []byte {
	var w writer
	do := func(part string, f func()) {
		if change == nil || !change(part, &w) {
			f()
		}
	}
	node := func(ms byte, b []byte) {
		w.length(idBytes)
		w.raw([]byte{0, 0, 0, 0, 0, 0, 0, ms, 0, 0, 0, 0, 0, 0, 0, 1})
		w.length(uint64(len(b)))
		w.raw(b)
	}
	w.byte(byte(form))
	w.count(2)
	do("nodes", func() {
		node(5, streamNodeOf([]string{"f", "7"}, 2, 1,
			[]string{"2", "0", "0", "v", "8", "5"},
			[]string{"3", "0", "1", "v", "8", "5"},
			[]string{"0", "1", "-1", "1", "g", "h", "6"}))
		node(9, streamNodeOf([]string{"x"}, 1, 0, []string{"2", "0", "0", "y", "4"}))
	})
	do("entries", func() { w.count(3) })
	do("last", func() { w.count(9); w.count(1) })
	if form != TypeStreamListpacks {
		do("info", func() {
			for _, n := range []int{5, 1, 5, 2, 4} {
				w.count(n)
			}
		})
	}
	w.count(1)
	w.text([]byte("group"))
	w.count(6)
	w.count(0)
	if form != TypeStreamListpacks {
		do("read", func() { w.length(math.MaxUint64) })
	}
	do("pending", func() {
		w.count(1)
		w.raw([]byte{0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1})
		w.millis(1000)
		w.count(3)
	})
	do("consumers", func() {
		w.count(1)
		w.text([]byte("joe"))
		w.millis(2000)
		if form == TypeStreamListpack3 {
			w.millis(-1)
		}
		w.count(1)
		w.raw([]byte{0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1})
	})
	return w.buf
}

func TestDecodeStream(t *testing.T) {
	for form, info := range map[Type]string{
		TypeStreamListpacks: "info last 9-1 first 0-0 deleted 0-0 added 3", TypeStreamListpack2: "info last 9-1 first 5-1 deleted 5-2 added 4",
		TypeStreamListpack3: "info last 9-1 first 5-1 deleted 5-2 added 4",
	} {
		read, active := "read -1 estimate false", "active 2000"
		if form == TypeStreamListpacks {
			read = "read 0 estimate true"
		}
		if form == TypeStreamListpack3 {
			active = "active -1"
		}
		want := []string{"stream", `5-1 ["f" "v" "7" "8"]`, "dead 5-2", `6-0 ["g" "h"]`, `9-1 ["x" "y"]`, info, `group "group" 6-0 ` + read,
			"pending 5-1 since 1000 times 3", `consumer "joe" seen 2000 ` + active, "owns 5-1", "group end"}
		if got, err := decoded(streamOf(form, nil)); err != nil || !slices.Equal(got, want) {
			t.Errorf("form %d: %v\n got %q\nwant %q", form, err, got, want)
		}
	}
}

func TestDecodeModule(t *testing.T) {
	var w writer
	w.byte(byte(TypeModule2))
	// "ReJSON-RL", version 3.
	id := uint64(0)
	for _, c := range []byte("ReJSON-RL") {
		id = id<<6 | uint64(strings.IndexByte(moduleLetters, c))
	}
	w.length(id<<10 | 3)
	w.count(moduleString)
	w.text([]byte("some text"))
	w.count(moduleDouble)
	w.float(1)
	w.count(moduleFloat)
	w.raw(make([]byte, 4))
	w.count(moduleSigned)
	w.length(math.MaxUint64)
	w.count(moduleEnd)
	w.raw([]byte("rest"))
	var d Decoder
	d.Reset(w.buf)
	err := d.Payload(&recorder{})
	if named := (*ModuleError)(nil); !errors.As(err, &named) || named.Name != "ReJSON-RL" {
		t.Errorf("got %v", err)
	}
	if d.Rest() != len("rest") {
		t.Errorf("%d bytes are left", d.Rest())
	}
}
