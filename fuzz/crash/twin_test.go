package crash

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// twin is what keys hold, in the plainest form. The kind of a value follows from the key's name.
type twin map[string]*object

// object is a value: a string is the only item.
type object struct {
	items  []string          // of a string or a list
	fields map[string]string // of a hash, a set (to nothing) or a sorted set (to the score)
	timed  bool
}

func (o *object) String() string {
	if o == nil {
		return "nothing"
	}
	var b strings.Builder
	if o.timed {
		b.WriteString("timed ")
	}
	for _, item := range o.items {
		b.WriteString(item)
		b.WriteByte(' ')
	}
	for _, f := range slices.Sorted(maps.Keys(o.fields)) {
		fmt.Fprintf(&b, "%s=%s ", f, o.fields[f])
	}
	return b.String()
}

func (t twin) clone() twin {
	c := make(twin, len(t))
	for k, o := range t {
		c[k] = &object{items: slices.Clone(o.items), fields: maps.Clone(o.fields), timed: o.timed}
	}
	return c
}

// at returns the value of a key, a new one if there is none.
func (t twin) at(key string) *object {
	o := t[key]
	if o == nil {
		o = &object{fields: map[string]string{}}
		t[key] = o
	}
	return o
}

// tidy removes keys that hold nothing any more.
func (t twin) tidy(keys ...string) []string {
	for _, key := range keys {
		if o := t[key]; o != nil && len(o.items)+len(o.fields) == 0 {
			delete(t, key)
		}
	}
	return keys
}

// apply runs a command and returns the keys that it may have changed.
func (t twin) apply(args []string) []string {
	key := args[1]
	switch args[0] {
	case "SET":
		t[key] = &object{items: []string{args[2]}, timed: len(args) > 3}
	case "MSET":
		return t.mset(args[1:])
	case "DEL":
		delete(t, key)
	case "RENAME":
		t[args[2]] = t[key]
		delete(t, key)
		return args[1:]
	case "APPEND", "INCRBY", "INCRBYFLOAT":
		t.change(args)
	case "RPUSH", "LPUSH", "RPOP", "LPOP", "LTRIM", "LMOVE":
		return t.list(args)
	default:
		t.collection(args)
	}
	return t.tidy(key)
}

func (t twin) mset(pairs []string) (keys []string) {
	for i := 0; i < len(pairs); i += 2 {
		t[pairs[i]] = &object{items: []string{pairs[i+1]}}
		keys = append(keys, pairs[i])
	}
	return keys
}

// change is what alters a string.
func (t twin) change(args []string) {
	o := t.at(args[1])
	if len(o.items) == 0 {
		o.items = []string{""}
	}
	switch args[0] {
	case "APPEND":
		o.items[0] += args[2]
	case "INCRBY":
		o.items[0] = strconv.Itoa(number(o.items[0]) + number(args[2]))
	case "INCRBYFLOAT":
		o.items[0] = strconv.FormatFloat(fraction(o.items[0])+fraction(args[2]), 'f', -1, 64)
	}
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func fraction(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

func (t twin) list(args []string) []string {
	o := t.at(args[1])
	n := len(o.items)
	switch args[0] {
	case "RPUSH":
		o.items = append(o.items, args[2])
	case "LPUSH":
		o.items = slices.Insert(o.items, 0, args[2])
	case "RPOP":
		o.items = o.items[:max(n-1, 0)]
	case "LPOP":
		o.items = o.items[min(n, 1):]
	case "LTRIM": // the last ones are kept
		o.items = o.items[max(n+number(args[2]), 0):]
	case "LMOVE": // from the right of one to the left of the other
		if n == 0 {
			break
		}
		moved := o.items[n-1]
		o.items = o.items[:n-1]
		to := t.at(args[2])
		to.items = slices.Insert(to.items, 0, moved)
		return t.tidy(args[1], args[2])
	}
	return t.tidy(args[1])
}

func (t twin) collection(args []string) {
	o := t.at(args[1])
	switch args[0] {
	case "HSET":
		o.fields[args[2]] = args[3]
	case "SADD":
		o.fields[args[2]] = ""
	case "ZADD":
		o.fields[args[3]] = args[2]
	case "ZINCRBY":
		o.fields[args[3]] = strconv.Itoa(number(o.fields[args[3]]) + number(args[2]))
	case "HDEL", "SREM", "ZREM":
		delete(o.fields, args[2])
	default:
		panic("the twin can't " + args[0])
	}
}
