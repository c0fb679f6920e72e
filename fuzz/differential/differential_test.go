package differential

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/launch"
)

var (
	seedFlag    = flag.Uint64("seed", 1, "first seed of the random streams")
	streamsFlag = flag.Int("streams", 0, "number of random streams (0: as many as the mode of the test run asks for)")
)

const (
	referenceVersion = "7.0."
	streamLength     = 400
	streamConns      = 3
	contentDatabases = 16
)

// referenceBinary finds the reference, or says why there is none.
func referenceBinary(tb testing.TB) string {
	tb.Helper()
	if named := os.Getenv("SLEIPNIR_REFERENCE"); named != "" {
		return named
	}
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		tb.Skip("no reference: redis-server isn't installed (Debian: apt-get install redis-server)")
	}
	version, err := exec.Command(binary, "--version").Output()
	if err != nil {
		tb.Fatal(err)
	}
	if !strings.Contains(string(version), "v="+referenceVersion) {
		tb.Skipf("no reference: this is %s, the comparison is with %sx", strings.TrimSpace(string(version)), referenceVersion)
	}
	return binary
}

// subjectBinary builds Sleipnir, or says why it can't.
func subjectBinary(tb testing.TB) string {
	tb.Helper()
	if named := os.Getenv("SLEIPNIR_SUBJECT"); named != "" {
		return named
	}
	binary, err := launch.Build("cmd/sleipnir-server", tb.TempDir())
	if errors.Is(err, launch.ErrNoProgram) {
		tb.Skip("no subject: ", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return binary
}

// start runs a server for the time of the test.
func start(tb testing.TB, binary string, args ...string) *launch.Server {
	tb.Helper()
	base := []string{"--save", "", "--enable-debug-command", "yes", "--databases", "16"}
	s, err := launch.Start(launch.Options{Binary: binary, Dir: tb.TempDir(), Args: append(base, args...)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		select {
		case <-s.Done():
			tb.Errorf("%s ended by itself: %v\n%s", filepath.Base(binary), s.Wait(context.Background()), s.Log)
		default:
			if err := s.Kill(); err != nil {
				tb.Error(err)
			}
		}
	})
	return s
}

func startPair(tb testing.TB, reference, subject string, args ...string) *Pair {
	tb.Helper()
	return startPairWith(tb, reference, subject, args, nil)
}

// startPairWith is startPair with arguments that only the subject understands.
func startPairWith(tb testing.TB, reference, subject string, args, newer []string) *Pair {
	tb.Helper()
	both := start(tb, reference, args...).Addr()
	return NewPair(both, start(tb, subject, append(slices.Clone(args), newer...)...).Addr())
}

// TestHarness runs the reference against itself: what differs there is a fault of the harness.
func TestHarness(t *testing.T) {
	reference := referenceBinary(t)
	t.Run("scripts", func(t *testing.T) { runScripts(t, reference, reference, true) })
	t.Run("streams", func(t *testing.T) { runStreams(t, reference, reference, 20) })
}

func TestScripts(t *testing.T) {
	runScripts(t, referenceBinary(t), subjectBinary(t), false)
}

func TestStreams(t *testing.T) {
	count := 200
	if testing.Short() {
		count = 20
	}
	runStreams(t, referenceBinary(t), subjectBinary(t), count)
}

// TestStreamsAtLimits runs streams with small and with large limits of the encodings.
func TestStreamsAtLimits(t *testing.T) {
	count := 60
	if testing.Short() {
		count = 6
	}
	reference, subject := referenceBinary(t), subjectBinary(t)
	// A newer Valkey counts what one command gives before it knows which fields or members are the same, so the limit of hashes and sorted
	// sets is 0 or above that.
	others := map[string]string{"0": "0", "1": "40", "1000000": "1000000"}
	for _, entries := range []string{"0", "1", "1000000"} {
		t.Run(entries, func(t *testing.T) {
			args := []string{"--set-max-intset-entries", entries, "--hash-max-listpack-entries", others[entries], "--zset-max-listpack-entries", others[entries]}
			pair := startPairWith(t, reference, subject, args, []string{"--set-max-listpack-entries", entries})
			runStreamsOn(t, pair, count)
		})
	}
}

func runScripts(t *testing.T, reference, subject string, self bool) {
	scripts, err := LoadScripts("testdata")
	if err != nil {
		t.Fatal(err)
	}
	shared := startPair(t, reference, subject)
	for _, script := range scripts {
		steps := script.Steps
		if self {
			steps = forReferenceOnly(steps)
		}
		for _, proto := range script.Protos {
			t.Run(fmt.Sprintf("%s/resp%d", script.Name, proto), func(t *testing.T) {
				pair := shared
				if script.Server != nil {
					pair = startPair(t, reference, subject, script.Server...)
				}
				if err := pair.Reset(proto); err != nil {
					t.Fatal(err)
				}
				for _, d := range pair.RunScript(steps) {
					t.Error(d.String())
				}
			})
		}
	}
}

// forReferenceOnly turns a script into one that a server of the reference's age passes on both sides.
func forReferenceOnly(steps []Step) []Step {
	var out []Step
	for _, st := range steps {
		switch {
		case st.Want != nil:
			continue
		case st.Only == "reference":
			st.Only = ""
		}
		out = append(out, st)
	}
	return out
}

func runStreams(t *testing.T, reference, subject string, count int) {
	runStreamsOn(t, startPair(t, reference, subject), count)
}

func runStreamsOn(t *testing.T, pair *Pair, count int) {
	t.Helper()
	runGrammarOn(t, pair, NewCommandGrammar(hasOtherTypes(t, pair)), count)
}

func runGrammarOn(t *testing.T, pair *Pair, grammar *Grammar, count int) {
	t.Helper()
	if *streamsFlag > 0 {
		count = *streamsFlag
	}
	for i := range count {
		seed := *seedFlag + uint64(i)
		steps := grammar.Stream(rand.New(rand.NewPCG(seed, 0)), streamLength, streamConns)
		if !checkStream(t, pair, steps, seed) {
			t.Fatalf("seed %d: reproduce with -run '%s' -args -seed=%d -streams=1", seed, t.Name(), seed)
		}
	}
}

// checkStream runs a stream in one of the protocols and reports a difference, shrunk.
func checkStream(t *testing.T, pair *Pair, steps []Step, seed uint64) bool {
	t.Helper()
	proto := 2 + int(seed%2)
	d := differs(t, pair, steps, seed, proto)
	if d == nil {
		return true
	}
	cut := steps
	if d.Step.Conn != contentConn {
		cut = steps[:d.Index+1]
	}
	small := Shrink(cut, func(s []Step) bool { return d.alike(differs(t, pair, s, seed, proto)) })
	if last := differs(t, pair, small, seed, proto); last != nil {
		d = last
	}
	t.Errorf("RESP%d, %v\nthe shortest stream that shows it:\n%s", proto, d, AsScript(small))
	return false
}

func differs(t *testing.T, pair *Pair, steps []Step, seed uint64, proto int) *Difference {
	t.Helper()
	if err := pair.Reset(proto); err != nil {
		t.Fatal(err)
	}
	if d := pair.RunStream(steps, seed); d != nil {
		return d
	}
	return pair.CompareContent(contentDatabases)
}

// hasOtherTypes tells whether both servers know more than strings.
func hasOtherTypes(tb testing.TB, pair *Pair) bool {
	tb.Helper()
	known := regexp.MustCompile(`(?i)"zadd"`)
	for _, s := range pair.sides() {
		if err := s.reset(2); err != nil {
			tb.Fatal(err)
		}
		o := s.run([]Step{{Conn: mainConn, Args: []string{"COMMAND", "INFO", "ZADD"}}})[0]
		if !known.MatchString(o.Value.String()) {
			return false
		}
	}
	return true
}
