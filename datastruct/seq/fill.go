package seq

// Fill says how much goes into one leaf, as the directive list-max-listpack-size does: so many elements if it is positive, and
// 4, 8, 16, 32, 64 KiB for -1 to -5.
type Fill int64

const (
	safeBytes    = 8 << 10 // the limit of a leaf whose elements are counted
	estimate     = 8       // what an element costs besides its text, at most, unless it's very long
	leastFill    = -5
	leastBytes   = 4 << 10
	startBytes   = 512 // the arena block of a new leaf at an end, if what comes may fill it
	spareDivisor = 8   // the part of its arena block that a leaf in the middle may leave unused
)

// Limits returns the most bytes and the most elements that a leaf may have.
func (f Fill) Limits() (bytes, count int) {
	if f < 0 {
		return leastBytes << (-max(f, leastFill) - 1), 1<<16 - 2
	}
	return safeBytes, max(int(min(f, 1<<16-2)), 1)
}

// Exceeds says whether a packed block of so many bytes and elements is too large for a leaf.
func (f Fill) Exceeds(used, count int) bool {
	maxBytes, maxCount := f.Limits()
	return used > maxBytes || count > maxCount
}

// IsLarge says whether a text gets a leaf of its own.
func (f Fill) IsLarge(length int) bool {
	maxBytes, _ := f.Limits()
	return length > maxBytes
}

// allows says whether a leaf with so many bytes and elements takes one more.
func (f Fill) allows(used, count, length int) bool {
	return !f.Exceeds(used+length+estimate, count+1)
}

// Shrinks says whether a leaf with so many bytes and elements, the only one, is small enough to be a packed block by itself again: half of
// what it may be, so that a list doesn't go to and fro.
func (f Fill) Shrinks(used, count int) bool {
	maxBytes, maxCount := f.Limits()
	if f < 0 {
		return used <= maxBytes/2
	}
	return used <= maxBytes && count <= maxCount/2
}
