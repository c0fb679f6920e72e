// Package sealed keeps files encrypted and authenticated: an [FS] in front of a [vfs.FS] whose files read and write as plain ones.
//
// # The form of a file
//
//	header   magic "SLPSEAL1" (8) │ id of the key (8)
//	segment  'S' 0 0 0 (4) │ 0 (8) │ salt (32) │ tag (16)
//	chunk    'C' length (4) │ number (8) │ sealed bytes │ tag (16)
//	chunk    …
//	segment  …
//	cut      'X' length (4) │ number (8) │ tag (16)
//
// A chunk is what one Write brought, or 64 KiB of it. It is sealed with AES-256-GCM under the key of its segment, which HKDF derives
// from the key of the key file and the segment's salt. The nonce is the chunk's number. A segment begins at each opening to write, so
// a number never comes twice under one key: not after a crash, when nobody knows how far the last one got, and not when a failed write is
// tried again, as numbers only go up.
//
// A cut says how much of the chunk before it counts. It stands where a file was truncated within a chunk: to write the chunk anew would mean
// that for a moment it isn't safe on disk.
//
// What is authenticated with each of these is its head and the tag before it; at the beginning that is the header. So
// chunks can't be changed, left out, put in another order, or be brought in from another file or an older state of this one, without the first
// reader noticing. What can't be seen from within a file is that its end was cut off between two chunks: that is what a crash leaves too. Formats
// with an end of their own see it, as snapshots do; of a log it is the newest part, as it would be of a plain one.
//
// # Why in this way
//
// Pages of a fixed size that are sealed in place would make offsets simple, but a page that is written again and torn by a power cut takes
// with it what was safe before. Here nothing that is on disk is written over, but for the same bytes.
//
// The end of a file that isn't a whole chunk, or is one that isn't authentic, was torn, and is no part of the file: it is cut off at the next
// opening to write. A chunk that is not authentic anywhere else is an error with its offset.
package sealed

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	magic       = "SLPSEAL1"
	idBytes     = 8
	headerBytes = len(magic) + idBytes
	headBytes   = 12 // of a segment or a chunk
	saltBytes   = 32
	tagBytes    = 16
	// maxChunk bounds what must be read and kept to see whether it is authentic.
	maxChunk = 64 << 10
	// maxNumber is after how many chunks a segment ends, far below what one key of AES-GCM may seal.
	maxNumber = 1 << 31

	segmentBytes = headBytes + saltBytes + tagBytes
	nonceBytes   = 12
	// maxTorn is what the last write may have left of itself.
	maxTorn = int64(segmentBytes + headBytes + maxChunk + tagBytes)
)

// Kinds of frames.
const (
	segmentKind = 'S'
	chunkKind   = 'C'
	cutKind     = 'X'
)

var (
	errForged = errors.New("it is not authentic: the file was damaged, or changed by somebody without the key")
	errForm   = errors.New("this is no chunk")
)

// Error is what is wrong with a file, and where.
type Error struct {
	Name   string
	Offset int64 // in the sealed file
	Err    error
}

func (e *Error) Error() string {
	return fmt.Sprintf("sealed file %s, chunk at byte %d: %v", e.Name, e.Offset, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// KeyError says that a file is sealed with a key that isn't there.
type KeyError struct {
	Name string
	ID   [idBytes]byte
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("the file %s is encrypted with the key %x, which the file of 'encryption-key-file' doesn't have", e.Name, e.ID)
}

// tag is the authentication of a frame, and of all before it.
type tag [tagBytes]byte

// head is the beginning of a frame.
type head struct {
	kind   byte
	length int // of what is sealed; of a cut, what counts of the chunk
	number uint64
}

func (h head) append(b []byte) []byte {
	b = append(b, h.kind, byte(h.length>>16), byte(h.length>>8), byte(h.length)) // #nosec G115 -- its bytes
	return binary.BigEndian.AppendUint64(b, h.number)
}

// size is that of the whole frame.
func (h head) size() int64 {
	switch h.kind {
	case segmentKind:
		return int64(segmentBytes)
	case cutKind:
		return int64(headBytes + tagBytes)
	}
	return int64(headBytes + h.length + tagBytes)
}

// parseHead reads a head. It says false to what none is.
func parseHead(b []byte) (h head, ok bool) {
	h = head{b[0], int(b[1])<<16 | int(b[2])<<8 | int(b[3]), binary.BigEndian.Uint64(b[4:headBytes])}
	switch h.kind {
	case segmentKind:
		return h, h.length == 0 && h.number == 0
	case chunkKind:
		return h, h.length > 0 && h.length <= maxChunk && h.number < maxNumber
	case cutKind:
		return h, h.length < maxChunk && h.number < maxNumber
	}
	return h, false
}

// nonce is the number; a segment's own, which is sealed under its new key, is one that no chunk has.
func (h head) nonce() []byte {
	nonce := make([]byte, 4, nonceBytes)
	if h.kind == segmentKind {
		nonce[0] = 1
	}
	return binary.BigEndian.AppendUint64(nonce, h.number)
}

// associated is what is authenticated with a frame beside what it seals: its beginning, and the tag before it.
func associated(beginning []byte, before tag) []byte {
	return append(append(make([]byte, 0, headBytes+saltBytes+tagBytes), beginning...), before[:]...)
}
