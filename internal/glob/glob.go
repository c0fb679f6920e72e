// Package glob matches names against the patterns of KEYS, SCAN, PSUBSCRIBE, CONFIG GET and ACL rules, with the
// same answer as Valkey for every pattern, well formed or not.
//
// Terms of a pattern:
//
//   - any run of bytes, the empty one too ? any one byte [ab-d] one byte of the class; [^…] one byte not of it
//     \x the byte x itself, in a class too x the byte x
//
// Oddities that are kept because clients see them:
//
//   - An empty name is matched by the empty pattern only: not even by "*".
//   - A class that is never closed ends with the pattern: "[ab" is "[ab]", and "[^" is any one byte.
//   - "[]" matches nothing, "[^]" any byte. In "[a-]" the bracket is the end of a range and the class stays
//     open.
//   - The bounds of a range may be in either order, and bytes compare as signed numbers, as char is on x86.
//   - Folding case turns the bounds to lower case after they were put in order, and then bytes compare as
//     unsigned numbers, but 0xff as -1, which is what the C library's tolower makes of it. An escaped byte in a
//     class isn't folded.
//   - A lonely backslash at the end stands for itself.
//   - More than 1000 stars with something behind them match nothing.
//
// Every term but the star takes exactly one byte, so of several stars only the last one passed ever has to be
// tried at another place: if what stands between two stars was found once, finding it further right gives the
// rest nothing new. Work is therefore at most len(pattern) times len(name) steps, with no recursion: nested
// stars can't make it explode.
package glob

import (
	"bytes"

	"github.com/sleipnirdb/sleipnir/internal/unsafestr"
)

// maxStars is how many stars with something behind them a pattern may have. The reference recurses once for each and
// stops there.
const maxStars = 1000

// Match tells whether name matches pattern. With fold, ASCII letters match whatever their case.
func Match(pattern, name []byte, fold bool) bool {
	var (
		p, n         int  // the next byte of pattern and of name
		starP, starN int  // behind the last star passed, and what of name it leaves to the rest
		starred      bool // a star was passed
		stars        int
	)
	for p < len(pattern) && n < len(name) {
		t := pattern[p]
		if t == name[n] && !special(t) && p+1 < len(pattern) && n+1 < len(name) {
			p, n = p+1, n+1
			continue
		}
		if t == '*' {
			for p < len(pattern) && pattern[p] == '*' {
				p++
			}
			if p == len(pattern) {
				return true
			}
			if stars++; stars > maxStars {
				return false
			}
			starP, starN, starred = p, n, true
			n = hop(pattern[p:], name, n, fold)
			starN = n
			continue
		}
		next, ok := matchOne(pattern, p, name[n], fold)
		if ok {
			p, n = next, n+1
			if n < len(name) && p < len(pattern) {
				continue
			}
			if n == len(name) {
				for p < len(pattern) && pattern[p] == '*' {
					p++
				}
				return p == len(pattern) // name is used up: starting further right can't help what is left of pattern
			}
		}
		// Either the byte doesn't match, or the pattern ended before the name: let the last star take one byte more.
		if !starred {
			return false
		}
		p, n = starP, hop(pattern[starP:], name, starN+1, fold)
		starN = n
	}
	return p == len(pattern) && n == len(name)
}

// MatchString is Match for strings.
func MatchString(pattern, name string, fold bool) bool {
	return Match(unsafestr.Bytes(pattern), unsafestr.Bytes(name), fold)
}

// special tells whether c isn't a term of its own.
func special(c byte) bool { return c == '*' || c == '?' || c == '[' || c == '\\' }

// hop returns the first place in name, from n on, where the term that pattern begins with could match. It only
// knows the common case, an exact plain byte, which is searched many bytes at a time; else it returns n.
func hop(pattern, name []byte, n int, fold bool) int {
	if fold || n >= len(name) {
		return n
	}
	c := pattern[0]
	if special(c) {
		return n
	}
	if i := bytes.IndexByte(name[n:], c); i >= 0 {
		return n + i
	}
	return len(name)
}

// matchOne matches c against the term at pattern[p], which isn't a star, and returns where the next term begins.
func matchOne(pattern []byte, p int, c byte, fold bool) (next int, ok bool) {
	switch t := pattern[p]; t {
	case '?':
		return p + 1, true
	case '[':
		return matchClass(pattern, p+1, c, fold)
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
		return p + 1, same(pattern[p], c, fold)
	default:
		return p + 1, same(t, c, fold)
	}
}

// matchClass matches c against the class whose first byte behind the bracket is pattern[p].
func matchClass(pattern []byte, p int, c byte, fold bool) (next int, ok bool) {
	negated := p < len(pattern) && pattern[p] == '^'
	if negated {
		p++
	}
	found := false
	for p < len(pattern) {
		left := len(pattern) - p
		t := pattern[p]
		switch {
		case t == '\\' && left >= 2:
			found = found || pattern[p+1] == c
			p += 2
		case t == ']':
			return p + 1, found != negated
		case left >= 3 && pattern[p+1] == '-':
			found = found || inRange(t, pattern[p+2], c, fold)
			p += 3
		default:
			found = found || same(t, c, fold)
			p++
		}
	}
	return p, found != negated
}

// inRange tells whether c is between the bounds, which may come in either order.
func inRange(from, to, c byte, fold bool) bool {
	if int8(from) > int8(to) {
		from, to = to, from
	}
	if fold {
		return folded(c) >= folded(from) && folded(c) <= folded(to)
	}
	return int8(c) >= int8(from) && int8(c) <= int8(to)
}

// folded is tolower of a signed char in the C locale of glibc.
func folded(c byte) int {
	if c == 0xff {
		return -1
	}
	return int(lower(c))
}

func same(a, b byte, fold bool) bool {
	return a == b || fold && lower(a) == lower(b)
}

func lower(c byte) byte {
	if c-'A' < 26 {
		c += 'a' - 'A'
	}
	return c
}
