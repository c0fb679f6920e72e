package differential

import (
	"strconv"
	"strings"
)

// The edges of what a server reads as a number, right and wrong ones.
var (
	goodInts = []string{"0", "1", "-1", "2", "7", "10", "42", "100", "-100", "9999", "10000", "123456789", "4294967296",
		"9223372036854775807", "-9223372036854775808", "9223372036854775806", "-9223372036854775807"}
	badInts = []string{"", " 1", "1 ", "+1", "01", "-0", "00", "1.0", "1e3", "0x10", "9223372036854775808",
		"-9223372036854775809", "18446744073709551615", "18446744073709551616", "99999999999999999999999", "-", "+", "a", "1a",
		"1\x00", "\x00", "nan"}
	goodFloats = []string{"0", "1", "-1", "0.1", "0.5", "-0.25", "3.0e3", "1e10", "200", "5.0e3", "1.5e-3", "10.25", ".5", "5.",
		"3.0000", "1234567.125", "-0"}
	badFloats = []string{"", "inf", "-inf", "+inf", "nan", "-nan", "1e400", "1e309", "1e5000", " 1.5", "1.5 ", "abc", "1.5x", "0x1p3", "1,5",
		"1.5\x00", "infinity", "1e", "--1"}
	seconds    = []string{"100", "1000", "86400", "1000000"}
	oddSeconds = []string{"0", "-1", "-1000", "9223372036854775807", "-9223372036854775808", "9223372036854775", "9223372036854776",
		"9223372036854774", "-9223372036854776", "9223370000000000", "1.5", "", "abc", "9223372036854775808", " 100"}
	millis    = []string{"100000", "1000000", "86400000", "999999999"}
	oddMillis = []string{"0", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775806", "9223370000000000000", "1.5", "",
		"abc", "9223372036854775808"}
	moments    = []string{"4102444800", "4000000000", "5000000000"}
	oddMoments = []string{"0", "-1", "9223372036854775807", "9223372036854775", "9223372036854776", "-9223372036854775808",
		"x", ""}
	millisMoments    = []string{"4102444800000", "4000000000001", "5000000000999"}
	oddMillisMoments = []string{"0", "-1", "9223372036854775807", "9223372036854775808", "x", ""}
)

// Scores and what bounds them.
var (
	goodScores = []string{"0", "1", "2", "3", "-1", "5", "10", "0.5", "-2.5", "inf", "-inf", "4096", "+7", "0x10", "3e2"}
	weights    = []string{"1", "2", "-1", "0.5", "0", "inf", "-inf", "3"}
	badScores  = []string{"nan", "x", "", " 1", "1 ", "1e400", "1e-400", "--1", "1_0", "0x"}
	goodBounds = []string{"0", "1", "(1", "2", "(2", "3", "-1", "(-1", "-inf", "+inf", "(inf", "(-inf", "0.5", "(0.5", "100", "-inf", "+inf", "-inf", "+inf"}
	badBounds  = []string{"", "(", " 1", "1 ", "nan", "(nan", "x", "((1", "1e400", "1e-400", "1\x00x", "[1"}
	lexBounds  = []string{"-", "+", "[a", "(a", "[m5", "(m5", "[", "(", "[m", "[1", "(1", "[\xff", "[m\x00", "-", "+", "-", "+"}
	badLex     = []string{"", "a", "-a", "++", "m5", "1"}
)

// generators make the words that forms name in lower case.
var generators = map[string]func(*stream) string{
	"key":       mostly([]string{"a", "b", "c", "d", "n1", "n2", "{t}x", "{t}y"}, []string{"", "\x00\r\n", "{}z", "nokey", "a\xff"}),
	"val":       value,
	"sortkey":   mostly([]string{"l1", "l2", "{t}l"}, []string{"a", "nosuch", "w_1"}),
	"weighty":   mostly([]string{"1", "2", "3", "4", "5", "6", "10", "-3", "1.5"}, []string{"x", "", "1a", "1 ", "9223372036854775807"}),
	"weightkey": oneOf("w_1", "w_2", "w_3", "w_4", "w_10", "w_x"),
	"sortby":    oneOf("w_*"),
	"sortfield": oneOf("w_*->f"),
	"ffield":    oneOf("f"),
	"nosort":    oneOf("nosort"),
	"getpat":    oneOf("w_*", "w_*->f", "w_*->", "*", "w_", "w_1", "#", "w_**"),
	"setkey":    mostly([]string{"s1", "s2", "s3", "s4", "{t}s"}, []string{"a", "", "nokey", "{t}x"}),
	"member":    member,
	"hashkey":   mostly([]string{"h1", "h2", "h3", "{t}h"}, []string{"a", "", "nokey", "{t}x"}),
	"hfield":    hashField,
	"smallint":  oneOf("0", "1", "2", "3", "4", "5", "-1", "-2", "127", "128", "32767", "32768", "-32769", "2147483648"),
	"lot":       mostly([]string{"0", "1", "3", "10", "-1", "-5", "-50"}, []string{"", "x", "1.0", "9223372036854775807", "-9223372036854775808", "9223372036854775808"}),
	"listkey":   mostly([]string{"l1", "l1", "l1", "l2", "l3", "{t}l", "{u}l"}, []string{"a", "", "nokey", "{t}x"}),
	"element":   element,
	"position":  mostly([]string{"0", "1", "2", "3", "5", "10", "20", "50", "200", "-1", "-2", "-3", "-10", "-50"}, append([]string{"9223372036854775807", "-9223372036854775808", "4294967296"}, badInts...)),
	"times":     mostly([]string{"0", "1", "1", "2", "3", "-1", "-2", "-3", "100"}, append([]string{"9223372036854775807", "-9223372036854775807"}, badInts...)),
	"int":       mostly(goodInts, badInts),
	"float":     mostly(goodFloats, badFloats),
	"geokey":    oneOf("g1", "g2"),
	"lon":       func(s *stream) string { return degrees(s, 180.1) },
	"lat":       func(s *stream) string { return degrees(s, 85.1) },
	"unit":      mostly([]string{"m", "km", "KM", "ft", "mi"}, []string{"", "x", "mm"}),
	"radius":    mostly([]string{"0", "1", "10", "100", "250.5", "1000", "5000", "20000", "100000", "1e6"}, []string{"-1", "x", "", "1e10", "inf", "nan"}),
	"zkey":      oneOf("z1", "z2", "z3", "{z}4", "{z}5"),
	"lexkey":    oneOf("x1", "x2"),
	"zmember":   zmember,
	"zshort":    func(s *stream) string { return "m" + strconv.Itoa(s.rand.IntN(20)) },
	"score":     mostly(goodScores, badScores),
	"weight":    mostly(weights, badScores),
	"bound":     mostly(goodBounds, badBounds),
	"lexbound":  mostly(lexBounds, badLex),
	"rank":      mostly([]string{"0", "1", "2", "3", "5", "10", "50", "-1", "-2", "-5", "-100", "100", "0", "-1"}, badInts),
	"limit":     mostly([]string{"0", "0", "1", "2", "5", "10", "100"}, append([]string{"-1", "9223372036854775807"}, badInts...)),
	"index":     mostly([]string{"0", "1", "2", "3", "5", "10", "43", "44", "45", "-1", "-2", "-5", "-100", "100"}, append([]string{"9223372036854775807", "-9223372036854775808", "4294967295", "4294967296"}, badInts...)),
	"offset":    mostly([]string{"0", "1", "2", "5", "10", "40", "44", "100", "1000"}, append([]string{"-1", "536870912", "536870913", "4294967296", "9223372036854775807", "-9223372036854775808"}, badInts...)),
	"soon":      oneOf("1", "2", "5", "20", "60"),
	"sec":       mostly(seconds, oddSeconds),
	"ms":        mostly(millis, oddMillis),
	"at":        mostly(moments, oddMoments),
	"msat":      mostly(millisMoments, oddMillisMoments),
	"db":        mostly([]string{"0", "0", "0", "1", "2"}, []string{"15", "16", "-1", "x", "", "9223372036854775808", "1.0"}),
	"pattern":   oneOf("*", "a", "?", "[ab]", "[^a]", "n*", "{t}*", "\\a", "[a-c]", "[", "", "**", "*\xff", "[b-a]"),
	"count":     mostly([]string{"1", "2", "10", "100"}, []string{"0", "-1", "x", "", "9223372036854775807"}),
	"badcursor": oneOf("x", "1x", "18446744073709551616"),
	"type":      oneOf("string", "list", "STRING"),
	"small":     oneOf("1", "2", "3", "0", "-1"),
	"bit":       mostly([]string{"0", "1"}, []string{"2", "-1", "x", ""}),
	"bitat":     mostly([]string{"0", "1", "7", "8", "9", "31", "63", "64", "100", "159", "1000", "8191", "8192"}, append([]string{"-1", "4294967296", "9223372036854775807"}, badInts...)),
	"bitrange":  mostly([]string{"0", "1", "2", "5", "7", "8", "20", "100", "-1", "-2", "-8", "-100", "8000"}, []string{"9223372036854775807", "-9223372036854775808", "4294967296"}),
	"field":     mostly([]string{"u1", "u4", "u8", "u31", "u32", "u63", "i1", "i5", "i8", "i16", "i63", "i64"}, []string{"u64", "i65", "u0", "i0", "8", "x", "", "u-1", "u08"}),
	"fieldat":   mostly([]string{"0", "1", "3", "8", "13", "63", "#0", "#1", "#2", "#5", "100", "#100"}, []string{"-1", "#-1", "#", "", "x", "4294967296", "#4294967296", "#9223372036854775807"}),
	"fieldval":  mostly([]string{"0", "1", "-1", "2", "7", "127", "128", "255", "256", "-128", "-129", "4294967296"}, append(goodInts, "", "x", "9223372036854775808")),
	"hll":       mostly([]string{"h1", "h2", "{t}h"}, []string{"a", "b", "", "nokey"}),
	"hllrun":    sparseRuns,
	"name":      oneOf("", "me", "a b", "a\nb", "~", "a\x7f", "\xff", "a-b:c"),
}

// value draws a string value: numbers in all dresses, text, bytes, and lengths around the borders of the encodings.
func value(s *stream) string {
	switch s.rand.IntN(12) {
	case 0, 1:
		return goodInts[s.rand.IntN(len(goodInts))]
	case 2:
		return badInts[s.rand.IntN(len(badInts))]
	case 3:
		return goodFloats[s.rand.IntN(len(goodFloats))]
	case 4:
		return strconv.FormatInt(int64(s.rand.Uint64()), 10)
	case 5:
		return strings.Repeat("x", 40+s.rand.IntN(10))
	case 6:
		return strings.Repeat("ab", s.rand.IntN(60))
	case 7:
		return randomBytes(s, s.rand.IntN(30))
	case 8:
		if s.rand.IntN(8) == 0 {
			return strings.Repeat("large ", 1000+s.rand.IntN(20000))
		}
		return "v"
	case 9:
		return ""
	}
	return string(rune('a'+s.rand.IntN(26))) + strconv.Itoa(s.rand.IntN(100))
}

// member draws an element: often one that was drawn before, and around the borders of the encodings.
func member(s *stream) string {
	switch s.rand.IntN(10) {
	case 0:
		return value(s)
	case 1:
		return goodInts[s.rand.IntN(len(goodInts))]
	case 2:
		return badInts[s.rand.IntN(len(badInts))]
	case 3:
		return strings.Repeat("m", 62+s.rand.IntN(5))
	case 4, 5, 6:
		return strconv.Itoa(s.rand.IntN(30) - 5)
	}
	return string(rune('a' + s.rand.IntN(12)))
}

func randomBytes(s *stream, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.rand.UintN(256))
	}
	return string(b)
}

// zmember draws a member: a few often, many sometimes, and now and then one too long for a small set.
func zmember(s *stream) string {
	switch s.rand.IntN(20) {
	case 0:
		return strings.Repeat("m", 60+s.rand.IntN(10))
	case 1:
		return ""
	case 2:
		return "\x00\xff"
	case 3, 4, 5:
		return strconv.Itoa(s.rand.IntN(200) - 20)
	case 6, 7, 8:
		return "m" + strconv.Itoa(s.rand.IntN(1000))
	}
	return "m" + strconv.Itoa(s.rand.IntN(20))
}

// sparseRuns draws a HyperLogLog of few bytes whose runs are right as a rule: they describe 16384 registers.
func sparseRuns(s *stream) string {
	var b strings.Builder
	b.WriteString("HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80")
	left := 16384
	for range s.rand.IntN(12) {
		n := 1 + s.rand.IntN(4)
		if s.rand.IntN(2) == 0 {
			b.WriteByte(0x80 | byte(s.rand.IntN(32))<<2 | byte(n-1))
		} else {
			n = 1 + s.rand.IntN(64)
			b.WriteByte(byte(n - 1))
		}
		left -= n
	}
	if s.rand.IntN(20) == 0 {
		left -= 1 + s.rand.IntN(100) // too few
	}
	b.WriteByte(0x40 | byte((left-1)>>8))
	b.WriteByte(byte(left - 1))
	return b.String()
}

// degrees draws a coordinate: anywhere, near a few places, or at an edge.
func degrees(s *stream, most float64) string {
	switch s.rand.IntN(12) {
	case 0:
		return oneOf("0", "-0", "180", "-180", "85.05112878", "-85.05112878", "90", "x", "inf", "1e-5")(s)
	case 1, 2, 3, 4, 5:
		return strconv.FormatFloat(15+s.rand.NormFloat64(), 'f', 2+s.rand.IntN(10), 64)
	}
	return strconv.FormatFloat((2*s.rand.Float64()-1)*most, 'f', s.rand.IntN(12), 64)
}
