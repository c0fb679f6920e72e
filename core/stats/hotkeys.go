package stats

import (
	"cmp"
	"container/heap"
	"slices"
)

// HotKey is a key with what is known of how often it was used.
type HotKey struct {
	Key string
	DB  int
	// Count is how often it was seen, at most; up to Error of that may belong to
	// keys whose place it took.
	Count, Error uint64
}

// HotKeys finds the keys that are used most, in memory for a fixed number of
// keys, by the Space-Saving algorithm: a key that isn't known takes the place
// of the one with the smallest count, and that count with it. So a key that was
// seen more often than all together divided by the number of places is known.
//
// One owner at a time.
type HotKeys struct {
	// Total is how many uses were counted.
	Total uint64

	places int
	known  hotHeap
	name   []byte // scratch
}

// NewHotKeys returns an empty summary with places for so many keys.
func NewHotKeys(places int) *HotKeys {
	return &HotKeys{places: places, known: hotHeap{at: make(map[string]int, places)}}
}

// Seen counts one use of a key.
func (h *HotKeys) Seen(db int, key []byte) { h.add(db, key, 1, 0) }

func (h *HotKeys) add(db int, key []byte, count, unsure uint64) {
	h.Total += count
	h.name = append(append(h.name[:0], byte(db>>16), byte(db>>8), byte(db)), key...)
	if i, ok := h.known.at[string(h.name)]; ok {
		h.known.list[i].Count += count
		h.known.list[i].Error += unsure
		heap.Fix(&h.known, i)
		return
	}
	name := string(h.name)
	k := HotKey{Key: name[hotPrefix:], DB: db, Count: count, Error: unsure}
	if len(h.known.list) < h.places {
		heap.Push(&h.known, hotPlace{k, name})
		return
	}
	least := &h.known.list[0]
	k.Count += least.Count
	k.Error += least.Count
	delete(h.known.at, least.name)
	*least = hotPlace{k, name}
	h.known.at[name] = 0
	heap.Fix(&h.known, 0)
}

// Merge adds what another summary knows.
func (h *HotKeys) Merge(from *HotKeys) {
	total := h.Total + from.Total
	for _, p := range from.known.list {
		h.add(p.DB, []byte(p.Key), p.Count, p.Error)
	}
	h.Total = total
}

// Forget drops the keys of a database, of all of them if it is negative.
func (h *HotKeys) Forget(db int) {
	kept := slices.DeleteFunc(h.known.list, func(p hotPlace) bool { return db < 0 || p.DB == db })
	h.known = hotHeap{at: make(map[string]int, h.places)}
	for _, p := range kept {
		heap.Push(&h.known, p)
	}
	if db < 0 {
		h.Total = 0
	}
}

// Top returns what is known, the most used key first.
func (h *HotKeys) Top() []HotKey {
	list := make([]HotKey, 0, len(h.known.list))
	for i := range h.known.list {
		list = append(list, h.known.list[i].HotKey)
	}
	slices.SortFunc(list, func(a, b HotKey) int {
		return cmp.Or(cmp.Compare(2*b.Count-b.Error, 2*a.Count-a.Error), cmp.Compare(a.DB, b.DB), cmp.Compare(a.Key, b.Key))
	})
	return list
}

// hotPrefix is how many bytes of a name are the database.
const hotPrefix = 3

// hotPlace is one place of a summary.
type hotPlace struct {
	HotKey
	name string // in the map: database and key
}

// hotHeap has the smallest count first.
type hotHeap struct {
	list []hotPlace
	at   map[string]int // where each name is
}

func (h *hotHeap) Len() int           { return len(h.list) }
func (h *hotHeap) Less(i, j int) bool { return h.list[i].Count < h.list[j].Count }

func (h *hotHeap) Swap(i, j int) {
	h.list[i], h.list[j] = h.list[j], h.list[i]
	h.at[h.list[i].name], h.at[h.list[j].name] = i, j
}

// Push is heap.Interface's.
func (h *hotHeap) Push(x any) {
	p := x.(hotPlace)
	h.at[p.name] = len(h.list)
	h.list = append(h.list, p)
}

// Pop is heap.Interface's.
func (h *hotHeap) Pop() any {
	p := h.list[len(h.list)-1]
	h.list = h.list[:len(h.list)-1]
	delete(h.at, p.name)
	return p
}
