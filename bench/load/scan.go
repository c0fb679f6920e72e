package load

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// scanner counts the replies in a byte stream that is cut anywhere. It keeps no payload: a bulk's bytes are
// skipped by their count, and only a header line that the cut went through is put aside.
type scanner struct {
	skip int64   // payload bytes, CRLF included, still to pass over
	open []level // aggregates that are not complete, the outermost first
	line []byte  // beginning of a header line
	replyCounts
}

// replyCounts is what a scanner saw.
type replyCounts struct {
	errs     uint64
	nulls    uint64
	firstErr string
}

// level is an aggregate with elements to come.
type level struct {
	left int64
	kind byte
}

const (
	maxDepth  = 64
	maxHeader = 64 << 10
	maxBulk   = 1 << 32
)

var (
	errDepth  = errors.New("reply is nested too deep")
	errHeader = errors.New("reply's header line is too long")
)

// feed passes over b and returns how many replies ended in it.
func (s *scanner) feed(b []byte) (replies int, err error) {
	for len(b) > 0 {
		if s.skip > 0 {
			n := min(s.skip, int64(len(b)))
			b = b[n:]
			if s.skip -= n; s.skip == 0 {
				replies += s.ended()
			}
			continue
		}
		if len(s.line) == 0 {
			// What comes by the million, each whole in b, needs no state.
			n, used := s.plain(b)
			replies += n
			if b = b[used:]; used > 0 {
				continue
			}
		}
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			if s.line = append(s.line, b...); len(s.line) > maxHeader {
				return replies, errHeader
			}
			return replies, nil
		}
		line := b[:end+1]
		b = b[end+1:]
		if len(s.line) > 0 {
			s.line = append(s.line, line...)
			line = s.line
			s.line = s.line[:0]
		}
		done, err := s.header(line)
		if err != nil {
			return replies, err
		}
		if done {
			replies += s.ended()
		}
	}
	return replies, nil
}

// plain passes over whole simple strings, integers and short bulk strings at the front of b, to the end of the
// innermost aggregate at most.
func (s *scanner) plain(b []byte) (replies, used int) {
	most := int64(math.MaxInt64)
	if len(s.open) > 0 {
		most = s.open[len(s.open)-1].left
	}
	n := int64(0)
	for n < most && used < len(b) {
		size, ok := plainReply(b[used:])
		if !ok {
			break
		}
		used += size
		n++
	}
	switch {
	case n == 0:
		return 0, 0
	case len(s.open) == 0:
		return int(n), used
	}
	s.open[len(s.open)-1].left -= n - 1
	return s.ended(), used
}

// shortLine is how far an end of line is looked for byte by byte: the status words and integers that occur.
const shortLine = 24

// plainReply is the size of the reply at the front of b, if it is a plain one and whole.
func plainReply(b []byte) (size int, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	n, i := 0, 1
	switch b[0] {
	case '$':
		for ; i < 5 && b[i] >= '0' && b[i] <= '9'; i++ { // four digits at most
			if n = n*10 + int(b[i]-'0'); i+1 == len(b) {
				return 0, false
			}
		}
		size = i + 2 + n + 2
		return size, i > 1 && size <= len(b) && b[i] == '\r' && b[i+1] == '\n'
	case '+', ':':
		for most := min(shortLine, len(b)-1); i < most; i++ {
			if b[i] < ' ' {
				return i + 2, b[i] == '\r' && b[i+1] == '\n'
			}
		}
	}
	return 0, false
}

// header takes a whole line with its CRLF; done says that the element ends with it.
func (s *scanner) header(line []byte) (done bool, err error) {
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return false, fmt.Errorf("reply line %.40q", line)
	}
	body := line[1 : len(line)-2]
	switch line[0] {
	case '+', ':', ',', '#', '(':
		return true, nil
	case '_':
		s.nulls++
		return true, nil
	case '-':
		s.sawError(body)
		return true, nil
	case '$', '=', '!':
		return s.bulk(line[0], body)
	case '*', '~', '>', '%', '|':
		return s.aggregate(line[0], body)
	}
	return false, fmt.Errorf("reply begins with %.40q", line)
}

func (s *scanner) bulk(kind byte, body []byte) (done bool, err error) {
	n, ok := parseCount(body)
	if !ok || n > maxBulk {
		return false, fmt.Errorf("bulk length %.40q", body)
	}
	if n < 0 {
		s.nulls++
		return true, nil
	}
	if kind == '!' {
		s.sawError([]byte("bulk error"))
	}
	s.skip = n + 2
	return false, nil
}

func (s *scanner) aggregate(kind byte, body []byte) (done bool, err error) {
	n, ok := parseCount(body)
	if !ok {
		return false, fmt.Errorf("aggregate length %.40q", body)
	}
	if n < 0 {
		s.nulls++
		return true, nil
	}
	if kind == '%' || kind == '|' {
		n *= 2
	}
	if len(s.open) >= maxDepth {
		return false, errDepth
	}
	s.open = append(s.open, level{left: n, kind: kind})
	if n == 0 {
		return s.closeTop(), nil
	}
	return false, nil
}

// ended counts the end of an element: 1 if a reply ended with it.
func (s *scanner) ended() int {
	for {
		if len(s.open) == 0 {
			return 1
		}
		top := &s.open[len(s.open)-1]
		if top.left--; top.left > 0 || !s.closeTop() {
			return 0
		}
	}
}

// closeTop drops the innermost aggregate and says whether that ends an element: an attribute only precedes
// one, and a push message at top level answers no request.
func (s *scanner) closeTop() bool {
	kind := s.open[len(s.open)-1].kind
	s.open = s.open[:len(s.open)-1]
	return kind != '|' && (kind != '>' || len(s.open) > 0)
}

func (s *scanner) sawError(body []byte) {
	if s.errs++; s.errs == 1 {
		s.firstErr = string(body)
	}
}

// parseCount reads the small integer of a header.
func parseCount(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	if b[0] == '-' {
		n, err := strconv.ParseInt(string(b), 10, 64)
		return n, err == nil && n == -1
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
