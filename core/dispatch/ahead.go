package dispatch

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
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
	// hintsPerBatch is for how many keys what a look-up needs is loaded ahead:
	// more would push the first ones out of the nearest cache.
	hintsPerBatch = 192
	// placesKept is the room for keys that an executor keeps for good.
	placesKept = 1024
)

// request is a parsed request. Its arguments are views into the connection's
// input.
type request struct {
	args      [][]byte
	size      int              // bytes in the input
	cmd       *command.Command // nil for an empty request
	err       error            // why it can't be executed
	partition int              // of its only key, or none
	hint      keyspace.Hint    // of its only key
	// Its keys, where it may have several: x.places[first:last].
	first, last int
	isPlaced    bool // first and last say where all its keys are
	isHinted    bool // all of them are being loaded
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
	if x.places = x.places[:0]; cap(x.places) > placesKept {
		x.places = nil
	}
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
	if len(x.ahead) > 1 || len(x.places) > 1 {
		x.hint(s.DB)
	}
	return more, err
}

// resolve finds the request's row, and where its keys are.
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
	if cmd.Flags&command.OffLoop != 0 {
		return
	}
	if cmd.OneKey > 0 {
		r.partition = x.d.Set.Of(crc.Slot(r.args[cmd.OneKey]))
		return
	}
	if cmd.Scope == command.ScopeKeys && (len(cmd.Keys) > 0 || cmd.FindKeys != nil) {
		x.place(r)
	}
}

// place finds the keys of a request that may have several. If they can't be
// told the request has none: its handler words the error.
func (x *Executor) place(r *request) {
	var err error
	x.keys, err = r.cmd.AppendKeys(r.args, x.keys[:0])
	r.isPlaced, r.first, r.last = true, len(x.places), len(x.places)
	if err != nil {
		return
	}
	for _, k := range x.keys {
		p := x.d.Set.Of(crc.Slot(r.args[k.Pos]))
		x.places = append(x.places, command.Place{Pos: int32(k.Pos), Partition: int32(p)}) // #nosec G115 -- counts of arguments and partitions
	}
	r.last = len(x.places)
}

// hint starts loading what the batch will look up: all buckets first, then all
// entries. It is done without leases, so that they are held the shorter.
func (x *Executor) hint(db int) {
	left := hintsPerBatch
	for i := range x.ahead {
		r := &x.ahead[i]
		if r.partition != none {
			r.hint = x.d.Set.Space(r.partition).HintBucket(db, r.args[r.cmd.OneKey])
			continue
		}
		if n := r.last - r.first; n > 0 && n <= left {
			left -= n
			r.isHinted = true
			for k := r.first; k < r.last; k++ {
				at := &x.places[k]
				at.Hint = x.d.Set.Space(int(at.Partition)).HintBucket(db, r.args[at.Pos])
			}
		}
	}
	members := 0
	for i := range x.ahead {
		r := &x.ahead[i]
		if r.partition != none {
			x.d.Set.Space(r.partition).HintEntry(&r.hint)
			members += r.cmd.Member
			continue
		}
		if r.isHinted {
			for k := r.first; k < r.last; k++ {
				at := &x.places[k]
				x.d.Set.Space(int(at.Partition)).HintEntry(&at.Hint)
			}
		}
	}
	if members > 0 {
		x.hintMembers()
	}
}

// hintMembers goes on into the collections of the batch's single keys.
func (x *Executor) hintMembers() {
	for i := range x.ahead {
		if r := &x.ahead[i]; r.partition != none && r.cmd.Member > 0 {
			x.d.Set.Space(r.partition).HintMember(&r.hint, r.args[r.cmd.Member])
		}
	}
	for i := range x.ahead {
		if r := &x.ahead[i]; r.partition != none && r.cmd.Member > 0 {
			x.d.Set.Space(r.partition).HintEntry(&r.hint)
		}
	}
}
