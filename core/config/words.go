package config

import (
	"errors"
	"strings"
)

// The grammar of a line: words separated by blanks. A word may be, or end in, a quoted piece. Between double quotes a
// backslash escapes (\n \r \t \b \a \xHH, anything else stands for itself), between single quotes only \'. After a closing
// quote must come a blank or the end.

var errQuotes = errors.New("unbalanced quotes")

// SplitWords splits a line into its words. It fails when quotes are unbalanced or glued to what follows.
func SplitWords(line string) ([]string, error) {
	if i := strings.IndexByte(line, 0); i >= 0 {
		line = line[:i] // as the reference, whose lines end there
	}
	var words []string
	for {
		line = strings.TrimLeft(line, " \t\n\v\f\r")
		if line == "" {
			return words, nil
		}
		word, n, err := scanWord(line)
		if err != nil {
			return nil, err
		}
		words = append(words, word)
		line = line[n:]
	}
}

// scanWord reads one word from the start of s, which is no blank, and tells how many bytes it took.
func scanWord(s string) (word string, n int, err error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ' ', '\n', '\r', '\t':
			return b.String(), i, nil
		case '"', '\'':
			end, err := scanQuoted(s, i, &b)
			return b.String(), end, err
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), len(s), nil
}

// scanQuoted reads the quoted piece that begins at s[i] and returns where the word ends.
func scanQuoted(s string, i int, b *strings.Builder) (int, error) {
	quote := s[i]
	for i++; i < len(s); i++ {
		switch {
		case s[i] == quote:
			if i+1 < len(s) && !isBlank(s[i+1]) {
				return 0, errQuotes
			}
			return i + 1, nil
		case s[i] == '\\' && quote == '"' && i+1 < len(s):
			i += unescape(s[i+1:], b)
		case s[i] == '\\' && quote == '\'' && i+1 < len(s) && s[i+1] == '\'':
			b.WriteByte('\'')
			i++
		default:
			b.WriteByte(s[i])
		}
	}
	return 0, errQuotes
}

// unescape writes the byte that the escape s, without its backslash, stands for and returns its length.
func unescape(s string, b *strings.Builder) int {
	if len(s) >= 3 && s[0] == 'x' {
		hi, ok1 := hexDigit(s[1])
		lo, ok2 := hexDigit(s[2])
		if ok1 && ok2 {
			b.WriteByte(hi<<4 | lo)
			return 3
		}
	}
	c := s[0]
	if i := strings.IndexByte("nrtba", c); i >= 0 {
		c = "\n\r\t\b\a"[i]
	}
	b.WriteByte(c)
	return 1
}

func hexDigit(c byte) (digit byte, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

func isBlank(c byte) bool { return c == ' ' || (c >= '\t' && c <= '\r') }

// Quote writes s between double quotes so that SplitWords reads it back. No byte of s can end the line or the word.
func Quote(s string) string { return string(appendQuoted(nil, s)) }

func appendQuoted(dst []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' || c == '"':
			dst = append(dst, '\\', c)
		case strings.IndexByte("\n\r\t\b\a", c) >= 0:
			dst = append(dst, '\\', "nrtba"[strings.IndexByte("\n\r\t\b\a", c)])
		case c < ' ' || c > '~':
			dst = append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// quoteWord writes a word as it stands if that reads back, and between quotes otherwise.
func quoteWord(s string) string {
	plain := s != "" && s[0] != '#'
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] > ' ' && s[i] <= '~' && s[i] != '"' && s[i] != '\'' && s[i] != '\\'
	}
	if plain {
		return s
	}
	return Quote(s)
}

func quoteWords(words []string) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = quoteWord(w)
	}
	return strings.Join(list, " ")
}
