package differential

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/client"
)

// Difference is where the two servers part.
type Difference struct {
	Step     Step
	Index    int // of the step in its stream
	What     string
	Ref, Sub Outcome
}

func (d *Difference) String() string {
	where := d.Step.Where
	if where == "" {
		where = fmt.Sprintf("step %d", d.Index+1)
	}
	want := d.Ref.String()
	if d.Step.Want != nil {
		want = d.Step.Want.String() + " (by the script)"
	}
	return fmt.Sprintf("%s: %s\n  command   %s\n  reference %s\n  sleipnir  %s",
		where, d.What, clip(strings.ReplaceAll(d.Step.String(), "\n", " ; ")), want, d.Sub)
}

// alike tells whether another run of a part of the stream shows the same difference.
func (d *Difference) alike(other *Difference) bool {
	return other != nil && other.What == d.What && slices.Equal(other.Step.Args, d.Step.Args) &&
		other.Ref.Value.Kind == d.Ref.Value.Kind && other.Sub.Value.Kind == d.Sub.Value.Kind
}

// RunScript runs the steps one at a time and returns all differences.
func (p *Pair) RunScript(steps []Step) []Difference {
	var diffs []Difference
	for i := range steps {
		if d := p.step(steps, i, i+1); d != nil {
			diffs = append(diffs, *d)
		}
	}
	return diffs
}

// RunStream runs the steps in pipelines of random length, with requests cut at random places, and
// returns the first difference.
func (p *Pair) RunStream(steps []Step, seed uint64) *Difference {
	r := rand.New(rand.NewPCG(seed, 1))
	p.Reference.cut, p.Subject.cut = r, r
	defer func() { p.Reference.cut, p.Subject.cut = nil, nil }()
	for i := 0; i < len(steps); {
		end := i + 1
		for most := i + 1 + r.IntN(16); end < len(steps) && end < most && joins(&steps[end-1], &steps[end]); end++ {
		}
		if d := p.step(steps, i, end); d != nil {
			return d
		}
		i = end
	}
	return nil
}

// joins tells whether two steps may go in one write.
func joins(a, b *Step) bool {
	return a.Conn == b.Conn && a.Mode != FullScan && b.Mode != FullScan && a.Let == "" && b.Let == "" && a.Args != nil && b.Args != nil
}

// step runs steps[i:end] on both sides and returns the first difference.
func (p *Pair) step(steps []Step, i, end int) *Difference {
	group := steps[i:end]
	if group[0].Mode == endConn {
		p.Reference.drop(group[0].Conn)
		p.Subject.drop(group[0].Conn)
		return nil
	}
	if group[0].Mode == untilBlocked {
		return p.untilBlocked(group[0])
	}
	run := (*Side).run
	if group[0].Mode == FullScan {
		run = (*Side).scan
	}
	refs := make([]Outcome, len(group))
	if group[0].Only != p.Subject.Name {
		refs = run(p.Reference, group)
	}
	subs := make([]Outcome, len(group))
	if group[0].Only != p.Reference.Name {
		subs = run(p.Subject, group)
	}
	for k := range group {
		if what := group[k].compare(refs[k], subs[k]); what != "" {
			return &Difference{Step: group[k], Index: i + k, What: what, Ref: refs[k], Sub: subs[k]}
		}
	}
	return nil
}

// untilBlocked waits until both sides say that so many clients are blocked.
func (p *Pair) untilBlocked(st Step) *Difference {
	want := fmt.Sprintf("blocked_clients:%d\r\n", st.Pushes)
	ask := Step{Conn: "observer", Args: []string{"INFO", "clients"}, Where: st.Where}
	for _, s := range p.sides() {
		for deadline := time.Now().Add(replyLimit); ; {
			o := s.run([]Step{ask})[0]
			if strings.Contains(o.Value.Text, want) {
				break
			}
			if o.Err != nil || o.Closed || time.Now().After(deadline) {
				return &Difference{Step: ask, What: s.Name + " doesn't say " + want, Ref: o, Sub: o}
			}
		}
	}
	return nil
}

const scanRounds = 100_000

// scan follows a cursor to its end. The outcome is the list of all elements without repetitions;
// an error ends it and is the outcome.
func (s *Side) scan(steps []Step) []Outcome {
	st := steps[0]
	all := Outcome{Sent: true, Value: client.Value{Kind: client.Array}}
	seen := map[string]bool{}
	st.Args = append([]string(nil), st.Args...)
	cursorAt := 1
	if !strings.EqualFold(st.Args[0], "scan") {
		cursorAt = 2 // behind the key
	}
	for range scanRounds {
		o := s.run([]Step{st})[0]
		if o.Closed || o.Err != nil || len(o.Value.Elems) != 2 {
			return []Outcome{o}
		}
		for _, e := range o.Value.Elems[1].Elems {
			if !seen[e.Text] {
				seen[e.Text] = true
				all.Value.Elems = append(all.Value.Elems, e)
			}
		}
		cursor := o.Value.Elems[0].Text
		if cursor == "0" {
			all.Raw = all.Value.String()
			return []Outcome{all}
		}
		st.Args[cursorAt] = cursor
	}
	all.Err = fmt.Errorf("no end after %d rounds", scanRounds)
	return []Outcome{all}
}

// contentConn is the connection of CompareContent.
const contentConn = "content"

// CompareContent reads all keys of the databases in use on both sides and compares them.
func (p *Pair) CompareContent(databases int) *Difference {
	at := func(args ...string) Step {
		return Step{Conn: contentConn, Args: args, Where: "content after the stream"}
	}
	check := func(st Step) ([]client.Value, *Difference) {
		ref, sub := p.Reference.run([]Step{st})[0], p.Subject.run([]Step{st})[0]
		if what := st.compare(ref, sub); what != "" {
			return nil, &Difference{Step: st, What: what, Ref: ref, Sub: sub}
		}
		return ref.Value.Elems, nil
	}
	for db := range databases {
		if _, d := check(at("SELECT", fmt.Sprint(db))); d != nil {
			return d
		}
		all := at("KEYS", "*")
		all.Mode = Sorted
		keys, d := check(all)
		if d != nil {
			return d
		}
		for _, k := range keys {
			if d := p.compareKey(at, check, k.Text); d != nil {
				return d
			}
		}
	}
	return nil
}

// compareKey compares what one key holds.
func (p *Pair) compareKey(at func(...string) Step, check func(Step) ([]client.Value, *Difference), key string) *Difference {
	expiry := at("PEXPIRETIME", key)
	expiry.Mode, expiry.Within = Approx, expiryJitterMs
	steps := []Step{at("TYPE", key), at("GET", key), at("OBJECT", "ENCODING", key), expiry}
	kind := p.Subject.run(steps[:1])[0].Value.Text
	if value := contentCommand(kind, key); value != nil {
		st := at(value...)
		switch kind {
		case "set", "hash":
			st.Mode = Sorted
		case "zset":
			st.Mode = Approx // within 0: the reference writes a score in another form
		}
		steps = append(steps, st)
	}
	if kind == "stream" {
		steps = append(steps, at("XREVRANGE", key, "+", "-"), at("XINFO", "STREAM", key))
	}
	for _, st := range steps {
		if _, d := check(st); d != nil {
			return d
		}
		if kind == "set" || kind == "list" || kind == "zset" || !st.isEncoding() {
			continue
		}
		ref, sub := p.Reference.run([]Step{st})[0], p.Subject.run([]Step{st})[0]
		if ref.Raw != sub.Raw {
			return &Difference{Step: st, What: "the encodings differ", Ref: ref, Sub: sub}
		}
	}
	return nil
}

// contentCommand reads all of a collection.
func contentCommand(kind, key string) []string {
	switch kind {
	case "list":
		return []string{"LRANGE", key, "0", "-1"}
	case "set":
		return []string{"SMEMBERS", key}
	case "zset":
		return []string{"ZRANGE", key, "0", "-1", "WITHSCORES"}
	case "hash":
		return []string{"HGETALL", key}
	case "stream":
		return []string{"XRANGE", key, "-", "+"}
	}
	return nil
}
