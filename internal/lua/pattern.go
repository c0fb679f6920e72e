package lua

import "strings"

// Lua's patterns.
//
// A pattern is matched as it stands, without being compiled: what is wrong with it is told only when the matcher
// gets there, which scripts can see. At each place there may be several ways to go on. The reference tries them by
// calling itself, once for each item of the pattern, and its stack overflows on long ones. Here the ways not yet
// tried lie in a stack of their own, trail, as records of what to do when the present way fails:
//
//	shrink    an item with * or + took bytes up to at: let it take one less, while that is not below low
//	grow      an item with - took bytes up to at: let it take one more, if it fits
//	skip      an item with ? took a byte: go on without
//	reopen    a capture was closed: it is open again
//	forget    a capture was opened: it isn't there
//
// Hostile patterns need exponential time, as in the reference: "(.-)(.-)(.-)(.-)x". So each step costs fuel,
// which is the script's own budget of instructions: a script can be stopped in the middle of a match.

// Limits of a pattern.
const (
	maxCaptures = 32
	maxTrail    = 1 << 16 // items of one way, beyond which the reference would have overflowed its stack
)

// Lengths of captures that have none.
const (
	captureOpen     = -1 // its parenthesis isn't closed yet
	capturePosition = -2 // "()": a place, not a text
)

// specials are the bytes that make a pattern more than a plain text.
const specials = "^$*+?.([%-"

type capture struct{ start, length int }

type wayKind uint8

const (
	wayShrink wayKind = iota
	wayGrow
	waySkip
	wayReopen
	wayForget
)

// A way is what to do when matching fails further on.
type way struct {
	kind wayKind
	// pattern is where the pattern goes on: for wayGrow where its item begins.
	pattern int
	next    int // wayGrow: where the item ends
	at, low int // places in the source; wayReopen: at is the capture's index
}

// fuel pays for the steps of a match.
type fuel interface {
	// Work takes so many steps off the script's budget. An error ends the script.
	Work(steps int) error
	// Room fails if so many bytes more are too many.
	Room(n int64) error
}

// patternError is what is wrong with a pattern. Lua code gets it as an error with its position.
type patternError string

func (e patternError) Error() string { return string(e) }

// A matcher holds a source against a pattern. It is used for one call of a library function.
type matcher struct {
	source  string
	pattern string // up to its first zero byte, where it ends in the reference too
	fuel    fuel
	steps   int // taken but not yet paid

	level    int // captures opened so far
	captures [maxCaptures]capture
	trail    []way
}

// stepsPerPayment is how many steps are taken before the budget is asked.
const stepsPerPayment = 256

// newMatcher begins a match. Room is where the trail begins to grow: an array of the caller's, so that it needn't be
// allocated.
func newMatcher(source, pattern string, fuel fuel, room []way) matcher {
	if i := strings.IndexByte(pattern, 0); i >= 0 {
		pattern = pattern[:i]
	}
	return matcher{source: source, pattern: pattern, fuel: fuel, trail: room}
}

// cutAnchor takes the "^" off a pattern that is to match at the first place only.
func cutAnchor(pattern string) (string, bool) { return strings.CutPrefix(pattern, "^") }

// isPlain tells whether a pattern stands for itself. As in the reference, only what is before its first zero byte
// is looked at.
func isPlain(pattern string) bool {
	if i := strings.IndexByte(pattern, 0); i >= 0 {
		pattern = pattern[:i]
	}
	return !strings.ContainsAny(pattern, specials)
}

// step counts n steps.
func (m *matcher) step(n int) error {
	m.steps += n
	if m.steps < stepsPerPayment {
		return nil
	}
	return m.pay()
}

func (m *matcher) pay() error {
	n := m.steps
	m.steps = 0
	return m.fuel.Work(n)
}

// match matches at source[s:] and returns where the match ends, or -1.
func (m *matcher) match(s int) (end int, err error) {
	m.level = 0
	m.trail = m.trail[:0]
	p := 0
	for {
		if err := m.step(1); err != nil {
			return -1, err
		}
		if p == len(m.pattern) {
			return s, nil
		}
		if s, p, err = m.item(s, p); err != nil {
			return -1, err
		}
		if s >= 0 {
			continue
		}
		if s, p, err = m.backtrack(); s < 0 || err != nil {
			return -1, err
		}
	}
}

// item matches the item at pattern[p:]. It returns where to go on, or s = -1 if it doesn't match.
func (m *matcher) item(s, p int) (int, int, error) {
	switch m.pattern[p] {
	case '(':
		if p+1 < len(m.pattern) && m.pattern[p+1] == ')' {
			return m.open(s, p+2, capturePosition)
		}
		return m.open(s, p+1, captureOpen)
	case ')':
		return m.close(s, p+1)
	case '$':
		if p+1 == len(m.pattern) {
			if s == len(m.source) {
				return s, p + 1, nil
			}
			return -1, p, nil
		}
	case '%':
		if p+1 == len(m.pattern) {
			break
		}
		switch c := m.pattern[p+1]; {
		case c == 'b':
			return m.balance(s, p+2)
		case c == 'f':
			return m.frontier(s, p+2)
		case isDigit(c):
			return m.backReference(s, p+2, c)
		}
	}
	return m.repeated(s, p)
}

// repeated matches a class of one byte and its suffix.
func (m *matcher) repeated(s, p int) (int, int, error) {
	next, err := m.classEnd(p)
	if err != nil {
		return -1, p, err
	}
	suffix := byte(0)
	if next < len(m.pattern) {
		suffix = m.pattern[next]
	}
	switch suffix {
	case '?':
		if !m.fits(s, p, next) {
			return s, next + 1, nil
		}
		err = m.push(way{kind: waySkip, pattern: next + 1, at: s})
		return s + 1, next + 1, err
	case '-':
		err = m.push(way{kind: wayGrow, pattern: p, next: next, at: s})
		return s, next + 1, err
	case '+':
		if !m.fits(s, p, next) {
			return -1, p, nil
		}
		return m.expand(s+1, p, next)
	case '*':
		return m.expand(s, p, next)
	}
	if !m.fits(s, p, next) {
		return -1, p, nil
	}
	return s + 1, next, nil
}

// expand takes as many bytes as fit.
func (m *matcher) expand(s, p, next int) (int, int, error) {
	low := s
	if m.pattern[p] == '.' {
		s = len(m.source)
	}
	for m.fits(s, p, next) {
		s++
		if s%8 == 0 {
			if err := m.step(1); err != nil {
				return -1, p, err
			}
		}
	}
	if s == low {
		return s, next + 1, nil
	}
	err := m.push(way{kind: wayShrink, pattern: next + 1, at: s, low: low})
	return s, next + 1, err
}

func (m *matcher) push(w way) error {
	if len(m.trail) == maxTrail {
		return patternError("pattern too complex")
	}
	m.trail = append(m.trail, w)
	return nil
}

// backtrack goes back to the last place where there is another way: s = -1 if there is none.
func (m *matcher) backtrack() (s, p int, err error) {
	for len(m.trail) > 0 {
		w := &m.trail[len(m.trail)-1]
		switch w.kind {
		case wayShrink:
			w.at--
			s, p = w.at, w.pattern
			if s == w.low {
				m.pop()
			}
			return s, p, nil
		case wayGrow:
			if m.fits(w.at, w.pattern, w.next) {
				w.at++
				return w.at, w.next + 1, nil
			}
		case waySkip:
			s, p = w.at, w.pattern
			m.pop()
			return s, p, nil
		case wayReopen:
			m.captures[w.at].length = captureOpen
		case wayForget:
			m.level--
		}
		m.pop()
	}
	return -1, 0, m.step(1)
}

func (m *matcher) pop() { m.trail = m.trail[:len(m.trail)-1] }

// open begins a capture.
func (m *matcher) open(s, p, length int) (int, int, error) {
	if m.level == maxCaptures {
		return -1, p, patternError("too many captures")
	}
	m.captures[m.level] = capture{s, length}
	m.level++
	return s, p, m.push(way{kind: wayForget})
}

// close ends the last capture that is open.
func (m *matcher) close(s, p int) (int, int, error) {
	for i := m.level - 1; i >= 0; i-- {
		if c := &m.captures[i]; c.length == captureOpen {
			c.length = s - c.start
			return s, p, m.push(way{kind: wayReopen, at: i})
		}
	}
	return -1, p, patternError("invalid pattern capture")
}

// balance is %bxy; pattern[p:] is "xy".
func (m *matcher) balance(s, p int) (int, int, error) {
	if p+1 >= len(m.pattern) {
		return -1, p, patternError("unbalanced pattern")
	}
	first, last := m.pattern[p], m.pattern[p+1]
	if s == len(m.source) || m.source[s] != first {
		return -1, p, nil
	}
	depth := 1
	for i := s + 1; i < len(m.source); i++ {
		switch m.source[i] {
		case last:
			if depth--; depth == 0 {
				return i + 1, p + 2, m.step((i - s) / 8)
			}
		case first:
			depth++
		}
	}
	return -1, p, m.step((len(m.source) - s) / 8)
}

// frontier is %f[set]; pattern[p:] is the set. Before the source and behind it are zero bytes.
func (m *matcher) frontier(s, p int) (int, int, error) {
	if p == len(m.pattern) || m.pattern[p] != '[' {
		return -1, p, patternError("missing '[' after '%f' in pattern")
	}
	next, err := m.classEnd(p)
	if err != nil {
		return -1, p, err
	}
	var before, here byte
	if s > 0 {
		before = m.source[s-1]
	}
	if s < len(m.source) {
		here = m.source[s]
	}
	if m.inSet(before, p, next-1) || !m.inSet(here, p, next-1) {
		return -1, p, nil
	}
	return s, next, nil
}

// backReference is %1 to %9: what a capture has taken.
func (m *matcher) backReference(s, p int, digit byte) (int, int, error) {
	i := int(digit) - '1'
	if i < 0 || i >= m.level || m.captures[i].length == captureOpen {
		return -1, p, patternError("invalid capture index")
	}
	c := m.captures[i]
	if c.length < 0 || !strings.HasPrefix(m.source[s:], m.source[c.start:c.start+c.length]) {
		return -1, p, nil
	}
	return s + c.length, p, m.step(c.length / 8)
}

// classEnd returns where the class of one byte at pattern[p:] ends.
func (m *matcher) classEnd(p int) (int, error) {
	switch m.pattern[p] {
	case '%':
		if p+1 == len(m.pattern) {
			return p, patternError("malformed pattern (ends with '%')")
		}
		return p + 2, nil
	case '[':
		return m.setEnd(p + 1)
	}
	return p + 1, nil
}

// setEnd returns where the set ends whose inside begins at p. A bracket that comes first is one of the set.
func (m *matcher) setEnd(p int) (int, error) {
	start := p
	if p < len(m.pattern) && m.pattern[p] == '^' {
		p++
	}
	for first := true; first || p < len(m.pattern) && m.pattern[p] != ']'; first = false {
		if p == len(m.pattern) {
			break
		}
		p++
		if m.pattern[p-1] == '%' && p < len(m.pattern) {
			p++
		}
	}
	if p >= len(m.pattern) {
		return p, patternError("malformed pattern (missing ']')")
	}
	return p + 1, m.step((p - start) / 8)
}

// fits tells whether the class pattern[p:next] has the byte at source[s].
func (m *matcher) fits(s, p, next int) bool {
	if s >= len(m.source) {
		return false
	}
	c := m.source[s]
	switch m.pattern[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.pattern[p+1])
	case '[':
		return m.inSet(c, p, next-1)
	}
	return m.pattern[p] == c
}

// inSet tells whether the set pattern[p:last] has c; pattern[last] is its closing bracket.
func (m *matcher) inSet(c byte, p, last int) bool {
	m.steps += (last - p) / 8
	has := true
	p++
	if m.pattern[p] == '^' {
		has = false
		p++
	}
	for ; p < last; p++ {
		switch {
		case m.pattern[p] == '%':
			p++
			if inClass(c, m.pattern[p]) {
				return has
			}
		case m.pattern[p+1] == '-' && p+2 < last:
			if m.pattern[p] <= c && c <= m.pattern[p+2] {
				return has
			}
			p += 2
		case m.pattern[p] == c:
			return has
		}
	}
	return !has
}

// inClass tells whether c is of the class that follows a percent sign; a letter in upper case is its complement.
func inClass(c, class byte) bool {
	var in bool
	switch toLower(class) {
	case 'a':
		in = isAlpha(c)
	case 'c':
		in = isCntrl(c)
	case 'd':
		in = isDigit(c)
	case 'l':
		in = isLower(c)
	case 'p':
		in = isPunct(c)
	case 's':
		in = IsSpace(c)
	case 'u':
		in = isUpper(c)
	case 'w':
		in = isAlnum(c)
	case 'x':
		in = isHex(c)
	case 'z':
		in = c == 0
	default:
		return c == class
	}
	return in == isLower(class)
}

// find looks for the first match at or behind init. It returns start = -1 if there is none.
func (m *matcher) find(init int, anchored bool) (start, end int, err error) {
	for start = init; start <= len(m.source); start++ {
		if end, err = m.match(start); end >= 0 || err != nil {
			return start, end, err
		}
		if anchored {
			break
		}
	}
	return -1, -1, nil
}

// captured returns capture i of a match at [start, end): a text, or with isPosition a place, counted from 1. Without
// captures the first one is the whole match.
func (m *matcher) captured(i, start, end int) (text string, position int, isPosition bool, err error) {
	if i >= m.level {
		if i != 0 {
			return "", 0, false, patternError("invalid capture index")
		}
		return m.source[start:end], 0, false, nil
	}
	switch c := m.captures[i]; c.length {
	case captureOpen:
		return "", 0, false, patternError("unfinished capture")
	case capturePosition:
		return "", c.start + 1, true, nil
	default:
		return m.source[c.start : c.start+c.length], 0, false, nil
	}
}

// appendReplaced appends the replacement text of string.gsub for a match: %0 is the whole, %1 to %9 captures.
func (m *matcher) appendReplaced(dst []byte, text string, start, end int) ([]byte, error) {
	for {
		if err := m.fuel.Room(int64(len(dst) + len(text))); err != nil {
			return dst, err
		}
		i := strings.IndexByte(text, '%')
		if i < 0 {
			return append(dst, text...), nil
		}
		dst = append(dst, text[:i]...)
		if text = text[i+1:]; text == "" {
			return append(dst, 0), nil // the reference takes the zero byte behind the string
		}
		c := text[0]
		text = text[1:]
		switch {
		case !isDigit(c):
			dst = append(dst, c)
		case c == '0':
			dst = append(dst, m.source[start:end]...)
		default:
			s, position, isPosition, err := m.captured(int(c-'1'), start, end)
			if err != nil {
				return dst, err
			}
			if isPosition {
				dst = AppendNumber(dst, float64(position))
			} else {
				dst = append(dst, s...)
			}
		}
	}
}
