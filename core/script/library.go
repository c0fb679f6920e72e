package script

import (
	"strings"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/internal/glob"
	"github.com/sleipnirdb/sleipnir/internal/lua"
)

// Library is the code of a FUNCTION LOAD, with what it registers. Never changed.
type Library struct {
	Name      string
	Code      string
	Functions []*Function // in order of registration
	// IsProved: its functions touch no key but the declared ones.
	IsProved bool
	// IsNesting: a function of the libraries may call back into one of them.
	IsNesting bool

	chunk *lua.Chunk
}

// Function is what FCALL runs. Never changed.
type Function struct {
	Name string
	// Description is nil if there is none.
	Description *string
	Flags       Flags
	Library     *Library

	index int // among those of its library
}

// EngineName is what clients are told that libraries are written for.
const EngineName = "LUA"

// libraryChunkName is what a library is called in the texts of errors.
const libraryChunkName = "@user_function"

// Libraries is a set of libraries. Never changed: who changes something makes another one.
type Libraries struct {
	list      []*Library // in order of arrival
	functions map[string]*Function
}

// Libraries returns those in force.
func (e *Engine) Libraries() *Libraries { return e.libraries.Load() }

// SetLibraries puts others in their place. The caller has every lease, or nobody serves yet.
func (e *Engine) SetLibraries(l *Libraries) { e.libraries.Store(l) }

// Function finds a function by its name, in any case, or nil.
func (l *Libraries) Function(name []byte) *Function {
	if f := l.functions[string(name)]; f != nil {
		return f
	}
	if len(l.functions) == 0 {
		return nil
	}
	return l.functions[strings.ToLower(string(name))]
}

// Library finds a library by its name, or nil.
func (l *Libraries) Library(name string) *Library {
	for _, lib := range l.list {
		if lib.Name == name {
			return lib
		}
	}
	return nil
}

// Matching returns the libraries whose names match a pattern; nil: all.
func (l *Libraries) Matching(pattern []byte) []*Library {
	if pattern == nil {
		return l.list
	}
	var list []*Library
	for _, lib := range l.list {
		if glob.Match(pattern, []byte(lib.Name), true) {
			list = append(list, lib)
		}
	}
	return list
}

// Count is how many libraries and functions there are.
func (l *Libraries) Count() (libraries, functions int) { return len(l.list), len(l.functions) }

// Codes are the libraries' codes, as files keep them.
func (l *Libraries) Codes() [][]byte {
	codes := make([][]byte, 0, len(l.list))
	for _, lib := range l.list {
		codes = append(codes, []byte(lib.Code))
	}
	return codes
}

// libraryOverhead and functionOverhead are what these take beside their texts.
const (
	libraryOverhead  = 256
	functionOverhead = 128
)

// Bytes is what they take.
func (l *Libraries) Bytes() (n int64) {
	for _, lib := range l.list {
		n += int64(len(lib.Code)+len(lib.Name)) + libraryOverhead + functionOverhead*int64(len(lib.Functions))
	}
	return n
}

// without returns the set without a library.
func (l *Libraries) without(lib *Library) *Libraries {
	rest := &Libraries{functions: make(map[string]*Function, len(l.functions))}
	for _, other := range l.list {
		if other != lib {
			rest.add(other)
		}
	}
	return rest
}

// add puts a library in. Only while nobody else has the set.
func (l *Libraries) add(lib *Library) {
	l.list = append(l.list, lib)
	for _, f := range lib.Functions {
		l.functions[strings.ToLower(f.Name)] = f
	}
}

// with returns the set with one more library, whose functions must not be there.
func (l *Libraries) with(lib *Library) (*Libraries, error) {
	for _, f := range lib.Functions {
		if l.functions[strings.ToLower(f.Name)] != nil {
			return nil, command.Error("ERR Function " + f.Name + " already exists")
		}
	}
	more := l.without(nil)
	more.add(lib)
	return more, nil
}

// Delete returns the set without a library, or nil if it isn't there.
func (l *Libraries) Delete(name string) *Libraries {
	lib := l.Library(name)
	if lib == nil {
		return nil
	}
	return l.without(lib)
}

// Join returns the set with all libraries of another one; those that are there already are replaced, or are an error.
func (l *Libraries) Join(others *Libraries, replace bool) (*Libraries, error) {
	joined := l
	for _, lib := range others.list {
		old := joined.Library(lib.Name)
		if old == nil {
			continue
		}
		if !replace {
			return nil, command.Error("ERR Library " + lib.Name + " already exists")
		}
		joined = joined.without(old)
	}
	var err error
	for _, lib := range others.list {
		if joined, err = joined.with(lib); err != nil {
			return nil, err
		}
	}
	return joined, nil
}

// metadata is what the first line of a library says: "#!lua name=mylib".
type metadata struct {
	engine, name string
	code         string // from the end of that line on
}

func readMetadata(code string) (md metadata, err error) {
	if !strings.HasPrefix(code, "#!") {
		return md, command.Error("ERR Missing library metadata")
	}
	const invalid command.Error = "ERR Invalid library metadata"
	end := strings.IndexByte(code, '\n')
	if end < 0 {
		return md, invalid
	}
	words, err := config.SplitWords(code[:end])
	if err != nil || len(words) == 0 {
		return md, invalid
	}
	md.engine, md.code = words[0][len("#!"):], code[end:]
	isNamed := false
	for _, word := range words[1:] {
		const key = "name="
		if len(word) < len(key) || !strings.EqualFold(word[:len(key)], key) {
			return md, command.Error("ERR Invalid metadata value given: " + word)
		}
		if isNamed {
			return md, command.Error("ERR Invalid metadata value, name argument was given multiple times")
		}
		md.name, isNamed = word[len(key):], true
	}
	if !isNamed {
		return md, command.Error("ERR Library name was not given")
	}
	return md, nil
}

const errName = "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"

// isName tells whether a library or function may be called so.
func isName(name string) bool {
	for _, ch := range []byte(name) {
		if (ch < 'a' || ch > 'z') && (ch < 'A' || ch > 'Z') && (ch < '0' || ch > '9') && ch != '_' {
			return false
		}
	}
	return name != ""
}

// NewLibrary makes a library of its code and returns the set with it. isTimed: its code may not take longer than a moment.
func (e *Engine) NewLibrary(to *Libraries, code string, replace, isTimed bool) (*Libraries, *Library, error) {
	md, err := readMetadata(code)
	if err != nil {
		return nil, nil, err
	}
	if !isName(md.name) {
		return nil, nil, command.Error("ERR " + errName)
	}
	if !strings.EqualFold(md.engine, EngineName) {
		return nil, nil, command.Error("ERR Engine '" + md.engine + "' not found")
	}
	if old := to.Library(md.name); old != nil {
		if !replace {
			return nil, nil, command.Error("ERR Library '" + md.name + "' already exists")
		}
		to = to.without(old)
	}
	lib := &Library{Name: md.name, Code: code}
	if lib.chunk, err = lua.Compile(md.code, libraryChunkName); err != nil {
		return nil, nil, command.Error("ERR Error compiling function: " + err.Error())
	}
	m := e.take()
	err = m.register(lib, isTimed)
	e.giveBack(m)
	if err != nil {
		return nil, nil, err
	}
	if len(lib.Functions) == 0 {
		return nil, nil, command.Error("ERR No functions registered")
	}
	lib.IsProved, lib.IsNesting = e.prove(md.code, libraryChunkName, true)
	all, err := to.with(lib)
	return all, lib, err
}
