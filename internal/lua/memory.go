package lua

import "errors"

// ErrMemory is the end of a run that has used up the State's memory. No pcall catches it.
var ErrMemory = errors.New("not enough memory")

// The collector is Go's: what it frees isn't told. So the account only grows: used is what was alive at the last marking pass
// and all that was allocated since. Where it comes to the limit a marking pass over everything that is reachable finds what
// is really alive. A pass that can't bring the account below headroom fails the run; so a pass always buys a share of the limit to
// allocate, and its cost is spread over that.
const headroom = 8 // 1/8 of the limit

// MemoryUsed is the account: an upper bound of what is alive.
func (s *State) MemoryUsed() int64 { return s.used }

// Charge adds n bytes to the account, before they are allocated. The error is for the caller to return.
func (s *State) Charge(n int64) error {
	s.used += n
	if s.used > s.limit {
		return s.checkMemory(0)
	}
	return nil
}

// Room fails if n bytes more are too many; it doesn't charge them. Who is about to make a long string asks it first.
func (s *State) Room(n int64) error {
	if n > s.limit-s.used {
		return s.checkMemory(n)
	}
	return nil
}

func (s *State) checkMemory(more int64) error {
	if more > s.limit {
		return &abort{ErrMemory}
	}
	s.Collect()
	if s.used+more > s.limit-s.limit/headroom {
		return &abort{ErrMemory}
	}
	return nil
}

// Collect makes the account exact.
func (s *State) Collect() {
	for _, c := range s.calls[:s.active] { // what builtins under way have on the stack
		c.thread.high = max(c.thread.high, c.base+c.count+c.pushed)
	}
	if s.epoch++; s.epoch == shared {
		s.epoch = 1
	}
	m := marker{epoch: s.epoch}
	m.table(s.globals)
	m.table(s.stringMeta)
	m.thread(s.main)
	for t := s.current; t != nil; t = t.resumer {
		m.thread(t)
	}
	m.drain()
	s.used = m.bytes
}

// marker goes through all that can be reached, with a list of its own instead of recursion.
type marker struct {
	epoch uint16
	bytes int64
	todo  []*object
}

func (m *marker) value(v Value) {
	if v.p != nil && v.p.mark != m.epoch && v.p.mark != shared {
		v.p.mark = m.epoch
		if v.p.kind == KindString {
			m.bytes += stringBytes + int64(len(v.p.str))
			return
		}
		m.todo = append(m.todo, v.p)
	}
}

func (m *marker) table(t *Table) {
	if t != nil {
		m.value(t.Value())
	}
}

func (m *marker) thread(t *Thread) {
	if t != nil {
		m.value(t.Value())
	}
}

func (m *marker) function(f *Function) {
	if f != nil {
		m.value(f.Value())
	}
}

func (m *marker) drain() {
	for len(m.todo) > 0 {
		o := m.todo[len(m.todo)-1]
		m.todo = m.todo[:len(m.todo)-1]
		switch {
		case o.table != nil:
			m.insideTable(o.table)
		case o.fn != nil:
			m.insideFunction(o.fn)
		case o.rare.thread != nil:
			m.insideThread(o.rare.thread)
		default:
			m.bytes += closureBytes
			m.table(o.rare.user.meta)
		}
	}
}

func (m *marker) insideTable(t *Table) {
	m.bytes += tableBytes + int64(len(t.arr))*valueBytes + int64(len(t.nodes))*nodeBytes
	m.table(t.meta)
	for _, v := range t.arr {
		m.value(v)
	}
	for i := range t.nodes {
		m.value(t.nodes[i].key)
		m.value(t.nodes[i].val)
	}
}

func (m *marker) insideFunction(f *Function) {
	m.bytes += closureBytes + int64(len(f.upvals))*(8+upvalueBytes)
	m.table(f.env)
	if f.native != nil && f.native.wrapped != nil {
		m.thread(f.native.wrapped)
	}
	for _, u := range f.upvals {
		if u != nil {
			m.value(*u.at)
		}
	}
}

func (m *marker) insideThread(t *Thread) {
	m.bytes += int64(len(t.stack))*valueBytes + int64(len(t.frames))*frameBytes
	for _, v := range t.stack[:t.high] {
		m.value(v)
	}
	for i := range t.frames[:t.depth] {
		m.function(t.frames[i].fn)
	}
	m.thread(t.resumer)
}
