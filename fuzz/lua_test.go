package fuzz

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/lua"
	"github.com/sleipnirdb/sleipnir/internal/lualib"
)

const (
	luaMemory = 32 << 20
	luaSteps  = 200_000
	// luaTime is far more than the steps take, on a busy machine and under the race detector too.
	luaTime = 20 * time.Second
)

var errLuaSteps = errors.New("out of steps")

// luaWorld is a State with all libraries whose scripts may take so many steps.
func luaWorld(t *testing.T, args ...string) *lua.State {
	t.Helper()
	s := lua.New(lua.Limits{Memory: luaMemory})
	s.OpenBase()
	s.OpenCoroutine()
	s.OpenTable()
	s.OpenString()
	s.OpenMath()
	s.OpenOS()
	lualib.Open(s)
	argv := s.NewTable(len(args), 0)
	for i, arg := range args {
		if err := argv.SetInt(i+1, s.String(arg)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Globals().SetString("ARGV", argv.Value()); err != nil {
		t.Fatal(err)
	}
	s.SetInterrupt(luaSteps, func() (int, error) { return 0, errLuaSteps })
	return s
}

// runLua runs a program to its end, whatever that is, and sees to it that it comes.
func runLua(t *testing.T, program string, args ...string) error {
	t.Helper()
	chunk, err := lua.Compile(program, "@fuzz")
	if err != nil {
		return err
	}
	start := time.Now()
	s := luaWorld(t, args...)
	_, err = s.Run(s.Load(chunk))
	if took := time.Since(start); took > luaTime {
		t.Errorf("took %v", took)
	}
	return err
}

// mustHold runs a program whose errors are findings, but for the ends of its budgets and those that it catches itself.
func mustHold(t *testing.T, program string, args ...string) {
	t.Helper()
	err := runLua(t, program, args...)
	if err != nil && !errors.Is(err, errLuaSteps) && !errors.Is(err, lua.ErrMemory) {
		t.Errorf("%v with %q", err, args)
	}
}

// FuzzLua compiles and runs any source.
func FuzzLua(f *testing.F) {
	files, err := filepath.Glob("differential/testdata/lua/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatal("no programs: ", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			f.Add(strings.TrimSpace(line))
		}
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 4096 {
			return
		}
		_ = runLua(t, source) // any error will do
	})
}

// FuzzLuaPattern holds the functions of patterns against each other.
func FuzzLuaPattern(f *testing.F) {
	for _, seed := range [][3]string{
		{"hello world", "o", "0"}, {"key = value", "(%w+)%s*=%s*(%w+)", "%2=%1"}, {"f(a(b)c)d", "%b()", "%0"}, {"THE (quick) fox", "%f[%a]%a+", "%%"}, {"aaa", "(a-)(a*)%1", "x"},
		{"[x]", "[]%]x-z^]", ""}, {"abc", "()", "%1"}, {"a\x00b", "%z", "%0"}, {"aaaa", "(.-)(.-)(.-)b", ""}, {"x", "[^%", "%9"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, source, pattern, by string) {
		if len(source) > 1000 || len(pattern) > 1000 || len(by) > 1000 {
			return
		}
		mustHold(t, `
			local source, pattern, by = ARGV[1], ARGV[2], ARGV[3]
			pcall(string.gsub, source, pattern, by)
			local ok, same = pcall(string.gsub, source, pattern, '%0')
			assert(not ok or same == source, 'replacing matches by themselves changes the text')
			local ok, first, last = pcall(string.find, source, pattern)
			assert(not ok or first == nil or first >= 1 and last >= first - 1 and last <= #source, 'a place outside')
			local ok, start = pcall(string.match, source, '()' .. pattern)
			if ok and first and pattern:sub(1, 1) ~= '^' and not pattern:find('%%%d') and not pattern:find('[%.%[%]%%%^%$%*%+%-%?%(%)%z]') then
				assert(start == first, 'find and match disagree')
			end
			local n = 0
			pcall(function() for _ in source:gmatch(pattern) do n = n + 1 end end)
			assert(n <= #source + 1, 'too many matches')
		`, source, pattern, by)
	})
}

// FuzzCJSON: what was decoded can be encoded, and that is read back as the same.
func FuzzCJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.5,-3e7,"x\u00e9\ud83d\ude00\n",true,false,null,{}],"":{"b":[]}}`, `[[[[]]]]`, `"\ud800"`, `0x1F`, `[nan,-inf]`, `{"a":1,"a":2}`, "[1\x00]", `[1e999,"\u0000"]`, `-`, `"\`, `{"a"`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		mustHold(t, `
			local ok, v = pcall(cjson.decode, ARGV[1])
			if not ok then return end
			local ok, text = pcall(cjson.encode, v)
			if not ok then return end
			local again = cjson.encode(cjson.decode(text))
			assert(#again == #text, 'another text')
			if type(v) ~= 'table' then assert(again == text) end
			cmsgpack.pack(v)
		`, in)
	})
}

// FuzzCMsgPack: what was unpacked can be packed; from the third time on (what is too deep has become nil and is gone by then) nothing changes.
func FuzzCMsgPack(f *testing.F) {
	for _, seed := range []string{
		"\x01\xff\xcc\xff\xcd\x01\x00\xce\x00\x01\x00\x00", "\x93\x01\xc0\x03", "\x82\xa1a\x01\xa1b\x90", "\xdd\xff\xff\xff\xff", "\xdf\x00\x00\x00\x01\xa1a\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00", "\xd9\x03abc\xda\x00\x01x\xdb\x00\x00\x00\x01y",
		strings.Repeat("\x91", 40), strings.Repeat("\x81\x01", 40), "\xc1", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "\xca\x7f\xc0\x00\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		mustHold(t, `
			local s = ARGV[1]
			for i = 1, 4 do
				local ok, packed = pcall(function() return cmsgpack.pack(cmsgpack.unpack(s)) end)
				if not ok then return end
				assert(i < 4 or #packed == #s, 'another length')
				s = packed
			end
			pcall(cmsgpack.unpack_limit, ARGV[1], 2, 1)
		`, in)
	})
}

// FuzzStruct unpacks with any format, and packs again what came out.
func FuzzStruct(f *testing.F) {
	for _, seed := range [][2]string{
		{">!4bi2hc0s", "\x01\x00\x00\x02\x03abc\x00"}, {"bc0", "\x05abc"}, {"!8bdI32i9", strings.Repeat("\xff", 80)}, {"c99", ""}, {"xxs", "ab\x00"}, {"i", ""}, {"!3", ""}, {"< > ! lLT fd", strings.Repeat("1", 60)},
	} {
		f.Add(seed[0], seed[1], 1.0)
	}
	f.Fuzz(func(t *testing.T, format, in string, at float64) {
		mustHold(t, `
			local format, data, at = ARGV[1], ARGV[2], tonumber(ARGV[3])
			pcall(struct.size, format)
			pcall(struct.unpack, format, data, at)
			local values = {pcall(struct.unpack, format, data)}
			if values[1] then
				assert(values[#values] >= 1 and values[#values] <= #data + 1, 'the next place is outside')
				pcall(struct.pack, format, unpack(values, 2))
			end
			pcall(bit.tohex, at, at)
		`, format, in, lua.FormatNumber(at))
	})
}
