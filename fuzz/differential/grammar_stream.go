package differential

import (
	"fmt"
	"strconv"
)

// streamGenerators make the words of the stream group. IDs are few, so that commands meet the same entries.
var streamGenerators = map[string]func(*stream) string{
	"skey":     mostly([]string{"s", "s", "s", "t", "{s}u"}, []string{"str", "nokey", ""}),
	"id":       streamID,
	"newid":    mostly([]string{"5-*", "20-*", "21-1", "22-0", "23", "30-*", "31-5"}, []string{"0-*", "0-0", "0-1", "-", "+", "1-1", "*-1", "18446744073709551615-*"}),
	"bound":    streamBound,
	"group":    mostly([]string{"g", "g", "h"}, []string{"", "nogroup", "g\r\n", "\xff\x00g"}),
	"consumer": mostly([]string{"c", "d", "longer consumer name"}, []string{"", "\x00\xff"}),
	"field":    mostly([]string{"a", "b", "temperature"}, []string{"", "1", "-5", "4096", "\x00\r\n"}),
	"trimlen":  mostly([]string{"0", "1", "2", "3", "5", "8", "20"}, []string{"-1", "x", "", "9223372036854775807", "9223372036854775808"}),
	"many":     mostly([]string{"1", "2", "3", "5", "10"}, []string{"0", "-1", "x", "", "9223372036854775807", "1152921504606846976"}),
	"entries":  mostly([]string{"1", "2", "3", "5", "10"}, []string{"0", "-1", "x", "", "9223372036854775808", "1152921504606846976"}),
	"delid":    func(s *stream) string { return fmt.Sprintf("%d-%d", s.rand.IntN(32), s.rand.IntN(4)) },
	"largeid":  mostly([]string{"40", "40-1", "41-5"}, []string{"", "x", "+", "40-*"}),
	"fa":       oneOf("a"),
	"fb":       oneOf("b"),
	"ks":       oneOf("s"),
	"kt":       oneOf("t"),
	"ku":       oneOf("{s}u"),
	"kstr":     oneOf("str"),
	"idle":     mostly([]string{"0", "0", "1000000"}, []string{"-1", "x", "", "9223372036854775807"}),
}

func streamID(s *stream) string {
	switch s.rand.IntN(20) {
	case 0:
		return []string{"x", "", "1-", "-1", "1-1-1", "1-x", " 1-1", "1- 1", "01-1", "+1-1", "1-+1", "1--1", "1--01", "1\x00-2", "18446744073709551616-0",
			"1-18446744073709551616", "0x1-1", "1.5-1", "**", "$", "-", ">", "(1-1"}[s.rand.IntN(23)]
	case 1:
		return "18446744073709551615-18446744073709551615"
	case 2:
		return "0"
	case 3:
		return strconv.Itoa(s.rand.IntN(40))
	}
	return fmt.Sprintf("%d-%d", s.rand.IntN(30), s.rand.IntN(4))
}

func streamBound(s *stream) string {
	switch s.rand.IntN(8) {
	case 0, 1:
		return "-"
	case 2, 3:
		return "+"
	case 4:
		return "(" + streamID(s)
	}
	return streamID(s)
}

// streamRules are the commands of the stream group, as far as the reference answers as a newer Valkey does. It has no + for
// XREAD and other texts for some errors, makes no consumer before that gets an entry, and lets
// XSETID go below what was deleted.
var streamRules = []rule{
	{weight: 40, form: "XADD skey newid [field val]+"},
	{weight: 10, form: "XADD skey id [fa val fb val|fb val fa val]"},
	{weight: 10, form: "XADD skey [MAXLEN [~|=]? trimlen|MINID [~|=]? id|LIMIT many|NOMKSTREAM]* newid [field val]+"},
	{weight: 8, form: "XADD skey MAXLEN ~ trimlen LIMIT many newid [field val]+"},
	{weight: 6, form: "XTRIM skey [MAXLEN [~|=]? trimlen|MINID [~|=]? id]"},
	{weight: 4, form: "XTRIM skey [MAXLEN ~ trimlen|MINID ~ id] LIMIT many"},
	{weight: 2, form: "XTRIM skey [MAXLEN [~|=]? trimlen|MINID [~|=]? id|LIMIT many]*"},
	{weight: 20, form: "XDEL skey [delid]+"},
	{weight: 6, form: "XLEN skey"},
	{weight: 10, form: "XRANGE skey bound bound [COUNT many]?"},
	{weight: 10, form: "XREVRANGE skey bound bound [COUNT many]?"},
	{weight: 2, form: "XRANGE skey bound bound [COUNT many]*"},
	{weight: 10, form: "XREAD [COUNT many]? STREAMS skey id", whole: true},
	{weight: 4, form: "XREAD [COUNT many]? STREAMS skey skey id id", whole: true},
	{weight: 14, form: "XGROUP CREATE skey group id [MKSTREAM|ENTRIESREAD entries]*"},
	{weight: 4, form: "XGROUP CREATE skey group $ [MKSTREAM]?"},
	{weight: 4, form: "XGROUP SETID skey group [id|$|-|+] [ENTRIESREAD entries]?"},
	{weight: 2, form: "XGROUP DESTROY skey group"},
	{weight: 4, form: "XGROUP CREATECONSUMER skey group consumer", mode: SameKind},
	{weight: 2, form: "XGROUP DELCONSUMER skey group consumer"},
	{weight: 20, form: "XREADGROUP GROUP group consumer [COUNT many|NOACK]* STREAMS skey >", whole: true},
	{weight: 6, form: "XREADGROUP GROUP group consumer [COUNT many]? STREAMS skey id", whole: true},
	{weight: 3, form: "XREADGROUP GROUP group consumer COUNT 2 STREAMS ks kt [> >|> id|id >]", whole: true},
	{weight: 8, form: "XACK skey group [id]+"},
	{weight: 6, form: "XPENDING skey group"},
	{weight: 8, form: "XPENDING skey group [IDLE idle]? bound bound many [consumer]?", mode: Approx, within: expiryJitterMs},
	{weight: 8, form: "XCLAIM skey group consumer idle [id]+ [IDLE idle|RETRYCOUNT many|FORCE|JUSTID|LASTID id|TIME 1000]*"},
	{weight: 8, form: "XAUTOCLAIM skey group consumer idle bound [COUNT many|JUSTID]*"},
	{weight: 3, form: "XSETID skey largeid [ENTRIESADDED many|MAXDELETEDID delid]*"},
	{weight: 8, form: "XINFO STREAM skey"},
	{weight: 1, form: "XINFO NOSUCH skey"},
	{weight: 1, form: "COPY [ks|kt] [ks|kt|ku] REPLACE"},
	{weight: 1, form: "RENAME [ks|kt] [ks|kt|ku]"},
	{weight: 1, form: "DEL [kt|ku]"},
	{weight: 1, form: "SET kstr 1"},
	{weight: 2, form: "TYPE skey"},
	{weight: 1, form: "OBJECT ENCODING skey"},
	{weight: 1, form: "MULTI", whole: true},
	{weight: 2, form: "EXEC", mode: Approx, within: expiryJitterMs, whole: true},
}

// NewStreamGrammar is the grammar of the stream group.
func NewStreamGrammar() *Grammar {
	return NewGrammar(streamRules)
}
