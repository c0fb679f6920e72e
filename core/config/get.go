package config

import (
	"strings"

	"github.com/sleipnirdb/sleipnir/internal/glob"
)

// Pair is a directive's name, as it was asked for, and its value.
type Pair struct {
	Name, Value string
}

// Get is CONFIG GET: the directives, by all their names, that match any of the patterns. Each appears once, in the order of
// the patterns and of the table. A hidden directive is only found by its exact name.
func (c *Config) Get(patterns []string) []Pair {
	var pairs []Pair
	seen := map[string]bool{}
	add := func(shown, name string, id ID) {
		if !seen[name] {
			seen[name] = true
			pairs = append(pairs, Pair{shown, c.Str(id)})
		}
	}
	for _, pattern := range patterns {
		if !strings.ContainsAny(pattern, "[*?") {
			name := strings.ToLower(pattern)
			if e, ok := names[name]; ok {
				add(pattern, name, e.id)
			}
			continue
		}
		for id := range idCount {
			d := &directives[id]
			if d.Flags&Hidden != 0 {
				continue
			}
			for _, name := range [...]string{d.Name, d.Alias} {
				if name != "" && glob.MatchString(pattern, name, true) {
					add(name, name, id)
				}
			}
		}
	}
	return pairs
}
