package zsetcmd

import (
	"math"
	"math/rand/v2"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

const (
	errRange       command.Error = "ERR value is out of range"
	errRandomRange command.Error = "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"

	// maxCount bounds counts that are doubled for the reply.
	maxCount = math.MaxInt64 / 2
)

func zrandmember(c *command.Call) error {
	if len(c.Args) == 2 {
		z, e, err := found(c, c.Args[1])
		if err != nil {
			return err
		}
		if !e.Exists() {
			c.W.Null()
			return nil
		}
		cur := z.Random(rand.Uint64()) // #nosec G404 -- a sample, not a secret
		cur.Next()
		c.W.Bulk(cur.Member())
		return nil
	}
	n, ok := command.ParseInt(c.Args[2])
	switch {
	case !ok:
		return command.ErrNotInt
	case n == math.MinInt64:
		return errRandomRange
	case len(c.Args) > 4 || len(c.Args) == 4 && !command.Is(c.Args[3], "withscores"):
		return command.ErrSyntax
	}
	withScores := len(c.Args) == 4
	if withScores && (n < -maxCount || n > maxCount) {
		return errRange
	}
	z, e, err := found(c, c.Args[1])
	if err != nil {
		return err
	}
	size := int64(0)
	if e.Exists() {
		size = int64(z.Len())
	}
	switch {
	case size == 0 || n == 0:
		c.W.Array(0)
	case n < 0 && c.IsLong(int(min(-n, maxDraws))), n > 0 && c.IsLong(int(min(n, size))):
		return command.TooLong
	case n < 0:
		return writeDraws(c, z, -n, withScores)
	case n >= size:
		writePairs(c, z.Walk(0, int(size), false), int(size), withScores)
	default:
		writeSample(c, z, int(n), withScores)
	}
	return nil
}

// maxDraws bounds the reply of a negative count, which is as long as the client wants.
const maxDraws = 1 << 26

// writeDraws writes n members, of which some may be the same.
func writeDraws(c *command.Call, z object.ZSet, n int64, withScores bool) error {
	if n > maxDraws {
		return errRange
	}
	writeHeader(c, int(n), withScores)
	for range n {
		cur := z.Random(rand.Uint64()) // #nosec G404 -- a sample, not a secret
		cur.Next()
		writePair(c, &cur, withScores)
	}
	return nil
}

// sampleShare: of a set that has at most so many times as many members as are wanted, all are visited.
const sampleShare = 3

// writeSample writes n different members, n less than there are.
func writeSample(c *command.Call, z object.ZSet, n int, withScores bool) {
	size := z.Len()
	writeHeader(c, n, withScores)
	if n*sampleShare > size || z.Encoding() == object.EncListpack {
		left := size
		for cur := z.Walk(0, size, false); n > 0 && cur.Next(); left-- {
			lot := rand.IntN(left) // #nosec G404 -- a sample, not a secret
			if lot < n {
				writePair(c, &cur, withScores)
				n--
			}
		}
		return
	}
	// Floyd's algorithm: all choices of n ranks are as likely.
	chosen := make(map[int]struct{}, n)
	for last := size - n; last < size; last++ {
		rank := rand.IntN(last + 1) // #nosec G404 -- a sample, not a secret
		if _, taken := chosen[rank]; taken {
			rank = last
		}
		chosen[rank] = struct{}{}
		cur := z.Walk(rank, 1, false)
		cur.Next()
		writePair(c, &cur, withScores)
	}
}
