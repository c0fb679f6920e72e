package differential

import (
	"strconv"
	"strings"
)

// listRules are the list group, with what makes lists come and go. Commands that wait are sent where they can't: to a list that is
// there, or between MULTI and EXEC.
var listRules = []rule{
	{weight: 24, form: "RPUSH listkey [element]+"},
	{weight: 20, form: "LPUSH listkey [element]+"},
	{weight: 4, form: "RPUSH listkey [element element element element element element element element]+"},
	{weight: 4, form: "RPUSHX listkey [element]+"},
	{weight: 4, form: "LPUSHX listkey [element]+"},
	{weight: 8, form: "LPOP listkey [times]?"},
	{weight: 8, form: "RPOP listkey [times]?"},
	{weight: 6, form: "LLEN listkey"},
	{weight: 10, form: "LINDEX listkey position"},
	{weight: 16, form: "LRANGE listkey position position"},
	{weight: 12, form: "LSET listkey position element"},
	{weight: 14, form: "LINSERT listkey [BEFORE|AFTER|BEFORE|AFTER|val] element element"},
	{weight: 8, form: "LREM listkey times element"},
	{weight: 5, form: "LTRIM listkey position position"},
	{weight: 10, form: "LPOS listkey element [RANK times|COUNT times|MAXLEN position]*"},
	{weight: 8, form: "LMOVE listkey listkey [LEFT|RIGHT|LEFT|RIGHT|val] [LEFT|RIGHT]"},
	{weight: 4, form: "RPOPLPUSH listkey listkey"},
	{weight: 6, form: "LMPOP 1 listkey [LEFT|RIGHT] [COUNT times]?"},
	{weight: 4, form: "LMPOP 2 listkey listkey [LEFT|RIGHT|val] [COUNT times]*"},
	{weight: 2, form: "LMPOP times [listkey]+ [LEFT|RIGHT]"},
	{weight: 4, form: "OBJECT ENCODING listkey"},
	{weight: 3, form: "DEL [listkey]+"},
	{weight: 3, form: "COPY listkey listkey [REPLACE|DB db]*"},
	{weight: 3, form: "RENAME listkey listkey"},
	{weight: 2, form: "MOVE listkey db"},
	{weight: 2, form: "EXPIRE listkey sec"},
	{weight: 2, form: "TYPE listkey"},
	{weight: 2, form: "SET listkey val"},
}

// element draws an element: often one that was drawn before, and now and then one that fills a block by itself.
func element(s *stream) string {
	switch s.rand.IntN(16) {
	case 0:
		return value(s)
	case 1:
		return goodInts[s.rand.IntN(len(goodInts))]
	case 2:
		return badInts[s.rand.IntN(len(badInts))]
	case 3:
		return strings.Repeat("e", []int{62, 63, 64, 65, 125, 126, 127, 128, 4094, 4095, 4096, 8180, 8192, 8193}[s.rand.IntN(14)])
	case 4, 5, 6, 7:
		return strconv.Itoa(s.rand.IntN(12) - 3)
	case 8:
		return strings.Repeat(string(rune('p'+s.rand.IntN(4))), s.rand.IntN(700))
	}
	return string(rune('a' + s.rand.IntN(6)))
}

// NewListGrammar is the grammar of the list group.
func NewListGrammar() *Grammar {
	return NewGrammar(listRules, transactionRules)
}
