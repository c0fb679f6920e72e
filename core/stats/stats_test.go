package stats

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestHuman(t *testing.T) {
	tests := []struct {
		in   int64
		want string
	}{{0, "0B"}, {1023, "1023B"}, {1024, "1.00K"}, {1536, "1.50K"}, {1 << 20, "1.00M"}, {5 << 30, "5.00G"}, {3 << 40, "3.00T"}}
	for _, tt := range tests {
		if got := Human(tt.in); got != tt.want {
			t.Errorf("Human(%d) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestCommandLog(t *testing.T) {
	var l CommandLog
	for i := range 5 {
		l.Add(SlowExecution, &LogEntry{Value: int64(i)}, 3)
	}
	if got := l.Len(SlowExecution); got != 3 {
		t.Errorf("Len = %d, want 3", got)
	}
	var ids []int64
	for _, e := range l.Latest(SlowExecution, 2) {
		ids = append(ids, e.ID)
	}
	if !slices.Equal(ids, []int64{4, 3}) {
		t.Errorf("Latest(2) has the entries %v, want 4 3", ids)
	}
	if got := len(l.Latest(SlowExecution, -1)); got != 3 {
		t.Errorf("Latest(-1) has %d entries, want 3", got)
	}
	if got := l.Len(LargeReply); got != 0 {
		t.Errorf("another log has %d entries", got)
	}
	l.Reset(SlowExecution)
	l.Add(SlowExecution, &LogEntry{}, 3)
	if got := l.Latest(SlowExecution, -1); len(got) != 1 || got[0].ID != 5 {
		t.Errorf("after Reset: %d entries", len(got))
	}
}

func TestLoggedArgs(t *testing.T) {
	many := make([][]byte, 40)
	for i := range many {
		many[i] = fmt.Append(nil, i)
	}
	got := LoggedArgs(many, nil)
	if len(got) != 32 || got[30] != "30" || got[31] != "... (9 more arguments)" {
		t.Errorf("40 arguments became %d, the last %q", len(got), got[len(got)-1])
	}
	got = LoggedArgs([][]byte{[]byte("set"), []byte(strings.Repeat("x", 130)), []byte("secret")}, func(i int) bool { return i == 2 })
	want := []string{"set", strings.Repeat("x", 128) + "... (2 more bytes)", "(redacted)"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := LoggedArgs(many[:32], nil); got[31] != "31" {
		t.Errorf("the last of 32 became %q", got[31])
	}
}

func TestLatency(t *testing.T) {
	var l Latency
	for i := range int64(200) {
		l.Add("command", 1000+i/2, 10+i)
	}
	e, ok := l.Event("command")
	if !ok || e.Max != 209 || e.Count != 200 || len(e.Samples) != 100 {
		t.Fatalf("event %v, %d samples, max %d, count %d", ok, len(e.Samples), e.Max, e.Count)
	}
	if e.Samples[0] != (LatencySample{1000, 11}) {
		t.Errorf("the first sample is %v: of one second the longest stays", e.Samples[0])
	}
	for i := range int64(300) {
		l.Add("fork", i, 1)
	}
	if e, _ := l.Event("fork"); len(e.Samples) != latencySamples || e.Samples[0].TimeS != 300-latencySamples {
		t.Errorf("%d samples from %d on", len(e.Samples), e.Samples[0].TimeS)
	}
	if got := len(l.Events()); got != 2 {
		t.Errorf("%d events, want 2", got)
	}
	if got := l.Reset("fork", "nosuch"); got != 1 {
		t.Errorf("Reset(fork nosuch) = %d, want 1", got)
	}
	if got := l.Reset(); got != 1 {
		t.Errorf("Reset() = %d, want 1", got)
	}
}

func TestMeter(t *testing.T) {
	var m Meter
	for i := range uint64(meterSamples + 1) {
		m.Sample(i*50, int64(i)*1e8+1) // 500 a second
	}
	if got := m.PerSecond(); got < 495 || got > 505 {
		t.Errorf("rate %d, want about 500", got)
	}
	m.Rest()
	m.Sample(1e9, 1e12) // the first after a rest says nothing
	if got := m.PerSecond(); got != 0 {
		t.Errorf("rate after a rest %d, want 0", got)
	}
}

func TestInfo(t *testing.T) {
	n := NewInfo("a", "C")
	if n.Section("A", "a") {
		n.Int("x", -1)
		n.Bytes("mem", 2048)
	}
	if n.Section("B", "b") {
		t.Error("B wasn't asked for")
	}
	if n.Section("C", "c") {
		n.Ratio("r", 1.005)
		n.Seconds("s", 1_000_002_000)
		n.Bool("on", true)
	}
	want := "# A\r\nx:-1\r\nmem:2048\r\nmem_human:2.00K\r\n\r\n# C\r\nr:1.00\r\ns:1.000002\r\non:1\r\n"
	if got := n.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := SafeName("a:b#c\n"); got != "a_b_c_" {
		t.Errorf("SafeName gave %q", got)
	}
}

func TestHistogram(t *testing.T) {
	var h Histogram
	for i := range uint64(1000) {
		h.Add(i)
	}
	for _, share := range []float64{1, 50, 99, 99.9, 100} {
		got, want := float64(h.Percentile(share)), share*10
		if got < want*0.99-2 || got > want*1.13+2 {
			t.Errorf("p%v = %v, want about %v", share, got, want)
		}
	}
	if h.Count() != 1000 {
		t.Errorf("Count = %d", h.Count())
	}
}

func TestErrorCodes(t *testing.T) {
	l := New(0)
	for i := range 1100 {
		l.Failed(fmt.Sprintf("%d my error", i))
	}
	l.Failed("ERR syntax error")
	l.Failed("1 my error")
	for code, want := range map[string]uint64{"1": 2, "127": 1, "128": 0, "ERR": 1, overflow: 1100 - maxErrorCodes} {
		if got := l.Errors[code]; got != want {
			t.Errorf("%s was counted %d times, want %d", code, got, want)
		}
	}
}
