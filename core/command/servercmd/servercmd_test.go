package servercmd

import (
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/stats"
)

func TestGraph(t *testing.T) {
	e := stats.LatencyEvent{Name: "command", Max: 40, Samples: []stats.LatencySample{{TimeS: 100, Ms: 10}, {TimeS: 3700, Ms: 20}, {TimeS: 3795, Ms: 30}}}
	lines := strings.Split(graph(&e, 3800), "\n")
	if lines[0] != "command - high 30 ms, low 10 ms (all time high 40 ms)" {
		t.Errorf("head %q", lines[0])
	}
	if len(lines[1]) != graphColumns {
		t.Errorf("the rule has %d columns", len(lines[1]))
	}
	for _, row := range lines[2 : 2+graphRows] {
		if len(row) != 3 {
			t.Errorf("row %q", row)
		}
	}
	if top := lines[2]; top[0] != ' ' || top[2] == ' ' {
		t.Errorf("top row %q: only the highest reaches it", top)
	}
	if labels := lines[3+graphRows:]; labels[0] != "115" || labels[1] != "hms" {
		t.Errorf("labels %q", labels)
	}
}

func TestGraphOfOne(t *testing.T) {
	e := stats.LatencyEvent{Name: "x", Max: 5, Samples: []stats.LatencySample{{TimeS: 1, Ms: 5}}}
	if got := graph(&e, 1); !strings.Contains(got, "high 5 ms, low 5 ms") {
		t.Error(got)
	}
}

func TestDiagnose(t *testing.T) {
	tests := []struct {
		name string
		m    Memory
		want string
	}{
		{"empty", Memory{Used: 1 << 20}, "empty or is using very little memory"},
		{"fine", Memory{Used: 100 << 20, Peak: 100 << 20}, "can't find any memory issue"},
		{"peak", Memory{Used: 100 << 20, Peak: 200 << 20}, "Peak memory"},
		{"holes", Memory{Used: 100 << 20, Peak: 100 << 20, FragRatio: 2, Committed: 200 << 20, Stored: 90 << 20}, "Fragmentation"},
		{"heap", Memory{Used: 200 << 20, Peak: 200 << 20, GoHeap: 150 << 20}, "Go heap"},
	}
	for _, tt := range tests {
		if got := diagnose(&tt.m); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q lacks %q", tt.name, got, tt.want)
		}
	}
}

func TestLatencyReport(t *testing.T) {
	if got := latencyReport(nil, 0); !strings.Contains(got, "monitoring is disabled") {
		t.Error(got)
	}
	if got := latencyReport(nil, 10); !strings.Contains(got, "no latency spike was observed") {
		t.Error(got)
	}
	events := []stats.LatencyEvent{{Name: "command", Max: 30, Sum: 40, Count: 2}}
	if got := latencyReport(events, 10); !strings.Contains(got, "1. command: 2 latency spikes (average 20ms)") || !strings.Contains(got, "SLOWLOG GET") {
		t.Error(got)
	}
}

func TestNight(t *testing.T) {
	for range 50 {
		for _, line := range strings.Split(night(), "\n") {
			if len(line) > runesWide {
				t.Fatalf("line %q is too long", line)
			}
		}
	}
}
