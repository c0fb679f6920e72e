package server

import (
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/client"
)

// TestSandbox lets scripts try to leave something behind for the next one, which may be another user's (the classes of CVE-2022-24735,
// CVE-2024-46981, CVE-2025-46818). Each attempt fails, and everything is as it was.
func TestSandbox(t *testing.T) {
	const frozen, unknown = "Attempt to modify a readonly table", "Script attempted to access nonexistent global variable"
	o := newOriginal(t, "io-threads", "1")
	c := o.dial()
	// witness is what any script finds.
	const witness = `local m = getmetatable('')
		return {('x'):upper(), string.format('%d', 3), #KEYS, #ARGV, tostring(KEYS[1]), tostring(KEYS.leaked), tostring(getmetatable(KEYS)), tostring(rawget(_G, 'leaked')), cjson.encode({1}), math.floor(2.5), type(m), tostring(redis.call == redis.pcall), table.concat({1, 2})}`
	ask := func(program string) (string, bool) {
		t.Helper()
		v, err := c.Do("EVAL", program, "0")
		if err != nil {
			t.Fatalf("%s: %v", program, err)
		}
		return v.String(), v.IsError()
	}
	before, isError := ask(witness)
	if isError {
		t.Fatal(before)
	}
	for _, tt := range []struct{ program, want string }{
		{`leaked = 1`, frozen},
		{`_G.leaked = 1`, frozen},
		{`rawset(_G, 'leaked', 1)`, frozen},
		{`setmetatable(_G, {})`, frozen},
		{`setmetatable(_G, nil)`, frozen},
		{`getmetatable(_G).__index = function() return 1 end`, frozen},
		{`getmetatable('').__index = function() return 1 end`, frozen},
		{`getmetatable('').__add = function() return 1 end`, frozen},
		{`rawset(getmetatable(''), '__call', type)`, frozen},
		{`getmetatable('').__index.upper = nil`, frozen},
		{`string.upper = nil`, frozen},
		{`rawset(string, 'upper', nil)`, frozen},
		{`table.insert(string, 1)`, frozen},
		{`table.remove = nil`, frozen},
		{`redis.call = redis.pcall`, frozen},
		{`server.call = nil`, frozen},
		{`cjson.encode = nil`, frozen},
		{`rawset(cmsgpack, 'pack', nil)`, frozen},
		{`bit.band = nil`, frozen},
		{`struct.pack = nil`, frozen},
		{`math.floor = nil`, frozen},
		{`os.clock = nil`, frozen},
		{`setmetatable(string, {__index = {}})`, frozen},
		{`setfenv(1, {})  leaked = 1 return leaked`, ""},
		{`local e = getfenv(0) e.leaked = 1`, frozen},
		{`setfenv(0, {})`, ""},
		{`local f = loadstring('leaked = 1') f()`, frozen},
		{`coroutine.wrap(function() leaked = 1 end)()`, frozen},
		{`KEYS.leaked = 1 ARGV.leaked = 2 KEYS[1] = 'x' return 1`, ":1"},
		{`setmetatable(KEYS, {__index = function() return 'x' end}) return 1`, ":1"},
		{`for i = 1, 5000 do KEYS[i] = i ARGV['a' .. i] = i end return 1`, ":1"},
		{`setfenv(1, {redis = {call = 1}, string = {}}) return 1`, ":1"},
		{`cjson.decode_max_depth(1) return 1`, ":1"},
		{`return redis.setresp(3)`, ""},
		{`table.sort({3, 2, 1}, function(a, b) string.upper = nil end)`, frozen},
		{`string.gsub('x', 'x', function() _G.x = 1 end)`, frozen},
		{`setmetatable({}, {__index = function(t, k) string[k] = 1 end}).y = 1 local t = setmetatable({}, {__newindex = _G}) t.leaked = 1`, frozen},
		{`return os.execute('true')`, "attempt to call field 'execute'"},
		{`return io.open('/etc/passwd')`, unknown},
		{`return require('os')`, unknown},
		{`return debug.getinfo(1)`, unknown},
		{`return dofile('/etc/passwd')`, unknown},
		{`return string.dump(function() end)`, "unable to dump given function"},
		{`return loadstring(string.char(27) .. 'Lua')`, ""},
	} {
		if got, _ := ask(tt.program); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s, want %s", tt.program, got, tt.want)
		}
		if after, _ := ask(witness); after != before {
			t.Fatalf("after %s: %s, before %s", tt.program, after, before)
		}
	}
}

// TestScriptBombs lets scripts ask for more than there is. The server answers, and lives.
func TestScriptBombs(t *testing.T) {
	o := newOriginal(t, "io-threads", "1", "script-memory-limit", "16mb")
	c := o.dial()
	for _, program := range []string{
		`return #string.rep('x', 2^30)`,
		`local s = 'x' while true do s = s .. s end`,
		`local t = {} for i = 1, 1e9 do t[i] = i end`,
		`local t = {} for i = 1, 1e9 do t[i] = {} end`,
		`local t = {} for i = 1, 1e9 do t[i] = tostring(i) end`,
		`return string.format('%99999d', 1)`,
		`return table.concat({}, 'x', 1, 2^30)`,
		`return unpack({}, 1, 2^30)`,
		`local function f() return f() + 1 end return f()`,
		`return cjson.encode(setmetatable({}, nil)) .. string.rep('[', 2^30)`,
		`return cjson.decode(string.rep('[', 100000))`,
		`local t = {} t[1] = t return cjson.encode(t)`,
		`local t = {} t[1] = t return cmsgpack.pack(t) .. string.rep('x', 2^30)`,
		`local co = {} for i = 1, 1e9 do co[i] = coroutine.create(function() coroutine.yield() end) coroutine.resume(co[i]) end`,
		`return ('x'):rep(1e6):gsub('.', ('y'):rep(1e6))`,
		`return loadstring(string.rep('(', 1e6))()`,
		`return loadstring('return ' .. string.rep('{', 1e6))()`,
	} {
		v, err := c.Do("EVAL", program, "0")
		if err != nil {
			t.Fatalf("%s: %v", program, err)
		}
		if !v.IsError() && !strings.Contains(program, "cmsgpack") {
			t.Errorf("%s: %.100s", program, v.String())
		}
	}
	if v, err := c.Do("PING"); err != nil || v.String() != "+PONG" {
		t.Fatal(v, err)
	}
}

// TestReplyInjection lets scripts answer with line ends, where they would end the reply (the class of CVE-2025-67733).
func TestReplyInjection(t *testing.T) {
	o := newOriginal(t, "io-threads", "1")
	c := o.dial()
	for _, program := range []string{
		`return redis.error_reply('x\r\n+OK')`,
		`return {err = 'x\r\n+OK'}`,
		`return redis.status_reply('x\r\n+OK')`,
		`return {ok = 'x\r\n+OK'}`,
		`return {{ok = 'x\r\n+OK'}, {err = '\n-ERR'}}`,
		`error('x\r\n+OK')`,
		`error({err = 'x\r\n+OK'})`,
		`return redis.call('x\r\n+OK')`,
		`redis.setresp(3) return {big_number = '1\r\n+OK'}`,
		`redis.setresp(3) return {double = 0, verbatim_string = {format = '\r\n+', string = 'x'}}`,
		`return loadstring('x\r\n+OK')()`,
		`x\r\n+OK`,
	} {
		for _, protocol := range []string{"2", "3"} {
			if _, err := c.Do("HELLO", protocol); err != nil {
				t.Fatal(err)
			}
			if v, err := c.Do("EVAL", program, "0"); err != nil || strings.ContainsAny(v.Text, "\r\n") && v.Kind != client.Bulk && v.Kind != client.Verbatim {
				t.Errorf("%s: %v %v", program, v, err)
			}
			if v, err := c.Do("ECHO", "in step"); err != nil || v.Text != "in step" {
				t.Fatalf("after %s: %v %v", program, v, err)
			}
		}
	}
}
