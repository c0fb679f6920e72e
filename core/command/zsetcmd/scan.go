package zsetcmd

import (
	"math"
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/internal/glob"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// emptySteps bounds the steps of a call that find nothing: so many for each member asked for, as in the reference.
const emptySteps = 10

func zscan(c *command.Call) error {
	cursor, err := command.ParseCursor(c.Args[2])
	if err != nil {
		return err
	}
	z, e, err := found(c, c.Args[1])
	if err != nil {
		return err
	}
	s := scan{isLarge: e.Exists() && z.Encoding() == object.EncSkiplist}
	if e.Exists() {
		if s.options, err = command.ParseScanOptions(c.Args[3:], "noscores"); err != nil {
			return err
		}
		if c.IsLong(min(s.options.Count, z.Len())) {
			return command.TooLong
		}
		cursor = s.run(z, cursor)
	} else {
		cursor = 0
	}
	c.W.Array(2)
	c.W.BulkString(strconv.FormatUint(cursor, 10))
	c.W.Array(s.n)
	c.W.Raw(s.out.B)
	return nil
}

// scan is one call of ZSCAN.
type scan struct {
	options command.ScanOptions
	isLarge bool
	seen    int
	n       int         // replies in out
	out     resp.Writer // members and scores: the cursor, which stands before them, is known last
}

func (s *scan) run(z object.ZSet, cursor uint64) (next uint64) {
	for steps := emptySteps * s.options.Count; steps > 0 && s.seen < s.options.Count; steps-- {
		if cursor = z.Scan(cursor, s.visit); cursor == 0 {
			break
		}
	}
	return cursor
}

func (s *scan) visit(member []byte, score float64) {
	s.seen++
	if p := s.options.Pattern; p != nil && !glob.Match(p, member, false) {
		return
	}
	s.out.Bulk(member)
	s.n++
	if s.options.Bare {
		return
	}
	var text [32]byte
	s.out.Bulk(s.appendScore(text[:0], score))
	s.n++
}

// appendScore appends a score as the reference's ZSCAN writes it: of a large set always to 17 digits.
func (s *scan) appendScore(dst []byte, f float64) []byte {
	if !s.isLarge || math.IsInf(f, 0) {
		return resp.AppendDouble(dst, f)
	}
	const digits = 17
	return strconv.AppendFloat(dst, f, 'g', digits, 64)
}
