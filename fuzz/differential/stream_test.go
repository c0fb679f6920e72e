package differential

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// streamLimits are the settings of a stream's nodes under which the stream group is compared.
var streamLimits = [][]string{
	nil,
	{"--stream-node-max-entries", "3"},
	{"--stream-node-max-entries", "1"},
	{"--stream-node-max-entries", "0", "--stream-node-max-bytes", "100"},
	{"--stream-node-max-entries", "0", "--stream-node-max-bytes", "0"},
}

func TestStreamGroup(t *testing.T) {
	count := 60
	if testing.Short() {
		count = 6
	}
	if *streamsFlag > 0 {
		count = *streamsFlag
	}
	reference, subject := referenceBinary(t), subjectBinary(t)
	grammar := NewStreamGrammar()
	for i, limits := range streamLimits {
		t.Run(strings.Join(limits, " "), func(t *testing.T) {
			pair := startPair(t, reference, subject, limits...)
			for k := range count {
				seed := *seedFlag + uint64(i*count+k)
				steps := grammar.Stream(rand.New(rand.NewPCG(seed, 1)), streamLength, streamConns)
				if !checkStream(t, pair, steps, seed) {
					t.Fatalf("seed %d: reproduce with -run '%s' -args -seed=%d -streams=1", seed, t.Name(), *seedFlag+uint64(k))
				}
			}
		})
	}
}
