package differential

// effectRules are what the other groups leave out because replies to it can't be compared: what is done by lot, what the reference doesn't
// know, what waits, and what is over in a few milliseconds.
var effectRules = []rule{
	{weight: 10, form: "SPOP setkey [small|count]?"},
	{weight: 12, form: "SET key val PX soon"},
	{weight: 4, form: "SET key val [NX|XX|GET|PX soon|EX sec]*"},
	{weight: 4, form: "SET key val IFEQ val [GET|KEEPTTL|PX soon]*"},
	{weight: 4, form: "SETRANGE key 3 val"},
	{weight: 4, form: "DELIFEQ key val"},
	{weight: 4, form: "MSETEX 2 key val key val [NX|XX]? [EX sec|PX soon|EXAT at|PXAT msat|KEEPTTL]?"},
	{weight: 4, form: "GETEX key PX soon"},
	{weight: 6, form: "PEXPIRE key soon [NX|XX|GT|LT]?"},
	{weight: 3, form: "PEXPIRE [hashkey|setkey|zkey|listkey|skey] soon"},
	{weight: 4, form: "HSET hashkey [hfield val]+"},
	{weight: 8, form: "[HEXPIRE hashkey sec|HPEXPIRE hashkey soon|HEXPIREAT hashkey at|HPEXPIREAT hashkey msat] [NX|XX|GT|LT]? FIELDS 2 hfield hfield"},
	{weight: 6, form: "HPEXPIRE hashkey soon FIELDS 1 hfield"},
	{weight: 4, form: "HPERSIST hashkey FIELDS 2 hfield hfield"},
	{weight: 8, form: "HSETEX hashkey [NX|XX]? [FNX|FXX]? [EX sec|PX soon|PXAT msat|KEEPTTL|EXAT at]? FIELDS 2 hfield val hfield val"},
	{weight: 4, form: "HGETEX hashkey [EX sec|PX soon|PXAT msat|PERSIST|EXAT at]? FIELDS 2 hfield hfield"},
	{weight: 3, form: "HGETDEL hashkey FIELDS 2 hfield hfield"},
	{weight: 6, form: "[HINCRBY hashkey hfield 3|HINCRBYFLOAT hashkey hfield 0.1|HSETNX hashkey hfield val|HDEL hashkey hfield hfield]"},
	{weight: 5, form: "[BLPOP|BRPOP] listkey listkey 0.002", whole: true},
	{weight: 3, form: "BLMPOP 0.002 2 listkey listkey [LEFT|RIGHT] [COUNT small]?", whole: true},
	{weight: 3, form: "[BLMOVE listkey listkey LEFT RIGHT 0.002|BRPOPLPUSH listkey listkey 0.002]", whole: true},
	{weight: 3, form: "BZMPOP 0.002 2 zkey zkey [MIN|MAX] [COUNT small]?", whole: true},
	{weight: 3, form: "XREADGROUP GROUP group consumer BLOCK 2 STREAMS skey >", whole: true},
	{weight: 5, form: "XADD skey * field val"},
	{weight: 6, form: "[SCAN 0|RANDOMKEY|DBSIZE|KEYS *]"},
}

// NewEffectGrammar is the grammar of all commands, for what is compared by what they leave behind.
func NewEffectGrammar() *Grammar {
	return NewGrammar(effectRules, stringRules, bitRules, hllRules, genericRules, expiryRules, transactionRules, connectionRules, setRules,
		hashRules, zsetRules, geoRules, listRules, streamRules, sortRules, otherTypeRules)
}
