package differential

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// expiryJitterMs is how far two expiry times may lie apart that were given as relative ones to two servers.
const expiryJitterMs = 3000

// rule is one command of the grammar: how often it comes, its form, and how replies are compared.
//
// A form is a line of words. Upper case stands for itself. Lower case names a generator of
// generators. Then
//
//	[a|b c|d]?   nothing or one of the alternatives
//	[a|b]*       some of them, in any order, also twice
//	[a b]+       the sequence once or several times
//	[a|b]        one of them
type rule struct {
	weight int
	form   string
	mode   Mode
	within float64
	whole  bool // never damaged
}

// node is a form, parsed: a word, or a choice of sequences with a repetition mark.
type node struct {
	word string
	alts [][]node
	mark byte // 0, '?', '*', '+'
}

// Grammar draws commands.
type Grammar struct {
	rules []rule
	forms [][]node
	total int
}

// NewGrammar joins groups of rules.
func NewGrammar(groups ...[]rule) *Grammar {
	g := &Grammar{}
	for _, group := range groups {
		for _, r := range group {
			f := formParser{rest: r.form}
			nodes := f.sequence("")
			if f.rest != "" {
				panic(fmt.Sprintf("form %q: %q is left over", r.form, f.rest))
			}
			g.rules, g.forms, g.total = append(g.rules, r), append(g.forms, nodes), g.total+r.weight
		}
	}
	return g
}

type formParser struct{ rest string }

// sequence reads nodes up to one of the end bytes, which it leaves.
func (p *formParser) sequence(ends string) []node {
	var seq []node
	for {
		p.rest = strings.TrimLeft(p.rest, " ")
		if p.rest == "" || strings.IndexByte(ends, p.rest[0]) >= 0 {
			return seq
		}
		if p.rest[0] == '[' {
			seq = append(seq, p.choice())
			continue
		}
		end := strings.IndexAny(p.rest, " []|")
		if end < 0 {
			end = len(p.rest)
		}
		seq = append(seq, node{word: p.rest[:end]})
		p.rest = p.rest[end:]
	}
}

func (p *formParser) choice() node {
	var n node
	for {
		p.rest = p.rest[1:] // [ or |
		n.alts = append(n.alts, p.sequence("|]"))
		if p.rest == "" {
			panic("a bracket isn't closed")
		}
		if p.rest[0] == ']' {
			break
		}
	}
	p.rest = p.rest[1:]
	if p.rest != "" && strings.IndexByte("?*+", p.rest[0]) >= 0 {
		n.mark, p.rest = p.rest[0], p.rest[1:]
	}
	return n
}

// stream draws the steps of one stream.
type stream struct {
	grammar *Grammar
	rand    *rand.Rand
	conns   []string

	queueing map[string]bool // connections that may be between MULTI and EXEC
	inexact  map[string]bool // connections whose EXEC may hold a reply that can't be compared exactly
}

// Stream draws n steps over some connections. The same source of randomness gives the same steps.
func (g *Grammar) Stream(r *rand.Rand, n, conns int) []Step {
	s := stream{grammar: g, rand: r, queueing: map[string]bool{}, inexact: map[string]bool{}}
	for i := range conns {
		s.conns = append(s.conns, fmt.Sprintf("c%d", i))
	}
	s.conns[0] = mainConn
	steps := make([]Step, 0, n)
	conn := mainConn
	for range n {
		if s.rand.IntN(6) == 0 {
			conn = s.conns[s.rand.IntN(len(s.conns))]
		}
		steps = append(steps, s.step(conn))
	}
	return steps
}

func (s *stream) step(conn string) Step {
	i := s.pick()
	r := s.grammar.rules[i]
	for s.queueing[conn] && notInMulti(r.form) {
		i = s.pick()
		r = s.grammar.rules[i]
	}
	st := Step{Conn: conn, Mode: r.mode, Within: r.within, Args: s.words(nil, s.grammar.forms[i])}
	if !r.whole && s.rand.IntN(16) == 0 {
		st.Args = s.mutate(st.Args)
	}
	return s.settleMode(st)
}

// pick draws a rule by weight.
func (s *stream) pick() int {
	at := s.rand.IntN(s.grammar.total)
	i := 0
	for at >= s.grammar.rules[i].weight {
		at -= s.grammar.rules[i].weight
		i++
	}
	return i
}

// notInMulti names the commands that fail in a transaction: the reference lets the transaction live,
// a newer Valkey doesn't, so that all that follows would differ.
func notInMulti(form string) bool {
	return strings.HasPrefix(form, "MULTI") || strings.HasPrefix(form, "WATCH") || strings.HasPrefix(form, "CLIENT REPLY")
}

// settleMode corrects the way of comparing where the rule's own can't hold: in a transaction the
// reply of a command comes with EXEC.
func (s *stream) settleMode(st Step) Step {
	switch strings.ToLower(st.Args[0]) {
	case "multi":
		if !s.queueing[st.Conn] {
			s.queueing[st.Conn], s.inexact[st.Conn] = true, false
		}
	case "exec", "discard", "reset":
		if s.inexact[st.Conn] {
			st.Mode = Skip
		}
		s.queueing[st.Conn], s.inexact[st.Conn] = false, false
	default:
		if st.Mode == Sorted || st.Mode == SameKind || st.Mode == FullScan || st.Mode == Skip || st.isEncoding() {
			s.inexact[st.Conn] = true
		}
	}
	return st
}

func (s *stream) words(dst []string, seq []node) []string {
	for _, n := range seq {
		if n.alts == nil {
			dst = append(dst, s.word(n.word)...)
			continue
		}
		for range s.times(n.mark) {
			dst = s.words(dst, n.alts[s.rand.IntN(len(n.alts))])
		}
	}
	return dst
}

func (s *stream) times(mark byte) int {
	switch mark {
	case '?':
		return s.rand.IntN(2)
	case '*':
		return max(0, s.rand.IntN(6)-2)
	case '+':
		return 1 + max(0, s.rand.IntN(6)-2)
	}
	return 1
}

func (s *stream) word(w string) []string {
	if make := generators[w]; make != nil {
		return []string{make(s)}
	}
	if make := streamGenerators[w]; make != nil {
		return []string{make(s)}
	}
	if w == strings.ToLower(w) && strings.ContainsAny(w, "abcdefghijklmnopqrstuvwxyz") {
		panic("no generator named " + w)
	}
	switch s.rand.IntN(12) {
	case 0:
		return []string{strings.ToLower(w)}
	case 1:
		return []string{w[:1] + strings.ToLower(w[1:])}
	}
	return []string{w}
}

// mutate damages a command: too few or too many arguments, one in another's place, one of another kind.
func (s *stream) mutate(args []string) []string {
	at := 0
	if len(args) > 1 {
		at = 1 + s.rand.IntN(len(args)-1)
	}
	switch s.rand.IntN(6) {
	case 0:
		return args[:len(args)-min(1, len(args)-1)]
	case 1:
		return append(args, generators["val"](s))
	case 2:
		return append(args, args[at])
	case 3:
		if at > 0 {
			args[at] = generators["val"](s)
		}
	case 4:
		if at > 0 {
			args[at] = ""
		}
	case 5:
		if other := len(args) - 1; at > 0 {
			args[at], args[other] = args[other], args[at]
		}
	}
	return args
}

// oneOf draws from a list.
func oneOf(list ...string) func(*stream) string {
	return func(s *stream) string { return list[s.rand.IntN(len(list))] }
}

// mostly draws from the first list nine times of ten, else from the second.
func mostly(usual, odd []string) func(*stream) string {
	return func(s *stream) string {
		if s.rand.IntN(10) > 0 {
			return usual[s.rand.IntN(len(usual))]
		}
		return odd[s.rand.IntN(len(odd))]
	}
}
