package crash

import (
	"strings"
	"testing"
	"time"
)

// TestJudge shows the judge files of bad servers.
func TestJudge(t *testing.T) {
	const second = time.Second
	// Two writers: a's third unit is a transaction, b's second was sent after a's third was acknowledged.
	sent := func() []*writer {
		a, b := newWriter(1, 1), newWriter(2, 1)
		a.units = []unit{
			{steps: [][]string{{"SET", "w1:t:0", "one"}}, sent: 1 * second, acked: 2 * second},
			{steps: [][]string{{"RPUSH", "w1:l:0", "x"}}, sent: 3 * second, acked: 4 * second},
			{steps: [][]string{{"INCRBY", "w1:c:0", "2"}, {"SADD", "w1:s:0", "m"}}, sent: 5 * second, acked: 6 * second},
			{steps: [][]string{{"DEL", "w1:t:1"}}, sent: 7 * second},
		}
		b.units = []unit{
			{steps: [][]string{{"HSET", "w2:h:0", "f", "1"}}, sent: 1 * second, acked: 2 * second},
			{steps: [][]string{{"HSET", "w2:h:0", "f", "2"}}, sent: 8 * second, acked: 9 * second},
		}
		return []*writer{a, b}
	}
	tests := []struct {
		name   string
		due    time.Duration
		change func(found twin)
		want   string
	}{
		{"everything", 10 * second, func(twin) {}, ""},
		{"last one lost", 10 * second, func(f twin) { f.apply([]string{"HSET", "w2:h:0", "f", "1"}) }, "is lost"},
		{"last one lost, as is allowed", 8 * second, func(f twin) { f.apply([]string{"HSET", "w2:h:0", "f", "1"}) }, ""},
		{"half a transaction", 0, func(f twin) { delete(f, "w1:s:0") }, "nothing that it wrote"},
		{"one in the middle lost", 0, func(f twin) { delete(f, "w1:l:0") }, "nothing that it wrote"},
		{"a value that nobody wrote", 0, func(f twin) { f.apply([]string{"SET", "w1:t:0", "two"}) }, "nothing that it wrote"},
		{"a time to live that nobody set", 0, func(f twin) { f["w1:t:0"].timed = true }, "nothing that it wrote"},
		{"cause lost, effect there", 0, func(f twin) { delete(f, "w1:s:0"); delete(f, "w1:c:0") }, "which is not"},
		{"nothing at all", 0, func(f twin) { clear(f) }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			writers := sent()
			found := twin{}
			for _, w := range writers {
				for _, u := range w.units {
					for _, args := range u.steps {
						found.apply(args)
					}
				}
			}
			tt.change(found)
			_, err := judge(writers, found, tt.due)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("the judge says %v, want %q", err, tt.want)
			}
		})
	}
}
