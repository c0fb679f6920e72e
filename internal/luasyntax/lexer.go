package luasyntax

import (
	"strconv"
	"strings"
)

// token is a kind of token: the byte itself for single ones.
type token int

const (
	tokenAnd token = iota + 257
	tokenBreak
	tokenDo
	tokenElse
	tokenElseif
	tokenEnd
	tokenFalse
	tokenFor
	tokenFunction
	tokenIf
	tokenIn
	tokenLocal
	tokenNil
	tokenNot
	tokenOr
	tokenRepeat
	tokenReturn
	tokenThen
	tokenTrue
	tokenUntil
	tokenWhile
	tokenConcat
	tokenDots
	tokenEqual
	tokenGreaterEqual
	tokenLessEqual
	tokenNotEqual
	tokenNumber
	tokenName
	tokenString
	tokenEnd0 // of the source
)

var tokenTexts = [...]string{
	"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not", "or", "repeat", "return", "then",
	"true", "until", "while", "..", "...", "==", ">=", "<=", "~=", "<number>", "<name>", "<string>", "<eof>",
}

const lastReserved = tokenWhile

var reserved = func() map[string]token {
	m := map[string]token{}
	for t := tokenAnd; t <= lastReserved; t++ {
		m[t.String()] = t
	}
	return m
}()

func (t token) String() string {
	if t >= tokenAnd {
		return tokenTexts[t-tokenAnd]
	}
	if t < ' ' || t == 127 {
		return "char(" + strconv.Itoa(int(t)) + ")"
	}
	return string([]byte{byte(t)})
}

// lexeme is a token with what it stands for.
type lexeme struct {
	token  token
	text   string // of names and strings
	number float64
	raw    string // of names, numbers and strings as messages show them
}

// lexer cuts a source into tokens. After the first error it sees the end of the source.
type lexer struct {
	source string
	name   string // of the chunk, as shown
	pos    int
	line   int
	parse  func(string) (float64, bool) // of numbers
	err    *Error
}

// Error is what is wrong with a source.
type Error struct {
	Text string // with the position
	Line int
}

func (e *Error) Error() string { return e.Text }

// fail notes the first error.
func (l *lexer) fail(text, near string) {
	if l.err != nil {
		return
	}
	text = l.name + ":" + strconv.Itoa(l.line) + ": " + text
	if near != "" {
		if i := strings.IndexByte(near, 0); i >= 0 {
			near = near[:i] // the reference's strings end here
		}
		text += " near '" + near + "'"
	}
	l.err = &Error{text, l.line}
	l.pos = len(l.source)
}

const end = -1

// peek is the byte i further on, or end.
func (l *lexer) peek(i int) int {
	if l.pos+i < len(l.source) {
		return int(l.source[l.pos+i])
	}
	return end
}

func isNewline(c int) bool { return c == '\n' || c == '\r' }
func isDigit(c int) bool   { return c >= '0' && c <= '9' }
func isLetter(c int) bool  { return c|0x20 >= 'a' && c|0x20 <= 'z' && c >= 0 || c == '_' }

// newline passes the end of a line, in any of its forms.
func (l *lexer) newline() {
	first := l.peek(0)
	l.pos++
	if c := l.peek(0); isNewline(c) && c != first {
		l.pos++
	}
	l.line++
}

func (l *lexer) next() lexeme {
	for {
		c := l.peek(0)
		switch {
		case c == end || l.err != nil:
			return lexeme{token: tokenEnd0}
		case isNewline(c):
			l.newline()
		case c == ' ' || c == '\t' || c == '\v' || c == '\f':
			l.pos++
		case c == '-' && l.peek(1) == '-':
			l.comment()
		case isLetter(c):
			return l.word()
		case isDigit(c) || c == '.' && isDigit(l.peek(1)):
			return l.numeral()
		case c == '"' || c == '\'':
			return l.quoted(byte(c))
		case c == '[':
			return l.bracket()
		default:
			return lexeme{token: l.operator(c)}
		}
	}
}

func (l *lexer) comment() {
	l.pos += 2
	if l.peek(0) == '[' {
		if level := l.longLevel(); level >= 0 {
			l.long(level, "unfinished long comment")
			return
		}
	}
	for c := l.peek(0); c != end && !isNewline(c); c = l.peek(0) {
		l.pos++
	}
}

// longLevel is how many '=' stand between two brackets here, or -1 less them if there aren't two.
func (l *lexer) longLevel() int {
	n := 0
	for l.peek(1+n) == '=' {
		n++
	}
	if l.peek(1+n) == '[' {
		return n
	}
	return -1 - n
}

func (l *lexer) bracket() lexeme {
	start, level := l.pos, l.longLevel()
	switch {
	case level >= 0:
		text := l.long(level, "unfinished long string")
		return lexeme{token: tokenString, text: text, raw: l.source[start:l.pos]}
	case level < -1:
		l.fail("invalid long string delimiter", l.source[start:l.pos-level])
		return lexeme{token: tokenEnd0}
	}
	l.pos++
	return lexeme{token: '['}
}

// long reads what is between long brackets; it stands at the first one.
func (l *lexer) long(level int, unfinished string) string {
	l.pos += level + 2
	if isNewline(l.peek(0)) {
		l.newline()
	}
	var text strings.Builder
	from := l.pos // what isn't in text yet
	for {
		switch c := l.peek(0); {
		case c == end:
			l.fail(unfinished, tokenEnd0.String())
			return ""
		case c == '[' && level == 0 && l.peek(1) == '[':
			l.pos += 2
			l.fail("nesting of [[...]] is deprecated", "[")
			return ""
		case c == ']' && l.closes(level):
			text.WriteString(l.source[from:l.pos])
			l.pos += level + 2
			return text.String()
		case isNewline(c):
			text.WriteString(l.source[from:l.pos])
			text.WriteByte('\n')
			l.newline()
			from = l.pos
		default:
			l.pos++
		}
	}
}

func (l *lexer) closes(level int) bool {
	for i := range level {
		if l.peek(1+i) != '=' {
			return false
		}
	}
	return l.peek(1+level) == ']'
}

func (l *lexer) word() lexeme {
	start := l.pos
	for c := l.peek(0); isLetter(c) || isDigit(c); c = l.peek(0) {
		l.pos++
	}
	text := l.source[start:l.pos]
	if t, ok := reserved[text]; ok {
		return lexeme{token: t}
	}
	return lexeme{token: tokenName, text: text, raw: text}
}

func (l *lexer) numeral() lexeme {
	start := l.pos
	for c := l.peek(0); isDigit(c) || c == '.'; c = l.peek(0) {
		l.pos++
	}
	if l.peek(0) == 'e' || l.peek(0) == 'E' {
		l.pos++
		if l.peek(0) == '+' || l.peek(0) == '-' {
			l.pos++
		}
	}
	for c := l.peek(0); isLetter(c) || isDigit(c); c = l.peek(0) {
		l.pos++
	}
	text := l.source[start:l.pos]
	n, ok := l.parse(text)
	if !ok {
		l.fail("malformed number", text)
	}
	return lexeme{token: tokenNumber, number: n, raw: text}
}

func (l *lexer) quoted(quote byte) lexeme {
	l.pos++
	start := l.pos
	for l.pos < len(l.source) { // the quick way: no escapes
		switch c := l.source[l.pos]; c {
		case quote:
			l.pos++
			return lexeme{token: tokenString, text: l.source[start : l.pos-1], raw: l.source[start-1 : l.pos]}
		case '\\', '\n', '\r':
			return l.escaped(quote, start)
		}
		l.pos++
	}
	l.fail("unfinished string", tokenEnd0.String())
	return lexeme{token: tokenEnd0}
}

// escaped reads the rest of a string that may have escapes.
func (l *lexer) escaped(quote byte, start int) lexeme {
	text := append([]byte{quote}, l.source[start:l.pos]...)
	for {
		c := l.peek(0)
		switch {
		case c == end:
			l.fail("unfinished string", tokenEnd0.String())
			return lexeme{token: tokenEnd0}
		case isNewline(c):
			l.fail("unfinished string", string(text))
			return lexeme{token: tokenEnd0}
		case c == int(quote):
			l.pos++
			return lexeme{token: tokenString, text: string(text[1:]), raw: string(append(text, quote))}
		case c == '\\':
			l.pos++
			text = l.escape(text)
		default:
			l.pos++
			text = append(text, byte(c))
		}
	}
}

// escape reads what is behind a backslash.
func (l *lexer) escape(text []byte) []byte {
	c := l.peek(0)
	switch {
	case c == end:
		return text
	case isNewline(c):
		l.newline()
		return append(text, '\n')
	case isDigit(c):
		n := 0
		for i := 0; i < 3 && isDigit(l.peek(0)); i++ {
			n = n*10 + l.peek(0) - '0'
			l.pos++
		}
		if n > 255 {
			l.fail("escape sequence too large", string(text))
		}
		return append(text, byte(n))
	}
	l.pos++
	if i := strings.IndexByte("abfnrtv", byte(c)); i >= 0 {
		return append(text, "\a\b\f\n\r\t\v"[i])
	}
	return append(text, byte(c))
}

func (l *lexer) operator(c int) token {
	l.pos++
	second := l.peek(0)
	switch {
	case c == '=' && second == '=':
		l.pos++
		return tokenEqual
	case c == '<' && second == '=':
		l.pos++
		return tokenLessEqual
	case c == '>' && second == '=':
		l.pos++
		return tokenGreaterEqual
	case c == '~' && second == '=':
		l.pos++
		return tokenNotEqual
	case c == '.' && second == '.':
		l.pos++
		if l.peek(0) == '.' {
			l.pos++
			return tokenDots
		}
		return tokenConcat
	}
	return token(c)
}
