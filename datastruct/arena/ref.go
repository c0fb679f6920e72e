package arena

// RefBytes is the size of a Ref in packed form.
const RefBytes = 5

const (
	refBits  = 3  // a Ref counts 8 bytes
	pageBits = 13 // 8 KiB
)

// PutRef stores r in the first RefBytes bytes of b, lowest byte first.
func PutRef(b []byte, r Ref) {
	_ = b[4]
	b[0] = byte(r)
	b[1] = byte(r >> 8)
	b[2] = byte(r >> 16)
	b[3] = byte(r >> 24)
	b[4] = byte(r >> 32)
}

// GetRef reads what PutRef stored.
func GetRef(b []byte) Ref {
	_ = b[4]
	return Ref(b[0]) | Ref(b[1])<<8 | Ref(b[2])<<16 | Ref(b[3])<<24 | Ref(b[4])<<32
}

// page returns the index of the page that the block begins in.
func (r Ref) page() uint32 { return uint32(r >> (pageBits - refBits)) }

// pageRef returns the Ref of the first byte of a page.
func pageRef(i uint32) Ref { return Ref(i) << (pageBits - refBits) }
