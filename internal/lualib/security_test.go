package lualib

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/lua"
)

// The classes of faults that C's Lua and its libraries had: sizes that overflow, nesting without an end, memory and time
// without a bound. docs/security.md maps them.

const (
	hostileMemory = 64 << 20
	hostileSteps  = 2_000_000
	hostileTime   = 30 * time.Second // far more than that takes
)

var errSteps = errors.New("out of steps")

// run runs a hostile program within bounds, and returns its first result or its error.
func run(t *testing.T, program string) string {
	t.Helper()
	s := lua.New(lua.Limits{Memory: hostileMemory})
	s.OpenBase()
	s.OpenCoroutine()
	s.OpenTable()
	s.OpenString()
	s.OpenMath()
	s.OpenOS()
	Open(s)
	chunk, err := s.Compile(program, "@user_script")
	if err != nil {
		return err.Error()
	}
	s.SetInterrupt(hostileSteps, func() (int, error) { return 0, errSteps })
	start := time.Now()
	results, err := s.Run(s.Load(chunk))
	if took := time.Since(start); took > hostileTime {
		t.Errorf("took %v", took)
	}
	if used := s.MemoryUsed(); used > 2*hostileMemory {
		t.Errorf("%d bytes in use after the run", used)
	}
	if err != nil {
		return err.Error()
	}
	text := ""
	for _, v := range results {
		s, ok := v.ToString()
		if !ok {
			s = v.TypeName()
		}
		text += s + " "
	}
	return strings.TrimSuffix(text, " ")
}

func runTable(t *testing.T, table []struct{ name, program, want string }) {
	t.Helper()
	for _, test := range table {
		t.Run(test.name, func(t *testing.T) {
			got := run(t, test.program)
			if test.want == outOfMemory && got == errSteps.Error() {
				return // the one budget or the other
			}
			if !strings.Contains(got, test.want) {
				t.Errorf("got %.300q, want %q", got, test.want)
			}
		})
	}
}

const outOfMemory = "not enough memory"

// TestLibraryMemory: CVE-2021-32626, CVE-2022-24834, CVE-2024-31449, CVE-2025-46817.
func TestLibraryMemory(t *testing.T) {
	runTable(t, []struct{ name, program, want string }{
		{"unpack, whole range", `return unpack({}, 0, 2^31 - 1)`, "too many results to unpack"},
		{"unpack, count overflows", `return unpack({}, -2^31, 2^31 - 1)`, "too many results to unpack"},
		{"unpack, far away", `return #{unpack({}, 2^31 - 3, 2^31 - 1)}`, "0"},
		{"unpack, backwards", `return #{unpack({}, 2^31 - 1, -2^31)}`, "0"},
		{"byte", `return string.byte(('x'):rep(1e6), 1, -1)`, "string slice too long"},
		{"rep", `return #('x'):rep(2^31 - 1)`, outOfMemory},
		{"rep, product overflows", `return #(('x'):rep(1e6)):rep(2^31 - 1)`, "string length overflow"},
		{"rep, doubling", `local s = 'x' while true do s = s .. s end`, outOfMemory},
		{"rep, kept", `local t = {} for i = 1, 1e6 do t[i] = ('x'):rep(1e5) .. i end`, outOfMemory},
		{"parts don't keep the whole", `local t = {} for i = 1, 1e6 do t[i] = (('x'):rep(1e5) .. i):sub(1, 2) end return #t`, "out of steps"},
		{"gmatch keeps its source", `local t = {} for i = 1, 1e6 do t[i] = (('x'):rep(1e5) .. i):gmatch('x') end`, outOfMemory},
		{"concat", `local t, s = {}, ('x'):rep(1e6) for i = 1, 100 do t[i] = s end return #table.concat(t)`, outOfMemory},
		{"concat, separator", `local t = {} for i = 1, 1000 do t[i] = '' end return #table.concat(t, ('x'):rep(1e6))`, outOfMemory},
		{"gsub", `return #(('x'):rep(1e6):gsub('.', ('y'):rep(1e6)))`, outOfMemory},
		{"gsub, captures", `return #(('x'):rep(1e4):gsub('(.*)', ('%1'):rep(1e5)))`, outOfMemory},
		{"format", `return #('%s'):rep(100):format(unpack((function() local t, s = {}, ('x'):rep(1e6) for i = 1, 100 do t[i] = s end return t end)()))`, outOfMemory},
		{"insert, far below", `table.insert({}, -2^31, 1)`, ""},
		{"char", `return #string.char(unpack((function() local t = {} for i = 1, 7000 do t[i] = 65 end return t end)()))`, "7000"},
		{"tables", `local t = {} for i = 1, 1e8 do t[i] = {} end`, outOfMemory},
		{"cjson, array of one far element", `cjson.encode_sparse_array(true, 0) return cjson.encode({[2^31 - 1] = 1})`, outOfMemory},
		{"cjson, cycle", `local t = {} t[1] = t return cjson.encode(t)`, "excessive nesting"},
		{"cjson, cycle without a limit", `cjson.encode_max_depth(2^31 - 1) local t = {} t[1] = t return cjson.encode(t)`, "excessive nesting"},
		{"cjson, wide cycle", `cjson.encode_max_depth(50) local t = {} for i = 1, 50 do t[i] = t end return cjson.encode(t)`, "excessive nesting"},
		{"cjson, shared deeply", `local t = {'x'} for i = 1, 40 do t = {t, t} end return #cjson.encode(t)`, outOfMemory},
		{"cjson, escapes", `local t, s = {}, ('\1'):rep(1e6) for i = 1, 20 do t[i] = s end return #cjson.encode(t)`, outOfMemory},
		{"cjson, deep text", `return cjson.decode(('['):rep(1e6))`, "too many nested data structures"},
		{"cjson, deep text without a limit", `cjson.decode_max_depth(2^31 - 1) return cjson.decode(('['):rep(1e6))`, "too many nested data structures"},
		{"cjson, many tables", `return #cjson.decode('[' .. ('[],'):rep(3e6) .. '1]')`, outOfMemory},
		{"cmsgpack, wide cycle", `local t = {} for i = 1, 20 do t[i] = t end return #cmsgpack.pack(t)`, outOfMemory},
		{"cmsgpack, deep", `return cmsgpack.unpack(('\145'):rep(1e6))`, "stack overflow"},
		{"cmsgpack, deep keys", `return cmsgpack.unpack(('\129'):rep(1e6))`, "stack overflow"},
		{"cmsgpack, count that isn't there", `return cmsgpack.unpack('\221\255\255\255\255')`, "Missing bytes in input."},
		{"cmsgpack, length that isn't there", `return cmsgpack.unpack('\219\255\255\255\255')`, "Missing bytes in input."},
		{"cmsgpack, offset", `return cmsgpack.unpack_one('x', 2^53)`, "Start offset"},
		{"cmsgpack, many tables", `return #cmsgpack.unpack('\221\0\64\0\0' .. ('\144'):rep(4194304))`, outOfMemory},
		{"bit.tohex, smallest", `return bit.tohex(65535, -2147483648)`, "0000FFFF"},
		{"bit.tohex, largest", `return bit.tohex(65535, 2147483647)`, "0000ffff"},
		{"struct, size", `return struct.pack('c2147483647', 'x')`, "string too short"},
		{"struct, size overflows", `return struct.pack('c99999999999', 'x')`, "integral size overflow"},
		{"struct, offset", `return struct.unpack('i', 'abcdef', 2^53)`, "data string too short"},
		{"struct, offset before", `return struct.unpack('i', 'abcdef', -1)`, "data string too short"},
		{"struct, previous size", `return struct.unpack('Ic0', ('\255'):rep(8))`, "data string too short"},
		{"struct, alignment", `return struct.unpack('!1073741824I32', 'x', 2)`, "data string too short"},
	})
}

// TestParserAndCollector: CVE-2022-24736, CVE-2024-46981, CVE-2025-46819, CVE-2025-49844.
func TestParserAndCollector(t *testing.T) {
	runTable(t, []struct{ name, program, want string }{
		{"nested parentheses", "return " + strings.Repeat("(", 1e5), "too many syntax levels"},
		{"nested tables", "return " + strings.Repeat("{", 1e5), "too many syntax levels"},
		{"nested blocks", strings.Repeat("do ", 1e5), "too many syntax levels"},
		{"nested functions", strings.Repeat("function() return ", 1e5), "'<name>' expected"},
		{"chained operators", "return 1" + strings.Repeat(" .. 1", 1e5), "too many syntax levels"},
		{"chained minus", "return " + strings.Repeat("- ", 1e5) + "1", "too many syntax levels"},
		{"long string that never ends", "return [" + strings.Repeat("=", 1e5) + "[x", "unfinished long string"},
		{"long comment that never ends", "--[" + strings.Repeat("=", 1e5) + "[x", "unfinished long comment"},
		{"escape at the end", "return '\\", "unfinished string"},
		{"number at the end", "return 0x", "malformed number"},
		{"bytecode", "\x1bLuaQ\x00\x01\x04\x08\x04\x08\x00", "unexpected symbol"},
		{"bytecode by loadstring", `return loadstring('\27LuaQ\0\1\4\8\4\8\0')`, "unexpected symbol"},
		{"dump", `return string.dump(function() end)`, "unable to dump"},
		{"chunk name under pressure", `for i = 1, 1e3 do loadstring('x = ', ('n'):rep(1e4) .. i) end`, ""},
		{"closures in cycles", `for i = 1, 1e5 do local t = {} t.f = function() return t end end return 'done'`, "done"},
		{"coroutines that wait", `local t = {} for i = 1, 1e5 do t[i] = coroutine.wrap(function() coroutine.yield() end) t[i]() end`, outOfMemory},
		{"coroutines within coroutines", `local function f() return coroutine.wrap(f)() end return f()`, "C stack overflow"},
		{"metamethods within metamethods", `local m = {} m.__index = function(t, k) return t[k .. 'x'] end return setmetatable({}, m).a`, outOfMemory},
		{"calls without an end", `local function f() return 1 + f() end return f()`, "stack overflow"},
		{"handlers that fail", `return xpcall(error, function() error('again') end)`, "error in error handling"},
		{"comparison that lies", `local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return true end)`, "invalid order function"},
		{"comparison that empties", `local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function(a, b) for i = 1, 1000 do t[i] = nil end return true end)`, "invalid order function"},
		{"next in a table that changes", `local t = {} for i = 1, 100 do t['k' .. i] = i end for k in pairs(t) do t[k] = nil t[k .. 'x'] = nil end return next(t)`, ""},
	})
}

// TestTimeIsBounded: what takes for ever ends with the script's budget, inside of library functions too, and no pcall keeps it.
func TestTimeIsBounded(t *testing.T) {
	for name, program := range map[string]string{
		"loop":            `while true do end`,
		"loop in pcall":   `while true do pcall(function() while true do end end) end`,
		"pattern":         `return pcall(string.match, ('a'):rep(1e5), ('(.-)'):rep(20) .. 'x')`,
		"greedy pattern":  `return pcall(string.match, ('a'):rep(1e5), ('a*'):rep(20) .. 'x')`,
		"long set":        `return pcall(string.find, ('a'):rep(1e6), '[' .. ('b'):rep(1e6) .. ']')`,
		"insert":          `return pcall(table.insert, {}, -2^31, 1)`,
		"find":            `local s = ('a'):rep(1e7) while true do s:find('b', 1, true) end`,
		"upper":           `local s = ('a'):rep(1e7) while true do s:upper() end`,
		"tail calls":      `local function f() return f() end return f()`,
		"coroutines":      `while true do coroutine.wrap(function() end)() end`,
		"sort":            `local t = {} for i = 1, 1e5 do t[i] = -i end while true do table.sort(t, function(a, b) return a < b end) end`,
		"handler":         `xpcall(function() while true do end end, function() while true do end end)`,
		"metamethod":      `local t = setmetatable({}, {__index = function(t, k) while true do end end}) return t.x`,
		"decode":          `local s = '[' .. ('1,'):rep(1e5) .. '1]' while true do cjson.decode(s) end`,
		"reader of load":  `load(function() return ' ' end)`,
		"gsub's function": `(('a'):rep(1e7)):gsub('a', function() end) while true do end`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := run(t, program); got != errSteps.Error() && got != outOfMemory {
				t.Errorf("got %.300q, want an end of the budget", got)
			}
		})
	}
}
