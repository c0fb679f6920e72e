package resp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
)

// Kind is the first byte of a reply.
type Kind byte

// The kinds of replies.
const (
	KindStatus    Kind = '+'
	KindError     Kind = '-'
	KindInt       Kind = ':'
	KindBulk      Kind = '$'
	KindArray     Kind = '*'
	KindNull      Kind = '_' // also the nulls of RESP2
	KindBool      Kind = '#'
	KindDouble    Kind = ','
	KindBigNumber Kind = '('
	KindBulkError Kind = '!'
	KindVerbatim  Kind = '='
	KindMap       Kind = '%'
	KindSet       Kind = '~'
	KindPush      Kind = '>'
	KindAttribute Kind = '|' // only seen by Skip: a Reply has its attributes in Attr
)

// A Reply is one reply as a tree.
type Reply struct {
	Kind  Kind
	Str   string  // status, error, bulk, verbatim (without its kind), number as text
	Int   int64   // integer; boolean as 0 or 1
	Float float64 // double
	Ext   string  // the three letters before a verbatim text
	Elems []Reply // array, set, push; map as key, value, key, value
	Attr  []Reply // pairs of the attribute that stood before
	Null  Kind    // of a null: what it was written as, '$', '*' or '_'
}

// IsNull tells whether the reply is a null of any form.
func (r *Reply) IsNull() bool { return r.Kind == KindNull }

// Err returns the error that the reply is, or nil.
func (r *Reply) Err() error {
	if r.Kind == KindError || r.Kind == KindBulkError {
		return ReplyError(r.Str)
	}
	return nil
}

// A ReplyError is an error reply as an error.
type ReplyError string

func (e ReplyError) Error() string { return string(e) }

// ErrReply is in the chain of every error about bytes that are no reply, or one over the limits.
var ErrReply = errors.New("resp: bad reply")

const (
	defaultMaxDepth = 64
	defaultMaxReply = 1 << 30
	elemsAtOnce     = 1024 // elements that memory is made for before they have come
	bytesAtOnce     = 64 << 10
)

// A Reader reads the replies of a server as a client does.
type Reader struct {
	r *bufio.Reader

	// MaxDepth is how deep replies may nest, and MaxBytes how long one may be; 0 = 64 levels, 1 GiB.
	MaxDepth int
	MaxBytes int64

	left int64 // bytes that the reply may still have
}

// NewReader returns a Reader of the replies in r.
func NewReader(r *bufio.Reader) *Reader { return &Reader{r: r} }

// Buffered returns the number of bytes that have come and weren't read yet.
func (r *Reader) Buffered() int { return r.r.Buffered() }

// Read reads the next reply, whole. The reply shares nothing with the Reader.
//
// At the end of the stream between two replies it returns io.EOF, inside one io.ErrUnexpectedEOF.
func (r *Reader) Read() (Reply, error) {
	r.left = orDefault(r.MaxBytes, defaultMaxReply)
	if _, err := r.r.Peek(1); err != nil {
		return Reply{}, err
	}
	reply, err := r.read(orDefault(r.MaxDepth, defaultMaxDepth))
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return reply, err
}

// Skip reads the next reply without keeping it, and returns its kind: that of its attribute if it has one. It
// doesn't allocate.
func (r *Reader) Skip() (Kind, error) {
	r.left = orDefault(r.MaxBytes, defaultMaxReply)
	var first Kind
	for pending := int64(1); pending > 0; pending-- {
		line, err := r.line()
		if err != nil {
			if err == io.EOF && first != 0 {
				err = io.ErrUnexpectedEOF
			}
			return first, err
		}
		kind := Kind(line[0])
		if first == 0 {
			first = kind
		}
		switch kind {
		case KindBulk, KindBulkError, KindVerbatim:
			size, err := r.length(line)
			if err != nil {
				return first, err
			}
			if size >= 0 {
				if err := r.discard(size + 2); err != nil {
					return first, err
				}
			}
		case KindArray, KindSet, KindPush, KindMap, KindAttribute:
			n, err := r.length(line)
			if err != nil {
				return first, err
			}
			switch kind {
			case KindMap:
				n *= 2
			case KindAttribute:
				n = 2*max(n, 0) + 1 // and what it is an attribute of
			}
			if n > 0 {
				pending += n
			}
		}
	}
	return first, nil
}

func (r *Reader) read(depth int) (reply Reply, err error) {
	if depth == 0 {
		return reply, bad("nested too deeply")
	}
	line, err := r.line()
	if err != nil {
		return reply, err
	}
	reply.Kind = Kind(line[0])
	switch body := line[1:]; reply.Kind {
	case KindStatus, KindError:
		reply.Str = string(body)
	case KindInt:
		reply.Str = string(body)
		reply.Int, err = strconv.ParseInt(reply.Str, 10, 64)
	case KindBool:
		switch string(body) {
		case "t":
			reply.Int = 1
		case "f":
		default:
			err = bad("boolean %q", body)
		}
	case KindNull:
		reply.Null = KindNull
		if len(body) != 0 {
			err = bad("null %q", body)
		}
	case KindDouble:
		reply.Str = string(body)
		reply.Float, err = parseDouble(reply.Str)
	case KindBigNumber:
		reply.Str = string(body)
		if _, ok := new(big.Int).SetString(reply.Str, 10); !ok {
			err = bad("big number %q", body)
		}
	case KindBulk, KindBulkError, KindVerbatim:
		err = r.readBulk(&reply, line)
	case KindArray, KindSet, KindPush, KindMap:
		err = r.readElems(&reply, line, depth)
	case KindAttribute:
		return r.readAttributed(line, depth)
	default:
		err = bad("kind %q", line[0])
	}
	if err != nil && !errors.Is(err, ErrReply) && !errors.Is(err, io.EOF) {
		var syntax *strconv.NumError
		if errors.As(err, &syntax) {
			err = bad("number %q", syntax.Num)
		}
	}
	return reply, err
}

// readBulk reads what line says the length of.
func (r *Reader) readBulk(reply *Reply, line []byte) error {
	size, err := r.length(line)
	if err != nil {
		return err
	}
	if size < 0 {
		reply.Kind, reply.Null = KindNull, reply.Kind
		return nil
	}
	if r.left -= size + 2; r.left < 0 {
		return bad("longer than the limit")
	}
	b := make([]byte, 0, min(size+2, bytesAtOnce))
	for want := size + 2; int64(len(b)) < want; {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.r.Read(b[len(b):min(int64(cap(b)), want)])
		b = b[:len(b)+n]
		if err != nil {
			return err
		}
	}
	if b[size] != '\r' || b[size+1] != '\n' {
		return bad("no line end behind a bulk string")
	}
	b = b[:size]
	if reply.Kind == KindVerbatim {
		if size < 4 || b[3] != ':' {
			return bad("verbatim text without kind")
		}
		reply.Ext, b = string(b[:3]), b[4:]
	}
	reply.Str = string(b)
	return nil
}

// readElems reads the elements that line says the number of.
func (r *Reader) readElems(reply *Reply, line []byte, depth int) error {
	n, err := r.length(line)
	if err != nil {
		return err
	}
	if n < 0 {
		reply.Kind, reply.Null = KindNull, reply.Kind
		return nil
	}
	if reply.Kind == KindMap {
		n *= 2
	}
	reply.Elems, err = r.elems(n, depth-1)
	return err
}

func (r *Reader) elems(n int64, depth int) ([]Reply, error) {
	elems := make([]Reply, 0, min(n, elemsAtOnce))
	for range n {
		elem, err := r.read(depth)
		if err != nil {
			return nil, err
		}
		elems = append(elems, elem)
	}
	return elems, nil
}

// readAttributed reads the attribute that line begins and the reply behind it.
func (r *Reader) readAttributed(line []byte, depth int) (Reply, error) {
	n, err := r.length(line)
	if err != nil {
		return Reply{}, err
	}
	attr, err := r.elems(max(2*n, 0), depth-1)
	if err != nil {
		return Reply{}, err
	}
	reply, err := r.read(depth - 1)
	reply.Attr = append(attr, reply.Attr...)
	return reply, err
}

// line reads a line and returns it without its end, as a view that lives until the next read. It isn't empty.
func (r *Reader) line() ([]byte, error) {
	line, err := r.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		line, err = r.longLine(line)
	}
	if err != nil {
		if err == io.EOF && len(line) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if r.left -= int64(len(line)); r.left < 0 {
		return nil, bad("longer than the limit")
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return nil, bad("line %q", line)
	}
	return line[:len(line)-2], nil
}

// longLine reads on after head, which filled the buffer.
func (r *Reader) longLine(head []byte) ([]byte, error) {
	line := append([]byte(nil), head...)
	for {
		part, err := r.r.ReadSlice('\n')
		line = append(line, part...)
		if err != bufio.ErrBufferFull {
			return line, err
		}
		if int64(len(line)) > r.left {
			return nil, bad("longer than the limit")
		}
	}
}

// length returns the number in a line; -1 is a null.
func (r *Reader) length(line []byte) (int64, error) {
	n, ok := parseLength(line[1:])
	if !ok || n < -1 || n > math.MaxInt32 {
		return 0, bad("length %q", line)
	}
	if n == -1 && Kind(line[0]) != KindBulk && Kind(line[0]) != KindArray {
		return 0, bad("length %q", line)
	}
	return n, nil
}

func (r *Reader) discard(n int64) error {
	if r.left -= n; r.left < 0 {
		return bad("longer than the limit")
	}
	_, err := r.r.Discard(int(n))
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// parseDouble accepts what a double may look like: strconv knows more forms.
func parseDouble(s string) (float64, error) {
	switch s {
	case "inf":
		return math.Inf(1), nil
	case "-inf":
		return math.Inf(-1), nil
	case "nan", "-nan":
		return math.NaN(), nil
	}
	for _, c := range []byte(s) {
		if c-'0' > 9 && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, bad("double %q", s)
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if errors.Is(err, strconv.ErrRange) {
		err = nil
	}
	return f, err
}

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrReply}, args...)...)
}
