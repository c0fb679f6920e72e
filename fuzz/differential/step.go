package differential

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sleipnirdb/sleipnir/internal/client"
)

// Mode says how the two replies to a step are compared.
type Mode uint8

// The modes.
const (
	Exact    Mode = iota // byte by byte
	Sorted               // the same elements in any order
	Approx               // numbers may differ by Step.Within, all else is equal
	SameKind             // the same type of reply
	Matches              // both match Step.Pattern
	Skip                 // not compared
	NoReply              // no reply comes
	ToTheEnd             // the client sends nothing more; all that the server still says is compared
	FullScan             // a SCAN that is followed from cursor 0 to its end; the elements are compared
)

// Step is one request of a stream.
type Step struct {
	Conn    string
	Args    []string
	Raw     string // sent as it is, in place of Args
	Mode    Mode
	Within  float64
	Pattern *regexp.Regexp
	Pushes  int    // number of replies, where it isn't one
	Let     string // remember the reply's text under this name; ${name} in later steps stands for it

	Only string        // "": both sides; "reference" or "sleipnir"
	Want *client.Value // the reply that Sleipnir must give, where the reference can't be asked

	Where string // file:line
}

func (st *Step) isFor(s *Side) bool { return st.Only == "" || st.Only == s.Name }

var varPattern = regexp.MustCompile(`\$\{[a-z0-9]+\}`)

func (st *Step) appendRequest(dst []byte, vars map[string]string) []byte {
	if st.Args == nil {
		return append(dst, st.Raw...)
	}
	args := st.Args
	if len(vars) > 0 {
		args = slices.Clone(args)
		for i, a := range args {
			args[i] = varPattern.ReplaceAllStringFunc(a, func(ref string) string { return vars[ref[2:len(ref)-1]] })
		}
	}
	return client.AppendCommand(dst, args)
}

// compare returns "" or what is wrong.
func (st *Step) compare(ref, sub Outcome) string {
	if st.Want != nil {
		return st.compareWant(sub)
	}
	if st.Only != "" {
		return ""
	}
	if ref.Err != nil || sub.Err != nil {
		return "no proper reply"
	}
	if ref.Closed != sub.Closed {
		return "one side closed the connection"
	}
	if ref.Closed || st.Mode == Skip || st.Mode == NoReply {
		return ""
	}
	if !st.same(ref, sub) {
		return "the replies differ"
	}
	return ""
}

func (st *Step) compareWant(sub Outcome) string {
	if sub.Err != nil || sub.Closed {
		return "no proper reply"
	}
	if !loose(*st.Want, sub.Value) && (st.Mode != Approx || !near(*st.Want, sub.Value, st.Within)) {
		return "not the reply that the script expects"
	}
	return ""
}

func (st *Step) same(ref, sub Outcome) bool {
	switch st.Mode {
	case Sorted, FullScan:
		return canonical(ref.Value) == canonical(sub.Value)
	case Approx:
		return near(ref.Value, sub.Value, st.Within)
	case SameKind:
		return ref.Value.Kind == sub.Value.Kind && ref.Value.Nil == sub.Value.Nil
	case Matches:
		return st.Pattern.MatchString(ref.Value.String()) && st.Pattern.MatchString(sub.Value.String())
	}
	return ref.Raw == sub.Raw || st.isEncoding() && newerEncoding(ref.Value.Text, sub.Value.Text)
}

func (st *Step) isEncoding() bool {
	return len(st.Args) == 3 && strings.EqualFold(st.Args[0], "object") && strings.EqualFold(st.Args[1], "encoding")
}

// newerEncoding tells whether the subject has a set or list in a form that the reference wouldn't choose: it doesn't know small ones, and
// doesn't look at how many members come at once. It can't tell a set from a hash: CompareContent can. And a sorted set that was
// SORTed may be a skiplist in the reference only.
func newerEncoding(ref, sub string) bool {
	return sub == "listpack" && ref == "skiplist" || sub == "listpack" && (ref == "hashtable" || ref == "quicklist") || sub == "hashtable" && ref == "intset"
}

// canonical writes a value with the elements of its outermost aggregate, and of sets and maps inside, in order.
func canonical(v client.Value) string { return ordered(v, true).String() }

func ordered(v client.Value, top bool) client.Value {
	if len(v.Elems) == 0 {
		return v
	}
	elems := make([]client.Value, len(v.Elems))
	for i, e := range v.Elems {
		elems[i] = ordered(e, false)
	}
	out := client.Value{Kind: v.Kind, Elems: elems}
	if v.Kind == client.Map {
		sortPairs(elems)
		return out
	}
	if top || v.Kind == client.Set {
		slices.SortFunc(elems, func(a, b client.Value) int { return strings.Compare(a.String(), b.String()) })
	}
	return out
}

func sortPairs(elems []client.Value) {
	pairs := make([][2]client.Value, 0, len(elems)/2)
	for i := 0; i+1 < len(elems); i += 2 {
		pairs = append(pairs, [2]client.Value{elems[i], elems[i+1]})
	}
	slices.SortFunc(pairs, func(a, b [2]client.Value) int { return strings.Compare(a[0].String(), b[0].String()) })
	for i, p := range pairs {
		elems[2*i], elems[2*i+1] = p[0], p[1]
	}
}

// near compares trees; numbers may be written otherwise, and those of the same sign differ by some.
func near(a, b client.Value, within float64) bool {
	if a.Kind != b.Kind || a.Nil != b.Nil || len(a.Elems) != len(b.Elems) {
		return false
	}
	for i := range a.Elems {
		if !near(a.Elems[i], b.Elems[i], within) {
			return false
		}
	}
	if a.Text == b.Text {
		return true
	}
	x, errX := strconv.ParseFloat(a.Text, 64)
	y, errY := strconv.ParseFloat(b.Text, 64)
	return errX == nil && errY == nil && (x == y || x >= 0 && y >= 0 && max(x-y, y-x) <= within)
}

// loose compares what a script expects, written in RESP2 terms, with a reply in either protocol.
func loose(want, got client.Value) bool {
	if want.IsNil() || got.IsNil() {
		return want.IsNil() && got.IsNil()
	}
	if want.Kind == client.Array && len(want.Elems) > 0 || got.Elems != nil {
		return looseElems(want, got)
	}
	if want.Kind == client.Bulk && (got.Kind == client.Double || got.Kind == client.Verbatim) {
		return want.Text == strings.TrimPrefix(got.Text, "txt:")
	}
	return want.Kind == got.Kind && want.Text == got.Text
}

func looseElems(want, got client.Value) bool {
	if len(want.Elems) != len(got.Elems) {
		return false
	}
	for i := range want.Elems {
		if !loose(want.Elems[i], got.Elems[i]) {
			return false
		}
	}
	return true
}

// String is the step as a line, or several lines, of a script.
func (st *Step) String() string {
	var b strings.Builder
	if st.Conn != "" && st.Conn != mainConn {
		fmt.Fprintf(&b, "!conn %s\n", st.Conn)
	}
	switch st.Mode {
	case Sorted:
		b.WriteString("!sort\n")
	case Approx:
		fmt.Fprintf(&b, "!approx %g\n", st.Within)
	case SameKind:
		b.WriteString("!kind\n")
	case FullScan:
		b.WriteString("!scan\n")
	case Skip:
		b.WriteString("!skip-compare\n")
	}
	if st.Args == nil {
		fmt.Fprintf(&b, "!raw %s", client.Quote(st.Raw))
	} else {
		b.WriteString(client.JoinWords(st.Args))
	}
	return b.String()
}
