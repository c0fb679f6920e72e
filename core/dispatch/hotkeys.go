package dispatch

import (
	"math/rand/v2"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/core/stats"
)

// hotKeys is a loop's part of what HOTKEYS tells: while GateHotKeys is set, a
// share of the keys that pass the gate is counted. Each loop counts by itself.
type hotKeys struct {
	seen    *stats.HotKeys // nil: off
	places  int
	percent int
}

// configureHotKeys follows the directives. What was counted under others is
// dropped.
func (x *Executor) configureHotKeys() {
	places, percent := int(x.d.Config.Int(config.HotKeysTopK)), int(x.d.Config.Int(config.HotKeysSamplingPercentage))
	if places == x.hot.places && percent == x.hot.percent {
		return
	}
	x.hot = hotKeys{places: places, percent: percent}
	if places > 0 {
		x.hot.seen = stats.NewHotKeys(places)
	}
}

// HotKeys returns what was counted on this loop since it was asked the last
// time, nil if nothing is counted.
func (x *Executor) HotKeys() *stats.HotKeys {
	seen := x.hot.seen
	if seen != nil {
		x.hot.seen = stats.NewHotKeys(x.hot.places)
	}
	return seen
}

// ForgetHotKeys drops the keys of a database, of all if it is negative.
func (x *Executor) ForgetHotKeys(db int) {
	if x.hot.seen != nil {
		x.hot.seen.Forget(db)
	}
}

// countKeys counts the keys of a request, each with the chance that is set.
func (x *Executor) countKeys(s *session.Session, cmd *command.Command, args [][]byte) {
	if x.hot.seen == nil || len(cmd.Keys) == 0 && cmd.FindKeys == nil || cmd.Container != nil && cmd.Container.Name == "object" {
		return
	}
	keys, err := cmd.AppendKeys(args, x.keys[:0])
	x.keys = keys[:0]
	if err != nil {
		return
	}
	for _, k := range keys {
		if x.hot.percent == 100 || rand.IntN(100) < x.hot.percent { // #nosec G404 -- a sample
			x.hot.seen.Seen(s.DB, args[k.Pos])
		}
	}
}
