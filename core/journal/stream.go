package journal

// blockBytes is the size of the stream's blocks: of one view, mostly. At least twice the ring's largest record.
const blockBytes = 1 << 20

// spareBlocks are kept for the next use.
const spareBlocks = 4

// block is a part of the stream. A record lies in one block, so each block ends between two records.
type block struct {
	base   Offset
	b      []byte
	end    Mark // of what is in it
	next   *block
	isUnit bool // b was a large unit's, on Go's heap
}

// stream is the sequenced records, in the order of the ring, as far as some reader still needs them. Guarded by the journal's mu.
type stream struct {
	first, last *block // the oldest that is needed, the one that is written to
	end         Mark
	db          int  // that a file would be in which ends here
	sealed      bool // what comes next goes to another block
	spare       *block
	spares      int
	garbage     *block // to be given back to the system, without mu
}

// tail returns the block to write n more bytes to.
func (s *stream) tail(n int) *block {
	if s.last != nil && !s.sealed && !s.last.isUnit && len(s.last.b)+n <= cap(s.last.b) {
		return s.last
	}
	k := s.spare
	if k != nil {
		s.spare, s.spares = k.next, s.spares-1
	} else {
		k = &block{b: allocate(blockBytes)[:0]}
	}
	s.link(k)
	return k
}

// link makes k the block that is written to.
func (s *stream) link(k *block) {
	k.next, k.base, k.end = nil, s.end.Offset, s.end
	if s.last == nil {
		s.first = k
	} else {
		s.last.next = k
	}
	s.last, s.sealed = k, false
}

// record appends a record of the ring, which ends at a position.
func (s *stream) record(r *ring, at, header uint64, end Position) {
	n := int(header >> lengthShift & maxRecordBytes)                                   // #nosec G115 -- masked
	first, last := int(header&maxRingDatabase), int(header>>lastShift&maxRingDatabase) // #nosec G115 -- masked
	k := s.tail(n + frontRoom + len(exec))
	was := len(k.b)
	k.b = s.front(k.b, first, header&transactionBit != 0)
	k.b = r.get(k.b, at, n)
	if header&transactionBit != 0 {
		k.b = append(k.b, exec...)
	}
	s.ends(k, len(k.b)-was, last, end)
}

// large appends a record whose unit came by reference, and is the stream's now.
func (s *stream) large(u *Unit, end Position) {
	var room [frontRoom]byte
	front := s.front(room[:0], u.first, u.isTransaction())
	b := u.b[frontRoom-len(front):]
	copy(b, front)
	if u.isTransaction() {
		b = append(b, exec...)
	}
	k := &block{isUnit: true}
	s.link(k)
	k.b = b
	s.ends(k, len(b), u.db, end)
}

// front appends what comes before the commands of a record.
func (s *stream) front(b []byte, db int, transaction bool) []byte {
	if transaction {
		b = append(b, multi...)
	}
	if db != s.db {
		b = appendSelect(b, db)
	}
	return b
}

// ends notes where the stream stands after a record of n bytes.
func (s *stream) ends(k *block, n int, db int, end Position) {
	s.end = Mark{s.end.Offset + Offset(n), end} // #nosec G115 -- a length
	s.db, k.end = db, s.end
}

// seal ends a view here, and has what comes next begin with a SELECT.
func (s *stream) seal() {
	s.db, s.sealed = NoDatabase, s.last != nil
}

// forget drops the blocks before keep, all of them for nil. What is before read is needed no more.
func (s *stream) forget(keep *block, read Offset) {
	for k := s.first; k != keep; {
		next := k.next
		switch {
		case k.isUnit:
			k.b = nil
		case s.spares < spareBlocks && keep != nil:
			k.b, k.next, s.spare = k.b[:0], s.spare, k
			s.spares++
		default:
			k.next, s.garbage = s.garbage, k
		}
		k = next
	}
	if keep != nil && keep.isUnit && keep.end.Offset == read {
		keep.b = nil
	}
	if s.first = keep; keep == nil {
		s.last, s.sealed = nil, false
		for ; s.spare != nil; s.spares-- {
			s.spare, s.garbage = s.spare.next, &block{b: s.spare.b, next: s.garbage}
		}
	}
}

// takeGarbage returns the blocks that releaseAll gives back.
func (s *stream) takeGarbage() *block {
	k := s.garbage
	s.garbage = nil
	return k
}

func releaseAll(k *block) {
	for ; k != nil; k = k.next {
		release(k.b)
		k.b = nil
	}
}
