package partition

import (
	"github.com/sleipnirdb/sleipnir/core/keyspace"
)

const cacheLine = 64

// Partition is one unit of the keyspace with its lease, in one cache line: who
// takes the lease wants the data next.
type Partition struct {
	Lease Lease
	space *keyspace.Space
	_     [cacheLine - 24]byte
}

// Set is all partitions of the process and the token.
//
// The number of partitions is a power of two and never changes.
type Set struct {
	parts []Partition
	mask  uint16
	_     [cacheLine]byte
	// Token is the right to hold leases while waiting for more.
	Token Lease
	_     [cacheLine]byte
}

// NewSet makes count partitions; space makes the data of each.
func NewSet(count int, space func(p int) *keyspace.Space) *Set {
	if count < 1 || count > MaxCount || count&(count-1) != 0 {
		panic("partition: count is not a power of two within bounds")
	}
	s := &Set{parts: make([]Partition, count), mask: uint16(count - 1)}
	for p := range s.parts {
		s.parts[p].space = space(p)
	}
	return s
}

// Len returns the number of partitions.
func (s *Set) Len() int { return len(s.parts) }

// Of returns the partition of a hash slot: one hash tag is one partition, and
// a slot never spans two.
func (s *Set) Of(slot uint16) int { return int(slot & s.mask) }

// Lease returns the lease of partition p.
func (s *Set) Lease(p int) *Lease { return &s.parts[p].Lease }

// Space returns the data of partition p. The caller holds its lease, unless
// the method it calls says that it is atomic.
func (s *Set) Space(p int) *keyspace.Space { return s.parts[p].space }
