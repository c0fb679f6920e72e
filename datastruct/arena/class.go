package arena

import "math/bits"

// Size classes:
//
//	    8 …   128   every 8 bytes      classes  0 … 15
//	  144 …   256   every 16           classes 16 … 23
//	  288 …   512   every 32           classes 24 … 31
//	  …             8 to a doubling
//	9 KiB … 16 KiB  every 1 KiB        classes 64 … 71
//
// So a block is at most 12.5 % larger than asked for, and every multiple of 64 up to 4 KiB falls into a
// class that is itself a multiple of 64: as slabs begin on a page, such blocks are aligned to cache lines.
const (
	classLinearMax = 128      // the highest class of the first row
	classMax       = 16 << 10 // the highest class
	classCount     = 72
	classTableMax  = 1024 // up to here the class comes out of a table
	classNone      = 255  // in the page map: no slab
	slabChunksMax  = 4    // the tail pages of a slab find its head with four bits
	slabWaste      = 32   // a slab's tail that fits no block should be less than 1/32 of it
)

// classSize holds the size of each class. Constant after start-up.
var classSize = func() (t [classArray]uint32) {
	for c := range classCount {
		t[c] = sizeOfClass(c)
	}
	return t
}()

// classTable holds the class for (n+7)/8. Constant after start-up.
var classTable = func() (t [classTableMax/8 + 1]uint8) {
	for i := range t {
		t[i] = uint8(classOf(i * 8))
	}
	return t
}()

// slabShape says how the slab of a class is made: of one page, or of so many chunks.
type slabShape struct {
	chunks uint8  // 0 = one page
	blocks uint16 // how many it holds
}

// slabShapes holds the shape of each class. Constant after start-up.
var slabShapes = func() (t [classArray]slabShape) {
	for c := range classCount {
		t[c] = shapeOfClass(c)
	}
	return t
}()

func sizeOfClass(c int) uint32 {
	if c < classLinearMax/8 {
		return uint32(c+1) * 8
	}
	c -= classLinearMax / 8
	return uint32(8+c%8+1) << (4 + c/8)
}

// classOf returns the class for n bytes, 0 <= n <= classMax.
func classOf(n int) int {
	if n <= classLinearMax {
		return max(n-1, 0) / 8
	}
	k := bits.Len(uint(n-1)) - 4 // n-1 has its top four bits at and above bit k, the first of them set
	return classLinearMax/8 + (k-4)*8 + (n-1)>>k - 8
}

// shapeOfClass takes one page if its tail is small enough, else the smallest run of chunks that is.
func shapeOfClass(c int) slabShape {
	size := int(sizeOfClass(c))
	if pageBytes%size*slabWaste <= pageBytes {
		return slabShape{0, uint16(pageBytes / size)}
	}
	best := 1
	for k := 1; k <= slabChunksMax; k++ {
		bytes, least := k*chunkBytes, best*chunkBytes
		if bytes%size*least < least%size*bytes {
			best = k
		}
		if least = best * chunkBytes; least%size*slabWaste <= least {
			break
		}
	}
	return slabShape{uint8(best), uint16(best * chunkBytes / size)}
}
