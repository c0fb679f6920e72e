// Package scenario names workloads, so that a figure in a table, a profile and a regression all speak of
// the same work.
package scenario

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sleipnirdb/sleipnir/bench/load"
)

// Scenario is a workload: what is sent, over which keys, how.
type Scenario struct {
	Name     string
	Summary  string
	Commands []Command
	Fill     string   // template that makes one key; run over all keys in order before the load
	Rounds   int      // how often it is run over all keys; once for 0
	Prepare  string   // template that is run over all keys once before that
	Scripts  []string // to be loaded before
	Fresh    bool     // the server is emptied before the fill
	Nulls    bool     // null replies are to be expected
	Shape    load.Shape
	Keys     load.Keys
	Conns    int
	Pipeline int
	Rate     float64
}

// Command is a template and its share of the requests.
type Command struct {
	Text   string
	Weight int
}

// The work that the scenarios share: 16-byte keys and values, a key space that outgrows a core's caches
// but not the machine's, 50 connections.
const (
	keySize   = 16
	valueSize = 16
	keyCount  = 100_000
	conns     = 50
	setValue  = "SET {key} {value}"
)

func one(text string) []Command { return []Command{{text, 1}} }

func all() []Scenario {
	return []Scenario{
		{Name: "get", Summary: "GET of keys that exist", Commands: one("GET {key}"), Fill: setValue},
		{Name: "set", Summary: "SET over existing keys", Commands: one(setValue), Fill: setValue},
		{Name: "mixed", Summary: "nine GETs to one SET", Commands: []Command{{"GET {key}", 9}, {setValue, 1}}, Fill: setValue},
		{Name: "setex", Summary: "SETEX over existing keys", Commands: one("SETEX {key} 1000 {value}"), Fill: setValue},
		{Name: "incr", Summary: "INCR of counters", Commands: one("INCR {key}"), Fill: "SET {key} 1"},
		{Name: "mget", Summary: "MGET of 10 keys that exist", Commands: one("MGET {key*10}"), Fill: setValue},
		{Name: "mset", Summary: "MSET of 10 existing keys", Commands: one("MSET {key,value*10}"), Fill: setValue},
		{Name: "get-zipf", Summary: "GET, keys zipf 0.99", Commands: one("GET {key}"), Fill: setValue,
			Keys: load.Keys{Dist: load.Zipf, Skew: 0.99}},
		{Name: "mixed-zipf", Summary: "nine GETs to one SET, keys zipf 0.99", Fill: setValue,
			Commands: []Command{{"GET {key}", 9}, {setValue, 1}}, Keys: load.Keys{Dist: load.Zipf, Skew: 0.99}},
		{Name: "get-1k", Summary: "GET of 1 KiB values", Commands: one("GET {key}"), Fill: "SET {key} {value:1024}"},
		{Name: "set-1k", Summary: "SET of 1 KiB values", Commands: one("SET {key} {value:1024}"), Fill: "SET {key} {value:1024}"},
		{Name: "get-64k", Summary: "GET of 64 KiB values", Commands: one("GET {key}"), Fill: "SET {key} {value:65536}", Keys: load.Keys{Count: 1000}},
		{Name: "ping", Summary: "PING: the way in and out alone", Commands: one("PING")},
		{Name: "fill", Summary: "SET of new keys in order", Commands: one(setValue), Keys: load.Keys{Dist: load.Sequential, Count: 10_000_000}},
	}
}

// Named returns the scenario of that name.
func Named(name string) (Scenario, error) {
	var known []string
	for _, s := range slices.Concat(all(), Types(), Scripts()) {
		if s.Name == name {
			return s.complete(), nil
		}
		known = append(known, s.Name)
	}
	return Scenario{}, fmt.Errorf("no scenario %q; there are %s", name, strings.Join(known, ", "))
}

func (s Scenario) complete() Scenario {
	if s.Keys.Count == 0 {
		s.Keys.Count = keyCount
	}
	if s.Shape.KeySize == 0 {
		s.Shape.KeySize = keySize
	}
	if s.Shape.ValueSize == 0 {
		s.Shape.ValueSize = valueSize
	}
	if s.Conns == 0 {
		s.Conns = conns
	}
	if s.Pipeline == 0 {
		s.Pipeline = 1
	}
	return s
}

// Load is the scenario as a load on a server.
func (s Scenario) Load(dial load.Dialer) (load.Config, error) {
	cfg := load.Config{Dial: dial, Keys: s.Keys, Conns: s.Conns, Pipeline: s.Pipeline, Rate: s.Rate, Seed: 1}
	for _, c := range s.Commands {
		t, err := load.Compile(c.Text, s.Shape)
		if err != nil {
			return cfg, fmt.Errorf("scenario %s: %w", s.Name, err)
		}
		cfg.Mix = append(cfg.Mix, load.Weighted{Template: t, Weight: c.Weight})
	}
	return cfg, nil
}

// Prefill makes every key of the scenario once; false if it needs none.
func (s Scenario) Prefill(dial load.Dialer) (load.Config, bool, error) {
	if s.Fill == "" {
		return load.Config{}, false, nil
	}
	keys := s.Keys
	keys.Dist = load.Sequential
	fill := Scenario{Name: s.Name + " fill", Commands: one(s.Fill), Shape: s.Shape, Keys: keys, Conns: 4, Pipeline: 32}
	cfg, err := fill.Load(dial)
	cfg.Requests = int64(keys.Count) * int64(max(s.Rounds, 1)) // #nosec G115 -- Keys.check bounds it
	return cfg, true, err
}
