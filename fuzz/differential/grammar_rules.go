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

// setRules leave out what draws members by lot and changes the set, but for the draw of all.
var setRules = []rule{
	{weight: 30, form: "SADD setkey [member]+"},
	{weight: 6, form: "SADD setkey [smallint]+"},
	{weight: 3, form: "SADD setkey [member member member member member member member member member]+"},
	{weight: 12, form: "SREM setkey [member]+"},
	{weight: 8, form: "SISMEMBER setkey member"},
	{weight: 6, form: "SMISMEMBER setkey [member]+"},
	{weight: 5, form: "SCARD setkey"},
	{weight: 6, form: "SMEMBERS setkey", mode: Sorted},
	{weight: 8, form: "SMOVE setkey setkey member"},
	{weight: 3, form: "SPOP setkey 100000", mode: Sorted, whole: true},
	{weight: 1, form: "SPOP NOSUCHSET [count]?", whole: true},
	{weight: 1, form: "SPOP setkey 0", whole: true},
	{weight: 3, form: "SRANDMEMBER setkey [lot]?", mode: SameKind, whole: true},
	{weight: 4, form: "SRANDMEMBER setkey 100000", mode: Sorted, whole: true},
	{weight: 6, form: "SINTER [setkey]+", mode: Sorted},
	{weight: 6, form: "SUNION [setkey]+", mode: Sorted},
	{weight: 6, form: "SDIFF [setkey]+", mode: Sorted},
	{weight: 5, form: "SINTERSTORE setkey [setkey]+"},
	{weight: 5, form: "SUNIONSTORE setkey [setkey]+"},
	{weight: 5, form: "SDIFFSTORE setkey [setkey]+"},
	{weight: 3, form: "SINTERCARD 1 setkey [LIMIT small]?"},
	{weight: 5, form: "SINTERCARD 2 setkey setkey [LIMIT small|LIMIT int]*"},
	{weight: 2, form: "SINTERCARD int [setkey]+ [LIMIT small]*"},
	{weight: 4, form: "SSCAN setkey 0 [MATCH pattern|COUNT count]*", mode: FullScan, whole: true},
	{weight: 4, form: "OBJECT ENCODING setkey"},
	{weight: 3, form: "DEL [setkey]+"},
	{weight: 3, form: "COPY setkey setkey [REPLACE|DB db]*"},
	{weight: 3, form: "RENAME setkey setkey"},
	{weight: 2, form: "MOVE setkey db"},
	{weight: 2, form: "EXPIRE setkey sec"},
	{weight: 2, form: "SET setkey val"},
}

// zsetRules work on keys of their own. Versions print scores with different digits, so they are compared as numbers. Where order
// is by bytes alone, scores are equal.
var zsetRules = []rule{
	{weight: 30, form: "ZADD zkey [score zmember]+"},
	{weight: 12, form: "ZADD zkey [NX|XX|GT|LT|CH|INCR]* [score zshort]+", mode: Approx},
	{weight: 3, form: "ZADD zkey [score zmember score zmember score zmember score zmember score zmember score zmember score zmember]+"},
	{weight: 12, form: "ZADD lexkey [0 zmember]+", whole: true},
	{weight: 10, form: "ZINCRBY zkey score zmember", mode: Approx},
	{weight: 10, form: "ZREM zkey [zmember]+"},
	{weight: 6, form: "ZSCORE zkey zmember", mode: Approx},
	{weight: 4, form: "ZMSCORE zkey [zmember]+", mode: Approx},
	{weight: 3, form: "ZCARD zkey"},
	{weight: 5, form: "ZRANK zkey zmember", whole: true},
	{weight: 4, form: "ZREVRANK zkey zmember", whole: true},
	{weight: 5, form: "ZCOUNT zkey bound bound"},
	{weight: 5, form: "ZLEXCOUNT lexkey lexbound lexbound"},
	{weight: 6, form: "ZRANGE zkey rank rank [WITHSCORES|REV]*", mode: Approx},
	{weight: 6, form: "ZRANGE zkey bound bound BYSCORE [WITHSCORES|REV|LIMIT limit count]*", mode: Approx},
	{weight: 5, form: "ZRANGE lexkey lexbound lexbound BYLEX [REV|LIMIT limit count]*"},
	{weight: 3, form: "ZRANGE zkey bound rank [BYSCORE|BYLEX|WITHSCORES|REV|LIMIT limit count]*", mode: Approx},
	{weight: 3, form: "ZREVRANGE zkey rank rank [WITHSCORES]?", mode: Approx},
	{weight: 6, form: "ZRANGEBYSCORE zkey bound bound [WITHSCORES|LIMIT limit count]*", mode: Approx},
	{weight: 5, form: "ZREVRANGEBYSCORE zkey bound bound [WITHSCORES|LIMIT limit count]*", mode: Approx},
	{weight: 4, form: "ZRANGEBYLEX lexkey lexbound lexbound [LIMIT limit count]?"},
	{weight: 4, form: "ZREVRANGEBYLEX lexkey lexbound lexbound [LIMIT limit count]?"},
	{weight: 5, form: "ZRANGESTORE zkey zkey [rank rank|bound bound BYSCORE] [REV|LIMIT limit count]*"},
	{weight: 3, form: "ZRANGESTORE lexkey lexkey lexbound lexbound BYLEX [REV|LIMIT limit count]*"},
	{weight: 3, form: "ZREMRANGEBYRANK zkey rank rank"},
	{weight: 3, form: "ZREMRANGEBYSCORE zkey bound bound"},
	{weight: 3, form: "ZREMRANGEBYLEX lexkey lexbound lexbound"},
	{weight: 4, form: "[ZUNION|ZINTER] 2 zkey zkey [WITHSCORES|WEIGHTS weight weight|AGGREGATE [SUM|MIN|MAX]]*", mode: Approx},
	{weight: 3, form: "[ZUNION|ZINTER] 3 zkey zkey zkey [WITHSCORES|WEIGHTS weight weight weight|AGGREGATE [SUM|MIN|MAX]]*", mode: Approx},
	{weight: 4, form: "[ZDIFF 1 zkey|ZDIFF 2 zkey zkey|ZDIFF 3 zkey zkey zkey] [WITHSCORES]?", mode: Approx},
	{weight: 4, form: "[ZUNIONSTORE|ZINTERSTORE] zkey 2 zkey zkey [WEIGHTS weight weight|AGGREGATE [SUM|MIN|MAX]]*"},
	{weight: 3, form: "ZDIFFSTORE zkey 2 zkey zkey"},
	{weight: 3, form: "ZINTERCARD 2 zkey zkey [LIMIT small]?"},
	{weight: 3, form: "[ZPOPMIN|ZPOPMAX] zkey [count]?", mode: Approx},
	{weight: 3, form: "ZMPOP 2 zkey zkey [MIN|MAX] [COUNT count]?", mode: Approx},
	{weight: 2, form: "[BZPOPMIN|BZPOPMAX] zkey zkey 0.001", mode: Approx, whole: true},
	{weight: 2, form: "ZRANDMEMBER zkey 100000 [WITHSCORES]?", mode: Sorted, whole: true},
	{weight: 2, form: "ZRANDMEMBER zkey [small]? [WITHSCORES]?", mode: SameKind, whole: true},
	{weight: 4, form: "ZSCAN zkey 0 [MATCH pattern|COUNT 10]*", mode: FullScan, whole: true},
	{weight: 5, form: "OBJECT ENCODING zkey"},
	{weight: 3, form: "DEL [zkey]+"},
	{weight: 2, form: "DEL lexkey"},
	{weight: 2, form: "COPY zkey zkey [REPLACE]?"},
	{weight: 2, form: "RENAME zkey zkey"},
	{weight: 1, form: "SET zkey val"},
	{weight: 1, form: "EXPIRE zkey sec"},
}

// NewSortGrammar is the grammar of SORT. It has streams of its own: after a number out of range in any command, the reference takes every
// weight for no number.
func NewSortGrammar() *Grammar { return NewGrammar(sortRules) }

// sortRules sort lists, whose elements have an order, and sets where the result has one. Sorted sets are left to the scripts: sorting one
// changes its encoding in the reference.
var sortRules = []rule{
	{weight: 6, form: "RPUSH sortkey [weighty]+", whole: true},
	{weight: 2, form: "SADD setkey [weighty]+", whole: true},
	{weight: 3, form: "SORT setkey BY sortby [ASC|DESC|LIMIT index index|GET #|GET getpat|STORE setkey]*", whole: true},
	{weight: 3, form: "SORT setkey ALPHA [ASC|DESC|LIMIT index index|GET #|GET getpat]*", whole: true},
	{weight: 2, form: "SORT setkey BY nosort STORE sortkey", whole: true},
	{weight: 2, form: "DEL sortkey", whole: true},
	{weight: 5, form: "SET weightkey [int|val]", whole: true},
	{weight: 3, form: "HSET weightkey ffield [int|val]", whole: true},
	{weight: 8, form: "SORT sortkey [ASC|DESC|LIMIT index index|GET #|GET getpat|STORE sortkey]*"},
	{weight: 8, form: "SORT sortkey ALPHA [ASC|DESC|LIMIT index index|GET #|GET getpat|STORE sortkey]*"},
	{weight: 6, form: "SORT sortkey BY sortfield [ASC|DESC|LIMIT index index|GET #|GET getpat|STORE sortkey]*"},
	{weight: 8, form: "SORT sortkey BY sortby [ASC|DESC|LIMIT index index|GET #|GET getpat|STORE sortkey]*"},
	{weight: 4, form: "SORT sortkey BY nosort STORE sortkey [DESC|ALPHA|GET #|GET getpat]*", whole: true},
	{weight: 4, form: "SORT_RO sortkey [ASC|DESC|ALPHA|LIMIT index index|GET #|GET getpat]*"},
}

// geoRules search among positions drawn all over the map.
var geoRules = []rule{
	{weight: 30, form: "GEOADD geokey [lon lat zshort]+"},
	{weight: 20, form: "GEOADD geokey [lon lat zmember lon lat zmember lon lat zmember lon lat zmember lon lat zmember]+"},
	{weight: 5, form: "GEOADD geokey [NX|XX|CH]* [lon lat zshort]+"},
	{weight: 5, form: "GEOPOS geokey [zshort]+"},
	{weight: 5, form: "GEOHASH geokey [zshort]+"},
	{weight: 8, form: "GEODIST geokey zshort zshort [unit]?"},
	{weight: 20, form: "GEOSEARCH geokey [FROMLONLAT lon lat|FROMMEMBER zshort] [BYRADIUS radius unit|BYBOX radius radius unit]"},
	{weight: 20, form: "GEOSEARCH geokey [FROMLONLAT lon lat|FROMMEMBER zshort] [BYRADIUS radius unit|BYBOX radius radius unit] [WITHCOORD|WITHDIST|WITHHASH|COUNT count|COUNT count ANY|ASC|DESC]*"},
	{weight: 5, form: "GEOSEARCHSTORE geokey geokey [FROMLONLAT lon lat|FROMMEMBER zshort] [BYRADIUS radius unit|BYBOX radius radius unit] [COUNT count|ASC|DESC]*"},
	{weight: 10, form: "[GEORADIUS|GEORADIUS_RO] geokey lon lat radius unit [WITHCOORD|WITHDIST|WITHHASH|COUNT count|ASC|DESC]*"},
	{weight: 6, form: "GEORADIUSBYMEMBER geokey zshort radius unit [WITHCOORD|WITHDIST|WITHHASH|COUNT count|ASC|DESC|STORE geokey]*"},
	{weight: 4, form: "ZRANGE geokey 0 -1 WITHSCORES"},
	{weight: 2, form: "DEL geokey"},
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
	groups := [][]rule{
		stringRules, bitRules, hllRules, genericRules, expiryRules, transactionRules, connectionRules, setRules, hashRules, zsetRules, geoRules,
	}
	if otherTypes {
		groups = append(groups, otherTypeRules)
	}
	return NewGrammar(groups...)
}
