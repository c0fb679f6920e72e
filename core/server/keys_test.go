package server

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/internal/client"
	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// TestKeysAreTold gives random calls of every command that takes keys. In builds with assertions the server ends if one of them looks
// for a key that isn't among those that its user's rights are checked for (command.Call.checkTold). Each call is a transaction, so
// that none waits.
func TestKeysAreTold(t *testing.T) {
	if !invariant.Enabled {
		t.Skip("needs a build with assertions")
	}
	const calls, replyLimit = 60, 20 * time.Second
	seed := uint64(time.Now().UnixNano()) // #nosec G115 -- any number
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1)) // #nosec G404 -- a test
	words := []string{"a", "b", "c", "d", "0", "1", "2", "-1", "*", "by", "get", "store", "storedist", "streams", "group", "count", "limit",
		"withscores", "aggregate", "weights", "left", "right", "nx", "xx", "ex", "ch", "db", "replace", "and", "or", "not", "$", "0-0", ">", "m", "min",
		"fields", "block", "id", "match", "numkeys", "asc", "desc", "alpha", "#", "frombyradius", "byradius", "frommember", "any", "key", "value"}
	s := newOriginal(t)
	c, err := client.Dial("unix", s.path, replyLimit)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, cmd := range s.Table.Rows() {
		if len(cmd.Keys) == 0 && cmd.FindKeys == nil || cmd.Flags&(command.Admin|command.NoMulti|command.Protected) != 0 ||
			cmd.Name == "migrate" || cmd.Group == "scripting" {
			continue
		}
		for range calls {
			args := []string{cmd.Name}
			if cmd.Container != nil {
				args = []string{cmd.Container.Name, cmd.Name}
			}
			most := max(cmd.Arity, -cmd.Arity)
			if cmd.Arity < 0 {
				most += random.IntN(6)
			}
			for len(args) < most {
				args = append(args, words[random.IntN(len(words))])
			}
			for _, request := range [][]string{{"multi"}, args, {"exec"}} {
				if _, err := c.Do(request...); err != nil {
					t.Fatalf("%q: %v", args, err)
				}
			}
		}
	}
}
