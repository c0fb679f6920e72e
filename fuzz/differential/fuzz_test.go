package differential

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// fuzzSteps is the most that one input makes.
const fuzzSteps = 200

// byteSource is randomness that the fuzzer chooses: its bytes one after the other, then a fixed sequence. So a
// change of one byte changes one decision of the grammar, or shifts those that follow.
type byteSource struct {
	data []byte
	rest *rand.PCG
}

// Uint64 sets the bits that rand.IntN looks at for small numbers: the upper ones, or for powers of two the lower.
func (s *byteSource) Uint64() uint64 {
	if len(s.data) < 2 {
		return s.rest.Uint64()
	}
	n := binary.BigEndian.Uint16(s.data)
	s.data = s.data[2:]
	return uint64(n)<<48 | uint64(n)
}

// FuzzCommands lets the fuzzer choose the decisions of the grammar, and compares.
func FuzzCommands(f *testing.F) {
	for seed := range uint64(8) {
		data := make([]byte, 400)
		r := rand.New(rand.NewPCG(seed, 0))
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		f.Add(data)
	}
	pair := startPair(f, referenceBinary(f), subjectBinary(f))
	grammar := NewCommandGrammar(hasOtherTypes(f, pair))
	f.Fuzz(func(t *testing.T, data []byte) {
		steps := grammar.Stream(rand.New(&byteSource{data, rand.NewPCG(0, 0)}), min(1+len(data)/8, fuzzSteps), streamConns)
		checkStream(t, pair, steps, uint64(len(data)))
	})
}
