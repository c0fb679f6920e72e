package script

import (
	"testing"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/internal/lua"
	"github.com/sleipnirdb/sleipnir/internal/luasyntax"
)

// TestNests looks which scripts are kept off the loops.
func TestNests(t *testing.T) {
	off := command.Command{Name: "stats", Arity: 2, Flags: command.OffLoop, Run: func(*command.Call) error { return nil }}
	info := off
	info.Name, info.Arity = "info", -1
	table := command.NewTable([]command.Command{info, {Name: "memory", Arity: -2, Sub: []command.Command{off}}})
	for code, want := range map[string]bool{
		"return redis.call('get', KEYS[1])":                   false,
		"local t = {} table.sort(t) return #t":                false,
		"table.sort(ARGV, function(a, b) return a < b end)":   true,
		"local f = table.sort f(ARGV, function() end)":        true,
		"return string.gsub(ARGV[1], 'a', 'b')":               false,
		"return ARGV[1]:gsub('a', 'b' .. ARGV[2])":            false,
		"return ARGV[1]:gsub('a', string.upper)":              true,
		"return string.gsub(ARGV[1], 'a', {a = 'b'})":         true,
		"local r = ARGV[2] return (ARGV[1]:gsub('a', r, 1))":  true,
		"return ARGV[1]:gsub('a', x and f or 'b')":            true,
		"table.foreach(ARGV, print)":                          true,
		"return load(function() end)":                         true,
		"return redis.call('GET', KEYS[1])":                   false,
		"return redis.call('INFO')":                           true,
		"local call = redis.pcall return call('memory', 'x')": true,
	} {
		tree, err := luasyntax.Parse(code, "test", lua.ParseNumber)
		if err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		if got := nests(tree.Body, table); got != want {
			t.Errorf("%s: %v, want %v", code, got, want)
		}
	}
}
