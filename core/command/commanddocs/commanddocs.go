// Package commanddocs holds what COMMAND DOCS says of the commands beyond their rows: which arguments they take, and since when.
//
// The data is arguments.txt, a line a command in a notation that its head explains. It is read when it is first asked for.
package commanddocs

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Argument is one argument of a command.
type Argument struct {
	Name, Type string
	// Display is what a help text shows for it; empty for oneof and block.
	Display string
	Token   string
	// KeySpec is the number of the key specification that finds the key, or -1.
	KeySpec int
	// Since and Deprecated are versions, empty for those of the command.
	Since, Deprecated                 string
	Optional, Multiple, MultipleToken bool
	// Sub are the alternatives of a oneof, or the arguments of a block.
	Sub []Argument
}

//go:embed arguments.txt
var text string

var all = sync.OnceValue(func() map[string][]Argument {
	docs, err := parse(text)
	if err != nil {
		panic("commanddocs: " + err.Error()) // a test reads it too
	}
	return docs
})

// Arguments returns those of the command with the given full name ("config|get"), none if it takes none. They are not to be changed.
func Arguments(full string) []Argument { return all()[full] }

// Names returns the full names of the commands that have any, in no order.
func Names() []string { return slices.Collect(maps.Keys(all())) }

// parse reads the file.
func parse(text string) (map[string][]Argument, error) {
	docs := make(map[string][]Argument)
	for line := range strings.Lines(text) {
		if line[0] == '#' {
			continue
		}
		name, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		p := parser{rest: rest}
		args := p.arguments()
		if p.bad || p.rest != "" || len(args) == 0 || docs[name] != nil {
			return nil, fmt.Errorf("%s: %q is left over", name, p.rest)
		}
		docs[name] = args
	}
	return docs, nil
}

type parser struct {
	rest string
	bad  bool // something can't be read
}

// arguments reads arguments up to the end, a closing bracket or what can't be read.
func (p *parser) arguments() []Argument {
	var list []Argument
	for {
		a, ok := p.argument()
		if !ok {
			p.bad = true
			return list
		}
		list = append(list, a)
		if !p.skip(" ") {
			return list
		}
	}
}

var types = map[byte]string{
	's': "string", 'i': "integer", 'd': "double", 'k': "key", 'p': "pattern", 'u': "unix-time", 't': "pure-token", 'o': "oneof", 'b': "block",
}

func (p *parser) argument() (a Argument, ok bool) {
	a.Name, a.KeySpec = p.until(":"), -1
	if !p.skip(":") || p.rest == "" {
		return a, false
	}
	if a.Type, ok = types[p.rest[0]]; !ok {
		return a, false
	}
	p.rest = p.rest[1:]
	a.Optional, a.Multiple, a.MultipleToken = p.skip("?"), p.skip("+"), p.skip("*")
	if p.skip("@") {
		if p.rest == "" {
			return a, false
		}
		a.KeySpec = int(p.rest[0] - '0')
		p.rest = p.rest[1:]
	}
	const ends = " ()^!'"
	if p.skip("=") {
		a.Token = p.until(ends)
	}
	if p.skip("^") {
		a.Since = p.until(ends)
	}
	if p.skip("!") {
		a.Deprecated = p.until(ends)
	}
	if a.Type != "oneof" && a.Type != "block" {
		a.Display = a.Name
	}
	if p.skip("'") {
		a.Display = p.until(" ()")
	}
	if p.skip("(") {
		a.Sub = p.arguments()
		return a, p.skip(")")
	}
	return a, true
}

func (p *parser) skip(word string) bool {
	rest, ok := strings.CutPrefix(p.rest, word)
	p.rest = rest
	return ok
}

// until takes what stands before any of the end bytes.
func (p *parser) until(ends string) string {
	i := strings.IndexAny(p.rest, ends)
	if i < 0 {
		i = len(p.rest)
	}
	word := p.rest[:i]
	p.rest = p.rest[i:]
	return word
}
