package hll

import (
	"bytes"
	"strconv"
)

const (
	kindMask = 0xc0
	xzeroBit = 0x40
	valueBit = 0x80

	maxSparseRank = 32
	maxValueRun   = 4
	maxZeroRun    = 64
)

// run is one run of equal registers.
type run struct {
	rank   uint8
	length int
	bytes  int
}

// readRun reads the run at the start of b, which isn't empty. An xzero whose second byte is missing is longer than can be, so that all find
// the value corrupt.
func readRun(b []byte) run {
	op := b[0]
	switch {
	case op&valueBit != 0:
		return run{rank: op>>2&31 + 1, length: int(op&3) + 1, bytes: 1}
	case op&kindMask == xzeroBit:
		if len(b) < 2 {
			return run{length: Registers + 1, bytes: 2}
		}
		return run{length: int(op&^kindMask)<<8 + int(b[1]) + 1, bytes: 2}
	}
	return run{length: int(op) + 1, bytes: 1}
}

func valueOp(rank uint8, length int) byte { return valueBit | (rank-1)<<2 | byte(length-1) }

// putZeros writes a run of zeros and returns its size.
func putZeros(b []byte, length int) int {
	if length <= maxZeroRun {
		b[0] = byte(length - 1)
		return 1
	}
	b[0], b[1] = xzeroBit|byte((length-1)>>8), byte(length-1)
	return 2
}

// spot is where a register's run stands.
type spot struct {
	run
	at    int // offset of the run; the end of the bytes if there is none for the register
	prev  int // offset of the run before it, or at itself if it is the first
	first int // the run's first register
}

// find looks for the run that holds a register.
func find(b []byte, index int) spot {
	at, first, prev := skip(b, HeaderBytes, 0, index)
	for at < len(b) {
		r := readRun(b[at:])
		if first+r.length > index {
			return spot{r, at, prev, first}
		}
		first, prev, at = first+r.length, at, at+r.bytes
	}
	return spot{at: at}
}

// Verdict is what has to be done so that a register of a sparse value gets a rank.
type Verdict uint8

// The verdicts.
const (
	Same   Verdict = iota // nothing, it has that or a higher one
	Change                // an Edit
	Dense                 // the value must become dense first
)

// editBytes bounds what an edit rewrites: the run before, what the run itself becomes, and as much behind as runs may be merged with.
const (
	editBytes   = 24
	behindBytes = 12
	mergeRuns   = 5
)

// Edit is a small rewrite of a sparse value.
type Edit struct {
	from, to int // the bytes that are replaced
	n        int // by how many
	bytes    [editBytes]byte
	old      [editBytes]byte // what they were, once Apply was called
}

// Growth returns by how many bytes the value becomes longer.
func (e *Edit) Growth() int { return e.n - (e.to - e.from) }

// Apply carries the edit out. b has the length of before or after, whichever is larger; size is the length of before.
func (e *Edit) Apply(b []byte, size int) {
	copy(e.old[:], b[e.from:e.to])
	copy(b[e.from+e.n:], b[e.to:size])
	copy(b[e.from:], e.bytes[:e.n])
	Invalidate(b)
}

// Revert undoes Apply, for who can't make the value shorter. b has the length of before.
func (e *Edit) Revert(b []byte, size int) {
	copy(b[e.to:size], b[e.from+e.n:])
	copy(b[e.from:e.to], e.old[:])
}

// Plan finds out how a register of the sparse value b gets a rank. e is only filled for Change. A value may not become longer than limit by
// it.
func Plan(b []byte, index int, rank uint8, limit int, e *Edit) (Verdict, error) {
	if rank > maxSparseRank {
		return Dense, nil
	}
	s := find(b, index)
	if s.at >= len(b) || s.length > Registers {
		return Same, ErrCorrupt
	}
	if s.rank >= rank {
		return Same, nil
	}
	var seq [5]byte
	n := split(&seq, &s, index, rank)
	if n > s.bytes && len(b)+n-s.bytes > limit {
		return Dense, nil
	}
	e.from = s.prev
	e.to = min(s.at+s.bytes+behindBytes, len(b))
	e.n = copy(e.bytes[:], b[s.prev:s.at])
	e.n += copy(e.bytes[e.n:], seq[:n])
	e.n += copy(e.bytes[e.n:], b[s.at+s.bytes:e.to])
	e.merge()
	return Change, nil
}

// split writes what becomes of a run when one of its registers gets a rank, and returns the bytes of it.
func split(seq *[5]byte, s *spot, index int, rank uint8) int {
	before, after := index-s.first, s.first+s.length-1-index
	n := 0
	rest := func(length int) {
		switch {
		case length == 0:
		case s.rank != 0:
			seq[n] = valueOp(s.rank, length)
			n++
		default:
			n += putZeros(seq[n:], length)
		}
	}
	rest(before)
	seq[n] = valueOp(rank, 1)
	n++
	rest(after)
	return n
}

// merge joins values of one rank that have come to stand side by side. How far it looks is Valkey's, so that the bytes are too.
func (e *Edit) merge() {
	p := 0
	for range mergeRuns {
		if p >= e.n {
			return
		}
		r := readRun(e.bytes[p:e.n])
		if r.rank == 0 || p+1 >= e.n {
			p += r.bytes
			continue
		}
		next := readRun(e.bytes[p+1 : e.n])
		if next.rank != r.rank || r.length+next.length > maxValueRun {
			p++
			continue
		}
		e.bytes[p+1] = valueOp(r.rank, r.length+next.length)
		copy(e.bytes[p:], e.bytes[p+1:e.n])
		e.n--
	}
}

func (h *histogram) addSparse(b []byte) error {
	count := 0
	for b = b[HeaderBytes:]; len(b) > 0; {
		r := readRun(b)
		if count += r.length; count > Registers {
			return ErrCorrupt
		}
		h[count&3][r.rank] += uint32(r.length)
		b = b[min(r.bytes, len(b)):]
	}
	if count != Registers {
		return ErrCorrupt
	}
	return nil
}

func (u *Union) raiseSparse(b []byte) error {
	index := 0
	for b = b[HeaderBytes:]; len(b) > 0; {
		r := readRun(b)
		if index += r.length; index > Registers {
			return ErrCorrupt
		}
		if r.rank != 0 {
			part := u.registers[index-r.length : index]
			for i := range part {
				part[i] = max(part[i], r.rank)
			}
		}
		b = b[min(r.bytes, len(b)):]
	}
	if index != Registers {
		return ErrCorrupt
	}
	return nil
}

// AppendRuns appends the runs of a sparse value in words: "z:n" and "Z:n" for n zeros in one byte or two, "v:rank,n" for a value.
func AppendRuns(dst, b []byte) []byte {
	for b = b[HeaderBytes:]; len(b) > 0; {
		r := readRun(b)
		switch {
		case r.rank != 0:
			dst = append(dst, "v:"...)
			dst = append(strconv.AppendInt(dst, int64(r.rank), 10), ',')
		case r.bytes == 1:
			dst = append(dst, "z:"...)
		default:
			dst = append(dst, "Z:"...)
		}
		dst = append(strconv.AppendInt(dst, int64(r.length), 10), ' ')
		b = b[min(r.bytes, len(b)):]
	}
	return bytes.TrimSuffix(dst, []byte(" "))
}
