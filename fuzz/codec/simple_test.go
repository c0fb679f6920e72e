package codec

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/sleipnirdb/sleipnir/net/resp"
)

// parseSimply is the protocol in its plainest form: with regular expressions, big numbers and copies.
func parseSimply(stream []byte, lim resp.Limits) (o outcome) {
	rest := string(stream)
	for rest != "" {
		args, n, err := requestSimply(rest, lim)
		if n == 0 || err != "" {
			o.err = err
			return o
		}
		o.requests = append(o.requests, fmt.Sprintf("%q", args))
		o.used += n
		rest = rest[n:]
	}
	return o
}

// number is a length as the protocol allows it.
var number = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)

// length reads a number that must be between least and most.
func length(s string, least, most int64) (int, bool) {
	n, _ := new(big.Int).SetString(s, 10)
	if !number.MatchString(s) || len(s) > 20 || n.Cmp(big.NewInt(least)) < 0 || n.Cmp(big.NewInt(most)) > 0 {
		return 0, false
	}
	return int(n.Int64()), true
}

// header cuts a line that ends with a carriage return and any byte. A zero byte hides the end.
func header(s string) (line string, ok bool) {
	at := strings.IndexByte(s, '\r')
	if zero := strings.IndexByte(s, 0); at < 0 || zero >= 0 && zero < at || len(s) < at+2 {
		return "", false
	}
	return s[:at], true
}

func requestSimply(s string, lim resp.Limits) (args []string, n int, err string) {
	const protocolError = "Protocol error: "
	if s[0] != '*' {
		return inlineSimply(s)
	}
	line, ok := header(s)
	if !ok {
		return nil, 0, ""
	}
	count, ok := length(line[1:], -1<<63, 1<<31-1)
	switch {
	case !ok:
		return nil, 0, protocolError + "invalid multibulk length"
	case count > 10 && !lim.Authenticated:
		return nil, 0, protocolError + "unauthenticated multibulk length"
	}
	n = len(line) + 2
	for ; count > 0; count-- {
		line, ok := header(s[n:])
		if !ok {
			return nil, 0, ""
		}
		if line == "" || line[0] != '$' {
			c := s[n : n+1]
			if c == "\r" || c == "\n" {
				c = " "
			}
			return nil, 0, protocolError + "expected '$', got '" + c + "'"
		}
		size, ok := length(line[1:], 0, lim.MaxBulk)
		switch {
		case !ok:
			return nil, 0, protocolError + "invalid bulk length"
		case size > 16384 && !lim.Authenticated:
			return nil, 0, protocolError + "unauthenticated bulk length"
		}
		n += len(line) + 2
		if len(s) < n+size+2 {
			return nil, 0, ""
		}
		args = append(args, s[n:n+size])
		n += size + 2
	}
	return args, n, ""
}

// escape is one escape sequence of the double quotes.
var escape = regexp.MustCompile(`(?s)\\(x[0-9a-fA-F]{2}|.)`)

func inlineSimply(s string) (args []string, n int, err string) {
	end := strings.IndexByte(s, '\n')
	if zero := strings.IndexByte(s, 0); end < 0 || zero >= 0 && zero < end {
		return nil, 0, ""
	}
	line := strings.TrimSuffix(s[:end], "\r")
	for strings.Trim(line, "\t\n\v\f\r ") != "" {
		arg, rest, ok := wordSimply(line)
		if !ok {
			return nil, 0, "Protocol error: unbalanced quotes in request"
		}
		args = append(args, arg)
		line = rest
	}
	return args, end + 1, ""
}

// wordSimply cuts the next word off a line.
func wordSimply(line string) (arg, rest string, ok bool) {
	line = strings.TrimLeft(line, "\t\n\v\f\r ")
	at := strings.IndexAny(line, "\t\n\r \"'")
	if at < 0 {
		return line, "", true
	}
	arg, rest = line[:at], line[at:]
	if rest[0] != '"' && rest[0] != '\'' {
		return arg, rest[1:], true
	}
	body, rest, ok := singleQuoted(rest)
	if m := doubleQuoted.FindStringSubmatch(line[at:]); m != nil {
		body, rest, ok = escape.ReplaceAllStringFunc(m[1], unescape), line[at+len(m[0]):], true
	}
	if !ok || rest != "" && !strings.Contains("\t\n\v\f\r ", rest[:1]) {
		return "", "", false
	}
	return arg + body, rest, true
}

// doubleQuoted is a text in double quotes.
var doubleQuoted = regexp.MustCompile(`(?s)^"((?:[^"\\]|\\.)*)"`)

// singleQuoted cuts a text in single quotes off s. A backslash means something before a single quote only.
func singleQuoted(s string) (body, rest string, ok bool) {
	if s[0] != '\'' {
		return "", "", false
	}
	for s = s[1:]; s != "" && s[0] != '\''; s = s[1:] {
		if strings.HasPrefix(s, `\'`) {
			s = s[1:]
		}
		body += s[:1]
	}
	return body, strings.TrimPrefix(s, "'"), s != ""
}

func unescape(s string) string {
	if len(s) == 4 {
		var c byte
		_, _ = fmt.Sscanf(s[2:], "%02x", &c)
		return string([]byte{c})
	}
	if i := strings.Index("nrtba", s[1:]); i >= 0 {
		return "\n\r\t\b\a"[i : i+1]
	}
	return s[1:]
}
