package snapshot

import "sync/atomic"

// piece is a run of serialised entries.
type piece struct {
	b           []byte // nil: none
	keys        int
	first, last int // database of the first entry and of the last one
	entries     int // where the first entry begins, behind what selects its database
}

// account bounds the bytes that are serialised and not yet written: of all pieces from the making to the end, by their capacity.
type account struct {
	limit, piece int64
	used         atomic.Int64
	peak         atomic.Int64
	starved      atomic.Bool // somebody was refused and wants to be told
	spare        chan []byte // pieces to be used again
}

// budgetLeast is the least budget: a few pieces, and the largest entry that is serialised at once.
const budgetLeast = 1 << 20

func (a *account) init(budget int64, partitions int) {
	a.limit = max(budget, budgetLeast)
	a.piece = min(max(a.limit/int64(openShare*partitions), pieceLeast), pieceBytes)
	a.spare = make(chan []byte, a.limit/a.piece)
}

// open makes a piece with room for need bytes, unless that is over the budget.
func (a *account) open(p *piece, need int) bool {
	n := max(int64(need), a.piece)
	if !a.reserve(n) {
		a.starved.Store(true)
		if !a.reserve(n) { // what becomes free from now on is told
			return false
		}
	}
	if n > a.piece {
		p.b = make([]byte, 0, n)
		return true
	}
	select {
	case p.b = <-a.spare:
	default:
		p.b = make([]byte, 0, n)
	}
	return true
}

func (a *account) reserve(n int64) bool {
	used := a.used.Add(n)
	if used > a.limit {
		a.used.Add(-n)
		return false
	}
	if used > a.peak.Load() {
		a.peak.Store(used)
	}
	return true
}

// close takes a piece back.
func (a *account) close(p *piece) {
	n := int64(cap(p.b))
	if n == 0 {
		return
	}
	if n == a.piece {
		select {
		case a.spare <- p.b[:0]:
		default:
		}
	}
	p.b = nil
	a.used.Add(-n)
}

// isRoomy says that there is enough room for those who were refused to try again: not for one of them only.
func (a *account) isRoomy() bool { return a.used.Load() <= a.limit/4*3 }
