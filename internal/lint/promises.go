package lint

import (
	"fmt"
	"go/ast"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// A promise is a comment //gcassert:WORD above a function, or above or behind a line, that the compiler must keep:
//
//	inline    function: it can be inlined.  line: a call in it is inlined.
//	bce       function or line: no bounds checks.
//	noescape  function or line: nothing is allocated on the heap, no parameter leaks to it.
type promise struct {
	file     *File
	word     string
	function string // "" if it is for one line
	from, to int    // lines
}

var promiseComment = regexp.MustCompile(`^//gcassert:([a-z]+(?:,[a-z]+)*)\s*$`)

// promises finds the comments of a file.
func promises(f *File) ([]promise, []Problem) {
	var out []promise
	var ps []Problem
	for _, group := range f.Syntax.Comments {
		for _, c := range group.List {
			m := promiseComment.FindStringSubmatch(c.Text)
			if m == nil {
				continue
			}
			for _, word := range strings.Split(m[1], ",") {
				if word != "inline" && word != "bce" && word != "noescape" {
					ps = append(ps, Problem{f.where(c), "unknown promise " + word})
					continue
				}
				out = append(out, f.promise(c, word))
			}
		}
	}
	return out, ps
}

func (f *File) promise(c *ast.Comment, word string) promise {
	line := f.Set.Position(c.Pos()).Line
	p := promise{file: f, word: word, from: line, to: line}
	for _, d := range f.Syntax.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if ok && fn.Doc != nil && fn.Doc.Pos() <= c.Pos() && c.End() <= fn.Doc.End() {
			p.function, p.from, p.to = fn.Name.Name, f.Set.Position(fn.Pos()).Line, f.Set.Position(fn.End()).Line
			return p
		}
	}
	if strings.HasPrefix(strings.TrimSpace(strings.Split(f.Text, "\n")[line-1]), "//") {
		p.from, p.to = line+1, line+1 // it stands alone, above its line
	}
	return p
}

// diagnostic is a line of the compiler's.
type diagnostic struct {
	line int
	text string
}

var compilerLine = regexp.MustCompile(`^(?:\./)?([^:\s]+\.go):(\d+):\d+: (.*)$`)

// checkPromises compiles the rooms with promises and compares. The go command replays what the compiler said if the
// room is in its cache.
func checkPromises(t *Tree) ([]Problem, error) {
	rooms := map[string][]promise{}
	var problems []Problem
	for _, f := range t.Files {
		if f.Test {
			continue
		}
		found, ps := promises(f)
		problems = append(problems, ps...)
		if len(found) > 0 {
			rooms[f.Room] = append(rooms[f.Room], found...)
		}
	}
	for room, list := range rooms {
		said, err := compile(t.Root, room)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if why := p.broken(said[p.file.Path]); why != "" {
				problems = append(problems, Problem{fmt.Sprintf("%s:%d", p.file.Path, p.from), "//gcassert:" + p.word + " is broken: " + why})
			}
		}
	}
	return problems, nil
}

func compile(root, room string) (map[string][]diagnostic, error) {
	cmd := exec.Command("go", "build", "-gcflags=-m=1 -d=ssa/check_bce/debug=1", "./"+room)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("build %s: %w\n%s", room, err, out)
	}
	said := map[string][]diagnostic{}
	for _, line := range strings.Split(string(out), "\n") {
		if m := compilerLine.FindStringSubmatch(line); m != nil {
			n, err := strconv.Atoi(m[2])
			if err == nil {
				said[m[1]] = append(said[m[1]], diagnostic{n, m[3]})
			}
		}
	}
	return said, nil
}

var (
	boundsCheck = regexp.MustCompile(`^Found Is(Slice)?InBounds`)
	escape      = regexp.MustCompile(`escapes to heap|^moved to heap|^leaking param: |^leaking param content: `)
)

// broken tells what the compiler said against the promise.
func (p promise) broken(said []diagnostic) string {
	switch p.word {
	case "inline":
		want := "inlining call to "
		if p.function != "" {
			want = "can inline "
		}
		for _, d := range said {
			if d.line >= p.from && d.line <= p.to && strings.HasPrefix(d.text, want) && (p.function == "" || d.line == p.from) {
				return ""
			}
		}
		return "the compiler doesn't say \"" + want + "…\""
	case "bce":
		return p.first(said, boundsCheck)
	default:
		return p.first(said, escape)
	}
}

func (p promise) first(said []diagnostic, bad *regexp.Regexp) string {
	for _, d := range said {
		if d.line >= p.from && d.line <= p.to && bad.MatchString(d.text) && !strings.Contains(d.text, " to result ") {
			return fmt.Sprintf("line %d: %s", d.line, d.text)
		}
	}
	return ""
}
