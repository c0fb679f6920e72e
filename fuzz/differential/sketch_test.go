package differential

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
)

// TestSketchGrowth lets HyperLogLogs grow from nothing to thousands of elements at several limits of their sparse form, and compares
// their bytes on the way.
func TestSketchGrowth(t *testing.T) {
	reference, subject := referenceBinary(t), subjectBinary(t)
	for seed, limit := range []string{"0", "40", "3000", "16000"} {
		t.Run("limit"+limit, func(t *testing.T) {
			pair := startPair(t, reference, subject, "--hll-sparse-max-bytes", limit)
			if err := pair.Reset(2); err != nil {
				t.Fatal(err)
			}
			for _, d := range pair.RunScript(sketchSteps(rand.New(rand.NewPCG(uint64(seed), 0)))) {
				t.Fatalf("seed %d: %v", seed, d.String())
			}
		})
	}
}

func sketchSteps(r *rand.Rand) []Step {
	var steps []Step
	add := func(args ...string) {
		steps = append(steps, Step{Conn: mainConn, Args: args, Where: fmt.Sprint("step ", len(steps)+1)})
	}
	for round := range 80 {
		key := "k" + strconv.Itoa(r.IntN(3))
		args := []string{"PFADD", key}
		for range 1 + r.IntN(8*(round+1)) {
			args = append(args, strconv.FormatUint(r.Uint64()>>r.IntN(64), 36))
		}
		add(args...)
		add("GET", key)
		add("PFCOUNT", key)
		add("PFDEBUG", "ENCODING", key)
		if round%8 == 0 {
			other := "k" + strconv.Itoa(r.IntN(3))
			add("PFCOUNT", key, other)
			add("PFMERGE", "m", key)
			add("GET", "m")
			add("PFMERGE", "m", "m", other)
			add("GET", "m")
			add("PFCOUNT", "m")
			add("DEL", "m")
		}
	}
	return steps
}
