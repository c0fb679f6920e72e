package command

import (
	"slices"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/internal/crc"
	"github.com/sleipnirdb/sleipnir/internal/invariant"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// Call is one execution of a command. It and everything in it is borrowed: it
// ends when the handler returns. Args are views into the connection's read
// buffer; what is kept must be copied.
type Call struct {
	Cmd     *Command
	Args    [][]byte // Args[0] is the name as sent
	W       *resp.Writer
	Session *session.Session
	// Now is the unix time in milliseconds at which the call takes effect.
	Now int64
	// Set holds all partitions; a handler touches only those that its scope
	// leases.
	Set *partition.Set
	// Partition is the first key's, or -1 when the call has several or none.
	Partition int
	// Places are where the keys of a call of several partitions lie, in order
	// of the arguments; none if nobody has looked yet.
	Places []Place
	// place is the one that was asked for last.
	place int
	// Prefetched: what look-ups of the keys need is on its way already.
	Prefetched bool
	// Held are the partitions of a call whose Partition is none.
	Held *partition.Mask
	// InExec: inside EXEC or a script. Nothing may park.
	InExec bool
	// Nested runs the commands of a transaction or script.
	Nested Nested
	// Machine is what core/script keeps with the executor from one script to
	// the next.
	Machine any
	// Again: the call has waited, and one of its keys became ready.
	Again bool
	// Resumed: the handler returned Suspended, and goes on.
	Resumed bool
	// MayLeave: the call runs on a loop, or holds up one, and may go where it
	// holds up nobody, see IsLong.
	MayLeave bool
	// Dirty counts the changes that this call made to the data.
	Dirty int64
	// Effects is where they are gathered for the journal; nil while none is on.
	Effects *keyspace.Effects
	// Told: Propagate has said what the journal gets.
	Told bool
}

// Nested runs commands within the leases of the call around them.
type Nested interface {
	// RunNested executes cmd, and writes its reply or its error to c.W. The
	// call is as before when it returns.
	RunNested(c *Call, cmd *Command, args [][]byte)
	// RunScripted executes a command that a script calls, and leaves its reply
	// alone in s.W.B; or it returns the error that the command, or the refusal
	// of it, has as its reply. Errors have been counted. The call is as before
	// when it returns.
	RunScripted(c *Call, s *Script, args [][]byte) error
	// Announce shows the call that runs a script to those who monitor, before
	// they see its commands: its row has SkipMonitor.
	Announce(c *Call)
	// Interrupt is called by a script that takes long: first when the handler was
	// resumed, or when it would have left its loop and could not, and then about every
	// millisecond, on the script's thread and between its commands. An error
	// has to end the script whatever it catches.
	Interrupt(c *Call, s *Script) error
	// EndScript is called when a script has ended. It costs nothing if it was
	// never interrupted.
	EndScript(s *Script)
}

// Place is where a key among the arguments lies.
type Place struct {
	Pos       int32 // in Args
	Partition int32
	Hint      keyspace.Hint
}

// DB returns the database of the partition that holds the key. Its lease must
// be within the call's scope.
func (c *Call) DB(key []byte) *keyspace.DB {
	if p := c.Partition; p >= 0 {
		if invariant.Enabled {
			c.checkHeld(key, p)
		}
		return c.Set.Space(p).DB(c.Session.DB)
	}
	return c.DBAt(c.Session.DB, key)
}

// DBAt returns database db of the partition that holds the key.
func (c *Call) DBAt(db int, key []byte) *keyspace.DB {
	p := c.partitionOf(key)
	if invariant.Enabled {
		c.checkHeld(key, p)
	}
	return c.Set.Space(p).DB(db)
}

// checkHeld asserts that a key is in partition p, and that the call holds that:
// the row's keys, or its route, have told of it. Who has no leases at all, as
// a test of a room of commands, says so by a nil Held.
func (c *Call) checkHeld(key []byte, p int) {
	invariant.Check(p == c.Set.Of(crc.Slot(key)), "a key isn't in the partition that it is looked for in")
	invariant.Check(c.Partition >= 0 || c.Held == nil || c.Held.Has(p), "a key is looked for in a partition that the call doesn't hold")
	c.checkTold(key)
}

// maxTold bounds the arguments of a call that checkTold looks at: it does so for each key.
const maxTold = 64

// checkTold asserts that a key which the call looks for is one of those that its user's rights were checked for. Calls of another
// scope look for keys that nobody can tell, and see to the rights themselves.
func (c *Call) checkTold(key []byte) {
	if c.Cmd == nil || c.Cmd.Scope != ScopeKeys || len(c.Args) > maxTold {
		return
	}
	keys, err := c.Cmd.AppendKeys(c.Args, nil)
	invariant.Check(err == nil && slices.ContainsFunc(keys, func(k KeyRef) bool { return string(c.Args[k.Pos]) == string(key) }),
		"a call looks for a key that its arguments don't tell of")
}

// Past says whether an expiry that the call gives to something in db is over
// already, so that this goes at once. It never is where somebody else says what
// has expired: the primary, or the rest of a file.
func (c *Call) Past(db *keyspace.DB, at int64) bool {
	return at <= c.Now && (db.Space().Expires() || at <= 0)
}

// partitionOf finds the partition of a key, at no cost for a handler that asks
// for its arguments in their order.
func (c *Call) partitionOf(key []byte) int {
	if c.Partition >= 0 {
		return c.Partition
	}
	if len(key) > 0 && len(c.Places) > 0 {
		for _, i := range [...]int{c.place, c.place + 1, 0} {
			if i < len(c.Places) {
				at := &c.Places[i]
				if arg := c.Args[at.Pos]; len(arg) == len(key) && &arg[0] == &key[0] {
					c.place = i
					return int(at.Partition)
				}
			}
		}
	}
	return c.Set.Of(crc.Slot(key))
}

// Prefetch starts loading what look-ups of these keys, every step arguments,
// will need, so that their cache misses overlap.
func (c *Call) Prefetch(keys [][]byte, step int) {
	if len(keys) <= step || c.Prefetched {
		return
	}
	for i := 0; i < len(keys); i += step {
		c.DB(keys[i]).Prefetch(keys[i])
	}
	for i := 0; i < len(keys); i += step {
		c.DB(keys[i]).PrefetchEntry(keys[i])
	}
}

// Wait lets the call wait until one of the keys can serve it, in the order in
// which calls came to the key, or until the unix time untilMs (0: for ever),
// when reply writes the answer. The command then runs again as a whole, within
// the write that made the key ready; if that doesn't do, it calls Wait once more,
// which changes nothing. A handler returns what Wait returns, and may not call it
// when c.InExec.
//
// args, where it isn't nil, are the call's arguments from now on: of a command
// that has replaced some ("$" by an ID).
func (c *Call) Wait(keys [][]byte, untilMs int64, reply func(*session.Session), args ...[]byte) error {
	if c.Again {
		return Parked
	}
	if args == nil {
		args = c.Args
	}
	kept, _ := CloneArgs(args)
	c.waitFor(keys, kept)
	c.Session.Block.UntilMs, c.Session.Block.Timeout = untilMs, reply
	return Parked
}

// waiterTypes is the type of key that commands of a group wait for.
var waiterTypes = map[string]object.Type{
	"list": object.TypeList, "sorted-set": object.TypeZSet, "stream": object.TypeStream,
}

func (c *Call) waitFor(keys, args [][]byte) {
	w := &keyspace.Waiter{Type: waiterTypes[c.Cmd.Group], OnLoss: c.Cmd.Flags&WaitOnLoss != 0}
	c.Session.Block = session.Block{Waiter: w, Args: args}
	own, _ := CloneArgs(keys)
	for _, key := range own {
		c.DB(key).Await(key, w)
	}
}

// CloneArgs copies arguments into one block of so many bytes.
func CloneArgs(args [][]byte) (kept [][]byte, size int) {
	for _, arg := range args {
		size += len(arg)
	}
	block := make([]byte, 0, size)
	kept = make([][]byte, len(args))
	for i, arg := range args {
		at := len(block)
		block = append(block, arg...)
		kept[i] = block[at:len(block):len(block)]
	}
	return kept, size
}

// NullReply and NullArrayReply answer waits that ran out of time.
func NullReply(s *session.Session) { s.W.Null() }

// NullArrayReply writes the null array.
func NullArrayReply(s *session.Session) { s.W.NullArray() }

// Parked is what a handler returns after it set Session.Block: the reply comes
// later.
const Parked Error = "parked"

// longWork is how many elements a call may read or make on a loop: some tenths
// of a millisecond's work.
const longWork = 8192

// IsLong reports whether a call that is about to read or make so many elements
// has to leave the loop. The handler then returns TooLong, before it has changed
// anything; what it has written is taken back. The call runs again as a whole on
// an ordinary goroutine, while its connection waits and the loop serves others. A
// command of a transaction stays: it is one with what was done before it.
func (c *Call) IsLong(elements int) bool {
	return elements > longWork && c.MayLeave && !c.InExec
}

// TooLong is what a handler returns when IsLong has said so.
const TooLong Error = "too long for a loop"
