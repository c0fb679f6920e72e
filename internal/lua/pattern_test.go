package lua

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// endless is fuel that never ends, and counts.
type endless struct{ steps int }

func (f *endless) Work(n int) error { f.steps += n; return nil }

// matched is where pattern matches source first, and its captures: "1-3 a,b".
func matched(source, pattern string, fuel fuel) string {
	pattern, anchored := cutAnchor(pattern)
	m := newMatcher(source, pattern, fuel, nil)
	start, end, err := m.find(0, anchored)
	if err != nil {
		return err.Error()
	}
	if start < 0 {
		return "nil"
	}
	text := fmt.Sprintf("%d-%d", start+1, end)
	for i := range m.level {
		s, position, isPosition, err := m.captured(i, start, end)
		switch {
		case err != nil:
			return err.Error()
		case isPosition:
			text += fmt.Sprintf(" @%d", position)
		default:
			text += " " + s
		}
	}
	return text
}

func TestMatcher(t *testing.T) {
	for _, test := range []struct{ source, pattern, want string }{
		{"hello", "l", "3-3"}, {"hello", "l+", "3-4"}, {"hello", "xyz", "nil"}, {"hello", "", "1-0"}, {"", "", "1-0"}, {"", "a*", "1-0"}, {"", "a", "nil"},
		{"hello", "^h", "1-1"}, {"hello", "^e", "nil"}, {"hello", "o$", "5-5"}, {"hello", "l$", "nil"}, {"a$b", "a$b", "1-3"}, {"ab", "$", "3-2"},
		{"hello", "(h)(e)", "1-2 h e"}, {"hello", "()ll()", "3-4 @3 @5"}, {"hello", "(l)%1", "3-4 l"}, {"abcabc", "(abc)%1", "1-6 abc"}, {"abab", "(()a)%2", "nil"},
		{"aXb", "%u", "2-2"}, {"aXb", "%U", "1-1"}, {"a1", "%d", "2-2"}, {"a\x00", "%z", "2-2"}, {"x\x7f", "%c", "2-2"}, {"a!", "%p", "2-2"}, {"g0", "%x", "2-2"}, {"é", "%a", "nil"}, {"é", "%w", "nil"},
		{"abc123", "[a-c]+", "1-3"}, {"abc123", "[^a-c]+", "4-6"}, {"]", "[]]", "1-1"}, {"a-", "[a%-]+", "1-2"}, {"-", "[a-]", "1-1"}, {"^", "[x^]", "1-1"}, {"z", "[%a]", "1-1"}, {"-", "[%a-z]", "1-1"},
		{"aaa", "a-", "1-0"}, {"aaab", "a-b", "1-4"}, {"aaa", "a?a?a?a?", "1-3"}, {"ab", "ax?b", "1-2"}, {"aaa", "a*a", "1-3"}, {"aaa", "(a*)(a)", "1-3 aa a"}, {"aaa", "(a-)(a+)$", "1-3  aaa"},
		{"f(a(b)c)d", "%b()", "2-8"}, {"((", "%b()", "nil"}, {"(x(", "%b((", "1-3"}, {"THE (quick) fox", "%f[%a]%a+%f[%A]", "1-3"}, {"abc", "%f[%z]", "4-3"}, {"x", "%f[x]", "1-0"},
		{"a.b", "%.", "2-2"}, {"a%", "%%", "2-2"}, {"a\nb", "a.b", "1-3"}, {"key = value", "(%w+)%s*=%s*(%w+)", "1-11 key value"}, {"a\x00b", "a\x00zzz", "1-1"},
		{"a", "%", "malformed pattern (ends with '%')"}, {"a", "[a", "malformed pattern (missing ']')"}, {"a", "[", "malformed pattern (missing ']')"}, {"a", "[^]", "malformed pattern (missing ']')"},
		{"a", "[%", "malformed pattern (missing ']')"}, {"a", "[a%]", "malformed pattern (missing ']')"}, {"b", "a[", "nil"},
		{"a", "(", "unfinished capture"}, {"a", "(a", "unfinished capture"}, {"a", ")", "invalid pattern capture"}, {"a", "%1", "invalid capture index"}, {"a", "(%1)", "invalid capture index"}, {"a", "%0", "invalid capture index"},
		{"a", "%b", "unbalanced pattern"}, {"a", "%bx", "unbalanced pattern"}, {"a", "%f", "missing '[' after '%f' in pattern"}, {"a", "%fa", "missing '[' after '%f' in pattern"},
		{"a", strings.Repeat("()", 32), "1-0" + strings.Repeat(" @1", 32)}, {"a", strings.Repeat("()", 33), "too many captures"},
		{"a", strings.Repeat("a?", maxTrail), "1-1"}, {strings.Repeat("a", maxTrail+1), strings.Repeat("a?", maxTrail+1), "pattern too complex"},
	} {
		if got := matched(test.source, test.pattern, new(endless)); got != test.want {
			t.Errorf("match(%.50q, %.50q) = %.100s, want %.100s", test.source, test.pattern, got, test.want)
		}
	}
}

func TestReplaced(t *testing.T) {
	for _, test := range []struct{ source, pattern, text, want string }{
		{"hello", "(l)(l)", "<%0 %1%2 %%>", "<ll ll %>"}, {"ab", "()b", "%1", "2"}, {"ab", "b", "%1", "b"}, {"ab", "b", "%2", "invalid capture index"}, {"ab", "b", "x%", "x\x00"}, {"ab", "b", "%y", "y"},
	} {
		m := newMatcher(test.source, test.pattern, new(endless), nil)
		start, end, _ := m.find(0, false)
		got, err := m.appendReplaced(nil, test.text, start, end)
		if err != nil {
			got = []byte(err.Error())
		}
		if string(got) != test.want {
			t.Errorf("replacing %q in %q by %q gives %q, want %q", test.pattern, test.source, test.text, got, test.want)
		}
	}
}

// tank is fuel that ends.
type tank struct{ left int }

func (f *endless) Room(int64) error { return nil }
func (f *tank) Room(int64) error    { return nil }

var errEmpty = errors.New("empty")

func (f *tank) Work(n int) error {
	if f.left -= n; f.left < 0 {
		return errEmpty
	}
	return nil
}

// TestMatcherHostile: patterns that take exponential or quadratic time pay for their steps, and end when the budget does.
func TestMatcherHostile(t *testing.T) {
	as := strings.Repeat("a", 100_000)
	for _, test := range []struct{ name, source, pattern string }{
		{"many lazy", as, strings.Repeat("(.-)", 20) + "x"},
		{"many greedy", as, strings.Repeat("a*", 20) + "x"},
		{"optional", as[:60], strings.Repeat("a?", 60) + strings.Repeat("a", 61)},
		{"long set", as, "[" + strings.Repeat("b", 100_000) + "]"},
		{"long set, repeated", as, "[" + strings.Repeat("b", 50_000) + "a]*x"},
		{"back reference", as, "(a*)%1x"},
		{"balance", strings.Repeat("(", 100_000), "%b()"},
		{"unclosed set", as, "a?[" + strings.Repeat("b", 50_000) + "]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			fuel := &tank{left: 1_000_000}
			if got := matched(test.source, test.pattern, fuel); got != errEmpty.Error() {
				t.Errorf("got %.100s with %d steps left, want an end of the budget", got, fuel.left)
			}
		})
	}
}
