package streamcmd

import (
	"bytes"
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

const (
	errID         command.Error = "ERR Invalid stream ID specified as stream command argument"
	errStartBound command.Error = "ERR invalid start ID for the interval"
	errEndBound   command.Error = "ERR invalid end ID for the interval"
)

// maxIDArg is the longest argument that the reference reads as an ID.
const maxIDArg = 127

// parseID reads an ID that isn't a bound of an interval: neither - nor + will do. The second number may be left out: it then is seq.
func parseID(arg []byte, seq uint64) (object.StreamID, error) {
	if text := idText(arg); text == nil || len(text) == 1 && (text[0] == '-' || text[0] == '+') {
		return object.StreamID{}, errID
	}
	return parseBound(arg, seq)
}

// idText returns what the reference sees of an argument: what stands before a zero byte, nothing if the argument is too long.
func idText(arg []byte) []byte {
	if len(arg) > maxIDArg {
		return nil
	}
	if i := bytes.IndexByte(arg, 0); i >= 0 {
		arg = arg[:i]
	}
	return arg
}

// parseBound reads an ID, where - is the least and + the largest.
func parseBound(arg []byte, seq uint64) (object.StreamID, error) {
	text := idText(arg)
	if len(text) == 1 {
		switch text[0] {
		case '-':
			return object.StreamID{}, nil
		case '+':
			return object.MaxStreamID, nil
		}
	}
	id, ok := object.StreamID{Seq: seq}, true
	if i := bytes.IndexByte(text, '-'); i >= 0 {
		if id.Seq, ok = parseUint(text[i+1:]); !ok {
			return object.StreamID{}, errID
		}
		text = text[:i]
	}
	if id.Ms, ok = parseUint(text); !ok {
		return object.StreamID{}, errID
	}
	return id, nil
}

// parseNewID reads the ID of a new entry; with an asterisk for the second number, isOpen says that it is to be chosen.
func parseNewID(arg []byte) (id object.StreamID, isOpen bool, err error) {
	text := idText(arg)
	if n := len(text); n >= 2 && text[n-1] == '*' && bytes.IndexByte(text, '-') == n-2 {
		ms, ok := parseUint(text[:n-2])
		if !ok {
			return object.StreamID{}, false, errID
		}
		return object.StreamID{Ms: ms}, true, nil
	}
	id, err = parseID(arg, 0)
	return id, false, err
}

// parseUint reads a number as C's strtoull does where it isn't a canonical one: blanks, a sign and zeros may stand in front.
// A negative number is an error if it is canonical, else it wraps around.
func parseUint(b []byte) (uint64, bool) {
	if n, ok := command.ParseInt(b); ok {
		return uint64(n), n >= 0
	}
	for len(b) > 0 && (b[0] == ' ' || b[0]-'\t' < 5) {
		b = b[1:]
	}
	isMinus := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		isMinus = b[0] == '-'
		b = b[1:]
	}
	if len(b) == 0 {
		return 0, false
	}
	var n uint64
	for _, ch := range b {
		d := uint64(ch - '0')
		if ch-'0' > 9 || n > (math.MaxUint64-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	if isMinus {
		n = -n
	}
	return n, true
}

// parseStart reads where an interval begins; a parenthesis in front leaves the ID itself out.
func parseStart(arg []byte) (object.StreamID, error) {
	if len(arg) < 2 || arg[0] != '(' {
		return parseBound(arg, 0)
	}
	id, err := parseID(arg[1:], 0)
	if err != nil {
		return id, err
	}
	id, ok := id.Next()
	if !ok {
		return id, errStartBound
	}
	return id, nil
}

// parseEnd reads where an interval ends.
func parseEnd(arg []byte) (object.StreamID, error) {
	if len(arg) < 2 || arg[0] != '(' {
		return parseBound(arg, math.MaxUint64)
	}
	id, err := parseID(arg[1:], math.MaxUint64)
	if err != nil {
		return id, err
	}
	id, ok := id.Prev()
	if !ok {
		return id, errEndBound
	}
	return id, nil
}

// fewIDs is how many IDs a call may have without memory of its own.
const fewIDs = 8

// parseIDs reads one ID an argument, into dst where they fit.
func parseIDs(args [][]byte, dst []object.StreamID) ([]object.StreamID, error) {
	for _, arg := range args {
		id, err := parseID(arg, 0)
		if err != nil {
			return nil, err
		}
		dst = append(dst, id)
	}
	return dst, nil
}

// number reads a 64-bit integer, or returns the error for a bad one.
func number(arg []byte, bad error) (int64, error) {
	n, ok := command.ParseInt(arg)
	if !ok {
		return 0, bad
	}
	return n, nil
}
