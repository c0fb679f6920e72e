package lua

import (
	"fmt"
	"strconv"
)

// Error is what Lua code raised or did wrong.
type Error struct {
	Value     Value
	Source    string // chunk name of the Lua function that was running, as given to Compile
	Line      int    // where it was; 0 if none was running
	Traceback string
}

func (e *Error) Error() string {
	if s, ok := e.Value.ToString(); ok {
		return s
	}
	return "(error object is a " + e.Value.TypeName() + " value)"
}

func (s *State) newError(v Value) *Error {
	e := &Error{Value: v}
	t := s.current
	for i := t.depth - 1; i >= 0; i-- {
		if f := &t.frames[i]; f.kind == frameLua {
			e.Source, e.Line = f.fn.proto.source, f.line()
			break
		}
	}
	return e
}

// runtimeError is an error of the running Lua function, with its position.
func (s *State) runtimeError(format string, args ...any) error {
	return s.newError(s.String(s.where(1) + fmt.Sprintf(format, args...)))
}

// line is the source line of the instruction that the frame is at.
func (f *frame) line() int { return f.fn.proto.line(int(f.pc) - 1) }

// where is the position "chunk:line: " of the Lua function at a level: 1 for the one that runs, 2 for its caller. It is empty
// if there is none, or no Lua function.
func (s *State) where(level int) string {
	f := s.frameAt(level)
	if f == nil || f.kind != frameLua {
		return ""
	}
	return chunkID(f.fn.proto.source, maxShownSource) + ":" + strconv.Itoa(f.line()) + ": "
}

// frameAt is the frame at a level, nil for lost ones (tail calls) and builtins.
func (s *State) frameAt(level int) *frame {
	t := s.current
	if level <= 0 {
		return nil
	}
	at := 1
	for i := t.depth - 1; i >= 0; i-- {
		f := &t.frames[i]
		if at == level {
			return f
		}
		at += 1 + int(f.tail)
		if f.flag&flagEntry != 0 {
			at++ // the builtin that called it
		}
		if at > level {
			return nil
		}
	}
	return nil
}

// How long a chunk's name may be in messages.
const (
	maxShownSource  = 60 // LUA_IDSIZE: while it runs
	maxSyntaxSource = 80 // MAXSRC: while it is compiled
)

// chunkID is a chunk's name as messages show it: what is behind '=' or '@', or the source's first line.
func chunkID(name string, most int) string {
	if name == "" {
		return `[string ""]`
	}
	switch name[0] {
	case '=':
		return name[1:min(len(name), most)]
	case '@':
		if name = name[1:]; len(name) > most-8 {
			return "..." + name[len(name)-(most-8):]
		}
		return name
	}
	first, cut := name, false
	for i := range len(name) {
		if name[i] == '\n' || name[i] == '\r' {
			first, cut = name[:i], true
			break
		}
	}
	room := most - len(`[string "..."]`) - 3
	if len(first) > room {
		first, cut = first[:room], true
	}
	if cut {
		first += "..."
	}
	return `[string "` + first + `"]`
}
