package resp

// Inline requests: a line of words, for people with telnet.
//
//	word        ends at a blank, tab, CR; blanks before it are skipped (vertical tab and form feed too)
//	"text"      with \n \r \t \b \a, \xHH, and \c for any other c
//	'text'      with \' only
//
// A quote may open in the middle of a word, but what follows the closing one must be a blank or the end of the line.

// nextInline parses the request at the head of buf as a line of words.
func (p *Parser) nextInline(buf []byte, args [][]byte, lim *Limits) ([][]byte, int, error) {
	end, tooLong := p.line(buf, '\n', lim)
	if tooLong {
		return args, 0, errBigInline
	}
	if end < 0 {
		return args, 0, nil
	}
	line := buf[:end]
	if end > 0 && line[end-1] == '\r' {
		line = line[:end-1]
	}
	args, ok := splitWords(line, args)
	if !ok {
		return args[:0], 0, errQuotes
	}
	if lim.Trusted && len(line) > 0 {
		return args[:0], 0, errInlineFromPrimary
	}
	*p = Parser{}
	return args, end + 1, nil
}

// splitWords appends the words of line to args. A quoted word becomes a copy without its quotes: the line stays as it
// is, because the caller may parse it again.
func splitWords(line []byte, args [][]byte) ([][]byte, bool) {
	for pos := 0; ; {
		for pos < len(line) && isSpace(line[pos]) {
			pos++
		}
		if pos == len(line) {
			return args, true
		}
		start := pos
		for pos < len(line) && !endsWord(line[pos]) && line[pos] != '"' && line[pos] != '\'' {
			pos++
		}
		word := line[start:pos:pos]
		if pos < len(line) && !endsWord(line[pos]) {
			if word, pos = unquote(append(make([]byte, 0, 2*len(word)+minUnquoted), word...), line, pos); pos < 0 {
				return args, false
			}
		}
		args = append(args, word[:len(word):len(word)])
		pos = min(pos+1, len(line)) // the blank that ended the word
	}
}

// minUnquoted is room for a short word.
const minUnquoted = 32

// unquote appends the quoted text whose opening quote is line[pos] to dst, unescaping it. It returns where the closing
// quote stands, or -1 if it is missing or something is joined to it.
func unquote(dst, line []byte, pos int) (word []byte, next int) {
	quote := line[pos]
	for pos++; pos < len(line); pos++ {
		c := line[pos]
		switch {
		case c == quote:
			if pos+1 < len(line) && !isSpace(line[pos+1]) {
				return dst, -1
			}
			return dst, pos
		case c == '\\' && quote == '\'' && pos+1 < len(line) && line[pos+1] == '\'':
			pos++
			c = '\''
		case c == '\\' && quote == '"' && pos+1 < len(line):
			var used int
			c, used = unescape(line[pos+1:])
			pos += used
		}
		dst = append(dst, c)
	}
	return dst, -1
}

// unescape returns the byte that the escape sequence behind a backslash stands for, and the sequence's length.
func unescape(b []byte) (c byte, used int) {
	switch b[0] {
	case 'x':
		if len(b) >= 3 {
			if hi, lo := hexDigit(b[1]), hexDigit(b[2]); hi < 16 && lo < 16 {
				return hi<<4 | lo, 3
			}
		}
	case 'n':
		return '\n', 1
	case 'r':
		return '\r', 1
	case 't':
		return '\t', 1
	case 'b':
		return '\b', 1
	case 'a':
		return '\a', 1
	}
	return b[0], 1
}

// hexDigit returns the value of c, or 16.
func hexDigit(c byte) byte {
	switch {
	case c-'0' < 10:
		return c - '0'
	case c|0x20-'a' < 6:
		return c | 0x20 - 'a' + 10
	}
	return 16
}

// isSpace is isspace of the C locale.
func isSpace(c byte) bool { return c == ' ' || c-'\t' < 5 }

// endsWord tells whether c ends a word that no quote is open in: fewer bytes do than can stand before one.
func endsWord(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
