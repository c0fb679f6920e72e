package lua

import "testing"

// benchmarks are the loops that the interpreter is measured by, each long enough to outweigh a call from Go.
var benchmarks = []struct{ name, source string }{
	{"add", `local x = 0 for i = 1, 1000 do x = x + i end return x`},
	{"while", `local i, x = 0, 0 while i < 1000 do i = i + 1 x = x + i * 2 end return x`},
	{"table", `local t = {} for i = 1, 1000 do t[i] = i end local x = 0 for i = 1, 1000 do x = x + t[i] end return x`},
	{"strings", `local t = {} for i = 1, 200 do t[i] = 'value:' .. i end return t`},
	{"fields", `local t = {a = 1, b = 2} for i = 1, 1000 do t.a = t.a + t.b end return t.a`},
	{"calls", `local function f(a, b) return a + b end local x = 0 for i = 1, 1000 do x = f(x, i) end return x`},
	{"builtins", `local type, x = type, nil for i = 1, 1000 do x = type(i) end return x`},
	{"pairs", `local t = {} for i = 1, 100 do t["k" .. i] = i end local n = 0 for r = 1, 10 do for k, v in pairs(t) do n = n + v end end return n`},
	{"closures", `local x = 0 for i = 1, 1000 do local f = function() return i end x = x + f() end return x`},
	{"small", `return KEYS[1]`},
}

func BenchmarkRun(b *testing.B) {
	for _, bench := range benchmarks {
		b.Run(bench.name, func(b *testing.B) {
			s := newTestState(Limits{})
			keys := s.NewTable(1, 0)
			_ = keys.SetInt(1, s.String("key"))
			_ = s.globals.SetString("KEYS", keys.Value())
			c, err := s.Compile(bench.source, "@bench")
			if err != nil {
				b.Fatal(err)
			}
			f := s.Load(c)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Run(f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
