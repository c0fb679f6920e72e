package server

import (
	"os"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/stats"
)

// absentFields are fields of the reference that INFO leaves out, with the
// reason. The list of fields is of redis-server 7.0; Valkey dropped some.
var absentFields = map[string]string{
	"redis_mode":    "as in Valkey it is server_mode, unless extended-redis-compatibility is on",
	"atomicvar_api": "Valkey dropped it, and Go has one API",
}

// TestInfoFields compares INFO's sections and fields with the reference's, in
// their order by section.
func TestInfoFields(t *testing.T) {
	b, err := os.ReadFile("testdata/info_fields.txt")
	if err != nil {
		t.Fatal(err)
	}
	s := testServer(t)
	s.loops.Start()
	n := stats.NewInfo("everything")
	(*operations)(s).Info(n, false)
	section, have := "", map[string]bool{}
	for line := range strings.Lines(n.String()) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "# ") {
			section = line
			have[section] = true
			continue
		}
		name, _, isField := strings.Cut(line, ":")
		if !isField && line != "" {
			t.Errorf("no field: %q", line)
		}
		if have[section+" "+name] {
			t.Errorf("%s: %s comes twice", section, name)
		}
		have[section+" "+name] = true
	}
	for name := range strings.Lines(string(b)) {
		name = strings.TrimSpace(name)
		switch {
		case strings.HasPrefix(name, "# "):
			section = name
			if !have[section] {
				t.Errorf("no section %s", section)
			}
		case !have[section+" "+name] && absentFields[name] == "":
			t.Errorf("%s: no field %s", section, name)
		}
	}
}

func TestInfoSections(t *testing.T) {
	s := testServer(t)
	s.loops.Start()
	tests := []struct {
		args string
		want string
	}{
		{"", "Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster Keyspace"},
		{"default", "Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster Keyspace"},
		{"SERVER keyspace", "Server Keyspace"},
		{"keyspace server server", "Server Keyspace"},
		{"nosuch", ""},
		{"modules", "Modules"},
		{"commandstats latencystats", "Commandstats Latencystats"},
		{"all", "Server Clients Memory Persistence Stats Replication CPU Modules Commandstats Errorstats Latencystats Cluster Keyspace Hotkeys"},
		{"cpu default", "Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster Keyspace"},
		{"debug", "Debug"},
	}
	for _, tt := range tests {
		n := stats.NewInfo(strings.Fields(tt.args)...)
		(*operations)(s).Info(n, false)
		var got []string
		for line := range strings.Lines(n.String()) {
			if title, ok := strings.CutPrefix(line, "# "); ok {
				got = append(got, strings.TrimSpace(title))
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("INFO %s: sections %v, want %s", tt.args, got, tt.want)
		}
	}
}
