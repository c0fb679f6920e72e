package object

import (
	"fmt"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
	"github.com/sleipnirdb/sleipnir/datastruct/tree"
)

// streamKind returns what the rest of the program can do with a stream.
func streamKind() kind {
	return kind{free: freeStream, copy: copyStream, len: weighStream, size: sizeStream, sane: saneStream}
}

// weighStream returns the number of entries, and of all that consumer groups hold, too: as much as there is to be freed.
func weighStream(a *arena.Arena, _ Encoding, root arena.Ref) int {
	h := streamHeadAt(a, root)
	n := int(h.length)
	for c := h.groups.Begin(a); c.Valid(); c.Next(a) {
		g := groupAt(a, c.Item().Ref)
		n += 1 + g.consumers.Len() + g.pending.Len()
	}
	return n
}

// nodeWeight is how many elements the freeing of a node counts for.
const nodeWeight = 4

func freeStream(a *arena.Arena, _ Encoding, root arena.Ref, limit int) arena.Ref {
	h := streamHeadAt(a, root)
	if n := h.nodes.Len(); n > 0 {
		if h.nodes.Free(a, limit/nodeWeight+1, func(it tree.Item) { a.Free(it.Ref, arena.PurposePacked) }) {
			return root
		}
		limit = max(limit-nodeWeight*n, 1)
	}
	for {
		it, ok := h.groups.First(a)
		if !ok {
			a.Free(root, arena.PurposeObject)
			return 0
		}
		if limit = groupAt(a, it.Ref).free(limit); limit <= 0 {
			return root
		}
		h.groups.PopFirst(a)
	}
}

// free frees about limit elements of the group. It returns what of limit is left, and at least 1 when all is freed.
func (g StreamGroup) free(limit int) int {
	a := g.a
	if n := g.pending.Len(); n > 0 {
		if g.pending.Free(a, limit, func(it tree.Item) { a.Free(it.Ref, arena.PurposeObject) }) {
			return 0
		}
		limit = max(limit-n, 1)
	}
	for {
		it, ok := g.consumers.First(a)
		if !ok {
			break
		}
		if limit <= 0 {
			return 0
		}
		c := consumerAt(a, it.Ref)
		n := c.pending.Len()
		if n > 0 && c.pending.Free(a, limit, nil) {
			return 0
		}
		limit -= n + 1
		g.consumers.PopFirst(a)
		a.Free(it.Ref, arena.PurposeObject)
	}
	a.Free(g.ref, arena.PurposeObject)
	return max(limit-1, 1)
}

func copyStream(from *arena.Arena, _ Encoding, root arena.Ref, to *arena.Arena, env *Env) (arena.Ref, bool) {
	twin := newStreamHead(to)
	if twin == 0 {
		return 0, false
	}
	h, t := streamHeadAt(from, root), streamHeadAt(to, twin)
	if !copyNodes(from, h, to, t) || !copyGroups(from, h, to, t) {
		for twin != 0 {
			twin = freeStream(to, EncStream, twin, 1<<30)
		}
		return 0, false
	}
	t.length, t.added, t.first, t.last, t.maxDeleted = h.length, h.added, h.first, h.last, h.maxDeleted
	return twin, true
}

func copyNodes(from *arena.Arena, h *streamHead, to *arena.Arena, t *streamHead) bool {
	for c := h.nodes.Begin(from); c.Valid(); c.Next(from) {
		n := streamNodeAt(from, c.Item().Ref)
		ref := to.Alloc(len(n.b), arena.PurposePacked)
		if ref == 0 {
			return false
		}
		copy(to.Bytes(ref, len(n.b)), n.b)
		if !t.nodes.Insert(to, n.id.Ms, ref, func(x, y arena.Ref) int { return bySeq(to, x, y) }) {
			to.Free(ref, arena.PurposePacked)
			return false
		}
		t.tail = ref
	}
	return true
}

func copyGroups(from *arena.Arena, h *streamHead, to *arena.Arena, t *streamHead) bool {
	for c := h.groups.Begin(from); c.Valid(); c.Next(from) {
		g := groupAt(from, c.Item().Ref)
		twin, ok := t.addGroup(to, g.Name(), g.last, g.read)
		if !ok || !g.copyTo(twin) {
			return false
		}
	}
	return true
}

// copyTo copies consumers and pending entries to an empty group.
func (g StreamGroup) copyTo(twin StreamGroup) bool {
	for w := g.AllConsumers(); w.Next(); {
		c := w.Consumer()
		k, ok := twin.AddConsumer(c.Name(), c.seen)
		if !ok {
			return false
		}
		k.active = c.active
		for w := c.PendingFrom(StreamID{}); w.Next(); {
			p := w.Pending()
			if _, ok := twin.Add(p.ID(), k, p.delivered, p.count); !ok {
				return false
			}
		}
	}
	return true
}

func sizeStream(a *arena.Arena, _ Encoding, root arena.Ref, samples int) int {
	h := streamHeadAt(a, root)
	sum := a.Cap(root) + treeSize(a, &h.nodes, samples) + treeSize(a, &h.groups, samples)
	nodes, seen := 0, 0
	for c := h.nodes.Begin(a); c.Valid() && (samples == 0 || seen < samples); c.Next(a) {
		nodes += a.Cap(c.Item().Ref)
		seen++
	}
	sum += scaled(nodes, seen, h.nodes.Len())
	groups, seen := 0, 0
	for c := h.groups.Begin(a); c.Valid() && (samples == 0 || seen < samples); c.Next(a) {
		groups += groupAt(a, c.Item().Ref).size(samples)
		seen++
	}
	return sum + scaled(groups, seen, h.groups.Len())
}

const (
	exactTree = 10_000 // items of the largest tree whose nodes are looked at for an estimate
	itemBytes = 14     // what an item of a larger one takes, about
)

// treeSize returns the bytes of a tree's nodes, of a large one an estimate if there are samples.
func treeSize(a *arena.Arena, t *tree.Tree, samples int) int {
	if samples > 0 && t.Len() > exactTree {
		return itemBytes * t.Len()
	}
	return t.Bytes(a)
}

// scaled estimates the bytes of all from those of some.
func scaled(bytes, seen, all int) int {
	if seen == all {
		return bytes
	}
	return int(float64(bytes) / float64(seen) * float64(all))
}

func (g StreamGroup) size(samples int) int {
	a := g.a
	sum := a.Cap(g.ref) + treeSize(a, &g.pending, samples) + treeSize(a, &g.consumers, samples)
	if it, ok := g.pending.First(a); ok {
		sum += g.pending.Len() * a.Cap(it.Ref)
	}
	consumers, seen := 0, 0
	for w := g.AllConsumers(); (samples == 0 || seen < samples) && w.Next(); seen++ {
		c := w.Consumer()
		consumers += a.Cap(c.ref) + treeSize(a, &c.pending, samples)
	}
	return sum + scaled(consumers, seen, g.consumers.Len())
}

func saneStream(a *arena.Arena, enc Encoding, root arena.Ref, _ *Env) error {
	if enc != EncStream {
		return fmt.Errorf("a stream with encoding %v", enc)
	}
	h := streamHeadAt(a, root)
	if err := h.nodes.Sane(a, func(x, y arena.Ref) int { return bySeq(a, x, y) }); err != nil {
		return fmt.Errorf("nodes: %w", err)
	}
	if err := h.groups.Sane(a, func(x, y arena.Ref) int { return compareGroups(a, x, y) }); err != nil {
		return fmt.Errorf("groups: %w", err)
	}
	if err := h.saneNodes(a); err != nil {
		return err
	}
	for c := h.groups.Begin(a); c.Valid(); c.Next(a) {
		g := groupAt(a, c.Item().Ref)
		if err := g.sane(c.Item().Key); err != nil {
			return fmt.Errorf("group %q: %w", g.Name(), err)
		}
	}
	return nil
}

func (h *streamHead) saneNodes(a *arena.Arena) error {
	var first, last StreamID
	var length uint64
	var tail arena.Ref
	for c := h.nodes.Begin(a); c.Valid(); c.Next(a) {
		it := c.Item()
		n := streamNodeAt(a, it.Ref)
		if it.Key != n.id.Ms || tail != 0 && !last.Less(n.id) {
			return fmt.Errorf("node %v stands at %d, behind %v", n.id, it.Key, last)
		}
		live, err := n.sane()
		if err != nil {
			return fmt.Errorf("node %v: %w", n.id, err)
		}
		if length == 0 && n.live > 0 {
			first = live
		}
		length += uint64(n.live)
		last, tail = n.lastID(), it.Ref
	}
	switch {
	case tail != h.tail:
		return fmt.Errorf("the last node isn't the tail")
	case length != h.length:
		return fmt.Errorf("length %d, but %d entries", h.length, length)
	case first != h.first:
		return fmt.Errorf("first ID %v, but the first entry has %v", h.first, first)
	case h.last.Less(last):
		return fmt.Errorf("last ID %v, but there's an entry %v", h.last, last)
	}
	return nil
}

// sane checks a node and returns the ID of its first entry that isn't deleted.
func (n *streamNode) sane() (first StreamID, err error) {
	if int(n.start) != n.skip(streamNodeHeadBytes, int(n.fields)) {
		return first, fmt.Errorf("%d fields don't end at %d", n.fields, n.start)
	}
	list := listpackInt(int64(n.fields)) + listpackInt(0) + n.listpackItems(streamNodeHeadBytes, int(n.fields))
	var live, dead uint32
	last := n.id
	at := int(n.start)
	for at < len(n.b) {
		e := n.entry(at)
		if live+dead > 0 && !last.Less(e.id) || live+dead == 0 && e.id != n.id {
			return first, fmt.Errorf("entry %v behind %v", e.id, last)
		}
		if last = e.id; e.isDead {
			dead++
		} else if live++; live == 1 {
			first = e.id
		}
		list += n.listpackEntry(&e)
		end := n.after(&e)
		if n.before(end) != at {
			return first, fmt.Errorf("entry %v from %d to %d says that it begins at %d", e.id, at, end, n.before(end))
		}
		at = end
	}
	if at != len(n.b) || live != n.live || dead != n.dead || list != int(n.listpack) || live+dead == 0 {
		return first, fmt.Errorf("%d and %d entries in %d bytes, listpack %d: the head says %+v", live, dead, at, list, *n.streamNodeHead)
	}
	return first, nil
}

// listpackEntry returns what an entry has in a listpack.
func (n *streamNode) listpackEntry(e *streamEntry) int {
	list := listpackInt(0) + listpackInt(int64(e.id.Ms-n.id.Ms)) + listpackInt(int64(e.id.Seq-n.id.Seq))
	pieces := 3 + e.items()
	if !e.isSame {
		list += listpackInt(int64(e.fields))
		pieces++
	}
	return list + n.listpackItems(e.body, e.items()) + listpackInt(int64(pieces))
}

func (n *streamNode) listpackItems(at, items int) (list int) {
	for range items {
		w := packed.ItemSize(n.b[at:])
		list += packed.EntrySize(w)
		at += w
	}
	return list
}

func (g StreamGroup) sane(key uint64) error {
	a := g.a
	if key != nameKey(g.Name()) {
		return fmt.Errorf("stands at %#x", key)
	}
	if err := g.pending.Sane(a, func(x, y arena.Ref) int { return comparePending(a, x, y) }); err != nil {
		return fmt.Errorf("pending entries: %w", err)
	}
	if err := g.consumers.Sane(a, func(x, y arena.Ref) int { return compareConsumers(a, x, y) }); err != nil {
		return fmt.Errorf("consumers: %w", err)
	}
	all := 0
	for w := g.AllConsumers(); w.Next(); {
		c := w.Consumer()
		if w.c.Item().Key != nameKey(c.Name()) {
			return fmt.Errorf("consumer %q stands at %#x", c.Name(), w.c.Item().Key)
		}
		if err := c.pending.Sane(a, func(x, y arena.Ref) int { return comparePending(a, x, y) }); err != nil {
			return fmt.Errorf("consumer %q: pending entries: %w", c.Name(), err)
		}
		for w := c.PendingFrom(StreamID{}); w.Next(); all++ {
			p := w.Pending()
			if q, ok := g.Find(p.ID()); !ok || q.ref != p.ref || p.consumer != c.ref {
				return fmt.Errorf("consumer %q: pending entry %v isn't the group's", c.Name(), p.ID())
			}
		}
	}
	if all != g.pending.Len() {
		return fmt.Errorf("%d entries are pending in the group, %d with its consumers", g.pending.Len(), all)
	}
	return nil
}
