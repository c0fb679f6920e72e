package zsetcmd

import (
	"bytes"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

const (
	errNotScores command.Error = "ERR min or max is not a float"
	errNotLex    command.Error = "ERR min or max not valid string range item"
)

// parseScore reads a score: any double but NaN.
func parseScore(arg []byte) (float64, bool) {
	if n, ok := command.ParseInt(arg); ok {
		return float64(n), true
	}
	return command.ParseFloat(arg)
}

// parseScoreRange reads the bounds of a range of scores.
func parseScoreRange(lo, hi []byte) (r object.ScoreRange, err error) {
	var okLo, okHi bool
	r.Min, r.MinOpen, okLo = parseBound(lo)
	r.Max, r.MaxOpen, okHi = parseBound(hi)
	if !okLo || !okHi {
		return r, errNotScores
	}
	return r, nil
}

// parseBound reads one bound of a range of scores. As the reference reads it with strtod, it may begin with space, be too
// large, and be empty, which is 0; and it ends at a zero byte.
func parseBound(arg []byte) (f float64, isOpen, ok bool) {
	if len(arg) > 0 && arg[0] == '(' {
		arg, isOpen = arg[1:], true
	}
	if n, isInt := command.ParseInt(arg); isInt {
		return float64(n), isOpen, true
	}
	if i := bytes.IndexByte(arg, 0); i >= 0 {
		arg = arg[:i]
	}
	if len(arg) == 0 {
		return 0, isOpen, true
	}
	f, ok = command.ParseFloatLoose(bytes.TrimLeft(arg, " \t\n\v\f\r"))
	return f, isOpen, ok
}

// parseLexRange reads the bounds of a range of members.
func parseLexRange(lo, hi []byte) (r object.LexRange, err error) {
	var okLo, okHi bool
	r.Min, okLo = parseLexBound(lo)
	r.Max, okHi = parseLexBound(hi)
	if !okLo || !okHi {
		return r, errNotLex
	}
	return r, nil
}

func parseLexBound(arg []byte) (b object.LexBound, ok bool) {
	if len(arg) == 0 {
		return b, false
	}
	switch arg[0] {
	case '[':
		return object.LexBound{Kind: object.LexClosed, Value: arg[1:]}, true
	case '(':
		return object.LexBound{Kind: object.LexOpen, Value: arg[1:]}, true
	case '-':
		b.Kind = object.LexLowest
	case '+':
		b.Kind = object.LexHighest
	default:
		return b, false
	}
	return b, len(arg) == 1 || arg[1] == 0
}
