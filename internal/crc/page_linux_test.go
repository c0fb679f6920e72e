package crc

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestPageEdges sums keys of every length at both edges of a page whose neighbours can't be read.
func TestPageEdges(t *testing.T) {
	const page = 4096
	mem, err := unix.Mmap(-1, 0, 3*page, unix.PROT_NONE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = unix.Munmap(mem) }()
	middle := mem[page : 2*page]
	if err := unix.Mprotect(middle, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		t.Skip(err)
	}
	for i := range middle {
		middle[i] = byte(i*7 + i>>8)
	}
	for n := range 80 {
		for gap := range 20 {
			for _, key := range [][]byte{middle[gap : gap+n], middle[page-gap-n : page-gap]} {
				if got, want := CRC16(key), naive16(key); got != want {
					t.Fatalf("%d bytes, %d from the edge: got %#x, want %#x", n, gap, got, want)
				}
				if got, want := Slot(key), naive16(Tag(key))%Slots; got != want {
					t.Fatalf("%d bytes, %d from the edge: got slot %d, want %d", n, gap, got, want)
				}
			}
		}
	}
}
