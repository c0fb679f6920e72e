package differential

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/client"
	"github.com/sleipnirdb/sleipnir/internal/lua"
	"github.com/sleipnirdb/sleipnir/internal/lualib"
)

// The corpus of Lua programs in testdata/lua: one a line, in files by subject. A line that begins with a space belongs to the
// program above it, one with # is a comment, and one with = is the answer of newer Valkeys, where the
// reference gives another.
//
// Those in server_*.txt need the server around them. A program is run by show.lua, which gives its results or its error as text.

// program is one of the corpus.
type program struct {
	where  string // file:line
	source string
	newer  string // the answer where it isn't the reference's
}

func loadPrograms(tb testing.TB, names string) []program {
	tb.Helper()
	files, err := filepath.Glob("testdata/lua/" + names)
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
	programs := loadPrograms(t, "*.txt")
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

// TestLua runs the corpus on the virtual machine itself.
func TestLua(t *testing.T) {
	reference := start(t, referenceBinary(t))
	programs := loadPrograms(t, "[^s]*.txt")
	programs = append(programs, loadPrograms(t, "st*.txt")...)
	want := evalPrograms(t, reference.Addr(), 2, programs)
	runner, err := lua.Compile(luaRunner(t), "@user_script")
	if err != nil {
		t.Fatal(err)
	}
	got := make([]string, len(programs))
	for i, p := range programs {
		got[i] = runProgram(runner, p.source)
	}
	comparePrograms(t, programs, want, got)
}

// runProgram runs a program in a fresh State that has what a server's scripts have, but for its API.
func runProgram(runner *lua.Chunk, source string) string {
	s := lua.New(lua.Limits{Memory: 256 << 20})
	s.OpenBase()
	s.OpenCoroutine()
	s.OpenTable()
	s.OpenString()
	s.OpenMath()
	s.OpenOS()
	lualib.Open(s)
	argv := s.NewTable(1, 0)
	g := s.Globals()
	meta := s.NewTable(0, 1)
	for _, err := range []error{
		argv.SetInt(1, s.String(source)),
		g.SetString("ARGV", argv.Value()),
		meta.SetString("__index", s.Function("__index", missingGlobal)),
	} {
		if err != nil {
			return err.Error()
		}
	}
	g.SetMetatable(meta)
	g.Freeze()
	results, err := s.Run(s.Load(runner))
	if err != nil {
		return err.Error()
	}
	text, _ := results[0].AsString()
	return text
}

func missingGlobal(c *lua.Frame) error {
	name, _ := c.Arg(1).ToString()
	return c.Errorf(1, "Script attempted to access nonexistent global variable '%s'", name)
}
