package codec

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/glob"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// startReference starts the reference server on a socket of its own and returns a function that connects to it.
// Without the server the test is skipped.
func startReference(t *testing.T, args ...string) (dial func() *net.UnixConn) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed")
	}
	socket := filepath.Join(t.TempDir(), "s")
	cmd := exec.Command(path, append([]string{"--port", "0", "--unixsocket", socket, "--save", "", "--dir", t.TempDir()}, args...)...)
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	connect := func() (*net.UnixConn, error) {
		conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socket, Net: "unix"})
		if err == nil {
			_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		}
		return conn, err
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) { // until it listens
		conn, err := connect()
		if err == nil {
			_ = conn.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatalf("redis-server doesn't listen: %v", err)
		}
	}
	return func() *net.UnixConn {
		conn, err := connect()
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
}

// talk sends stream, then end of file, and returns all that comes back.
func talk(t *testing.T, conn *net.UnixConn, stream []byte) string {
	t.Helper()
	defer func() { _ = conn.Close() }()
	_, _ = conn.Write(stream) // the server may close before it has read all
	_ = conn.CloseWrite()
	var got bytes.Buffer
	if _, err := io.Copy(&got, conn); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Fatalf("after %q: %v", stream, err)
	}
	return got.String()
}

// A request that makes the server say how it was parsed begins so.
const (
	echoInline = `EVAL "return ARGV" 0 `
	echoBulk   = "$4\r\nEVAL\r\n$11\r\nreturn ARGV\r\n$1\r\n0\r\n"
)

// expect is what the server must answer if the parser is right. Streams with a request that isn't of the said
// form don't count.
func expect(stream []byte, lim *resp.Limits) (replies string, counts bool) {
	var p resp.Parser
	var w resp.Writer
	stream = bytes.Clone(stream)
	for {
		args, n, err := p.Next(stream, nil, lim)
		if err != nil {
			w.Error("ERR " + err.Error())
			return string(w.B), true
		}
		if n == 0 {
			return string(w.B), true
		}
		stream = stream[n:]
		if len(args) == 0 {
			continue
		}
		if len(args) < 3 || string(args[0]) != "EVAL" || string(args[1]) != "return ARGV" || string(args[2]) != "0" {
			return "", false
		}
		w.Array(len(args) - 3)
		for _, arg := range args[3:] {
			w.Bulk(arg)
		}
	}
}

// TestRequestsAgainstReference sends requests, half of them damaged, to the reference.
func TestRequestsAgainstReference(t *testing.T) {
	rounds := 3000
	if testing.Short() {
		rounds = 300
	}
	for _, test := range []struct {
		name string
		lim  resp.Limits
		args []string
	}{
		{"open", resp.Limits{Authenticated: true, MaxBulk: 1 << 20}, []string{"--proto-max-bulk-len", "1048576"}},
		{"password", resp.Limits{MaxBulk: 1 << 20}, []string{"--proto-max-bulk-len", "1048576", "--requirepass", "x"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dial := startReference(t, test.args...)
			const seed = 11
			rnd := rand.New(rand.NewPCG(seed, seed))
			counted := 0
			for range rounds {
				stream := damagedStream(rnd)
				want, counts := expect(stream, &test.lim)
				if !counts {
					continue
				}
				counted++
				got := talk(t, dial(), stream)
				if !test.lim.Authenticated { // good requests are refused
					at := strings.Index(got, "-ERR ")
					got, want = got[max(at, 0):], want[max(strings.Index(want, "-ERR "), 0):]
					if at < 0 && !strings.Contains(want, "-ERR ") {
						continue
					}
				}
				if got != want {
					t.Fatalf("seed %d: %q\n  reference says %q\nwe would answer %q", seed, stream, got, want)
				}
			}
			if counted < rounds/4 {
				t.Errorf("only %d of %d streams counted", counted, rounds)
			}
		})
	}
}

// damagedStream makes some requests and often damages a byte or some.
func damagedStream(rnd *rand.Rand) []byte {
	var b []byte
	for range 1 + rnd.IntN(3) {
		if rnd.IntN(2) == 0 {
			b = append(append(append(b, echoInline...), randomText(rnd, 30, "ab \t\v\f\r\"'\\xn41\xff")...), "\r\n"...)
			continue
		}
		args := rnd.IntN(12)
		b = append(fmt.Appendf(b, "*%d\r\n", args+3), echoBulk...)
		for range args {
			arg := randomText(rnd, 20, "ab\r\n$*\x00\xff")
			b = append(append(fmt.Appendf(b, "$%d\r\n", len(arg)), arg...), "\r\n"...)
		}
	}
	for range rnd.IntN(3) {
		at := rnd.IntN(len(b))
		switch rnd.IntN(3) {
		case 0:
			b[at] = damage1[rnd.IntN(len(damage1))]
		case 1:
			b = slices.Delete(b, at, at+1)
		case 2:
			b = slices.Insert(b, at, []byte(damage[rnd.IntN(len(damage))])...)
		}
		if len(b) == 0 {
			return []byte("\r\n")
		}
	}
	return b
}

// damage1 is what replaces a byte.
const damage1 = "$*:-019\r\n \x00x\xff"

// damage is what is put between the bytes of a good stream.
var damage = []string{
	"\r\n", "$", "*", "0", "9", "-", "*0\r\n", "*-1\r\n", "*1\r\n$-1\r\n", "*1\r\n$1048577\r\n", "*1\r\n$16385\r\n", "*11\r\n", "*2147483648\r\n", "\"", "'",
	"*1\r\nx\r\n", "*1\r\n\r\n", "*1\r\n\n\r\n", "*01\r\n", "* 1\r\n", "*1\r\n$+1\r\n",
}

func randomText(rnd *rand.Rand, most int, alphabet string) []byte {
	b := make([]byte, rnd.IntN(most))
	for i := range b {
		b[i] = alphabet[rnd.IntN(len(alphabet))]
	}
	return b
}

// TestLongLinesAgainstReference sends lines over the limit of 64 KiB.
func TestLongLinesAgainstReference(t *testing.T) {
	dial := startReference(t)
	long := strings.Repeat("1", 100<<10)
	for _, stream := range []string{"*" + long, "*1\r\n$" + long, long, "*1\x00\r\n" + long, "*1\r\n$1\x00\r\n" + long, "PING\x00\r\n" + long} {
		lim := resp.Limits{Authenticated: true}
		want, _ := expect([]byte(stream), &lim)
		if got := talk(t, dial(), []byte(stream)); got != want || want == "" {
			t.Errorf("%.20q…: reference says %q, we would answer %q", stream, got, want)
		}
	}
}

// ask sends one request and reads its reply.
func ask(t *testing.T, conn net.Conn, r *resp.Reader, args ...string) resp.Reply {
	t.Helper()
	if _, err := conn.Write(resp.AppendRequest(nil, args...)); err != nil {
		t.Fatal(err)
	}
	reply, err := r.Read()
	if err != nil || reply.Err() != nil {
		t.Fatalf("%.100q: %v, %v", args, err, reply.Err())
	}
	return reply
}

func texts(elems []resp.Reply) (all []string) {
	for _, elem := range elems {
		all = append(all, elem.Str)
	}
	slices.Sort(all)
	return all
}

// TestGlobAgainstReference asks the reference for KEYS, and for CONFIG GET to see how it folds case.
func TestGlobAgainstReference(t *testing.T) {
	conn := startReference(t)()
	defer func() { _ = conn.Close() }()
	r := resp.NewReader(bufio.NewReader(conn))
	const seed = 12
	rnd := rand.New(rand.NewPCG(seed, seed))

	var names []string
	for range 400 {
		name := string(randomText(rnd, 7, "aabbABZ-]^\\*\x00\x80\xff"))
		names = append(names, name)
		ask(t, conn, r, "SET", name, "")
	}
	slices.Sort(names)
	names = slices.Compact(names)
	var config []string
	for i, elem := range ask(t, conn, r, "CONFIG", "GET", "*").Elems {
		if i%2 == 0 {
			config = append(config, elem.Str)
		}
	}

	rounds := 2000
	if testing.Short() {
		rounds = 300
	}
	for range rounds {
		pattern := string(randomText(rnd, 12, "****??[[]]^\\-aabAB\x00\x80\xff"))
		if pattern == "*" {
			continue // KEYS doesn't ask the matcher then
		}
		want := texts(ask(t, conn, r, "KEYS", pattern).Elems)
		if got := matching(names, pattern, false); !slices.Equal(got, want) {
			t.Fatalf("seed %d: KEYS %q: reference says %q, we %q", seed, pattern, want, got)
		}

		pattern = "*" + string(randomText(rnd, 8, "**??[[]]^\\-aeSTMX\x80\xff"))
		var found []string
		for i, elem := range ask(t, conn, r, "CONFIG", "GET", pattern).Elems {
			if i%2 == 0 {
				found = append(found, elem.Str)
			}
		}
		slices.Sort(found)
		if got := matching(config, pattern, true); !slices.Equal(got, found) {
			t.Fatalf("seed %d: CONFIG GET %q: reference says %q, we %q", seed, pattern, found, got)
		}
	}
}

func matching(names []string, pattern string, fold bool) (all []string) {
	for _, name := range names {
		if glob.MatchString(pattern, name, fold) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}
