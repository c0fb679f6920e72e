package luasyntax

import (
	"strconv"
	"strings"
	"testing"
)

func number(s string) (float64, bool) {
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}

func parse(source string) (*Function, error) { return Parse(source, "chunk", number) }

func TestErrors(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{`x`, `chunk:1: '=' expected near '<eof>'`},
		{`x = `, `chunk:1: unexpected symbol near '<eof>'`},
		{`x = }`, `chunk:1: unexpected symbol near '}'`},
		{"x = 1\n\ny z", `chunk:3: '=' expected near 'z'`},
		{`f() = 1`, `chunk:1: unexpected symbol near '='`},
		{`(a) = 1`, `chunk:1: syntax error near '='`},
		{`a.b, 5 = 1`, `chunk:1: unexpected symbol near '5'`},
		{`for 1`, `chunk:1: '<name>' expected near '1'`},
		{`for x`, `chunk:1: '=' or 'in' expected near '<eof>'`},
		{`for x = 1`, `chunk:1: ',' expected near '<eof>'`},
		{`if x`, `chunk:1: 'then' expected near '<eof>'`},
		{`while x`, `chunk:1: 'do' expected near '<eof>'`},
		{"while x do\n", `chunk:2: 'end' expected (to close 'while' at line 1) near '<eof>'`},
		{`repeat`, `chunk:1: 'until' expected near '<eof>'`},
		{`function f(`, `chunk:1: <name> or '...' expected near '<eof>'`},
		{`function f(..., a)`, `chunk:1: ')' expected near ','`},
		{`function 1()`, `chunk:1: '<name>' expected near '1'`},
		{`local function f.a() end`, `chunk:1: '(' expected near '.'`},
		{`return 1 2`, `chunk:1: '<eof>' expected near '2'`},
		{`return return`, `chunk:1: unexpected symbol near 'return'`},
		{`do return end x()`, ``},
		{`return; x()`, `chunk:1: '<eof>' expected near 'x'`},
		{`x = {1, 2`, `chunk:1: '}' expected near '<eof>'`},
		{"x = {1,\n2", `chunk:2: '}' expected (to close '{' at line 1) near '<eof>'`},
		{`x = {[1]}`, `chunk:1: '=' expected near '}'`},
		{`x = a.1`, `chunk:1: unexpected symbol near '.1'`},
		{`x = a:b`, `chunk:1: function arguments expected near '<eof>'`},
		{`x = "a`, `chunk:1: unfinished string near '<eof>'`},
		{"x = \"a\nb\"", `chunk:1: unfinished string near '"a'`},
		{`x = "\300"`, `chunk:1: escape sequence too large near '"'`},
		{`x = [[a`, `chunk:1: unfinished long string near '<eof>'`},
		{`x = [=a`, `chunk:1: invalid long string delimiter near '[='`},
		{`x = [[a [[b]] ]]`, `chunk:1: nesting of [[...]] is deprecated near '['`},
		{`--[[ a`, `chunk:1: unfinished long comment near '<eof>'`},
		{"x = 1 \x01", "chunk:1: unexpected symbol near 'char(1)'"},
		{`x = 1 $`, `chunk:1: unexpected symbol near '$'`},
		{`goto x`, `chunk:1: '=' expected near 'x'`},
		{`x = ~1`, `chunk:1: unexpected symbol near '~'`},
		{strings.Repeat("do ", 201), `chunk:1: chunk has too many syntax levels`},
		{"local a" + strings.Repeat(", a", 200), `chunk:1: main function has more than 200 local variables`},
		{"function f() local a" + strings.Repeat(", a", 200), `chunk:1: function at line 1 has more than 200 local variables`},
		{manyUpvalues(61), `chunk:1: function at line 1 has more than 60 upvalues`},
		{manyUpvalues(60), ``},
	} {
		_, err := parse(test.source)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%.60q\n got %s\nwant %s", test.source, got, test.want)
		}
	}
}

func manyUpvalues(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("local v" + strconv.Itoa(i) + " ")
	}
	b.WriteString("function f() return v0")
	for i := 1; i < n; i++ {
		b.WriteString(" + v" + strconv.Itoa(i))
	}
	return b.String() + " end"
}

func TestNamesAreResolved(t *testing.T) {
	f, err := parse(`local a, b = 1, 2
local function g(p) b = p return a, b, c end
return a, g`)
	if err != nil {
		t.Fatal(err)
	}
	decl := f.Body[0].(*LocalStatement)
	a, b := decl.Names[0], decl.Names[1]
	if !a.Captured || a.Assigned || !b.Captured || !b.Assigned {
		t.Errorf("a %+v, b %+v", a, b)
	}
	g := f.Body[1].(*LocalFunction).Body
	if len(g.Upvalues) != 2 || g.Upvalues[0].Local != b || g.Upvalues[1].Local != a || !g.Upvalues[0].FromParent {
		t.Errorf("upvalues %+v", g.Upvalues)
	}
	ret := g.Body[1].(*Return)
	if u, ok := ret.Values[0].(*UpvalueName); !ok || u.Local != a || u.Index != 1 {
		t.Errorf("a in g is %+v", ret.Values[0])
	}
	if _, ok := ret.Values[2].(*GlobalName); !ok {
		t.Errorf("c in g is %T", ret.Values[2])
	}
	if l, ok := f.Body[2].(*Return).Values[0].(*LocalName); !ok || l.Local != a {
		t.Error("a in the chunk isn't the local")
	}
}

func TestLines(t *testing.T) {
	f, err := parse("\n\nlocal x = a\n  .b(\n1)\n\nreturn x")
	if err != nil {
		t.Fatal(err)
	}
	call := f.Body[0].(*LocalStatement).Values[0].(*Call)
	if got := call.Line(); got != 4 {
		t.Errorf("call at line %d", got)
	}
	if got := f.Body[1].(*Return).Line; got != 7 {
		t.Errorf("return at line %d", got)
	}
}

func TestDepthIsBounded(t *testing.T) {
	for _, source := range []string{
		"return x" + strings.Repeat(".x", maxDepth+10),
		"return x" + strings.Repeat("+x", maxDepth+10),
		"return x" + strings.Repeat("()", maxDepth+10),
		"return " + strings.Repeat("(x"+strings.Repeat("+x", 500), 150) + strings.Repeat(")", 150),
	} {
		if _, err := parse(source); err == nil {
			t.Errorf("%.30q… of %d bytes was taken", source, len(source))
		}
	}
}
