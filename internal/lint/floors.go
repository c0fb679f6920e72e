package lint

import (
	"fmt"
	"path"
	"strings"
)

// Floors is the block of docs/ARCHITECTURE.md between the lines ```floors and ```:
//
//	core/{session,config}      a floor: rooms that may import the rooms of the lines above, not each other
//	a/b -> c/d                 though on the same floor, or lower, a/b may import c/d
//	deny a/* -> b/*            though higher, a/* may not import b/*
//	only golang.org/x/y in a/* z    the external module is for these rooms (tests may import what they like)
//	# comment
//
// Names may hold {x,y} and the patterns of path.Match; a name that ends in /... stands for all below too.
type Floors struct {
	lines []floor
	allow []edge
	deny  []edge
	only  []edge // from: module, to: rooms
}

type floor []string

type edge struct {
	from, to []string
}

// ParseFloors finds and reads the block.
func ParseFloors(markdown string) (*Floors, error) {
	_, block, ok := strings.Cut(markdown, "\n```floors\n")
	if !ok {
		return nil, fmt.Errorf("there is no block ```floors")
	}
	block, _, ok = strings.Cut(block, "\n```")
	if !ok {
		return nil, fmt.Errorf("the block ```floors isn't closed")
	}
	f := &Floors{}
	for _, line := range strings.Split(block, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); len(words) > 0 {
			if err := f.line(words); err != nil {
				return nil, fmt.Errorf("floors, %q: %w", strings.TrimSpace(line), err)
			}
		}
	}
	return f, nil
}

func (f *Floors) line(words []string) error {
	arrow := -1
	for i, w := range words {
		if w == "->" || w == "in" {
			arrow = i
		}
	}
	switch {
	case words[0] == "deny" && arrow > 0:
		f.deny = append(f.deny, edge{expand(words[1:arrow]), expand(words[arrow+1:])})
	case words[0] == "only" && arrow > 0:
		f.only = append(f.only, edge{words[1:arrow], expand(words[arrow+1:])})
	case arrow > 0:
		f.allow = append(f.allow, edge{expand(words[:arrow]), expand(words[arrow+1:])})
	case arrow == 0:
		return fmt.Errorf("nothing stands before the arrow")
	default:
		f.lines = append(f.lines, expand(words))
	}
	return nil
}

// expand resolves {a,b}.
func expand(words []string) []string {
	var out []string
	for _, w := range words {
		head, rest, ok := strings.Cut(w, "{")
		if !ok {
			out = append(out, w)
			continue
		}
		inner, tail, _ := strings.Cut(rest, "}")
		for _, part := range strings.Split(inner, ",") {
			out = append(out, expand([]string{head + part + tail})...)
		}
	}
	return out
}

func match(patterns []string, room string) bool {
	for _, p := range patterns {
		if deep, ok := strings.CutSuffix(p, "/..."); ok {
			if room == deep || strings.HasPrefix(room, deep+"/") {
				return true
			}
			continue
		}
		if ok, err := path.Match(p, room); ok && err == nil {
			return true
		}
	}
	return false
}

// level is the number of a room's line; -1 if no line names it. An exact name wins over a pattern.
func (f *Floors) level(room string) int {
	found := -1
	for i, line := range f.lines {
		for _, p := range line {
			if p == room {
				return i
			}
		}
		if found < 0 && match(line, room) {
			found = i
		}
	}
	return found
}

// Check looks at every import of every file that isn't a test.
func (f *Floors) Check(t *Tree) []Problem {
	var problems []Problem
	reported := map[string]bool{}
	for _, file := range t.Files {
		if file.Test || strings.HasPrefix(file.Room, ".") {
			continue
		}
		if f.level(file.Room) < 0 && !reported[file.Room] {
			reported[file.Room] = true
			problems = append(problems, Problem{file.Room, "this room stands on no floor; add it to the floors block of docs/ARCHITECTURE.md"})
		}
		for _, spec := range file.Syntax.Imports {
			if why := f.refuses(file.Room, importPath(spec)); why != "" {
				problems = append(problems, Problem{file.where(spec), why})
			}
		}
	}
	return problems
}

// refuses tells why a room may not import a path, or "".
func (f *Floors) refuses(room, imported string) string {
	target, inside := strings.CutPrefix(imported, Module+"/")
	if !inside {
		return f.refusesExternal(room, imported)
	}
	for _, e := range f.deny {
		if match(e.from, room) && match(e.to, target) {
			return fmt.Sprintf("%s must not import %s", room, target)
		}
	}
	for _, e := range f.allow {
		if match(e.from, room) && match(e.to, target) {
			return ""
		}
	}
	if mine, its := f.level(room), f.level(target); mine >= 0 && its >= mine {
		return fmt.Sprintf("%s must not import %s, which stands on the same floor or above", room, target)
	}
	return ""
}

func (f *Floors) refusesExternal(room, imported string) string {
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") {
		return "" // standard library
	}
	for _, e := range f.only {
		module := e.from[0]
		if imported != module && !strings.HasPrefix(imported, module+"/") {
			continue
		}
		if match(e.to, room) {
			return ""
		}
		return fmt.Sprintf("%s must not import %s", room, imported)
	}
	return fmt.Sprintf("%s is no module that the floors block knows", imported)
}
