package lua

import (
	"errors"
	"testing"
)

// runInSteps runs a source and suspends it at every interrupt. It tells how often that was.
func runInSteps(s *State, source string) (result string, stops int) {
	c, err := s.Compile(source, "@user_script")
	if err != nil {
		return "! " + err.Error(), 0
	}
	s.SetInterrupt(1, func() (int, error) { return 1, ErrSuspend })
	r, err := s.Run(s.Load(c))
	for errors.Is(err, ErrSuspended) {
		stops++
		r, err = s.Resume()
	}
	if err != nil {
		return "! " + err.Error(), stops
	}
	return show(r), stops
}

func TestSuspendEverywhere(t *testing.T) {
	total := 0
	for _, test := range programs {
		t.Run(test.name, func(t *testing.T) {
			s := newTestState(Limits{})
			got, stops := runInSteps(s, test.source)
			total += stops
			if got != test.want {
				t.Errorf("%s\n got %s\nwant %s", test.source, got, test.want)
			}
			if s.nested != 0 || s.active != 0 || s.current != s.main || s.main.depth != 0 || s.main.open != nil {
				t.Errorf("%s: the State isn't as before the run", test.source)
			}
		})
	}
	if total < 1000 {
		t.Errorf("only %d suspensions", total)
	}
}

func TestSuspendInsideCallbacksWaits(t *testing.T) {
	s := newTestState(Limits{})
	nested := false
	_ = s.globals.SetString("callback", s.Function("callback", func(c *Frame) error {
		nested = true
		r, err := c.Call(c.Arg(0))
		nested = false
		if err != nil {
			return err
		}
		return c.Return(r...)
	}))
	s.SetInterrupt(1, func() (int, error) {
		if nested && s.CanSuspend() {
			t.Error("CanSuspend inside a callback")
		}
		return 1, ErrSuspend
	})
	c, err := s.Compile(`local n = 0 for i = 1, 10 do n = n + callback(function() local m = 0 for j = 1, 10 do m = m + j end return m end) end return n`, "@x")
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Run(s.Load(c))
	stops := 0
	for errors.Is(err, ErrSuspended) {
		if nested {
			t.Fatal("suspended inside a callback")
		}
		stops++
		r, err = s.Resume()
	}
	if err != nil || show(r) != "550" || stops < 10 {
		t.Errorf("got %s, %v after %d stops", show(r), err, stops)
	}
}

func TestInterruptEndsAnything(t *testing.T) {
	killed := errors.New("killed")
	for _, source := range []string{
		`while true do end`,
		`repeat until false`,
		`for i = 1, 1e300 do end`,
		`for i = 1, math_huge or 1/0 do end`,
		`local function f() return f() end f()`,
		`while true do pcall(error) end`,
		`while true do pcall(function() while true do end end) end`,
		`local function f() xpcall(function() error("x") end, f) end while true do f() end`,
		`local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end`,
		`local co = coroutine.wrap(function() while true do end end) while true do pcall(co) end`,
		`for _ in next, setmetatable({}, {}) do end while true do for k in pairs({1, 2}) do end end`,
		`local t = setmetatable({}, {__index = function(t, k) return t[k] end}) while true do pcall(function() return t.x end) end`,
		`while true do loadstring("x = 1")() end`,
		`local function f(...) return f(1, ...) end f()`,
		`callback(function() while true do end end)`,
		`while true do callback(pcall, callback, function() while true do end end) end`,
	} {
		s := newTestState(Limits{})
		_ = s.globals.SetString("callback", s.Function("callback", func(c *Frame) error {
			_, err := c.Call(c.Arg(0), c.Args()[1:]...)
			return err
		}))
		left := 20
		s.SetInterrupt(100, func() (int, error) {
			if left--; left < 0 {
				return 0, killed
			}
			return 100, nil
		})
		c, err := s.Compile(source, "@x")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Run(s.Load(c)); err != killed { //nolint:errorlint // it is given as it came
			t.Errorf("%s: %v", source, err)
		}
		s.SetInterrupt(0, nil)
		if got := runSource(s, `return 1 + 1`); got != "2" {
			t.Errorf("after %s: %s", source, got)
		}
	}
}

func TestAbandon(t *testing.T) {
	s := newTestState(Limits{})
	s.SetInterrupt(10, func() (int, error) { return 10, ErrSuspend })
	c, err := s.Compile(`local co = coroutine.wrap(function() local x = 0 while true do x = x + 1 end end) pcall(co)`, "@x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run(s.Load(c)); !errors.Is(err, ErrSuspended) {
		t.Fatal(err)
	}
	s.Abandon()
	if _, err := s.Resume(); err == nil {
		t.Error("an abandoned run went on")
	}
	s.SetInterrupt(0, nil)
	if got := runSource(s, `return 5`); got != "5" {
		t.Error(got)
	}
}
