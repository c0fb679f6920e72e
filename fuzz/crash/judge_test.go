package crash

import (
	"errors"
	"fmt"
	"time"
)

// span is which of a writer's units may have been the last survivor: several, if some changed nothing. 0 is none of this round's.
type span struct{ first, last int }

// judge holds what was found after a restart against what was sent. Due is a time: what was acknowledged by then must be there.
func judge(writers []*writer, found twin, due time.Duration) ([]span, error) {
	spans := make([]span, len(writers))
	var failed error
	for i, w := range writers {
		s, err := w.survivors(found)
		if err == nil {
			err = w.kept(s, due)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("writer %d: %w", w.id, err))
		}
		spans[i] = s
	}
	if failed == nil {
		failed = inOrder(writers, spans)
	}
	return spans, failed
}

// survivors finds the units after which the writer's keys hold what was found.
func (w *writer) survivors(found twin) (span, error) {
	state := w.base.clone()
	wrong := map[string]bool{}
	look := func(keys []string) {
		for _, k := range keys {
			if state[k].String() != found[k].String() {
				wrong[k] = true
			} else {
				delete(wrong, k)
			}
		}
	}
	look(w.keys())
	s, fewest, best := span{-1, -1}, len(wrong), 0
	if len(wrong) == 0 {
		s = span{0, 0}
	}
	var near string
	for i, u := range w.units {
		for _, args := range u.steps {
			look(state.apply(args))
		}
		if len(wrong) == 0 {
			s.last = i + 1
			if s.first < 0 {
				s.first = i + 1
			}
		}
		if len(wrong) < fewest {
			fewest, best = len(wrong), i+1
			near = describe(wrong, state, found)
		}
	}
	if s.first < 0 {
		return s, fmt.Errorf("what its %d units left is nothing that it wrote; the nearest is the state after unit %d, but %s", len(w.units), best, near)
	}
	return s, nil
}

// describe shows one key that is wrong.
func describe(wrong map[string]bool, state, found twin) string {
	const most = 200
	cut := func(o *object) string {
		s := o.String()
		return s[:min(len(s), most)]
	}
	for k := range wrong {
		return fmt.Sprintf("%d keys differ, so %s: want %s, found %s", len(wrong), k, cut(state[k]), cut(found[k]))
	}
	return "nothing"
}

// kept says whether all that was acknowledged by a time is there.
func (w *writer) kept(s span, due time.Duration) error {
	for i := len(w.units); i > s.last; i-- {
		if u := w.units[i-1]; u.acked > 0 && u.acked <= due {
			return fmt.Errorf("unit %d of %d was acknowledged %v before the time by which all had to be safe, but the last that is there is unit %d: %q is lost",
				i, len(w.units), due-u.acked, s.last, u.steps)
		}
	}
	return nil
}

// inOrder says whether nothing survived that was sent after something else was acknowledged that didn't.
func inOrder(writers []*writer, spans []span) error {
	for i, w := range writers {
		if spans[i].first == 0 {
			continue
		}
		sent := w.units[spans[i].first-1].sent
		for j, other := range writers {
			if spans[j].last == len(other.units) {
				continue
			}
			if lost := other.units[spans[j].last]; lost.acked > 0 && lost.acked < sent {
				return fmt.Errorf("unit %d of writer %d is there, which was sent %v after unit %d of writer %d was acknowledged, which is not",
					spans[i].first, w.id, sent-lost.acked, spans[j].last+1, other.id)
			}
		}
	}
	return nil
}

// goOn makes what survived the beginning of the next round.
func (w *writer) goOn(s span) {
	for _, u := range w.units[:s.last] {
		for _, args := range u.steps {
			w.base.apply(args)
		}
	}
	w.twin, w.units = w.base.clone(), nil
}
