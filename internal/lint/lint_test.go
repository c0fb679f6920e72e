package lint

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree loads the tree that the test lies in.
func tree(t *testing.T) *Tree {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(root)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func report(t *testing.T, problems []Problem) {
	t.Helper()
	for _, p := range problems {
		t.Error(p)
	}
}

func TestFloors(t *testing.T) {
	all := tree(t)
	text, ok := all.Texts["docs/ARCHITECTURE.md"]
	if !ok {
		t.Fatal("docs/ARCHITECTURE.md is missing")
	}
	floors, err := ParseFloors(text)
	if err != nil {
		t.Fatal(err)
	}
	report(t, floors.Check(all))
}

func TestBans(t *testing.T) {
	all := tree(t)
	for _, b := range bans() {
		t.Run(b.name, func(t *testing.T) {
			for _, f := range all.Files {
				report(t, b.check(f))
			}
		})
	}
}

func TestPackageVariablesDoNotChange(t *testing.T) {
	rooms := map[string][]*File{}
	for _, f := range tree(t).Files {
		rooms[f.Room] = append(rooms[f.Room], f)
	}
	for _, files := range rooms {
		report(t, mutations(files))
	}
}

func TestTextsNameNoPlace(t *testing.T) {
	for path, text := range tree(t).Texts {
		report(t, places(path, text, anyPlace))
	}
}

func TestPromises(t *testing.T) {
	problems, err := checkPromises(tree(t))
	if err != nil {
		t.Fatal(err)
	}
	report(t, problems)
}

// source makes a file for the tests of the rules themselves.
func source(t *testing.T, path, text string) *File {
	t.Helper()
	f := &File{Path: path, Room: filepath.ToSlash(filepath.Dir(path)), Test: strings.HasSuffix(path, "_test.go"), Set: token.NewFileSet(), Text: text}
	var err error
	if f.Syntax, err = parser.ParseFile(f.Set, path, text, parser.ParseComments); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestBansCatch(t *testing.T) {
	slash := "/"
	tests := []struct{ ban, path, text string }{
		{"clock", "datastruct/x/x.go", "package x\nimport \"time\"\nvar t = time.Now()"},
		{"epoll", "core/x/x.go", "package x\nimport \"golang.org/x/sys/unix\"\nvar f = unix.EpollCreate1"},
		{"init", "core/x/x.go", "package x\nfunc init() {}"},
		{"aliases", "core/x/x.go", "package x\nimport q \"time\""},
		{"package names", "core/util/x.go", "package util"},
		{"package names", "core/list/x.go", "package list"},
		{"package names", "core/x/x.go", "package y"},
		{"unsafe and exec", "core/x/x.go", "package x\nimport \"unsafe\"\nvar p unsafe.Pointer"},
		{"unsafe and exec", "core/x/x.go", "package x\nimport \"os/exec\""},
		{"todo", "core/x/x.go", "package x // TO" + "DO later"},
		{"places", "core/x/x.go", "package x\nconst p = \"" + slash + "work/main\""},
		{"places", "core/x/x.go", "package x\nconst p = \"" + slash + "tmp/x\""},
	}
	for _, tt := range tests {
		for _, b := range bans() {
			if got := b.check(source(t, tt.path, tt.text)); b.name == tt.ban && len(got) == 0 {
				t.Errorf("%s: nothing is wrong with %q", tt.ban, tt.text)
			} else if b.name != tt.ban && len(got) != 0 {
				t.Errorf("%s: %v in %q", b.name, got, tt.text)
			}
		}
	}
}

func TestMutationsCatch(t *testing.T) {
	const head = "package x\nvar n int\nvar m = map[string]int{}\n"
	tests := []struct {
		text string
		want int
	}{
		{head + "func f() { n = 1 }", 1},
		{head + "func f() { n++; m[\"a\"] = 1 }", 2},
		{head + "func f() { n := 1; n++; _ = n }", 0},
		{head + "func f() { var n int; n = 1; _ = n }", 0},
		{head + "func f(n int) { n = 1 }", 0},
	}
	for _, tt := range tests {
		if got := mutations([]*File{source(t, "core/x/x.go", tt.text)}); len(got) != tt.want {
			t.Errorf("%q: %v, want %d", tt.text, got, tt.want)
		}
	}
}

func TestFloorsCatch(t *testing.T) {
	floors, err := ParseFloors("x\n```floors\n# ground\ninternal/{a,b}\ncore/x net/y\ncore/x/*cmd\ncmd/*\nnet/y -> core/x\ndeny cmd/* -> internal/b\nonly example.org/m in core/...\n```\n")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		room, imported string
		fine           bool
	}{
		{"core/x", Module + "/internal/a", true},
		{"core/x", Module + "/net/y", false},
		{"net/y", Module + "/core/x", true},
		{"internal/a", Module + "/internal/b", false},
		{"core/x/setcmd", Module + "/core/x", true},
		{"core/x", Module + "/core/x/setcmd", false},
		{"core/x/setcmd", Module + "/core/x/getcmd", false},
		{"cmd/p", Module + "/internal/a", true},
		{"cmd/p", Module + "/internal/b", false},
		{"core/x", "example.org/m/sub", true},
		{"cmd/p", "example.org/m", false},
		{"cmd/p", "example.org/other", false},
		{"cmd/p", "net/http", true},
	}
	for _, tt := range tests {
		if why := floors.refuses(tt.room, tt.imported); (why == "") != tt.fine {
			t.Errorf("%s imports %s: %q, fine should be %v", tt.room, tt.imported, why, tt.fine)
		}
	}
}

// TestPromisesCatch compiles a small module that breaks each promise.
func TestPromisesCatch(t *testing.T) {
	const text = `package x

//gcassert:inline
func Good(a int) int { return a + 1 }

//gcassert:inline
func Defers(a int) int { defer func() { recover() }(); return a }

//gcassert:bce
func Checked(b []byte, i int) byte { return b[i] }

func Line(b []byte, i int) byte {
	_ = b[7]
	c := b[3] //gcassert:bce
	return c + b[i] //gcassert:bce
}

//gcassert:noescape
func Escapes() *int { n := 1; return &n }

//gcassert:noescape
func Stays(b []byte) int { return len(b) }
`
	dir := t.TempDir()
	for name, content := range map[string]string{"go.mod": "module example.org/x\n\ngo 1.26\n", "a/x.go": text} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	loaded, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	problems, err := checkPromises(loaded)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"a/x.go:7": true, "a/x.go:10": true, "a/x.go:15": true, "a/x.go:19": true}
	for _, p := range problems {
		if !want[p.Where] {
			t.Errorf("unexpected: %v", p)
		}
		delete(want, p.Where)
	}
	for where := range want {
		t.Errorf("%s: a broken promise wasn't seen", where)
	}
}
