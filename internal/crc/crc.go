// Package crc computes the checksums of the protocol and of the files: CRC-16/XMODEM, which gives a key its
// hash slot, and the CRC-64 "Jones" that closes an RDB file or a DUMP payload.
//
// Both work on several bytes at a time ("slicing"): a table for each distance from the end of the block says
// what a byte there adds to the remainder, so the look-ups of one block don't wait for each other. Where the
// processor multiplies without carries, CRC-16 is done by that.
package crc

import "encoding/binary"

// Slots is the number of hash slots.
const Slots = 16384

// CRC-16/XMODEM: polynomial x^16+x^12+x^5+1, most significant bit first, start value 0, nothing reflected or inverted.
const poly16 = 0x1021

// CRC-64 Jones: the polynomial 0xad93d23594c935a9 with its bits reversed; least significant bit first, start value 0,
// no inversion.
const poly64 = 0x95ac9329ac4bc9b5

// slice16[k][b] is the remainder of byte b followed by k zero bytes. Written before main, then only read.
var slice16 = makeSlice16()

// slice64 is the same for the reflected CRC-64.
var slice64 = makeSlice64()

func makeSlice16() (t [8][256]uint16) {
	for b := range t[0] {
		r := uint16(b) << 8
		for range 8 {
			r = r<<1 ^ poly16*(r>>15)
		}
		t[0][b] = r
	}
	for k := 1; k < len(t); k++ {
		for b := range t[k] {
			r := t[k-1][b]
			t[k][b] = r<<8 ^ t[0][r>>8]
		}
	}
	return t
}

func makeSlice64() (t [16][256]uint64) {
	for b := range t[0] {
		r := uint64(b)
		for range 8 {
			r = r>>1 ^ poly64*(r&1)
		}
		t[0][b] = r
	}
	for k := 1; k < len(t); k++ {
		for b := range t[k] {
			r := t[k-1][b]
			t[k][b] = r>>8 ^ t[0][byte(r)]
		}
	}
	return t
}

// CRC16 returns the CRC-16/XMODEM of p.
func CRC16(p []byte) uint16 {
	if canSum16 && len(p) > 0 {
		return uint16(sum16(p))
	}
	return table16(p)
}

// table16 is CRC16 by table.
func table16(p []byte) uint16 {
	var crc uint16
	for len(p) >= 8 {
		crc = block16(crc, binary.LittleEndian.Uint64(p))
		p = p[8:]
	}
	return tail16(crc, p)
}

// block16 adds eight bytes, the first one in the low bits of w.
func block16(crc uint16, w uint64) uint16 {
	t := &slice16
	return t[7][byte(w)^byte(crc>>8)] ^ t[6][byte(w>>8)^byte(crc)] ^
		t[5][byte(w>>16)] ^ t[4][byte(w>>24)] ^ t[3][byte(w>>32)] ^
		t[2][byte(w>>40)] ^ t[1][byte(w>>48)] ^ t[0][byte(w>>56)]
}

// tail16 adds less than eight bytes.
func tail16(crc uint16, p []byte) uint16 {
	for _, b := range p {
		crc = crc<<8 ^ slice16[0][byte(crc>>8)^b]
	}
	return crc
}

// Slot returns the hash slot of key: of the part between the first '{' and the first '}' behind it, if there is
// one and it isn't empty; else of the whole key.
func Slot(key []byte) uint16 {
	if !canSum16 || len(key) == 0 {
		return slotByTable(key)
	}
	sum := sum16(key)
	if sum > 0xffff {
		return slotTagged(key)
	}
	return uint16(sum) % Slots
}

// slotByTable is Slot by table.
func slotByTable(key []byte) uint16 {
	var crc uint16
	p := key
	for len(p) >= 8 {
		w := binary.LittleEndian.Uint64(p)
		if hasBrace(w) {
			return slotTagged(key)
		}
		crc = block16(crc, w)
		p = p[8:]
	}
	for _, b := range p {
		if b == '{' {
			return slotTagged(key)
		}
		crc = crc<<8 ^ slice16[0][byte(crc>>8)^b]
	}
	return crc % Slots
}

// hasBrace tells whether one of the eight bytes of w is '{'.
func hasBrace(w uint64) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	x := w ^ '{'*ones
	return (x-ones)&^x&highs != 0
}

// slotTagged is Slot for keys that may have a hash tag.
func slotTagged(key []byte) uint16 {
	return CRC16(Tag(key)) % Slots
}

// Tag returns the part of key that decides its slot, as a view: the hash tag or the whole key.
func Tag(key []byte) []byte {
	for i, b := range key {
		if b != '{' {
			continue
		}
		for j, c := range key[i+1:] {
			if c == '}' {
				if j == 0 {
					return key
				}
				return key[i+1 : i+1+j]
			}
		}
		return key
	}
	return key
}

// CRC64 continues the CRC-64 Jones crc over p. A fresh sum begins with 0.
func CRC64(crc uint64, p []byte) uint64 {
	t := &slice64
	for len(p) >= 16 {
		a := crc ^ binary.LittleEndian.Uint64(p)
		b := binary.LittleEndian.Uint64(p[8:])
		crc = t[15][byte(a)] ^ t[14][byte(a>>8)] ^ t[13][byte(a>>16)] ^ t[12][byte(a>>24)] ^
			t[11][byte(a>>32)] ^ t[10][byte(a>>40)] ^ t[9][byte(a>>48)] ^ t[8][byte(a>>56)] ^
			t[7][byte(b)] ^ t[6][byte(b>>8)] ^ t[5][byte(b>>16)] ^ t[4][byte(b>>24)] ^
			t[3][byte(b>>32)] ^ t[2][byte(b>>40)] ^ t[1][byte(b>>48)] ^ t[0][byte(b>>56)]
		p = p[16:]
	}
	for _, b := range p {
		crc = crc>>8 ^ t[0][byte(crc)^b]
	}
	return crc
}
