package arena

import "math/bits"

// A huge page takes the system some hundred microseconds to clear, too long for somebody who holds a lease. So banks with
// huge pages are made ready by a goroutine, in a large range one ahead of need; who needs one and finds none makes
// do with plain memory.

const (
	hugeFrom  = 48 << 20 // bytes handed out from which on a huge page that isn't full yet is little
	hugeShare = 8        // or this part of the range, so that small ones get there too
	aheadFrom = 2        // times that much, from which on a second one is little
	fewChunks = 16       // left in a huge bank when the next one is made ready
)

// isLarge tells whether the range holds enough to make huge pages worth while, and times as much.
func (r *Range) isLarge(times int64) bool {
	return r.inUse.Load()*chunkBytes >= times*min(hugeFrom, r.size/hugeShare)
}

// takeHuge returns a chunk out of a bank that is backed by a huge page, or 0 if there is none.
func (r *Range) takeHuge() uint32 {
	if !r.isLarge(1) {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.takeFound(1, bankHuge).first
	if i == 0 && r.spare != 0 {
		b := r.spare
		r.spare = 0
		r.bank(b).free = allChunksFree
		r.aside -= chunksInBank
		i = r.carveBank(b, 0, 1).first
	}
	if i == 0 || bits.OnesCount64(r.bank(i/chunksInBank).room()) <= fewChunks && r.isLarge(aheadFrom) {
		r.wantSpare()
	}
	if i != 0 {
		r.inUse.Add(1)
		r.hugeTaken++
	}
	return i
}

// wantSpare has the next huge bank made ready.
func (r *Range) wantSpare() {
	if r.spare != 0 || r.isPreparing || r.isClosed {
		return
	}
	// The last banks are not set aside: who asks while one is being prepared would be told that the range is full.
	if left := int64(r.end-r.first)*chunksInBank - r.inUse.Load() - r.aside; left < 2*chunksInBank {
		return
	}
	b := r.open(bankHuge)
	if b == 0 {
		return
	}
	r.bank(b).free = 0 // it is on no list until it is ready
	r.relist(b)
	r.aside += chunksInBank
	r.bank(b).isAdvised = true
	r.isPreparing = true
	r.helpers.Go(func() {
		adviseHuge(r.bankAddr(b), bankBytes, true)
		populate(r.bankAddr(b), bankBytes)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.isPreparing = false
		r.spare = b
	})
}

// Trim gives the bank that was made ready back if nothing was taken out of huge pages since the last call. Any goroutine
// may call it, now and then.
func (r *Range) Trim() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b := r.spare; b != 0 && r.hugeTaken == r.hugeSeen {
		r.spare = 0
		r.bank(b).stale = allChunksFree
		r.aside -= chunksInBank
		r.releaseWhole(b)
	}
	r.hugeSeen = r.hugeTaken
}

// dropSpare gives the bank that was made ready back.
func (r *Range) dropSpare() {
	b := r.spare
	r.spare = 0
	release(r.bankAddr(b), bankBytes)
	r.bank(b).free = allChunksFree
	r.aside -= chunksInBank
	r.relist(b)
}

// open makes an empty bank one of a kind, or returns 0. Huge ones come from the low side, plain ones from the high.
// The system has yet to be asked for a huge page.
func (r *Range) open(kind uint8) uint32 {
	own, other := r.lists[(bankEmptyHigh+1)*bankRuns-1], r.lists[(bankEmptyLow+1)*bankRuns-1]
	if kind == bankHuge {
		own, other = other, own
	}
	b := own
	switch {
	case b != 0:
	case r.low < r.high && kind == bankHuge:
		b = r.low
		r.low++
		r.bank(b).free = allChunksFree
	case r.low < r.high:
		r.high--
		b = r.high
		r.bank(b).free = allChunksFree
	default:
		if b = other; b == 0 {
			return 0
		}
	}
	r.bank(b).kind = kind
	if kind == bankPlain {
		r.advise(b, 1, false)
	}
	return b
}

// advise asks the system to back n banks with huge pages, or not to.
func (r *Range) advise(b, n uint32, isHuge bool) {
	change := false
	for k := range n {
		v := r.bank(b + k)
		change = change || v.isAdvised != isHuge
		v.isAdvised = isHuge
	}
	if change {
		adviseHuge(r.bankAddr(b), int(n)*bankBytes, isHuge)
	}
}

// split says that part of a bank with a huge page was released.
func (r *Range) split(b uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.demote(b)
	r.relist(b)
}

// demote makes a bank that has lost part of its huge page a plain one. Otherwise the system would sooner or later
// give it the whole page back.
func (r *Range) demote(b uint32) {
	r.bank(b).kind = bankPlain
	r.advise(b, 1, false)
}
