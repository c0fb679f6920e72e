package differential

// The rules, by command group. A relative expiry makes every later look at it approximate.

var stringRules = []rule{
	{weight: 30, form: "SET key val"},
	{weight: 20, form: "SET key val [NX|XX|GET|KEEPTTL|EX sec|PX ms|EXAT at|PXAT msat]*"},
	{weight: 12, form: "GET key"},
	{weight: 4, form: "GETSET key val"},
	{weight: 4, form: "GETDEL key"},
	{weight: 8, form: "GETEX key [EX sec|PX ms|EXAT at|PXAT msat|PERSIST]?"},
	{weight: 2, form: "GETEX key [EX sec|PX ms|EXAT at|PXAT msat|PERSIST]*"},
	{weight: 8, form: "GETRANGE key index index"},
	{weight: 2, form: "SUBSTR key index index"},
	{weight: 8, form: "SETRANGE key offset val"},
	{weight: 8, form: "APPEND key val"},
	{weight: 5, form: "STRLEN key"},
	{weight: 8, form: "INCR key"},
	{weight: 6, form: "DECR key"},
	{weight: 8, form: "INCRBY key int"},
	{weight: 8, form: "DECRBY key int"},
	{weight: 8, form: "INCRBYFLOAT key float"},
	{weight: 6, form: "MGET [key]+"},
	{weight: 5, form: "MSET [key val]+"},
	{weight: 5, form: "MSETNX [key val]+"},
	{weight: 4, form: "SETNX key val"},
	{weight: 4, form: "SETEX key sec val"},
	{weight: 4, form: "PSETEX key ms val"},
	{weight: 5, form: "LCS key key [LEN|IDX|WITHMATCHLEN|MINMATCHLEN small]*"},
}

var genericRules = []rule{
	{weight: 6, form: "DEL [key]+"},
	{weight: 4, form: "UNLINK [key]+"},
	{weight: 6, form: "EXISTS [key]+"},
	{weight: 5, form: "TYPE key"},
	{weight: 3, form: "KEYS pattern", mode: Sorted},
	{weight: 4, form: "SCAN 0 [MATCH pattern|COUNT count|TYPE type]*", mode: FullScan, whole: true},
	{weight: 1, form: "SCAN badcursor [COUNT 10]?", whole: true},
	{weight: 1, form: "RANDOMKEY", mode: SameKind},
	{weight: 6, form: "RENAME key key"},
	{weight: 4, form: "RENAMENX key key"},
	{weight: 6, form: "COPY key key [REPLACE|DB db]*"},
	{weight: 4, form: "MOVE key db"},
	{weight: 4, form: "TOUCH [key]+"},
	{weight: 5, form: "OBJECT ENCODING key"},
	{weight: 1, form: "OBJECT FREQ key"},
	{weight: 1, form: "OBJECT IDLETIME key", mode: Approx, within: 60},
	{weight: 4, form: "DBSIZE"},
	{weight: 1, form: "FLUSHDB [ASYNC|SYNC]?"},
	{weight: 1, form: "FLUSHALL [ASYNC|SYNC]?"},
	{weight: 2, form: "SWAPDB db db"},
}

var expiryRules = []rule{
	{weight: 8, form: "EXPIRE key sec [NX|XX]*"},
	{weight: 6, form: "PEXPIRE key ms [NX|XX]*"},
	{weight: 6, form: "EXPIREAT key at [NX|XX|GT|LT]?"},
	{weight: 6, form: "PEXPIREAT key msat [NX|XX|GT|LT]?"},
	{weight: 6, form: "TTL key", mode: Approx, within: 3},
	{weight: 4, form: "PTTL key", mode: Approx, within: expiryJitterMs},
	{weight: 4, form: "EXPIRETIME key", mode: Approx, within: 3},
	{weight: 4, form: "PEXPIRETIME key", mode: Approx, within: expiryJitterMs},
	{weight: 5, form: "PERSIST key"},
}

var transactionRules = []rule{
	{weight: 8, form: "MULTI", whole: true},
	{weight: 10, form: "EXEC", mode: Approx, within: expiryJitterMs, whole: true},
	{weight: 2, form: "DISCARD", whole: true},
	{weight: 8, form: "WATCH [key]+", whole: true},
	{weight: 2, form: "UNWATCH"},
}

var connectionRules = []rule{
	{weight: 2, form: "PING [val]?"},
	{weight: 2, form: "ECHO val"},
	{weight: 5, form: "SELECT db"},
	{weight: 1, form: "RESET", whole: true},
	{weight: 1, form: "QUIT"},
	{weight: 1, form: "CLIENT GETNAME"},
	{weight: 1, form: "CLIENT SETNAME name"},
	{weight: 1, form: "CLIENT [NOSUCH|NO-EVICT ON|NO-EVICT val]"},
	{weight: 1, form: "HELLO [2|3]?", mode: SameKind},
	// Redis 7.0 takes the name over before it has read the rest: SETNAME stands last.
	{weight: 1, form: "HELLO [2|3|4|val] [AUTH val val|val]*", mode: SameKind},
	{weight: 1, form: "AUTH val"},
	{weight: 1, form: "NOSUCHCOMMAND [val]*"},
	{weight: 1, form: "COMMAND COUNT val", whole: true},
	{weight: 1, form: "COMMAND GETKEYS [GET key|MSET [key val]+]", whole: true},
	{weight: 1, form: "CONFIG [NOSUCH|GET|SET|SET NOSUCH val]"},
}

// otherTypeRules make keys of other types, for the errors that such keys cause, in encodings that
// are the same in all versions.
var otherTypeRules = []rule{
	{weight: 4, form: "ZADD key 1 M", whole: true},
	{weight: 3, form: "HSET key F V", whole: true},
	{weight: 3, form: "SADD key 5", whole: true},
}

// NewCommandGrammar is the grammar of all commands under comparison. otherTypes adds keys of types
// besides strings.
func NewCommandGrammar(otherTypes bool) *Grammar {
	groups := [][]rule{stringRules, bitRules, hllRules, genericRules, expiryRules, transactionRules, connectionRules}
	if otherTypes {
		groups = append(groups, otherTypeRules)
	}
	return NewGrammar(groups...)
}
