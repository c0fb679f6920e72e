package lua

import (
	"errors"
	"runtime"
	"strings"
	"testing"
)

func runLimited(t *testing.T, s *State, source string) error {
	t.Helper()
	c, err := s.Compile(source, "@x")
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	s.SetInterrupt(1000, func() (int, error) {
		if steps++; steps > 20_000 {
			return 0, errors.New("too long")
		}
		return 1000, nil
	})
	_, err = s.Run(s.Load(c))
	return err
}

func TestMemoryLimit(t *testing.T) {
	for _, source := range []string{
		`local t = {} for i = 1, 1e9 do t[i] = i end`,
		`local t = {} for i = 1, 1e9 do t["k" .. i] = i end`,
		`local t = {} while true do t = {t} end`,
		`local s = "x" while true do s = s .. s end`,
		`local s = {} while true do s[#s+1] = function() return s end end`,
		`local t = {} for i = 1, 1e9 do t[i] = coroutine.wrap(function() coroutine.yield() end) t[i]() end`,
		`local t = {} while true do pcall(function() t[#t+1] = "x" .. #t end) end`,
		`local t = {} for i = 1, 1e9 do t[i] = newproxy(true) end`,
	} {
		s := newTestState(Limits{Memory: 4 << 20})
		if err := runLimited(t, s, source); !errors.Is(err, ErrMemory) {
			t.Errorf("%s: %v", source, err)
		}
		s.Collect()
		if s.MemoryUsed() > 1<<20 {
			t.Errorf("%s: %d bytes are left", source, s.MemoryUsed())
		}
		if got := runSource(s, `return 1`); got != "1" {
			t.Errorf("after %s: %s", source, got)
		}
	}
}

func TestGarbageIsNotCounted(t *testing.T) {
	s := newTestState(Limits{Memory: 1 << 20})
	keep := `local keep = {} for i = 1, 1000 do keep[i] = {i} end `
	for _, source := range []string{
		keep + `for i = 1, 1e5 do local t = {i, i + 1} end`,
		keep + `for i = 1, 1e5 do local s = "a" .. i end`,
		keep + `for i = 1, 1e5 do local f = function() return i end end`,
		keep + `local t = {} for i = 1, 1e5 do t.x = {} end for i = 1, #keep do assert(keep[i][1] == i) end`,
		keep + `for i = 1, 1e4 do coroutine.wrap(function() coroutine.yield() end)() end`,
	} {
		if err := runLimited(t, s, source); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestMemoryOfDeepStructures(t *testing.T) {
	s := newTestState(Limits{Memory: 64 << 20})
	if err := runLimited(t, s, `local t for i = 1, 1e5 do t = {t} end collectgarbage() assert(t[1][1])`); err != nil {
		t.Error(err)
	}
}

func TestDepthLimit(t *testing.T) {
	s := newTestState(Limits{Depth: 100})
	got := runSource(s, `local n = 0 local function f() n = n + 1 f() end local ok, e = pcall(f) return ok, e, n < 100, n > 90`)
	if want := "false, user_script:1: stack overflow, true, true"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNestingOnTheGoStack(t *testing.T) {
	s := newTestState(Limits{})
	_ = s.globals.SetString("callback", s.Function("callback", func(c *Frame) error {
		_, err := c.Call(c.Arg(0))
		return err
	}))
	got := runSource(s, `local n = 0 local function f() n = n + 1 callback(f) end local ok, e = pcall(f) return ok, e, n`)
	if want := "false, user_script:1: C stack overflow, 200"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	got = runSource(s, `local n = 0 local function f() n = n + 1 coroutine.wrap(f)() end local ok, e = pcall(f) return ok, e, n`)
	if !strings.Contains(got, "C stack overflow, 20") {
		t.Errorf("coroutines within each other: %s", got)
	}
}

// Sources that are large in one way or another compile, or fail, in time and stack that are in proportion.
func TestHostileSources(t *testing.T) {
	const n = 20000
	for name, source := range map[string]string{
		"sum":           "return 1" + strings.Repeat("+x", n),
		"fields":        "return x" + strings.Repeat(".x", n),
		"calls":         "return x" + strings.Repeat("()", n),
		"long sum":      "return 1" + strings.Repeat("+x", 20*n),
		"parentheses":   strings.Repeat("(", n),
		"tables":        "return " + strings.Repeat("{", n),
		"functions":     strings.Repeat("function f() ", n),
		"elseif":        "if x then " + strings.Repeat("elseif x then ", n) + "end",
		"blocks":        strings.Repeat("do local x end ", n),
		"nots":          "return " + strings.Repeat("not ", n) + "x",
		"concat":        "return x" + strings.Repeat("..x", n),
		"powers":        "return x" + strings.Repeat("^x", n),
		"items":         "return {" + strings.Repeat("1,", n) + "}",
		"constants":     "return {" + longList(n) + "}",
		"arguments":     "f(" + strings.Repeat("1,", n) + "1)",
		"targets":       "a" + strings.Repeat(",a", n) + "=1",
		"strings":       strings.Repeat("x='a' ", n),
		"nested chains": "return " + strings.Repeat("(1"+strings.Repeat("+x", 1000), 150) + strings.Repeat(")", 150),
		"closures":      strings.Repeat("local function f() return x end do ", 90) + strings.Repeat("end ", 90),
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Compile(source, "@x")
			if err == nil {
				s := newTestState(Limits{Memory: 64 << 20})
				s.SetInterrupt(1000, func() (int, error) { return 0, errors.New("enough") })
				_, _ = s.Run(s.Load(c))
				return
			}
			var se *SyntaxError
			if !errors.As(err, &se) || len(err.Error()) > 300 {
				t.Errorf("%.300s", err.Error())
			}
		})
	}
}

func TestRunAllocatesNothing(t *testing.T) {
	s := newTestState(Limits{})
	for _, source := range []string{
		`return 1`,
		`local x = 0 for i = 1, 100 do x = x + i * 2 end return x`,
		`local t = KEYS for i = 1, 10 do t[i] = i end return t[1], #t`,
		`local function none() end return type(KEYS), pcall(type, 1), select('#', 1, 2)`,
	} {
		keys := s.NewTable(16, 0)
		_ = s.globals.SetString("KEYS", keys.Value())
		c, err := s.Compile(source, "@x")
		if err != nil {
			t.Fatal(err)
		}
		f := s.Load(c)
		run := func() {
			if _, err := s.Run(f); err != nil {
				t.Fatal(err)
			}
		}
		run()
		runtime.GC()
		want := 0.0
		if strings.Contains(source, "function") {
			want = 1
		}
		if got := testing.AllocsPerRun(100, run); got > want {
			t.Errorf("%s: %v allocations", source, got)
		}
	}
}
