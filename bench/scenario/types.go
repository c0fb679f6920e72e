package scenario

import (
	"fmt"
	"strings"

	"github.com/sleipnirdb/sleipnir/bench/load"
)

// Sizes of the collections that the types' scenarios work on: many small ones, or one large one.
const (
	smallSize  = 100
	smallCount = 1000
	LargeSize  = 1_000_000
	bitmaps    = 10 // of 1 MiB each
	pipelined  = 16
)

// Member names of small collections: 16 bytes, the last two of them digits.
const (
	member    = "element-member"
	anyMember = member + "{rand:100}"
)

// Types are the workloads of the data types: each command on collections of 100 elements and on one of a million, 16-byte
// elements, 16 requests in flight on each connection. Those with the same Fill stand together.
func Types() []Scenario {
	var all []Scenario
	for _, g := range append(smallGroups(), largeGroups()...) {
		for _, s := range g.works {
			s.Fill, s.Prepare, s.Rounds, s.Fresh = g.fill, g.prepare, g.rounds, true
			s.Shape.KeyPrefix = g.prefix
			s.Keys.Count = g.keys
			s.Pipeline = pipelined
			all = append(all, s.complete())
		}
	}
	return all
}

// group is a set of workloads over the same data.
type group struct {
	prefix        string // of keys
	keys          uint64
	prepare, fill string
	rounds        int
	works         []Scenario
}

// numbered joins the text for each member number of a small collection.
func numbered(text func(i int) string) string {
	var b strings.Builder
	for i := range smallSize {
		b.WriteString(" " + text(i))
	}
	return b.String()
}

func member2(i int) string { return fmt.Sprintf("%s%02d", member, i) }

// does is a workload of one command.
func does(name, text string) Scenario {
	return Scenario{Name: name, Summary: text, Commands: one(text)}
}

// mixed is a workload of a command with others that keep the data as large as it is.
func mixed(name string, commands ...Command) Scenario {
	return Scenario{Name: name, Summary: name, Commands: commands, Nulls: true}
}

func smallGroups() []group {
	return []group{
		{prefix: "hash:", keys: smallCount, fill: "HSET {key}" + numbered(func(i int) string { return member2(i) + " {value}" }), works: []Scenario{
			does("hset, 100", "HSET {key} "+anyMember+" {value}"),
			does("hget, 100", "HGET {key} "+anyMember),
		}},
		{prefix: "list:", keys: smallCount, fill: fmt.Sprintf("RPUSH {key} {value*%d}", smallSize), works: []Scenario{
			mixed("lpush and rpop, 100", Command{"LPUSH {key} {value}", 1}, Command{"RPOP {key}", 1}),
			does("lrange 100, 100", "LRANGE {key} 0 99"),
		}},
		{prefix: "set:", keys: smallCount, fill: "SADD {key}" + numbered(member2), works: []Scenario{
			does("sadd, 100", "SADD {key} "+anyMember),
			does("sismember, 100", "SISMEMBER {key} "+anyMember),
			mixed("spop and 4 sadd, 100", Command{"SADD {key} " + member + "{rand:100}", 4}, Command{"SPOP {key}", 1}),
		}},
		{prefix: "zset:", keys: smallCount, fill: "ZADD {key}" + numbered(func(i int) string { return fmt.Sprint(i, " ", member2(i)) }), works: []Scenario{
			does("zadd, 100", "ZADD {key} {rand:1000000} "+anyMember),
			does("zincrby, 100", "ZINCRBY {key} 1 "+anyMember),
			does("zscore, 100", "ZSCORE {key} "+anyMember),
			does("zrank, 100", "ZRANK {key} "+anyMember),
			does("zrange 100, 100", "ZRANGE {key} 0 99"),
			does("zrangebyscore limit, 100", "ZRANGEBYSCORE {key} {rand:500000} +inf LIMIT 0 10"),
		}},
		{prefix: "stream:", keys: smallCount, rounds: smallSize, prepare: "XGROUP CREATE {key} g $ MKSTREAM", fill: "XADD {key} * field {value}", works: []Scenario{
			does("xadd, 100", "XADD {key} MAXLEN ~ 100 * field {value}"),
			does("xrange 100, 100", "XRANGE {key} - + COUNT 100"),
			mixed("xreadgroup and xadd, 100", Command{"XREADGROUP GROUP g c COUNT 1 NOACK STREAMS {key} >", 1},
				Command{"XADD {key} MAXLEN ~ 100 * field {value}", 1}),
		}},
		{prefix: "bits:", keys: bitmaps, fill: "SETBIT {key} 8388607 1", works: []Scenario{
			does("setbit", "SETBIT {key} {num:6} 1"),
			{Name: "bitcount 1 MiB", Summary: "BITCOUNT of 1 MiB", Commands: one("BITCOUNT {key}"), Conns: 2}, // more would wait for longer than a window
		}},
		{prefix: "hll:", keys: smallCount, fill: "PFADD {key} {value}", works: []Scenario{
			does("pfadd", "PFADD {key} element-{rand:100000}"),
		}},
		{prefix: "geo:", keys: smallCount, fill: "GEOADD {key}" + numbered(func(i int) string { return fmt.Sprintf("15.%02d 35.%02d %s", i, 99-i, member2(i)) }), works: []Scenario{
			{Name: "geosearch, 100", Summary: "GEOSEARCH among a hundred", Commands: one("GEOSEARCH {key} FROMLONLAT 15.5 35.5 BYRADIUS 20 km"), Conns: 4},
		}},
	}
}

func largeGroups() []group {
	return []group{
		{prefix: "field:", keys: LargeSize, fill: "HSET large:hash {key} {value}", works: []Scenario{
			does("hset, 1 M", "HSET large:hash {key} {value}"),
			does("hget, 1 M", "HGET large:hash {key}"),
		}},
		{prefix: "element:", keys: LargeSize, fill: "RPUSH large:list {key}", works: []Scenario{
			mixed("lpush and rpop, 1 M", Command{"LPUSH large:list {value}", 1}, Command{"RPOP large:list", 1}),
			does("lrange 100, 1 M", "LRANGE large:list 0 99"),
		}},
		{prefix: "member:", keys: LargeSize, fill: "SADD large:set {key}", works: []Scenario{
			does("sadd, 1 M", "SADD large:set {key}"),
			does("sismember, 1 M", "SISMEMBER large:set {key}"),
			mixed("spop and 4 sadd, 1 M", Command{"SADD large:set {key}", 4}, Command{"SPOP large:set", 1}),
		}},
		{prefix: "member:", keys: LargeSize, fill: "ZADD large:zset {rand:1000000} {key}", works: []Scenario{
			does("zadd, 1 M", "ZADD large:zset {rand:1000000} {key}"),
			does("zincrby, 1 M", "ZINCRBY large:zset 1 {key}"),
			does("zscore, 1 M", "ZSCORE large:zset {key}"),
			does("zrank, 1 M", "ZRANK large:zset {key}"),
			does("zrange 100, 1 M", "ZRANGE large:zset 500000 500099"),
			does("zrangebyscore limit, 1 M", "ZRANGEBYSCORE large:zset {rand:900000} +inf LIMIT 0 10"),
		}},
		{prefix: "entry:", keys: LargeSize, fill: "XADD large:stream * field {key}", works: []Scenario{
			does("xadd, 1 M", "XADD large:stream MAXLEN ~ 1000000 * field {key}"),
			does("xrange 100, 1 M", "XRANGE large:stream - + COUNT 100"),
		}},
		{prefix: "place:", keys: LargeSize, fill: "GEOADD large:geo 1{rand:10}.{rand:1000000} 3{rand:10}.{rand:1000000} {key}", works: []Scenario{
			{Name: "geosearch, 1 M", Summary: "GEOSEARCH among a million", Commands: one("GEOSEARCH large:geo FROMLONLAT 15.5 35.5 BYRADIUS 5 km"), Conns: 4},
		}},
	}
}

// Prepared is the load that runs over all keys before the fill; false if there is none.
func (s Scenario) Prepared(dial load.Dialer) (load.Config, bool, error) {
	before := s
	before.Fill, before.Rounds = s.Prepare, 1
	return before.Prefill(dial)
}
