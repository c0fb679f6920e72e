package rdb

import "encoding/binary"

// A stream is written as listpacks, one for each node of the tree that it is in Valkey, with the ID of the node's first entry before each
// (16 bytes, big endian). Such a listpack begins with what its entries have in common:
//
//	live entries | deleted entries | number of fields | field … | 0
//
// and goes on with the entries:
//
//	flags | ms, seq as distance from the node's ID | number of fields, then field, value … | items of this entry
//	                                               | or only value … with flagSameFields
//
// After the listpacks come the number of entries, IDs and counters, and the consumer groups.
const (
	flagDeleted    = 1
	flagSameFields = 2

	idBytes = 16

	errStream    Corrupt = "a stream is damaged"
	errStreamID  Corrupt = "the IDs of a stream's entries don't rise"
	errStreamLen Corrupt = "a stream's length isn't that of its entries"
)

// streamDecoder keeps what the decoding of a stream needs.
type streamDecoder struct {
	fields  [][]byte // of the node
	pairs   [][]byte // of the entry
	numbers []byte   // texts of numbers among both
	last    ID       // of the entry before
	entries uint64
}

func (d *Decoder) readStream(t Type, to Sink) error {
	d.stream.last, d.stream.entries = ID{}, 0
	nodes, err := d.r.length()
	if err != nil {
		return err
	}
	if err := begin(t, nodes, to); err != nil {
		return err
	}
	for ; nodes > 0; nodes-- {
		if err := d.streamNode(to); err != nil {
			return damaged(t, err)
		}
	}
	entries, err := d.r.length()
	if err != nil {
		return err
	}
	if entries != d.stream.entries {
		return errStreamLen
	}
	if err := d.streamInfo(t, to); err != nil {
		return err
	}
	groups, err := d.r.length()
	if err != nil {
		return err
	}
	for ; groups > 0; groups-- {
		if err := d.streamGroup(t, to); err != nil {
			return err
		}
	}
	return nil
}

// streamNode reads a listpack of entries.
func (d *Decoder) streamNode(to Sink) error {
	key, err := d.r.text()
	if err != nil {
		return err
	}
	if len(key) != idBytes {
		return errStream
	}
	base := rawID(key)
	b, err := d.r.text()
	if err != nil {
		return err
	}
	if d.listpack, err = openListpack(b); err != nil {
		return err
	}
	p, s := &d.listpack, &d.stream
	s.numbers = kept(s.numbers)
	live, deleted, err := s.master(p)
	if err != nil {
		return err
	}
	shared := len(s.numbers)
	for n := live + deleted; n > 0; n-- {
		s.numbers = s.numbers[:shared]
		id, gone, err := s.entry(p, base)
		if err != nil {
			return err
		}
		if !s.last.Less(id) {
			return errStreamID
		}
		s.last = id
		if gone {
			deleted--
		} else {
			live--
			s.entries++
		}
		if err := to.Entry(id, s.pairs, gone); err != nil {
			return err
		}
	}
	if _, ok, err := p.next(); err != nil || ok || live != 0 || deleted != 0 {
		return errStream
	}
	return nil
}

// int reads a number that isn't negative and at most most.
func (s *streamDecoder) int(p *listpack, most int64) (int64, error) {
	i, ok, err := p.next()
	if err == nil && (!ok || !i.IsInt || i.Int < 0 || i.Int > most) {
		err = errStream
	}
	return i.Int, err
}

// text reads an item as text that stays valid as long as the listpack.
func (s *streamDecoder) text(p *listpack) ([]byte, error) {
	i, ok, err := p.next()
	if err == nil && !ok {
		err = errStream
	}
	if err != nil || !i.IsInt {
		return i.Bytes, err
	}
	start := len(s.numbers)
	s.numbers = i.AppendTo(s.numbers)
	return s.numbers[start:len(s.numbers):len(s.numbers)], nil
}

// master reads what the entries of a node have in common. No count is larger than the listpack: each entry and field takes a byte.
func (s *streamDecoder) master(p *listpack) (live, deleted int64, err error) {
	most := int64(len(p.b))
	if live, err = s.int(p, most); err != nil {
		return 0, 0, err
	}
	if deleted, err = s.int(p, most); err != nil {
		return 0, 0, err
	}
	fields, err := s.int(p, most)
	if err != nil {
		return 0, 0, err
	}
	s.fields = s.fields[:0]
	for ; fields > 0; fields-- {
		text, err := s.text(p)
		if err != nil {
			return 0, 0, err
		}
		s.fields = append(s.fields, text)
	}
	_, err = s.int(p, 0)
	return live, deleted, err
}

// entry reads an entry into s.pairs.
func (s *streamDecoder) entry(p *listpack, base ID) (id ID, deleted bool, err error) {
	flags, err := s.int(p, flagDeleted|flagSameFields)
	if err != nil {
		return ID{}, false, err
	}
	ms, err := s.distance(p)
	if err != nil {
		return ID{}, false, err
	}
	seq, err := s.distance(p)
	if err != nil {
		return ID{}, false, err
	}
	id = ID{Ms: base.Ms + ms, Seq: base.Seq + seq}
	s.pairs = s.pairs[:0]
	items := int64(3)
	if flags&flagSameFields != 0 {
		for _, field := range s.fields {
			value, err := s.text(p)
			if err != nil {
				return ID{}, false, err
			}
			s.pairs = append(s.pairs, field, value)
			items++
		}
	} else {
		fields, err := s.int(p, int64(len(p.b)))
		if err != nil {
			return ID{}, false, err
		}
		for ; fields > 0; fields-- {
			if err := s.pair(p); err != nil {
				return ID{}, false, err
			}
			items += 2
		}
		items++
	}
	count, err := s.int(p, items)
	if err == nil && (count != items || len(s.pairs) == 0) {
		err = errStream
	}
	return id, flags&flagDeleted != 0, err
}

// pair reads a field and its value.
func (s *streamDecoder) pair(p *listpack) error {
	field, err := s.text(p)
	if err != nil {
		return err
	}
	value, err := s.text(p)
	if err != nil {
		return err
	}
	s.pairs = append(s.pairs, field, value)
	return nil
}

// distance reads how far a part of an ID is from that of the node. It may wrap around.
func (s *streamDecoder) distance(p *listpack) (uint64, error) {
	i, ok, err := p.next()
	if err == nil && (!ok || !i.IsInt) {
		err = errStream
	}
	return uint64(i.Int), err // #nosec G115 -- two's complement
}

// rawID reads an ID of 16 bytes.
func rawID(b []byte) ID {
	return ID{Ms: binary.BigEndian.Uint64(b), Seq: binary.BigEndian.Uint64(b[8:])}
}

// id reads an ID of two lengths.
func (d *Decoder) id() (ID, error) {
	ms, err := d.r.length()
	if err != nil {
		return ID{}, err
	}
	seq, err := d.r.length()
	return ID{Ms: ms, Seq: seq}, err
}

// streamInfo reads what a stream knows of itself. The first form lacks most of it.
func (d *Decoder) streamInfo(t Type, to Sink) error {
	var info StreamInfo
	var err error
	if info.Last, err = d.id(); err != nil {
		return err
	}
	info.Added = d.stream.entries
	if t != TypeStreamListpacks {
		if info.First, err = d.id(); err != nil {
			return err
		}
		if info.MaxDeleted, err = d.id(); err != nil {
			return err
		}
		if info.Added, err = d.r.length(); err != nil {
			return err
		}
	}
	if info.Last.Less(d.stream.last) || info.Last.Less(info.MaxDeleted) || info.Added < d.stream.entries {
		return errStream
	}
	return to.Stream(info)
}

func (d *Decoder) streamGroup(t Type, to Sink) error {
	if err := d.keepField(); err != nil {
		return err
	}
	g := GroupInfo{Name: d.field, Estimate: t == TypeStreamListpacks}
	var err error
	if g.Last, err = d.id(); err != nil {
		return err
	}
	if !g.Estimate {
		read, err := d.r.length()
		if err != nil {
			return err
		}
		if g.Read = int64(read); g.Read < -1 { // #nosec G115 -- two's complement
			return errStream
		}
	}
	if err := to.Group(g); err != nil {
		return err
	}
	if err := d.streamPending(to); err != nil {
		return err
	}
	consumers, err := d.r.length()
	if err != nil {
		return err
	}
	for ; consumers > 0; consumers-- {
		if err := d.streamConsumer(t, to); err != nil {
			return err
		}
	}
	return to.GroupEnd()
}

// streamPending reads the pending entries of a group.
func (d *Decoder) streamPending(to Sink) error {
	n, err := d.r.length()
	if err != nil {
		return err
	}
	for last, first := (ID{}), true; n > 0; n-- {
		raw, err := d.r.take(idBytes)
		if err != nil {
			return err
		}
		p := PendingInfo{ID: rawID(raw)}
		if p.DeliveredMs, err = d.r.millis(); err != nil {
			return err
		}
		if p.Deliveries, err = d.r.length(); err != nil {
			return err
		}
		if !first && !last.Less(p.ID) {
			return errStreamID
		}
		last, first = p.ID, false
		if err := to.Pending(p); err != nil {
			return err
		}
	}
	return nil
}

// streamConsumer reads a consumer and what it owns.
func (d *Decoder) streamConsumer(t Type, to Sink) error {
	if err := d.keepField(); err != nil {
		return err
	}
	c := ConsumerInfo{Name: d.field}
	var err error
	if c.SeenMs, err = d.r.millis(); err != nil {
		return err
	}
	c.ActiveMs = c.SeenMs
	if t == TypeStreamListpack3 {
		if c.ActiveMs, err = d.r.millis(); err != nil {
			return err
		}
	}
	if err := to.Consumer(c); err != nil {
		return err
	}
	n, err := d.r.length()
	if err != nil {
		return err
	}
	for ; n > 0; n-- {
		raw, err := d.r.take(idBytes)
		if err != nil {
			return err
		}
		if err := to.Owned(rawID(raw)); err != nil {
			return err
		}
	}
	return nil
}
