// Package lint holds the rules of the house that the compiler doesn't know, as tests: who may import
// whom (the block in docs/ARCHITECTURE.md is read, so the drawing can't lie), what is banned where, and
// what was promised to the compiler (//gcassert comments).
//
// The rules stand in rules.go as data. A rule that has an exception names the file and the reason.
package lint

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Module is the import path of the root.
const Module = "github.com/sleipnirdb/sleipnir"

// File is one Go file of the tree.
type File struct {
	Path   string // from the root, with slashes
	Room   string // folder of the file, from the root
	Test   bool
	Syntax *ast.File
	Set    *token.FileSet
	Text   string
}

// Tree is all that the rules look at.
type Tree struct {
	Root  string
	Files []*File
	Texts map[string]string // all other text files, by path from the root
}

// Problem is a broken rule.
type Problem struct {
	Where string // file:line, or file
	What  string
}

func (p Problem) String() string { return p.Where + ": " + p.What }

// Load reads the tree. Folders of tools and results are left out.
func Load(root string) (*Tree, error) {
	t := &Tree{Root: root, Texts: map[string]string{}}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if isOutside(rel, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		return t.add(path, rel)
	})
	return t, err
}

func isOutside(rel, name string) bool {
	return rel == ".git" || rel == ".tools" || rel == "bin" || rel == "testdata" || name == "testdata" && !strings.HasPrefix(rel, "fuzz/")
}

func (t *Tree) add(path, rel string) error {
	switch filepath.Ext(rel) {
	case ".go", ".md", ".txt", ".mod", ".yml", ".yaml", ".sh", "":
	default:
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a test made it and took it away again
		}
		return err
	}
	if strings.IndexByte(string(b), 0) >= 0 {
		return nil // not text
	}
	if !strings.HasSuffix(rel, ".go") {
		t.Texts[rel] = string(b)
		return nil
	}
	f := &File{Path: rel, Room: filepath.ToSlash(filepath.Dir(rel)), Test: strings.HasSuffix(rel, "_test.go"), Set: token.NewFileSet(), Text: string(b)}
	f.Syntax, err = parser.ParseFile(f.Set, rel, b, parser.ParseComments)
	if err != nil {
		return err
	}
	t.Files = append(t.Files, f)
	return nil
}

// where names the line of a node.
func (f *File) where(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.Path, f.Set.Position(n.Pos()).Line)
}

// imports are the paths that a file imports.
func (f *File) imports() []string {
	var paths []string
	for _, spec := range f.Syntax.Imports {
		paths = append(paths, importPath(spec))
	}
	return paths
}

func importPath(spec *ast.ImportSpec) string {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	return path
}
