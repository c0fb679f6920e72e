package resp

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// Limits bound what a client may send. A zero field means its default.
type Limits struct {
	MaxBulk       int64 // bytes of one argument (proto-max-bulk-len)
	MaxMultibulk  int   // arguments of one request, at most 2^31-1
	MaxInline     int   // bytes of a line: an inline request, or a length
	Authenticated bool  // until then a request may have 10 arguments of 16384 bytes
	Trusted       bool  // a link to our primary: no limit on arguments, and no inline request
}

const (
	defaultMaxBulk      = 512 << 20
	defaultMaxMultibulk = math.MaxInt32
	defaultMaxInline    = 64 << 10

	unauthenticatedArgs = 10
	unauthenticatedBulk = 16384

	maxTrustedBulk = 1 << 46 // so that an offset behind it can't overflow
)

// A Parser finds the requests in the bytes of one connection. The zero value is ready.
//
// It keeps no bytes and no views: only how far it got in a request that isn't complete yet, as offsets from the
// request's first byte. So the caller may move the buffer between two calls, but must keep every byte from
// there on.
type Parser struct {
	pos     int   // the first byte not understood yet
	bulk    int   // bytes of the argument at pos, if its length is known
	scanned int   // bytes from pos on that hold no line end
	count   int32 // arguments of the request; 0 = its first line isn't complete
	left    int32 // arguments that aren't complete
	sized   bool  // bulk is known
}

// Next parses the request that begins at buf[0].
//
// If it is complete, n is its length and out holds its arguments, as views into buf without spare capacity, in
// the memory of args if that is large enough. An empty request has n > 0 and no arguments. Quoted
// arguments of an inline request are copies: buf is not written to, so a request may be parsed again.
//
// If it isn't complete, n is 0 and err nil: the caller calls again with the same bytes and more behind them. Need says
// how many that may take. If err isn't nil, it is a *ProtocolError, and the connection can't be read any more.
func (p *Parser) Next(buf []byte, args [][]byte, lim *Limits) (out [][]byte, n int, err error) {
	// The fast path: a whole request whose lengths have few digits and so are below every limit (the smallest
	// proto-max-bulk-len is 1 MiB). It changes nothing in p; what it can't do, next does from the start.
	if p.pos+p.scanned != 0 || len(buf) < 6 || buf[0] != '*' {
		return p.next(buf, args, lim)
	}
	count, pos := int(buf[1])-'0', 4
	if uint(count-1) > 8 {
		return p.next(buf, args, lim)
	}
	if buf[2] != '\r' {
		d := int(buf[2]) - '0'
		if uint(d) > 9 || buf[3] != '\r' || !lim.Authenticated {
			return p.next(buf, args, lim)
		}
		count, pos = count*10+d, 5
	}
	if len(buf) < count*minArg || lim.MaxMultibulk != 0 && count > lim.MaxMultibulk {
		return p.next(buf, args, lim)
	}
	if cap(args) < count {
		args = make([][]byte, count, max(count, 16))
	}
	args = args[:count]
	for i := range args {
		if len(buf)-pos < minArg {
			return p.next(buf, args, lim)
		}
		h := binary.LittleEndian.Uint32(buf[pos:])
		size := int(byte(h>>8)) - '0'
		if byte(h) != '$' || uint(size) > 9 {
			return p.next(buf, args, lim)
		}
		start := pos + 4
		if c := byte(h >> 16); c != '\r' {
			d := int(c) - '0'
			if size != 0 && uint(d) <= 9 && byte(h>>24) == '\r' {
				size, start = size*10+d, pos+5
			} else if size, start = shortSize(buf, pos); start == 0 || size > unauthenticatedBulk {
				return p.next(buf, args, lim)
			}
		}
		end := start + size
		if len(buf)-2 < end {
			return p.next(buf, args, lim)
		}
		args[i] = buf[start:end:end]
		pos = end + 2
	}
	return args, pos, nil
}

// minArg is the shortest argument: "$0", CR LF, CR LF.
const minArg = 6

// Need returns how long buf must be, from the request's first byte, before the request can be complete or
// wrong; 0 = one byte more than now.
func (p *Parser) Need() int {
	if !p.sized {
		return 0
	}
	return p.pos + p.bulk + 2
}

// Reset forgets a request that isn't complete.
func (p *Parser) Reset() { *p = Parser{} }

// next is Next for every request, from where the last call stopped.
func (p *Parser) next(buf []byte, args [][]byte, lim *Limits) ([][]byte, int, error) {
	args = args[:0]
	if len(buf) == 0 {
		return args, 0, nil
	}
	if buf[0] != '*' {
		return p.nextInline(buf, args, lim)
	}
	again := p.count != 0 // arguments were passed before, or more will come: they are collected at the end
	if !again {
		if empty, err := p.readCount(buf, lim); empty != 0 || p.count == 0 {
			return args, empty, err
		}
		again = int(p.count) > (len(buf)-p.pos)/minArg
	}
	if !again {
		args = slices.Grow(args, int(p.count))
	}
	for ; p.left > 0; p.left-- {
		if !p.sized {
			if err := p.readBulkSize(buf, lim); !p.sized {
				return args[:0], 0, err
			}
		}
		end := p.pos + p.bulk
		if len(buf)-2 < end {
			return args[:0], 0, nil
		}
		if !again {
			args = append(args, buf[p.pos:end:end])
		}
		p.pos, p.sized = end+2, false
	}
	n := p.pos
	if again {
		args = collect(buf, args, int(p.count))
	}
	*p = Parser{}
	return args, n, nil
}

// readCount reads the line "*count". A request without arguments is done with it: then empty is its length.
func (p *Parser) readCount(buf []byte, lim *Limits) (empty int, err error) {
	line, tooLong := p.line(buf, '\r', lim)
	if tooLong {
		return 0, errBigCount
	}
	if line < 0 || len(buf) < line+2 {
		return 0, nil
	}
	count, ok := parseLength(buf[1:line])
	if !ok || count > int64(min(orDefault(lim.MaxMultibulk, defaultMaxMultibulk), defaultMaxMultibulk)) {
		return 0, errCount
	}
	if count > unauthenticatedArgs && !lim.Authenticated {
		return 0, errCountUnauthenticated
	}
	if count <= 0 {
		*p = Parser{}
		return line + 2, nil
	}
	p.count, p.left = int32(count), int32(count)
	p.pos, p.scanned = line+2, 0
	return 0, nil
}

// readBulkSize reads the line "$size" at pos.
func (p *Parser) readBulkSize(buf []byte, lim *Limits) error {
	if size, next := shortSize(buf, p.pos); next != 0 && size <= unauthenticatedBulk {
		p.pos, p.bulk, p.sized, p.scanned = next, size, true, 0
		return nil
	}
	line, tooLong := p.line(buf, '\r', lim)
	if tooLong {
		return errBigSize
	}
	if line < 0 || len(buf) < line+2 {
		return nil
	}
	if buf[p.pos] != '$' {
		return errUnexpected(buf[p.pos])
	}
	size, ok := parseLength(buf[p.pos+1 : line])
	most := orDefault(lim.MaxBulk, defaultMaxBulk)
	if lim.Trusted {
		most = maxTrustedBulk
	}
	if !ok || size < 0 || size > most {
		return errSize
	}
	if size > unauthenticatedBulk && !lim.Authenticated {
		return errSizeUnauthenticated
	}
	p.pos, p.bulk, p.sized, p.scanned = line+2, int(size), true, 0
	return nil
}

// line returns where the line that begins at pos ends, that is where end stands; or -1 if that hasn't come yet. A zero byte
// hides what is behind it: the reference searches with strchr.
func (p *Parser) line(buf []byte, end byte, lim *Limits) (at int, tooLong bool) {
	from := p.pos + p.scanned
	at = bytes.IndexByte(buf[from:], end)
	if at < 0 {
		p.scanned = len(buf) - p.pos
	} else if at += from; bytes.IndexByte(buf[p.pos:at], 0) >= 0 {
		at = -1
	}
	length := at
	if at < 0 {
		length = len(buf)
	}
	return at, length-p.pos > orDefault(lim.MaxInline, defaultMaxInline)
}

// collect sets args to the arguments of the complete and valid request at the head of buf.
func collect(buf []byte, args [][]byte, count int) [][]byte {
	args = slices.Grow(args, count)
	pos := bytes.IndexByte(buf, '\r') + 2
	for range count {
		size, next := shortSize(buf, pos)
		if next == 0 {
			next = pos + bytes.IndexByte(buf[pos:], '\r') + 2
			long, _ := parseLength(buf[pos+1 : next-2])
			size = int(long)
		}
		args = append(args, buf[next:next+size:next+size])
		pos = next + size + 2
	}
	return args
}

// shortSize reads the line "$size" at pos if it is complete, well formed and has at most seven digits; else next is 0.
func shortSize(buf []byte, pos int) (size, next int) {
	const maxDigits = 7
	if len(buf)-pos < maxDigits+3 || buf[pos] != '$' {
		return 0, 0
	}
	b := buf[pos+1 : pos+maxDigits+3]
	for i, c := range b[:maxDigits+1] {
		if c == '\r' && i > 0 && (b[0] != '0' || i == 1) {
			return size, pos + i + 3
		}
		if c-'0' > 9 {
			break
		}
		size = size*10 + int(c-'0')
	}
	return 0, 0
}

// parseLength parses a decimal number as strictly as the reference: no sign but a minus, no leading zero, no blank.
func parseLength(b []byte) (int64, bool) {
	const maxLength = 20 // of "-9223372036854775808"
	if len(b) == 0 || len(b) > maxLength {
		return 0, false
	}
	if len(b) == 1 && b[0] == '0' {
		return 0, true
	}
	negative := b[0] == '-'
	if negative {
		b = b[1:]
	}
	if len(b) == 0 || b[0] < '1' || b[0] > '9' {
		return 0, false
	}
	var v uint64
	for _, c := range b {
		d := uint64(c - '0')
		if d > 9 || v > (math.MaxUint64-d)/10 {
			return 0, false
		}
		v = v*10 + d
	}
	if negative {
		return -int64(v), v <= -math.MinInt64
	}
	return int64(v), v <= math.MaxInt64
}

func orDefault[T int | int64](limit, standard T) T {
	if limit == 0 {
		return standard
	}
	return limit
}
