package dispatch

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

// Bounds of a batch: of requests parsed before the first of them is executed,
// so that their cache misses overlap.
const (
	maxAhead     = 32
	argsPerBatch = 256
	// minFreeArgs is the room that must be left for one more request.
	minFreeArgs = 16
)

// request is a parsed request. Its arguments are views into the connection's
// input.
type request struct {
	args      [][]byte
	size      int              // bytes in the input
	cmd       *command.Command // nil for an empty request
	err       error            // why it can't be executed
	partition int              // of its only key, or none
	hash      uint64           // of its only key
}

// readAhead parses the next requests into x.ahead. more says that there may be
// further ones in the input; an error is the protocol's, and comes after the
// requests before it.
func (x *Executor) readAhead(s *session.Session, in []byte) (more bool, err error) {
	limits, most := &x.limits, maxAhead
	if s.State&session.Locked != 0 {
		limits, most = &x.lockedLimits, 1 // AUTH changes the limits
	}
	x.ahead = x.ahead[:0]
	used := 0
	for len(in) > 0 {
		if len(x.ahead) == most || cap(x.args)-used < minFreeArgs {
			more = true
			break
		}
		args, n, e := s.Parser.Next(in, x.args[used:used:cap(x.args)], limits)
		if e != nil || n == 0 {
			err = e
			break
		}
		if used+len(args) <= cap(x.args) {
			used += len(args)
		}
		in = in[n:]
		x.ahead = append(x.ahead, request{args: args, size: n, partition: none})
		if len(args) > 0 {
			x.resolve(&x.ahead[len(x.ahead)-1])
		}
	}
	if len(x.ahead) > 1 {
		x.hint(s.DB)
	}
	return more, err
}

// resolve finds the request's row, and its partition if it has one key.
func (x *Executor) resolve(r *request) {
	cmd := x.lastName
	if cmd == nil || !command.Is(r.args[0], cmd.Name) || !cmd.TakesCount(len(r.args)) {
		cmd, r.err = x.d.Table.Find(r.args)
		if r.err != nil {
			if r.cmd = cmd; cmd == nil && (command.Is(r.args[0], "post") || command.Is(r.args[0], "host:")) {
				r.err = errAttack
			}
			return
		}
		x.lastName = nil
		if cmd.Container == nil && len(cmd.Sub) == 0 {
			x.lastName = cmd
		}
	}
	r.cmd = cmd
	if cmd.OneKey > 0 && cmd.Flags&command.OffLoop == 0 {
		r.partition = x.d.Set.Of(crc.Slot(r.args[cmd.OneKey]))
	}
}

// hint starts loading what the batch will look up: all buckets first, then all
// entries.
func (x *Executor) hint(db int) {
	for i := range x.ahead {
		if r := &x.ahead[i]; r.partition != none {
			space := x.d.Set.Space(r.partition)
			r.hash = space.Hash(r.args[r.cmd.OneKey])
			space.HintBucket(db, r.hash)
		}
	}
	for i := range x.ahead {
		if r := &x.ahead[i]; r.partition != none {
			x.d.Set.Space(r.partition).HintEntry(db, r.hash)
		}
	}
}
