package server

import (
	"strings"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/client"
)

// TestScriptedCommands has scripts call commands that take long or ask the loops, by their names and by names that are put together, alone and
// in transactions.
func TestScriptedCommands(t *testing.T) {
	o := newOriginal(t, "io-threads", "2")
	c := o.dial()
	do := func(args ...string) client.Value {
		t.Helper()
		v, err := c.Do(args...)
		if err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		return v
	}
	do("MSET", "a", "1", "b", "2")
	for _, call := range []string{"'info'", "'keys', '*'", "'memory', 'stats'", "'memory', 'doctor'", "'dbsize'", "'scan', '0'", "'sort', 'a', 'by', 'w_*'",
		"'swapdb', '0', '0'", "'wait', '0', '10'", "'waitaof', '0', '0', '10'", "'slowlog', 'get'", "'migrate', '127.0.0.1', '1', 'none', '0', '100'", "'flushall'"} {
		name, rest, _ := strings.Cut(call, ",")
		if rest != "" {
			rest = "," + rest
		}
		apart := name[:3] + "' .. '" + name[3:] // 'in' .. 'fo'
		for _, body := range []string{
			"return #tostring(redis.pcall(" + call + "))",
			"return #tostring(redis.pcall(" + apart + rest + "))",
			"redis.call('set', 'c', '1') return #tostring(redis.pcall(" + call + "))",
			"redis.call('set', 'c', '1') return #tostring(redis.pcall(" + apart + rest + "))",
		} {
			if v := do("EVAL", body, "0"); v.IsError() {
				t.Errorf("%s: %s", body, v)
			}
			do("MULTI")
			do("EVAL", body, "0")
			if v := do("EXEC"); len(v.Elems) != 1 || v.Elems[0].IsError() {
				t.Errorf("in a transaction, %s: %s", body, v)
			}
		}
	}
}

// TestStuckScripts lets scripts spin, where they can be moved off their loop and where they can't. Others are served, and the script is
// killed from another connection of either loop.
func TestStuckScripts(t *testing.T) {
	o := newOriginal(t, "io-threads", "2", "busy-reply-threshold", "10")
	others := []*client.Conn{o.dial(), o.dial()}
	for _, program := range []string{
		`while true do end`,
		`while true do pcall(function() while true do end end) end`,
		`local function f() return f() end return f()`,
		`coroutine.wrap(function() while true do end end)()`,
		`local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function() while true do end end)`,
		`local s = table['so' .. 'rt'] s({3, 2, 1}, function() while true do end end)`,
		`local t = setmetatable({}, {__lt = function() while true do end end}) table.sort({t, t, t})`,
		`local t = setmetatable({}, {__lt = function() while true do end end}) return t < t`,
		`return string.gsub('x', 'x', function() while true do end end)`,
		`local g = string['gs' .. 'ub'] return g('x', 'x', function() while true do end end)`,
		`return load(function() while true do end end)`,
		`return tostring(setmetatable({}, {__tostring = function() while true do end end}))`,
		`for _ in ('x'):rep(1e7):gmatch('.-.-.-.-.-.-b') do end`,
		`while true do redis.call('get', 'a') end`,
	} {
		c := o.dial()
		if err := c.Write(client.AppendCommand(nil, []string{"EVAL", program, "0"})); err != nil {
			t.Fatal(err)
		}
		end := time.Now().Add(effectReplyLimit)
		for i := 0; ; i++ {
			v, err := others[i%2].Do("SCRIPT", "KILL")
			if err != nil || time.Now().After(end) {
				t.Fatalf("%s: %v %v", program, v, err)
			}
			if !v.IsError() {
				break
			}
		}
		v, _, err := c.Read()
		if err != nil || !strings.Contains(v.String(), "Script killed by user with SCRIPT KILL") {
			t.Fatalf("%s: %v %v", program, v, err)
		}
		for _, other := range others {
			if v, err := other.Do("PING"); err != nil || v.IsError() && !strings.HasPrefix(v.Text, "BUSY") {
				t.Fatalf("after %s: %v %v", program, v, err)
			}
		}
	}
}
