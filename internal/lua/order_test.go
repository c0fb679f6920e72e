package lua

import "testing"

// orders are programs whose results hang on the order of pairs or on the border that # finds. What they give is what Valkey gives.
var orders = []struct{ name, source, want string }{
	{"constructor", `return keys({a = 1, b = 2, c = 3, name = 4, id = 5, value = 6})`, `a c name value id b `},
	{"inserted", `local t = {} for i = 1, 40 do t["key:" .. i] = i end return keys(t)`, `key:28 key:1 key:15 key:12 key:17 key:39 key:30 key:4 key:27 key:18 key:19 key:23 key:31 key:14 key:22 key:8 key:16 key:10 key:7 key:36 key:3 key:24 key:20 key:37 key:9 key:13 key:11 key:40 key:38 key:35 key:25 key:34 key:33 key:6 key:26 key:32 key:29 key:5 key:2 key:21 `},
	{"long strings", `local t = {} for i = 1, 12 do t[("x" .. i .. "y") .. "0123456789012345678901234567890123456789" .. i * i] = i end return keys(t)`, `x11y0123456789012345678901234567890123456789121 x4y012345678901234567890123456789012345678916 x6y012345678901234567890123456789012345678936 x1y01234567890123456789012345678901234567891 x3y01234567890123456789012345678901234567899 x8y012345678901234567890123456789012345678964 x2y01234567890123456789012345678901234567894 x7y012345678901234567890123456789012345678949 x5y012345678901234567890123456789012345678925 x9y012345678901234567890123456789012345678981 x12y0123456789012345678901234567890123456789144 x10y0123456789012345678901234567890123456789100 `},
	{"numbers", `local t = {} for i = 1, 20 do t[i * i * 7919] = i t[i / 8] = i t[-i] = i end return keys(t)`, `1 1.75 2 2.5 -2 -3 958199 -5 -6 -7 -8 -10 -12 -14 641439 -20 2.125 1781775 3167600 2565756 -19 2.375 506816 1338311 7919 1.125 1.375 1.625 1.875 2.25 -17 1552124 31676 -16 285084 -4 -15 197975 2288591 -9 -11 -13 1140336 -18 0.125 791900 1.5 2858759 0.25 388031 0.375 126704 0.5 0.625 0.75 0.875 2027264 1.25 -1 71271 `},
	{"large numbers", `local t = {} for i = 40, 60 do t[2 ^ i] = i t[-(2 ^ i) - 1] = i end t[1/0] = 1 t[-1/0] = 2 return keys(t)`, `2.8147497671066e+14 5.6294995342131e+14 -2199023255553 1.1258999068426e+15 2.2517998136852e+15 -5.6294995342131e+14 -2.2517998136852e+15 -2.8147497671066e+14 -4.5035996273705e+15 9.007199254741e+15 -9.007199254741e+15 1.8014398509482e+16 -1.8014398509482e+16 3.6028797018964e+16 -1.4073748835533e+14 1099511627776 7.2057594037928e+16 -1099511627777 2199023255552 1.4411518807586e+17 -1.4411518807586e+17 4398046511104 2.8823037615171e+17 -2.8823037615171e+17 8796093022208 5.7646075230342e+17 -5.7646075230342e+17 17592186044416 1.1529215046068e+18 -inf -1.1529215046068e+18 35184372088832 -17592186044417 -8796093022209 -7.2057594037928e+16 -35184372088833 70368744177664 -4398046511105 -70368744177665 1.4073748835533e+14 4.5035996273705e+15 inf -1.1258999068426e+15 -3.6028797018964e+16 `},
	{"mixed", `local t = {10, 20, nil, 40, x = 1, [true] = 2, [false] = 3, [1.5] = 4, [0] = 5, [-1] = 6, [100] = 7} return keys(t)`, `1 2 4 false true -1 100 0 x 1.5 `},
	{"removed and inserted", `local t = {} for i = 1, 30 do t["a" .. i] = i end for i = 1, 30, 2 do t["a" .. i] = nil end for i = 1, 20 do t["b" .. i] = i end return keys(t)`, `b17 b19 b20 b14 a16 a6 a22 b10 b16 a20 a12 b11 b2 b8 a26 a30 a8 b9 b3 b18 b7 a2 b15 a28 b13 a14 a24 a10 b4 b6 a18 b1 b5 b12 a4 `},
	{"array from behind", `local t = {} for i = 20, 1, -1 do t[i] = i end return #t, keys(t)`, `20, 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 `},
	{"sparse", `local t = {} for i = 1, 50, 3 do t[i] = i end return #t, keys(t)`, `1, 1 46 13 7 37 28 4 43 16 49 34 10 31 40 22 25 19 `},
	{"holes", `local t = {1, 2, 3, nil, 5, nil, nil, 8} local a = #t t[8] = nil local b = #t t[5] = nil return a, b, #t`, `8, 3, 3`},
	{"grown with holes", `local t = {} for i = 1, 16 do t[i] = i end t[16] = nil local a = #t t[8] = nil local b = #t t[15] = nil t[20] = 1 t.x = 1 t.y = 1 return a, b, #t, keys(t)`, `15, 7, 7, 1 2 3 4 5 6 7 9 10 11 12 13 14 y x 20 `},
	{"borders in the hash", `local t = {} t[2] = 2 t[1] = 1 t[4] = 4 local a = #t t[3] = 3 return a, #t, keys(t)`, `4, 4, 1 2 3 4 `},
	{"list and fields", `local t = {1, 2, 3, n = 3, [4] = 4, [6] = 6} return #t, keys(t)`, `6, 1 2 3 6 4 n `},
}

const keysFunction = `local function keys(t) local s = "" for k, v in pairs(t) do s = s .. tostring(k) .. " " end return s end `

func TestOrderIsValkeys(t *testing.T) {
	for _, test := range orders {
		s := newTestState(Limits{})
		if got := runSource(s, keysFunction+test.source); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}
