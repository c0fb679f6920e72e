package differential

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/client"
)

// The corpus of Lua programs in testdata/lua: one a line, in files by subject. A line that begins with a space belongs to the
// program above it, one with # is a comment, and one with = is the answer of newer Valkeys, where the
// reference gives another.
//
// A program is run by show.lua, which gives its results or its error as text.

// program is one of the corpus.
type program struct {
	where  string // file:line
	source string
	newer  string // the answer where it isn't the reference's
}

func loadPrograms(tb testing.TB) []program {
	tb.Helper()
	files, err := filepath.Glob("testdata/lua/*.txt")
	if err != nil || len(files) == 0 {
		tb.Fatal("no programs in testdata/lua: ", err)
	}
	var all []program
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		all = appendPrograms(all, filepath.Base(name), string(text))
	}
	return all
}

func appendPrograms(all []program, file, text string) []program {
	for i, line := range strings.Split(text, "\n") {
		switch {
		case line == "" || line[0] == '#':
		case line[0] == ' ':
			all[len(all)-1].source += "\n" + line
		case strings.HasPrefix(line, "= "):
			all[len(all)-1].newer = line[2:]
		default:
			all = append(all, program{where: file + ":" + strconv.Itoa(i+1), source: line})
		}
	}
	return all
}

// luaRunner is the program that runs those of the corpus.
func luaRunner(tb testing.TB) string {
	tb.Helper()
	text, err := os.ReadFile("testdata/lua/show.lua")
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// evalPrograms runs all programs on a server.
func evalPrograms(tb testing.TB, addr string, proto int, programs []program) []string {
	tb.Helper()
	c, err := client.Dial("tcp", addr, replyLimit)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if proto == 3 {
		if _, err := c.Do("HELLO", "3"); err != nil {
			tb.Fatal(err)
		}
	}
	runner := luaRunner(tb)
	answers := make([]string, len(programs))
	for i, p := range programs {
		v, err := c.Do("EVAL", runner, "0", p.source)
		if err != nil {
			tb.Fatalf("%s: %v\n%s", p.where, err, p.source)
		}
		answers[i] = v.Text
	}
	return answers
}

// comparePrograms holds what we answer against what the reference does.
func comparePrograms(t *testing.T, programs []program, reference, got []string) {
	t.Helper()
	wrong := 0
	for i, p := range programs {
		want := reference[i]
		if p.newer != "" {
			want = p.newer
		}
		if got[i] != want {
			wrong++
			t.Errorf("%s: %s\n got %.2000s\nwant %.2000s", p.where, p.source, got[i], want)
		}
	}
	t.Logf("%d programs, %d differ", len(programs), wrong)
}

// TestLuaServer runs the corpus by EVAL, over RESP2 and RESP3.
func TestLuaServer(t *testing.T) {
	pair := startPair(t, referenceBinary(t), subjectBinary(t))
	programs := loadPrograms(t)
	if v := evalPrograms(t, pair.Subject.Addr, 2, []program{{source: "return 1"}}); v[0] != "ok 1" {
		t.Skip("the subject has no EVAL: ", v[0])
	}
	want := evalPrograms(t, pair.Reference.Addr, 2, programs)
	for _, proto := range []int{2, 3} {
		t.Run("RESP"+strconv.Itoa(proto), func(t *testing.T) {
			comparePrograms(t, programs, want, evalPrograms(t, pair.Subject.Addr, proto, programs))
		})
	}
}
