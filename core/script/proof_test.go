package script

import (
	"testing"

	"github.com/sleipnirdb/sleipnir/core/command"
)

// testHost is a server with a few commands, none of which is ever run.
type testHost struct{ table *command.Table }

func (h testHost) CommandTable() *command.Table { return h.table }
func (testHost) LogLine(int, string)            {}
func (testHost) MaxMemory() int64               { return 64 << 20 }

func (testHost) MayRun(*command.Call, *command.Command, [][]byte) bool { return true }

func testTable() *command.Table {
	run := func(*command.Call) error { return nil }
	row := func(name string, flags command.Flags, keys ...command.KeySpec) command.Command {
		return command.Command{Name: name, Arity: -1, Flags: flags, Keys: keys, Run: run}
	}
	sort := row("sort", command.Write, command.Key(1, command.RO))
	sort.FindKeys = func([][]byte, []command.KeyRef) ([]command.KeyRef, error) { return nil, nil }
	flush := row("flushall", command.Write)
	flush.Scope = command.ScopeAll
	object := command.Command{Name: "object", Arity: -2, Sub: []command.Command{row("encoding", command.ReadOnly, command.Key(2, command.RO))}}
	return command.NewTable([]command.Command{
		row("get", command.ReadOnly, command.Key(1, command.RO)),
		row("set", command.Write, command.Key(1, command.RW)),
		row("del", command.Write, command.Range(1, -1, 1, command.RM)),
		row("mset", command.Write, command.Range(1, -1, 2, command.OW)),
		row("blpop", command.Write, command.Range(1, -2, 1, command.RW)),
		row("rename", command.Write, command.Key(1, command.RW), command.Key(2, command.OW)),
		row("zunionstore", command.Write, command.Key(1, command.OW), command.KeyNum(2, command.RO)),
		row("xread", command.ReadOnly, command.AfterKeyword("STREAMS", 1, -1, 1, 2, command.RO)),
		row("keys", command.ReadOnly|command.OffLoop), row("scan", command.ReadOnly|command.TouchesArbitraryKeys),
		row("ping", 0), row("publish", command.PubSub|command.MayReplicate), row("select", 0), row("time", 0),
		row("multi", command.NoScript), sort, flush, object,
	})
}

func TestProof(t *testing.T) {
	proved := map[string]string{
		"nothing":            `return 1`,
		"one key":            `return redis.call('get', KEYS[1])`,
		"server":             `return server.pcall("GET", KEYS[1])`,
		"index by anything":  `return redis.call('get', KEYS[tonumber(ARGV[1])])`,
		"index by string":    `return redis['call']('get', KEYS[1])`,
		"alias of call":      `local call = redis.call; return call('get', KEYS[1])`,
		"alias of redis":     `local r = redis; local call = r.call; return call('set', KEYS[1], ARGV[1])`,
		"alias of KEYS":      `local keys = KEYS; return redis.call('get', keys[2])`,
		"local key":          `local k = KEYS[1]; redis.call('set', k, 1); return redis.call('get', k)`,
		"key in a closure":   `local k = KEYS[1]; local function f() return redis.call('get', k) end; return f()`,
		"several locals":     `local a, b = KEYS[1], KEYS[2]; return redis.call('rename', a, b)`,
		"unpacked locals":    `local a, b = unpack(KEYS); return redis.call('rename', a, b)`,
		"assigned twice":     `local k = KEYS[1]; if ARGV[1] then k = KEYS[2] end; return redis.call('get', k)`,
		"assigned later":     `local k; k = KEYS[1]; return redis.call('get', k)`,
		"one by the other":   `local a = KEYS[1]; local b = a; local c = b; return redis.call('get', c)`,
		"and, or":            `return redis.call('get', ARGV[1] and KEYS[1] or KEYS[2])`,
		"parentheses":        `return redis.call('get', (KEYS[1]))`,
		"tostring":           `return redis.call('get', tostring(KEYS[1]))`,
		"loop":               `for i = 1, #KEYS do redis.call('del', KEYS[i]) end`,
		"loop with ipairs":   `for i, k in ipairs(KEYS) do redis.call('set', k, i) end`,
		"loop with pairs":    `for _, k in pairs(KEYS) do redis.call('del', k, KEYS[1]) end`,
		"unpack":             `return redis.call('del', unpack(KEYS))`,
		"unpack a part":      `return redis.call('del', KEYS[1], unpack(KEYS, 2))`,
		"values at the end":  `return redis.call('set', KEYS[1], unpack(ARGV))`,
		"every other":        `return redis.call('mset', KEYS[1], ARGV[1], KEYS[2], 'x')`,
		"all but the last":   `return redis.call('blpop', KEYS[1], KEYS[2], 0)`,
		"number of keys":     `return redis.call('zunionstore', KEYS[1], 2, KEYS[2], KEYS[3], 'WEIGHTS', ARGV[1], 2)`,
		"subcommand":         `return redis.call('object', 'encoding', KEYS[1])`,
		"no keys":            `redis.call('ping'); redis.call('publish', ARGV[1], 'x'); return redis.call('time')`,
		"other database":     `redis.call('select', 1); return redis.call('get', KEYS[1])`,
		"unknown command":    `return redis.call('nosuch', ARGV[1])`,
		"forbidden command":  `return redis.call('multi')`,
		"pcall":              `return pcall(redis.call, 'get', KEYS[1])`,
		"function in pcall":  `return pcall(function() return redis.call('get', KEYS[1]) end)`,
		"helper":             `local function f(k, v) redis.call('set', k, v) end; f(KEYS[1], 1); f(KEYS[2], ARGV[1])`,
		"helper in a local":  `local f = function(k) return redis.call('get', k) end; return f(KEYS[1])`,
		"recursive helper":   `local function f(k, n) if n > 0 then redis.call('del', k); f(k, n - 1) end end; f(KEYS[1], 3)`,
		"helper gets fewer":  `local function f(a, b) return redis.call('get', b) end; return f(KEYS[1])`,
		"reads of KEYS":      `return {#KEYS, table.concat(KEYS, ','), cjson.encode(KEYS), type(KEYS), next(KEYS)}`,
		"other functions":    `redis.log(redis.LOG_WARNING, ARGV[1]); redis.setresp(3); return redis.sha1hex('x')`,
		"a local named KEYS": `local t = {KEYS[1]}; return #t`,
	}
	unproved := map[string]string{
		"literal key":                `return redis.call('get', 'x')`,
		"argument":                   `return redis.call('get', ARGV[1])`,
		"made of a key":              `return redis.call('get', KEYS[1] .. ':x')`,
		"computed name":              `return redis.call(ARGV[1], KEYS[1])`,
		"computed function":          `return redis[ARGV[1]]('get', KEYS[1])`,
		"call as a value":            `local t = {redis.call}; return t[1]('get', 'x')`,
		"call in parentheses":        `return (redis.call)('get', KEYS[1])`,
		"call as an argument":        `return select(1, redis.call)('get', 'x')`,
		"call returned":              `local function f() return redis.call end; return f()('get', 'x')`,
		"redis as a value":           `local t = {redis}; return t[1].call('get', 'x')`,
		"redis walked over":          `for k, v in pairs(redis) do if k == 'call' then v('get', 'x') end end`,
		"alias changed":              `local call = redis.call; call = redis.pcall; return call('get', KEYS[1])`,
		"redis of its own":           `local redis = {call = function() end}; return redis.call('get', 'x'), server.call('get', 'x')`,
		"loadstring":                 `return loadstring(ARGV[1])()`,
		"load":                       `return load(function() return nil end)`,
		"globals":                    `return _G['redis']['call']('get', 'x')`,
		"getfenv":                    `return getfenv(1).redis.call('get', 'x')`,
		"setfenv":                    `setfenv(1, {KEYS = {'x'}, redis = redis}); return 1`,
		"KEYS changed":               `KEYS[1] = 'x'; return redis.call('get', KEYS[1])`,
		"KEYS changed by name":       `local k = KEYS; k[1] = 'x'; return redis.call('get', KEYS[1])`,
		"KEYS grown":                 `table.insert(KEYS, 'x'); return redis.call('get', KEYS[1])`,
		"KEYS handed on":             `local function f(t) t[1] = 'x' end; f(KEYS); return redis.call('get', KEYS[1])`,
		"KEYS in a table":            `local t = {KEYS}; t[1][1] = 'x'; return redis.call('get', KEYS[1])`,
		"KEYS returned":              `return KEYS`,
		"KEYS by ipairs":             `local f, t = ipairs(KEYS); t[1] = 'x'; return redis.call('get', KEYS[1])`,
		"KEYS by foreach":            `table.foreach(KEYS, function(k, v) end)`,
		"metatable":                  `setmetatable(KEYS, {__index = function() return 'x' end}); return redis.call('get', KEYS[9])`,
		"local changed":              `local k = KEYS[1]; k = 'x'; return redis.call('get', k)`,
		"local changed in a closure": `local k = KEYS[1]; local function f() k = ARGV[1] end; f(); return redis.call('get', k)`,
		"local made of another":      `local a = KEYS[1]; local b = a .. 'x'; local c = b; return redis.call('get', c)`,
		"from a table":               `local t = {KEYS[1]}; return redis.call('get', t[1])`,
		"parameter":                  `local function f(k) return redis.call('get', k) end; return f('x')`,
		"parameter once":             `local function f(k) return redis.call('get', k) end; f(KEYS[1]); return f(ARGV[1])`,
		"function handed on":         `local function f(k) return redis.call('get', k) end; f(KEYS[1]); return pcall(f, 'x')`,
		"parameter unpacked":         `local function f(k) return redis.call('get', k) end; return f(unpack(ARGV))`,
		"parameter changed":          `local function f(k) k = 'x'; return redis.call('get', k) end; return f(KEYS[1])`,
		"varargs":                    `local function f(...) return redis.call('get', ...) end; return f(KEYS[1])`,
		"first of ipairs":            `for i, k in ipairs(KEYS) do redis.call('get', i) end`,
		"loop over ARGV":             `for i, k in ipairs(ARGV) do redis.call('get', k) end`,
		"loop variable changed":      `for i, k in ipairs(KEYS) do k = k .. 'x'; redis.call('get', k) end`,
		"unpack ARGV":                `return redis.call('del', unpack(ARGV))`,
		"unpack before":              `return redis.call('del', KEYS[1], unpack(ARGV))`,
		"value where a key is":       `return redis.call('mset', KEYS[1], 'x', 'y', 'z')`,
		"one of two":                 `return redis.call('rename', KEYS[1], KEYS[1] .. 'x')`,
		"or":                         `return redis.call('get', KEYS[1] or 'x')`,
		"keyword":                    `return redis.call('xread', 'STREAMS', KEYS[1], '0')`,
		"number unknown":             `return redis.call('zunionstore', KEYS[1], ARGV[1], KEYS[2])`,
		"number too large":           `return redis.call('zunionstore', KEYS[1], 2, KEYS[2], 'x')`,
		"sort":                       `return redis.call('sort', KEYS[1], 'by', 'x*')`,
		"keys":                       `return redis.call('keys', '*')`,
		"scan":                       `return redis.call('scan', 0)`,
		"flushall":                   `return redis.call('flushall')`,
		"unknown subcommand":         `return redis.call('object', ARGV[1], KEYS[1])`,
		"syntax":                     `return =`,
	}
	e := NewEngine(testHost{testTable()}, "9.1.0")
	for name, code := range proved {
		if is, _ := e.prove(code, chunkName, false); !is {
			t.Errorf("%s: not proved\n%s", name, code)
		}
	}
	for name, code := range unproved {
		if is, _ := e.prove(code, chunkName, false); is {
			t.Errorf("%s: proved\n%s", name, code)
		}
	}
}

func TestProofOfLibraries(t *testing.T) {
	proved := map[string]string{
		"closure": `redis.register_function('f', function(keys, args) return redis.call('get', keys[1]) end)`,
		"named":   `redis.register_function{function_name = 'f', callback = function(k) local a = k[1]; return redis.call('del', a, unpack(k)) end}`,
		"local":   `local function f(keys, args) for _, k in ipairs(keys) do redis.call('del', k) end end; redis.register_function('f', f)`,
		"no keys": `local n = 0; redis.register_function('f', function() n = n + 1; return n end)`,
		"alias":   `local call = redis.call; redis.register_function('f', function(keys) return call('get', keys[1]) end)`,
		"two":     `redis.register_function('f', function(a) return redis.call('get', a[1]) end) redis.register_function('g', function(b) return redis.call('del', b[1]) end)`,
	}
	unproved := map[string]string{
		"arguments":    `redis.register_function('f', function(keys, args) return redis.call('get', args[1]) end)`,
		"kept":         `local k; redis.register_function('f', function(keys) k = keys[1]; return redis.call('get', k) end)`,
		"kept closure": `local f; redis.register_function('f', function(keys) local k = keys[1]; f = function() return redis.call('get', k) end end) redis.register_function('g', function() return f() end)`,
		"kept keys":    `local t; redis.register_function('f', function(keys) t = keys end) redis.register_function('g', function() return redis.call('get', t[1]) end)`,
		"called too":   `local function f(keys) return redis.call('get', keys[1]) end; redis.register_function('f', f) redis.register_function('g', function(k, a) return f(a) end)`,
		"keys changed": `redis.register_function('f', function(keys) keys = {'x'}; return redis.call('get', keys[1]) end)`,
		"helper":       `local function h(k) return redis.call('get', k) end; redis.register_function('f', function(keys) return h(keys[1]) end)`,
		"handed over":  `local function g(n, f) redis.register_function(n, f) end; g('f', function(keys) return redis.call('get', keys[1]) end)`,
	}
	e := NewEngine(testHost{testTable()}, "9.1.0")
	for name, code := range proved {
		if is, _ := e.prove(code, libraryChunkName, true); !is {
			t.Errorf("%s: not proved\n%s", name, code)
		}
	}
	for name, code := range unproved {
		if is, _ := e.prove(code, libraryChunkName, true); is {
			t.Errorf("%s: proved\n%s", name, code)
		}
	}
}
