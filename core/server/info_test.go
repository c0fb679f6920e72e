package server

import (
	"os"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/stats"
)

// absentFields reads the table of docs/compat.md of fields that INFO leaves out.
func absentFields(t *testing.T) map[string]bool {
	t.Helper()
	b, err := os.ReadFile("../../docs/compat.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(b), "| field of INFO that is left out |")
	if !found {
		t.Fatal("docs/compat.md has no table of fields that INFO leaves out")
	}
	absent := make(map[string]bool)
	for line := range strings.Lines(table) {
		if line != "\n" && !strings.HasPrefix(line, "|") && len(absent) > 0 {
			break
		}
		if cells := strings.Split(line, "|"); len(cells) > 1 {
			for i, name := range strings.Split(cells[1], "`") {
				if i%2 == 1 {
					absent[name] = true
				}
			}
		}
	}
	return absent
}

// TestInfoFields compares INFO's sections and fields with those of Valkey 9.1
// and redis-server 7.0, as they are at rest.
func TestInfoFields(t *testing.T) {
	b, err := os.ReadFile("testdata/info_fields.txt")
	if err != nil {
		t.Fatal(err)
	}
	s := testServer(t)
	s.loops.Start()
	n := stats.NewInfo("everything", "debug")
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
	absent, known := absentFields(t), map[string]bool{}
	for name := range strings.Lines(string(b)) {
		name = strings.TrimSpace(name)
		known[name] = true
		if strings.HasPrefix(name, "# ") {
			section = name
			if !have[section] && !absent[section] {
				t.Errorf("no section %s", section)
			}
			continue
		}
		if have[section+" "+name] == absent[name] {
			t.Errorf("%s: %s: there %v, left out by docs/compat.md %v", section, name, have[section+" "+name], absent[name])
		}
	}
	for name := range absent {
		if !known[name] {
			t.Errorf("docs/compat.md leaves %s out, which nobody has", name)
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
		{"all", "Server Clients Memory Persistence Stats Replication CPU Modules Commandstats Errorstats Latencystats Cluster Keyspace TLS Scripting Engines Hotkeys"},
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
