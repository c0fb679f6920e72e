package scenario

// Classic is a test of redis-benchmark by the name its -t option knows: what it sends, and what it fills
// in before. __rand_int__ varies when -r is given, __data__ is the value.
type Classic struct {
	Name   string // as -t says it
	Title  string // as the report says it
	Text   string
	Inline bool
}

const randKey = ":__rand_int__"

// Classics are the tests in the order that redis-benchmark runs them.
func Classics() []Classic {
	return []Classic{
		{Name: "ping_inline", Title: "PING_INLINE", Text: "PING", Inline: true},
		{Name: "ping_mbulk", Title: "PING_MBULK", Text: "PING"},
		{Name: "set", Title: "SET", Text: "SET key" + randKey + " __data__"},
		{Name: "get", Title: "GET", Text: "GET key" + randKey},
		{Name: "incr", Title: "INCR", Text: "INCR counter" + randKey},
		{Name: "lpush", Title: "LPUSH", Text: "LPUSH mylist __data__"},
		{Name: "rpush", Title: "RPUSH", Text: "RPUSH mylist __data__"},
		{Name: "lpop", Title: "LPOP", Text: "LPOP mylist"},
		{Name: "rpop", Title: "RPOP", Text: "RPOP mylist"},
		{Name: "sadd", Title: "SADD", Text: "SADD myset element" + randKey},
		{Name: "hset", Title: "HSET", Text: "HSET myhash element" + randKey + " __data__"},
		{Name: "spop", Title: "SPOP", Text: "SPOP myset"},
		{Name: "zadd", Title: "ZADD", Text: "ZADD myzset 0 element" + randKey},
		{Name: "zpopmin", Title: "ZPOPMIN", Text: "ZPOPMIN myzset"},
		{Name: "lrange", Title: "LPUSH (needed to benchmark LRANGE)", Text: "LPUSH mylist __data__"},
		{Name: "lrange_100", Title: "LRANGE_100 (first 100 elements)", Text: "LRANGE mylist 0 99"},
		{Name: "lrange_300", Title: "LRANGE_300 (first 300 elements)", Text: "LRANGE mylist 0 299"},
		{Name: "lrange_500", Title: "LRANGE_500 (first 500 elements)", Text: "LRANGE mylist 0 499"},
		{Name: "lrange_600", Title: "LRANGE_600 (first 600 elements)", Text: "LRANGE mylist 0 599"},
		{Name: "mset", Title: "MSET (10 keys)", Text: "MSET" + repeat10(" key"+randKey+" __data__")},
		{Name: "mget", Title: "MGET (10 keys)", Text: "MGET" + repeat10(" key"+randKey)},
		{Name: "xadd", Title: "XADD", Text: "XADD mystream * myfield __data__"},
	}
}

func repeat10(s string) string { return s + s + s + s + s + s + s + s + s + s }
