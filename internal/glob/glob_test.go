package glob

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	const fold = true
	for _, test := range []struct {
		pattern, name string
		fold          bool
		want          bool
	}{
		{"", "", false, true},
		{"", "a", false, false},
		{"a", "", false, false},
		{"a", "a", false, true},
		{"a", "b", false, false},
		{"ab", "a", false, false},
		{"a", "ab", false, false},
		{"A", "a", false, false},
		{"A", "a", fold, true},
		{"@", "`", fold, false},
		{"[", "{", fold, false},

		{"*", "", false, false},
		{"**", "", false, false},
		{"*", "a", false, true},
		{"**", "abc", false, true},
		{"a*", "a", false, true},
		{"a***", "a", false, true},
		{"a*?", "a", false, false},
		{"a*", "ba", false, false},
		{"*a", "ba", false, true},
		{"*a", "bab", false, false},
		{"*a*", "bab", false, true},
		{"*ab", "aab", false, true},
		{"a*b*c", "a1b2b3c", false, true},
		{"a*b*c", "a1b2b3cd", false, false},
		{"*AB", "xxab", fold, true},
		{"*aab", "aaaab", false, true},
		{"*[ab]c", "aacbc", false, true},
		{"*\\*", "ab*", false, true},
		{"*\\*", "ab", false, false},

		{"?", "", false, false},
		{"?", "a", false, true},
		{"?", "\n", false, true},
		{"??", "a", false, false},
		{"h?llo", "hello", false, true},

		{"\\a", "a", false, true},
		{"\\?", "?", false, true},
		{"\\?", "a", false, false},
		{"\\", "\\", false, true},
		{"a\\", "a\\", false, true},
		{"\\A", "a", fold, true},

		{"[abc]", "b", false, true},
		{"[abc]", "d", false, false},
		{"[ABC]", "b", false, false},
		{"[ABC]", "b", fold, true},
		{"[^abc]", "d", false, true},
		{"[^abc]", "a", false, false},
		{"[!a]", "!", false, true},
		{"[]", "a", false, false},
		{"[]a]", "a", false, false},
		{"[^]", "a", false, true},
		{"[^]a]", "xa]", false, true},
		{"[", "a", false, false},
		{"[", "[", false, false},
		{"[^", "a", false, true},
		{"[a", "a", false, true},
		{"[a", "b", false, false},
		{"[\\]]", "]", false, true},
		{"[\\a]", "a", false, true},
		{"[\\A]", "a", fold, false},
		{"[\\", "\\", false, true},
		{"[a\\", "\\", false, true},
		{"[^\\", "a", false, true},

		{"[a-c]", "b", false, true},
		{"[a-c]", "d", false, false},
		{"[c-a]", "b", false, true},
		{"[a-]", "-", false, false},
		{"[a-]", "a", false, true},
		{"[a-]", "^", false, true},
		{"[-a]", "-", false, true},
		{"[a-", "-", false, true},
		{"[a-b", "b", false, true},
		{"[\\a-c]", "b", false, false},
		{"[\\a-c]", "-", false, true},
		{"[A-C]", "b", fold, true},
		{"[a-c]", "B", fold, true},
		{"[A-c]", "B", fold, true},
		{"[Z-a]", "m", fold, false},
		{"[a-c-e]", "-", false, true},
		{"[a-c-e]", "d", false, false},
		{"[\x80-a]", "\xff", false, true},
		{"[\x80-a]", "b", false, false},
		{"[a-\xff]", "A", false, true},
		{"[a-\x80]", "A", fold, false},
		{"[a-\xff]", "A", fold, true},
		{"[\xff-a]", "A", fold, true},

		{"{abc}", "{abc}", false, true},
		{"a\x00*", "a\x00b", false, true},
	} {
		if got := MatchString(test.pattern, test.name, test.fold); got != test.want {
			t.Errorf("Match(%q, %q, fold = %v) = %v, want %v", test.pattern, test.name, test.fold, got, test.want)
		}
	}
}

func TestMaxStars(t *testing.T) {
	for _, test := range []struct {
		pattern string
		want    bool
	}{
		{strings.Repeat("*a", 1000), true},
		{strings.Repeat("*a", 1000) + "*", true},
		{strings.Repeat("*a", 1001), false},
		{strings.Repeat("**a", 1000), true},
	} {
		if got := MatchString(test.pattern, strings.Repeat("a", 1001), false); got != test.want {
			t.Errorf("%.10q… of length %d: got %v, want %v", test.pattern, len(test.pattern), got, test.want)
		}
	}
}

// TestAgainstTerms compares with a matcher of another make: the pattern is cut into terms, and a table says
// which prefixes of both match.
func TestAgainstTerms(t *testing.T) {
	const seed = 5
	rnd := rand.New(rand.NewPCG(seed, seed))
	text := func(n int, alphabet string) string {
		b := make([]byte, rnd.IntN(n))
		for i := range b {
			b[i] = alphabet[rnd.IntN(len(alphabet))]
		}
		return string(b)
	}
	rounds := 200000
	if testing.Short() {
		rounds = 20000
	}
	for range rounds {
		pattern, name := text(14, "***??[[]]^\\-abcAB\x80\xff"), text(10, "abcABz-]\x80\xff")
		fold := rnd.IntN(2) == 0
		if got, want := MatchString(pattern, name, fold), matchTerms(pattern, name, fold); got != want {
			t.Fatalf("seed %d: Match(%q, %q, fold = %v) = %v, want %v", seed, pattern, name, fold, got, want)
		}
	}
}

func matchTerms(pattern, name string, fold bool) bool {
	if name == "" {
		return pattern == ""
	}
	reached := make([]bool, len(name)+1)
	reached[0] = true
	for p := 0; p < len(pattern); {
		now := make([]bool, len(name)+1)
		if pattern[p] == '*' {
			for i := range now {
				now[i] = reached[i] || i > 0 && now[i-1]
			}
			p++
		} else {
			next := p
			for i := range len(name) {
				var ok bool
				next, ok = matchOne([]byte(pattern), p, name[i], fold)
				now[i+1] = reached[i] && ok
			}
			p = next
		}
		reached = now
	}
	return reached[len(name)]
}

// TestBoundedWork runs patterns that make a matcher with nested tries take longer than the universe has had.
func TestBoundedWork(t *testing.T) {
	name := strings.Repeat("a", 5000)
	for _, pattern := range []string{
		strings.Repeat("a*", 500) + "b",
		strings.Repeat("*a", 500) + "b",
		strings.Repeat("*?", 500) + "b",
		strings.Repeat("*[a-z]", 900) + "b",
	} {
		if MatchString(pattern, name, true) {
			t.Errorf("%.20q… matches", pattern)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	pattern, name := []byte("user:[0-9]*:na?e*x"), []byte("user:1000:name:xx")
	if got := testing.AllocsPerRun(100, func() { Match(pattern, name, true) }); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}
