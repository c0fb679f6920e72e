package differential

import (
	"strconv"
	"strings"
)

// hashRules leave out what draws fields by lot, but for the draw of all. Newer commands have no reference.
var hashRules = []rule{
	{weight: 30, form: "HSET hashkey [hfield val]+"},
	{weight: 3, form: "HSET hashkey [hfield val hfield val hfield val hfield val]+"},
	{weight: 4, form: "HMSET hashkey [hfield val]+"},
	{weight: 8, form: "HSETNX hashkey hfield val"},
	{weight: 14, form: "HGET hashkey hfield"},
	{weight: 6, form: "HMGET hashkey [hfield]+"},
	{weight: 4, form: "HGETALL hashkey", mode: Sorted},
	{weight: 3, form: "HKEYS hashkey", mode: Sorted},
	{weight: 3, form: "HVALS hashkey", mode: Sorted},
	{weight: 6, form: "HLEN hashkey"},
	{weight: 6, form: "HEXISTS hashkey hfield"},
	{weight: 6, form: "HSTRLEN hashkey hfield"},
	{weight: 12, form: "HDEL hashkey [hfield]+"},
	{weight: 10, form: "HINCRBY hashkey hfield int"},
	{weight: 10, form: "HINCRBYFLOAT hashkey hfield float"},
	{weight: 2, form: "HRANDFIELD hashkey [lot]?", mode: SameKind, whole: true},
	{weight: 3, form: "HRANDFIELD hashkey 100000", mode: Sorted, whole: true},
	{weight: 1, form: "HRANDFIELD hashkey lot WITHVALUES", mode: SameKind, whole: true},
	{weight: 4, form: "HSCAN hashkey 0 [MATCH pattern|COUNT count]*", mode: FullScan, whole: true},
	{weight: 4, form: "OBJECT ENCODING hashkey"},
	{weight: 3, form: "DEL [hashkey]+"},
	{weight: 3, form: "COPY hashkey hashkey [REPLACE|DB db]*"},
	{weight: 3, form: "RENAME hashkey hashkey"},
	{weight: 2, form: "MOVE hashkey db"},
	{weight: 2, form: "EXPIRE hashkey sec"},
	{weight: 1, form: "PERSIST hashkey"},
	{weight: 2, form: "SET hashkey val"},
}

// hashField draws a field: often one that was drawn before, and around the borders of the encodings.
func hashField(s *stream) string {
	switch s.rand.IntN(12) {
	case 0:
		return value(s)
	case 1:
		return goodInts[s.rand.IntN(len(goodInts))]
	case 2:
		return badInts[s.rand.IntN(len(badInts))]
	case 3:
		return strings.Repeat("f", 62+s.rand.IntN(5))
	case 4, 5, 6:
		return strconv.Itoa(s.rand.IntN(30) - 5)
	}
	return string(rune('a' + s.rand.IntN(12)))
}
