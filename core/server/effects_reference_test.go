package server

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/client"
	"github.com/sleipnirdb/sleipnir/internal/launch"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// What the reference writes to its append-only file for each line of testdata/effects.txt is what the journal gets, but for the differences
// that stand there. The form of a line:
//
//	words                   a command, sent to both
//	@name words             the same on another connection, whose reply isn't waited for
//	!past milliseconds      waits until so much time has gone by on both
//	!ours command ; …       what the journal gets for the next command, where that isn't what the reference writes; the comment above says why
//	# …                     a comment

const (
	effectsScript = "testdata/effects.txt"
	// effectTimes is below all unix times in ms that clocks show, and effectJitter how far two of them may lie apart.
	effectTimes, effectJitter = 1e12, 5000
)

// witness is a reference with an append-only file.
type witness struct {
	*launch.Server
	file string
	read int // bytes of it
}

func newWitness(t *testing.T) *witness {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("no reference: redis-server isn't installed")
	}
	dir := t.TempDir()
	s, err := launch.Start(launch.Options{Binary: binary, Dir: dir, Args: []string{"--save", "", "--appendonly", "yes", "--appendfsync", "always",
		"--aof-use-rdb-preamble", "no", "--enable-debug-command", "yes", "--databases", "16"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Kill() })
	files, _ := filepath.Glob(filepath.Join(dir, "appendonlydir", "*.incr.aof"))
	if len(files) != 1 {
		t.Skipf("no reference: it has no such append-only file: %v", files)
	}
	return &witness{Server: s, file: files[0]}
}

// written returns what was appended since the last call. Under appendfsync always that is there before the reply.
func (w *witness) written(t *testing.T) [][][]byte {
	t.Helper()
	b, err := os.ReadFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	at := w.read
	w.read = len(b)
	return parsed(t, b[at:])
}

// parsed splits a stream into its commands.
func parsed(t *testing.T, in []byte) (commands [][][]byte) {
	t.Helper()
	limits := resp.Limits{MaxBulk: 512 << 20, MaxMultibulk: 1 << 30, MaxInline: 64 << 10, Authenticated: true}
	for len(in) > 0 {
		var parser resp.Parser
		args, n, err := parser.Next(in, nil, &limits)
		if err != nil || n == 0 {
			t.Fatalf("the stream ends in %.200q: %v", in, err)
		}
		commands, in = append(commands, args), in[n:]
	}
	return commands
}

func TestEffectsOfReference(t *testing.T) {
	ref := newWitness(t)
	sub := newOriginal(t, "partitions", "4", "io-threads", "1", "lazyfree-lazy-expire", "no", "lazyfree-lazy-server-del", "no")
	sub.open()
	f, err := os.Open(effectsScript)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	b := &bench{t: t, ref: ref, sub: sub, conns: map[string][2]*client.Conn{}}
	b.do("", []string{"DEBUG", "SET-ACTIVE-EXPIRE", "0"})
	ref.written(t)
	lines := bufio.NewScanner(f)
	for b.line = 1; lines.Scan(); b.line++ {
		b.run(lines.Text())
	}
}

// bench is both servers while a script runs.
type bench struct {
	t     *testing.T
	ref   *witness
	sub   *original
	conns map[string][2]*client.Conn
	line  int
	ours  []string // what !ours said, nil for nothing
}

func (b *bench) run(line string) {
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case line == "" || word == "#":
	case word == "!past":
		b.past(rest)
	case word == "!ours":
		b.ours = []string{}
		for part := range strings.SplitSeq(rest, " ; ") {
			if part != "" {
				b.ours = append(b.ours, part)
			}
		}
	case word[0] == '@':
		b.send(word, b.words(rest))
	default:
		b.compare(b.words(line))
	}
}

func (b *bench) words(line string) []string {
	words, err := client.Words(line)
	if err != nil {
		b.t.Fatalf("%s:%d: %v", effectsScript, b.line, err)
	}
	return words
}

// past waits until milliseconds have gone by.
func (b *bench) past(ms string) {
	n, err := strconv.Atoi(ms)
	if err != nil {
		b.t.Fatal(err)
	}
	for until := time.Now().Add(time.Duration(n+1) * time.Millisecond); time.Now().Before(until); {
		b.do("", []string{"PING"})
	}
}

func (b *bench) conn(name string) [2]*client.Conn {
	pair, ok := b.conns[name]
	if !ok {
		c, err := b.ref.Dial(effectReplyLimit)
		if err != nil {
			b.t.Fatal(err)
		}
		b.t.Cleanup(func() { _ = c.Close() })
		pair = [2]*client.Conn{c, b.sub.dial()}
		b.conns[name] = pair
	}
	return pair
}

// send sends a command that waits, and sees to it that it does.
func (b *bench) send(name string, words []string) {
	for _, c := range b.conn(name) {
		if err := c.Write(client.AppendCommand(nil, words)); err != nil {
			b.t.Fatal(err)
		}
	}
	for _, c := range b.conn("") {
		for deadline := time.Now().Add(effectReplyLimit); ; {
			v, err := c.Do("INFO", "clients")
			if err != nil || time.Now().After(deadline) {
				b.t.Fatalf("line %d: nobody is blocked: %v", b.line, err)
			}
			if strings.Contains(v.Text, "blocked_clients:1") {
				break
			}
		}
	}
}

func (b *bench) do(name string, words []string) {
	for _, c := range b.conn(name) {
		if _, err := c.Do(words...); err != nil {
			b.t.Fatalf("line %d: %v", b.line, err)
		}
	}
}

// compare runs a command on both sides and looks at what it left.
func (b *bench) compare(words []string) {
	b.do("", words)
	want, got := lines(b.ref.written(b.t)), lines(b.sub.journaled())
	same := alike(want, got)
	if b.ours != nil {
		if same {
			b.t.Errorf("line %d: %s: the difference is gone", b.line, words)
		}
		b.t.Logf("line %d: %s: the reference writes %q", b.line, words, want)
		want, same = b.ours, alike(b.ours, got)
	}
	if !same {
		b.t.Errorf("line %d: %s\n  reference %q\n  journal   %q", b.line, words, want, got)
	}
	b.ours = nil
}

// lines writes commands in the form of the script.
func lines(commands [][][]byte) (list []string) {
	for _, args := range commands {
		words := []string{strings.ToUpper(string(args[0]))}
		for _, arg := range args[1:] {
			words = append(words, string(arg))
		}
		list = append(list, client.JoinWords(words))
	}
	return list
}

// alike compares commands; times may differ a little. T in the script is any time near.
func alike(want, got []string) bool {
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		a, b := strings.Fields(want[i]), strings.Fields(got[i])
		if len(a) != len(b) {
			return false
		}
		for k := range a {
			if !alikeWord(a[k], b[k]) {
				return false
			}
		}
	}
	return true
}

func alikeWord(a, b string) bool {
	if a == b || strings.EqualFold(a, b) {
		return true
	}
	a, _, _ = strings.Cut(a, "-") // the rest of an entry's ID hangs on the time
	b, _, _ = strings.Cut(b, "-")
	x, err := strconv.ParseInt(a, 10, 64)
	if a == "T" {
		x, err = time.Now().UnixMilli(), nil
	}
	y, err2 := strconv.ParseInt(b, 10, 64)
	return err == nil && err2 == nil && x > effectTimes && max(x-y, y-x) < effectJitter
}
