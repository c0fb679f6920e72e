package command

import "strings"

// KeyFlags say what a command does to a key.
type KeyFlags uint16

// The key flags, as in Valkey's key specifications. Exactly one of RO, RW, OW
// and RM stands unless the argument is no key at all.
const (
	RO KeyFlags = 1 << iota
	RW
	OW
	RM
	Access
	Update
	Insert
	Delete
	NotKey
	Incomplete
	VariableFlags
)

var keyFlagNames = [...]string{
	"RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags",
}

// Names returns the flags' names as COMMAND INFO lists them.
func (f KeyFlags) Names() []string {
	var names []string
	for bit, name := range keyFlagNames {
		if f&(1<<bit) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// BeginKind is the way the first key of a specification is found.
type BeginKind uint8

// The ways.
const (
	BeginIndex BeginKind = iota
	BeginKeyword
	BeginUnknown
)

// FindKind is the way the keys after the first are found.
type FindKind uint8

// The ways.
const (
	FindRange FindKind = iota
	FindKeyNum
	FindUnknown
)

// KeySpec tells where keys stand among the arguments (Valkey's key
// specifications).
type KeySpec struct {
	Flags KeyFlags
	Notes string

	Begin BeginKind
	// Index is the position of the first key (BeginIndex), or where the search
	// for Keyword starts, from the end when negative (BeginKeyword).
	Index   int
	Keyword string

	Find FindKind
	// Last is relative to the first key when positive or zero, to the end of
	// the arguments when negative (-1: the last argument).
	Last, Step, Limit int
	// KeyNumIndex and FirstKey are relative to the position that Begin found.
	KeyNumIndex, FirstKey int
}

// Key is one key at position i.
func Key(i int, f KeyFlags) KeySpec {
	return KeySpec{Flags: f, Index: i, Step: 1}
}

// Range is the keys from position i to last (relative to i, or to the end when
// negative), every step arguments.
func Range(i, last, step int, f KeyFlags) KeySpec {
	return KeySpec{Flags: f, Index: i, Last: last, Step: step}
}

// KeyNum is a count at position i, and that many keys after it.
func KeyNum(i int, f KeyFlags) KeySpec { return KeyNumStep(i, 1, f) }

// KeyNumStep is KeyNum with a key every step arguments.
func KeyNumStep(i, step int, f KeyFlags) KeySpec {
	return KeySpec{Flags: f, Index: i, Find: FindKeyNum, FirstKey: 1, Step: step}
}

// AfterKeyword is the keys that follow a word, searched from position start on
// (from the end, backwards, when negative).
func AfterKeyword(word string, start, last, step, limit int, f KeyFlags) KeySpec {
	return KeySpec{Flags: f, Begin: BeginKeyword, Keyword: word, Index: start, Last: last, Step: step, Limit: limit}
}

// Unknown marks keys that no specification can tell.
func Unknown(f KeyFlags) KeySpec {
	return KeySpec{Flags: f, Begin: BeginUnknown, Find: FindUnknown}
}

// KeyRef is a key among the arguments.
type KeyRef struct {
	Pos   int
	Flags KeyFlags
}

// AppendKeys appends the keys of a call to dst. It is the only extraction:
// routing, ACL, cluster slots, tracking and COMMAND GETKEYS all use it.
//
// Positions are in range for args. ErrInvalidKeys means that the arguments
// contradict the command's own key count.
func (cmd *Command) AppendKeys(args [][]byte, dst []KeyRef) ([]KeyRef, error) {
	if cmd.FindKeys != nil {
		return cmd.FindKeys(args, dst)
	}
	for i := range cmd.Keys {
		var err error
		if dst, err = cmd.Keys[i].appendKeys(args, dst); err != nil {
			return dst, err
		}
	}
	if cmd.KeyAccess != nil {
		dst[len(dst)-1].Flags = cmd.KeyAccess(args)
	}
	return dst, nil
}

func (s *KeySpec) appendKeys(args [][]byte, dst []KeyRef) ([]KeyRef, error) {
	if s.Flags&NotKey != 0 {
		return dst, nil
	}
	first := s.begin(args)
	if first < 0 {
		return dst, nil
	}
	last, step := 0, s.Step
	switch s.Find {
	case FindRange:
		last = s.lastInRange(first, len(args))
	case FindKeyNum:
		at := first + s.KeyNumIndex
		if at >= len(args) {
			return dst, nil
		}
		n, ok := ParseInt(args[at])
		if !ok || n < 0 || n > int64(len(args)) {
			return dst, ErrInvalidKeys
		}
		first += s.FirstKey
		last = first + (int(n)-1)*step
	default:
		return dst, nil
	}
	if last >= len(args) {
		return dst, ErrInvalidKeys
	}
	for pos := first; pos <= last; pos += step {
		dst = append(dst, KeyRef{Pos: pos, Flags: s.Flags})
	}
	return dst, nil
}

// begin returns the position where the specification's keys start, or -1.
func (s *KeySpec) begin(args [][]byte) int {
	switch s.Begin {
	case BeginIndex:
		if s.Index < len(args) {
			return s.Index
		}
	case BeginKeyword:
		from, to, by := s.Index, len(args), 1
		if s.Index < 0 {
			from, to, by = len(args)+s.Index, 0, -1
		}
		for i := from; i != to && i > 0 && i < len(args); i += by {
			if strings.EqualFold(string(args[i]), s.Keyword) && i+1 < len(args) {
				return i + 1
			}
		}
	case BeginUnknown:
	}
	return -1
}

// lastInRange returns the position of the last key of a range.
func (s *KeySpec) lastInRange(first, count int) int {
	if s.Last >= 0 {
		return first + s.Last
	}
	if s.Limit > 1 {
		return first + (count-first)/s.Limit + s.Last
	}
	return count + s.Last
}
