package differential

import (
	"math/rand/v2"
	"strconv"
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

// TestStreamHostile feeds what has broken other servers: thousands of IDs in one call, XAUTOCLAIM over deleted entries with odd
// counts, names that look like the STREAMS keyword.
func TestStreamHostile(t *testing.T) {
	pair := startPair(t, referenceBinary(t), subjectBinary(t), "--stream-node-max-entries", "50")
	steps := hostileStreamSteps(3000)
	for _, proto := range []int{2, 3} {
		if err := pair.Reset(proto); err != nil {
			t.Fatal(err)
		}
		if d := pair.RunStream(steps, 1); d != nil {
			t.Fatalf("RESP%d: %v", proto, d)
		}
		if d := pair.CompareContent(contentDatabases); d != nil {
			t.Fatalf("RESP%d: %v", proto, d)
		}
	}
}

func hostileStreamSteps(n int) []Step {
	var steps []Step
	do := func(args ...string) {
		st := Step{Conn: mainConn, Args: args, Where: "hostile"}
		if args[0] == "XPENDING" {
			st.Mode, st.Within = Approx, expiryJitterMs
		}
		steps = append(steps, st)
	}
	ids := make([]string, n)
	for i := range ids {
		ids[i] = strconv.Itoa(i+1) + "-1"
		do("XADD", "s", ids[i], "f", strconv.Itoa(i))
	}
	do("XGROUP", "CREATE", "s", "g", "0")
	do("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">")
	do(append([]string{"XCLAIM", "s", "g", "d", "0"}, append(ids, "JUSTID")...)...)
	do(append([]string{"XCLAIM", "s", "g", "e", "0"}, ids[:n/2]...)...)
	do(append([]string{"XDEL", "s"}, ids[n/4:n/2]...)...)
	for _, count := range []string{"1", "7", "750", "751", strconv.Itoa(n), "10"} {
		do("XAUTOCLAIM", "s", "g", "f", "0", "0", "COUNT", count)
		do("XAUTOCLAIM", "s", "g", "f", "0", ids[n/4-2], "COUNT", count, "JUSTID")
		do("XAUTOCLAIM", "s", "g", "f", "1000000", "-", "COUNT", count)
	}
	do(append([]string{"XDEL", "s"}, ids[n/2:]...)...)
	do("XREADGROUP", "GROUP", "g", "f", "STREAMS", "s", "0")
	do(append([]string{"XCLAIM", "s", "g", "e", "0"}, append(ids, "FORCE")...)...)
	do("XPENDING", "s", "g", "-", "+", "10000")
	do(append([]string{"XACK", "s", "g"}, ids...)...)
	do("XPENDING", "s", "g")
	do("XINFO", "STREAM", "s")
	do(append([]string{"XDEL", "s"}, ids...)...)
	for _, call := range []string{
		"XREAD STREAMS a b 0 0", "XREAD COUNT 1 BLOCK 1 STREAMS STREAMS STREAMS 0 0", "XREAD STREAMS a b 0",
		"XREADGROUP GROUP STREAMS STREAMS STREAMS a >",
		"XREADGROUP GROUP g c NOACK STREAMS STREAMS >",
	} {
		do(append([]string{"COMMAND", "GETKEYS"}, strings.Fields(call)...)...)
	}
	return steps
}
