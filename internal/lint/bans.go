package lint

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// ban is one rule about the text of a file.
type ban struct {
	name  string
	check func(*File) []Problem
}

// bans are the rules for Go files.
func bans() []ban {
	return []ban{
		{"clock", banClock},
		{"epoll", banEpoll},
		{"init", banInit},
		{"aliases", banAliases},
		{"package names", banNames},
		{"unsafe and exec", banImports},
		{"todo", banTodo},
		{"places", banPlaces},
	}
}

func inRooms(rooms map[string]string, room string) bool {
	for r := range rooms {
		if match([]string{r}, room) {
			return true
		}
	}
	return false
}

// calls finds the calls of, and other references to, package-level names such as time.Now.
func calls(f *File, pkg string, name *regexp.Regexp) []*ast.SelectorExpr {
	var found []*ast.SelectorExpr
	ast.Inspect(f.Syntax, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && name.MatchString(sel.Sel.Name) {
			if id, ok := sel.X.(*ast.Ident); ok && id.Name == pkg && id.Obj == nil {
				found = append(found, sel)
			}
		}
		return true
	})
	return found
}

var clockNames = regexp.MustCompile(`^(Now|Since|Until)$`)

func banClock(f *File) []Problem {
	if f.Test || !match(hotRooms, f.Room) || clockExceptions[f.Path] != "" {
		return nil
	}
	var ps []Problem
	for _, c := range calls(f, "time", clockNames) {
		ps = append(ps, Problem{f.where(c), "this room gets the time from its caller; time." + c.Sel.Name + " is not for it"})
	}
	return ps
}

var epollNames = regexp.MustCompile(`^(Epoll|SYS_EPOLL|Kevent|Kqueue)`)

func banEpoll(f *File) []Problem {
	if inRooms(epollRooms, f.Room) {
		return nil
	}
	var ps []Problem
	for _, pkg := range []string{"unix", "syscall"} {
		for _, c := range calls(f, pkg, epollNames) {
			ps = append(ps, Problem{f.where(c), "only net/loop speaks to epoll and kqueue"})
		}
	}
	return ps
}

func banInit(f *File) []Problem {
	var ps []Problem
	for _, d := range f.Syntax.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && !f.Test && fn.Recv == nil && fn.Name.Name == "init" {
			ps = append(ps, Problem{f.where(fn), "no init functions: core/server wires everything by arguments"})
		}
	}
	return ps
}

func banAliases(f *File) []Problem {
	var ps []Problem
	for _, spec := range f.Syntax.Imports {
		if spec.Name != nil && spec.Name.Name != "_" {
			ps = append(ps, Problem{f.where(spec), "no import aliases: " + spec.Name.Name})
		}
	}
	return ps
}

func banNames(f *File) []Problem {
	name := strings.TrimSuffix(f.Syntax.Name.Name, "_test")
	switch {
	case name == "main":
		return nil
	case slices.Contains(vagueNames, name):
		return []Problem{{f.Path, "the package name " + name + " says nothing"}}
	case slices.Contains(stdNames, name):
		return []Problem{{f.Path, "the package name " + name + " belongs to the standard library"}}
	case !strings.HasSuffix(f.Room, "/"+name) && f.Room != name:
		return []Problem{{f.Path, fmt.Sprintf("package %s should be called as its folder", name)}}
	}
	return nil
}

// unsafeNames are those of unsafe; Sizeof, Alignof and Offsetof are constants and harmless.
var unsafeNames = regexp.MustCompile(`^(Pointer|Add|Slice|SliceData|String|StringData)$`)

func banImports(f *File) []Problem {
	if f.Test {
		return nil
	}
	var ps []Problem
	for _, path := range f.imports() {
		if path == "unsafe" && !inRooms(unsafeRooms, f.Room) && len(calls(f, "unsafe", unsafeNames)) > 0 {
			ps = append(ps, Problem{f.Path, "unsafe is not for this room"})
		}
		if path == "os/exec" && !inRooms(execRooms, f.Room) && !strings.HasPrefix(f.Room, ".ci/") {
			ps = append(ps, Problem{f.Path, "this room doesn't start programs"})
		}
	}
	return ps
}

var (
	todo      = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)
	todoIssue = regexp.MustCompile(`\bTODO\(#[0-9]+\)`)
)

func banTodo(f *File) []Problem {
	var ps []Problem
	for _, group := range f.Syntax.Comments {
		for _, c := range group.List {
			if todo.MatchString(c.Text) && !todoIssue.MatchString(c.Text) {
				ps = append(ps, Problem{f.where(c), "a TODO names an open issue, TODO(#123), or isn't there"})
			}
		}
	}
	return ps
}

// Folders of somebody's machine have no place in the tree. (The patterns are written so that this file passes.)
var (
	anyPlace  = regexp.MustCompile(`(^|[^A-Za-z0-9_./$})-])/(work|root|home|Users)/[A-Za-z0-9_.]`)
	tempPlace = regexp.MustCompile(`(^|[^A-Za-z0-9_./$})-])/(tmp)/[A-Za-z0-9_.]`)
)

func banPlaces(f *File) []Problem {
	ps := places(f.Path, f.Text, anyPlace)
	if !f.Test {
		ps = append(ps, places(f.Path, f.Text, tempPlace)...)
	}
	return ps
}

func places(path, text string, re *regexp.Regexp) []Problem {
	var ps []Problem
	for n, line := range strings.Split(text, "\n") {
		if m := re.FindString(line); m != "" {
			ps = append(ps, Problem{fmt.Sprintf("%s:%d", path, n+1), fmt.Sprintf("names a place of some machine: %q", strings.TrimSpace(m))})
		}
	}
	return ps
}

// mutations finds package variables that functions assign to.
func mutations(files []*File) []Problem {
	vars := map[string]map[string]bool{} // room → names
	for _, f := range files {
		if f.Test {
			continue
		}
		for _, d := range f.Syntax.Decls {
			for _, name := range varNames(d) {
				if vars[f.Room] == nil {
					vars[f.Room] = map[string]bool{}
				}
				vars[f.Room][name] = true
			}
		}
	}
	var ps []Problem
	for _, f := range files {
		if !f.Test {
			ps = append(ps, assigned(f, vars[f.Room])...)
		}
	}
	return ps
}

func varNames(d ast.Decl) []string {
	gen, ok := d.(*ast.GenDecl)
	if !ok || gen.Tok != token.VAR {
		return nil
	}
	var names []string
	for _, spec := range gen.Specs {
		if v, ok := spec.(*ast.ValueSpec); ok {
			for _, id := range v.Names {
				names = append(names, id.Name)
			}
		}
	}
	return names
}

func assigned(f *File, names map[string]bool) []Problem {
	var ps []Problem
	note := func(e ast.Expr) {
		id := rootIdent(e)
		if id == nil || id.Name == "_" || !names[id.Name] || isLocal(f, id) || mutableVars[f.Room+"."+id.Name] != "" {
			return
		}
		ps = append(ps, Problem{f.where(id), "package variable " + id.Name + " is assigned to: state belongs in a struct"})
	}
	ast.Inspect(f.Syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, e := range n.Lhs {
					note(e)
				}
			}
		case *ast.IncDecStmt:
			note(n.X)
		}
		return true
	})
	return ps
}

// rootIdent is x in x, x.f, x[i] and *x.
func rootIdent(e ast.Expr) *ast.Ident {
	for {
		switch n := e.(type) {
		case *ast.Ident:
			return n
		case *ast.SelectorExpr:
			e = n.X
		case *ast.IndexExpr:
			e = n.X
		case *ast.StarExpr:
			e = n.X
		case *ast.ParenExpr:
			e = n.X
		default:
			return nil
		}
	}
}

// isLocal tells whether the name was declared inside a function of the file.
func isLocal(f *File, id *ast.Ident) bool {
	if id.Obj == nil {
		return false // declared in another file of the package
	}
	for _, d := range f.Syntax.Decls {
		if gen, ok := d.(*ast.GenDecl); ok && slices.ContainsFunc(gen.Specs, func(s ast.Spec) bool { return id.Obj.Decl == s }) {
			return false
		}
	}
	return true
}
