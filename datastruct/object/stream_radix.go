package object

import (
	"encoding/binary"
	"math/bits"
)

// Valkey keeps the nodes of a stream in a radix tree whose keys are the 16 bytes of their IDs, and tells how many nodes that
// tree has. We have another tree, but can say how many there would be.

// maxRadixNodes is how many nodes of a stream are looked at for that.
const maxRadixNodes = 1000

// RadixNodes returns how many nodes the radix tree has that Valkey would have for the stream. Of long streams it's an estimate.
func (s Stream) RadixNodes() int {
	n := s.Nodes()
	if n == 0 {
		return 1
	}
	// A leaf for every key, and one for the bytes that lead to it alone from the branch before it, if any. Each branch is a node, and
	// the bytes that lead to it from the one before, if any, are another one.
	open := [streamKeyBytes + 1]int{-1} // depths of the branches above the last key; -1 stands for the root
	depth, nodes, seen := 0, 0, 0
	var last [streamKeyBytes]byte
	for c := s.head().nodes.Begin(s.a); c.Valid() && seen < maxRadixNodes; c.Next(s.a) {
		var key [streamKeyBytes]byte
		id := streamNodeAt(s.a, c.Item().Ref).id
		binary.BigEndian.PutUint64(key[:], id.Ms)
		binary.BigEndian.PutUint64(key[8:], id.Seq)
		if seen > 0 {
			depth = closeBranches(&open, depth, commonPrefix(&last, &key), &nodes)
		}
		last = key
		seen++
	}
	closeBranches(&open, depth, -1, &nodes)
	return scaled(nodes, seen, n)
}

const streamKeyBytes = 16

func commonPrefix(x, y *[streamKeyBytes]byte) int {
	hi := binary.BigEndian.Uint64(x[:]) ^ binary.BigEndian.Uint64(y[:])
	if hi != 0 {
		return bits.LeadingZeros64(hi) / 8
	}
	return 8 + bits.LeadingZeros64(binary.BigEndian.Uint64(x[8:])^binary.BigEndian.Uint64(y[8:]))/8
}

// closeBranches counts what is complete when the next key has only the first branch bytes in common with the last one: the last key's
// leaf, and the branches deeper than that. It returns how many branches are open then.
func closeBranches(open *[streamKeyBytes + 1]int, depth, branch int, nodes *int) int {
	at := streamKeyBytes
	for {
		above := max(open[depth], branch)
		*nodes++
		if at > above+1 {
			*nodes++
		}
		if open[depth] <= branch {
			break
		}
		at = open[depth]
		depth--
	}
	if branch > open[depth] {
		depth++
		open[depth] = branch
	}
	return depth
}
