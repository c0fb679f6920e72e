package client

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxRepeat bounds "x"*N in a script.
const maxRepeat = 64 << 20

var errQuotes = errors.New("unbalanced quotes")

// Quote writes a string as redis-cli shows it.
func Quote(s string) string {
	b := make([]byte, 0, len(s)+2)
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\', '"':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		case '\a':
			b = append(b, `\a`...)
		case '\b':
			b = append(b, `\b`...)
		default:
			if c < ' ' || c > '~' {
				b = fmt.Appendf(b, `\x%02x`, c)
			} else {
				b = append(b, c)
			}
		}
	}
	return string(append(b, '"'))
}

// Words splits a line into arguments: words at spaces, "…" with \n \r \t \a \b \\ \" and \xHH,
// '…' with \' only. "…"*N repeats what stands in the quotes N times.
func Words(line string) ([]string, error) {
	var words []string
	for {
		line = strings.TrimLeft(line, " \t")
		if line == "" {
			return words, nil
		}
		word, n, err := word(line)
		if err != nil {
			return nil, fmt.Errorf("%w in %q", err, line)
		}
		words = append(words, word)
		line = line[n:]
	}
}

// JoinWords writes arguments as a line that Words reads.
func JoinWords(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(joinable(w))
	}
	return b.String()
}

func joinable(w string) string {
	if n := len(w); n > 64 && strings.Count(w, w[:1]) == n {
		return Quote(w[:1]) + "*" + strconv.Itoa(n)
	}
	q := Quote(w)
	if w == "" || len(q) != len(w)+2 || strings.ContainsAny(w, " '#!*\"") {
		return q
	}
	return w
}

func word(line string) (string, int, error) {
	switch line[0] {
	case '"':
		text, n, err := unquote(line)
		if err != nil {
			return "", 0, err
		}
		return repeated(line, text, n)
	case '\'':
		return singleQuoted(line)
	}
	end := strings.IndexAny(line, " \t")
	if end < 0 {
		end = len(line)
	}
	return line[:end], end, nil
}

func repeated(line, text string, n int) (string, int, error) {
	if n == len(line) || line[n] == ' ' || line[n] == '\t' {
		return text, n, nil
	}
	if line[n] != '*' {
		return "", 0, errQuotes
	}
	end := n + 1
	for end < len(line) && line[end] >= '0' && line[end] <= '9' {
		end++
	}
	times, err := strconv.Atoi(line[n+1 : end])
	if err != nil || times*len(text) > maxRepeat {
		return "", 0, fmt.Errorf("bad repeat %q", line[n:end])
	}
	return strings.Repeat(text, times), end, nil
}

func singleQuoted(line string) (string, int, error) {
	var b strings.Builder
	for i := 1; i < len(line); i++ {
		switch {
		case line[i] == '\\' && i+1 < len(line) && line[i+1] == '\'':
			b.WriteByte('\'')
			i++
		case line[i] == '\'':
			return b.String(), i + 1, nil
		default:
			b.WriteByte(line[i])
		}
	}
	return "", 0, errQuotes
}

// unquote reads the "…" at the head of s: its text, and how many bytes it took.
func unquote(s string) (string, int, error) {
	if s == "" || s[0] != '"' {
		return "", 0, errQuotes
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), i + 1, nil
		case s[i] != '\\' || i+1 == len(s):
			b.WriteByte(s[i])
		case s[i+1] == 'x' && i+3 < len(s):
			n, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
			if err != nil {
				return "", 0, err
			}
			b.WriteByte(byte(n))
			i += 3
		default:
			i++
			b.WriteByte(escaped(s[i]))
		}
	}
	return "", 0, errQuotes
}

func escaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'a':
		return '\a'
	case 'b':
		return '\b'
	}
	return c
}
