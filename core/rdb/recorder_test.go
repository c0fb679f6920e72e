package rdb

import (
	"fmt"
	"strconv"

	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// recorder is a sink that writes down what it is told.
type recorder struct {
	said []string
}

func (r *recorder) say(format string, args ...any) error {
	r.said = append(r.said, fmt.Sprintf(format, args...))
	return nil
}

func (r *recorder) String(text []byte) error                    { return r.say("%q", text) }
func (r *recorder) Begin(_ Type, t object.Type, _ uint64) error { return r.say("%v", t) }
func (r *recorder) End() error                                  { return nil }
func (r *recorder) Element(text []byte) error                   { return r.say("%q", text) }
func (r *recorder) Member(text []byte) error                    { return r.say("%q", text) }
func (r *recorder) Owned(id ID) error                           { return r.say("owns %v", id) }
func (r *recorder) GroupEnd() error                             { return r.say("group end") }
func (r *recorder) Pending(p PendingInfo) error {
	return r.say("pending %v since %d times %d", p.ID, p.DeliveredMs, p.Deliveries)
}
func (r *recorder) Stream(s StreamInfo) error {
	return r.say("info last %v first %v deleted %v added %d", s.Last, s.First, s.MaxDeleted, s.Added)
}

func (r *recorder) Scored(member []byte, score float64) error {
	return r.say("%q:%s", member, strconv.FormatFloat(score, 'g', -1, 64))
}

func (r *recorder) Field(field, value []byte, expireAt int64) error {
	if expireAt != 0 {
		return r.say("%q=%q until %d", field, value, expireAt)
	}
	return r.say("%q=%q", field, value)
}

func (r *recorder) Group(g GroupInfo) error {
	return r.say("group %q %v read %d estimate %v", g.Name, g.Last, g.Read, g.Estimate)
}

func (r *recorder) Consumer(c ConsumerInfo) error {
	return r.say("consumer %q seen %d active %d", c.Name, c.SeenMs, c.ActiveMs)
}

// decoded reads a value and returns what a recorder was told of it.
func decoded(b []byte) ([]string, error) {
	var d Decoder
	var r recorder
	d.Reset(b)
	err := d.Payload(&r)
	return r.said, err
}

func (r *recorder) Entry(id ID, pairs [][]byte, isDead bool) error {
	if isDead {
		return r.say("dead %v", id)
	}
	return r.say("%v %q", id, pairs)
}
