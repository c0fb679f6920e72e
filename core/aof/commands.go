package aof

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// commands turns a snapshot into commands that make the same data: the base where aof-use-rdb-preamble is no. It reads the bytes of a
// snapshot on their way, so that there is one way only by which data leaves the keyspace.
type commands struct {
	out *bufio.Writer
	key []byte
	// batch is a command under way: its arguments after the key.
	name  string
	batch []byte
	items int
	timed []byte // the commands that give fields of a hash their expiry

	entries  bool // the stream has an entry that lives
	group    []byte
	pending  []rdb.PendingInfo // of the group, by rising ID
	consumer []byte
	isEmpty  bool // the consumer has no pending entry, so far
	line     []byte
}

// itemsPerCommand is how many elements one command adds, as Valkey's.
const itemsPerCommand = 64

// commandBytes is how much gathers before it is written.
const commandBytes = 256 << 10

// writeCommands writes a base as commands.
func (l *Log) writeCommands(out io.Writer, o SnapshotOptions) error {
	from, to := io.Pipe()
	ended := make(chan struct{})
	go l.guard(func() {
		defer close(ended)
		_ = to.CloseWithError(l.o.Host.Snapshot(to, o))
	})
	c := &commands{out: bufio.NewWriterSize(out, commandBytes)}
	if l.o.Config.Bool(config.AOFTimestampEnabled) {
		fmt.Fprintf(c.out, "#TS:%d\r\n", time.Now().Unix()) //nolint:errcheck // the writer keeps its error
	}
	var d rdb.Decoder
	err := d.Load(from, rdb.LoadOptions{}, c)
	_ = from.CloseWithError(err)
	<-ended
	if err == nil {
		err = c.out.Flush()
	}
	return err
}

// command writes a command of few arguments.
func (c *commands) command(args ...[]byte) error {
	c.line = appendCommand(c.line[:0], args)
	_, err := c.out.Write(c.line)
	return err
}

// appendCommand appends a command in the form of the protocol.
func appendCommand(b []byte, args [][]byte) []byte {
	b = appendHead(b, '*', len(args))
	for _, arg := range args {
		b = appendText(b, arg)
	}
	return b
}

func appendHead(b []byte, kind byte, n int) []byte {
	return append(strconv.AppendInt(append(b, kind), int64(n), 10), '\r', '\n')
}

func appendText[T string | []byte](b []byte, text T) []byte {
	return append(append(appendHead(b, '$', len(text)), text...), '\r', '\n')
}

func formatInt(n int64) []byte { return strconv.AppendInt(nil, n, 10) }

func formatID(id rdb.ID) []byte {
	return strconv.AppendUint(append(strconv.AppendUint(nil, id.Ms, 10), '-'), id.Seq, 10)
}

// add adds an item of so many arguments to the batch.
func (c *commands) add(args ...[]byte) error {
	for _, arg := range args {
		c.batch = appendText(c.batch, arg)
	}
	if c.items++; c.items == itemsPerCommand {
		return c.flush(len(args))
	}
	return nil
}

// flush writes the batch, whose items have so many arguments each.
func (c *commands) flush(perItem int) error {
	if c.items == 0 {
		return nil
	}
	head := appendHead(nil, '*', 2+c.items*perItem)
	head = appendText(appendText(head, c.name), c.key)
	if _, err := c.out.Write(head); err != nil {
		return err
	}
	_, err := c.out.Write(c.batch)
	c.batch, c.items = c.batch[:0], 0
	return err
}

// Aux takes a note, which is not for commands; nor is what Resize takes.
func (c *commands) Aux(_, _ []byte) error { return nil }

// Resize takes a hint.
func (c *commands) Resize(_, _ uint64) error { return nil }

// Function writes a library.
func (c *commands) Function(code []byte) error {
	return c.command([]byte("FUNCTION"), []byte("LOAD"), code)
}

// Database chooses the database of the next keys.
func (c *commands) Database(number uint64) error {
	return c.command([]byte("SELECT"), strconv.AppendUint(nil, number, 10))
}

// Key begins a key.
func (c *commands) Key(k *rdb.KeyInfo) (rdb.Sink, error) {
	c.key = k.Key
	c.batch, c.items, c.timed, c.entries = c.batch[:0], 0, c.timed[:0], false
	return c, nil
}

// Done ends a key.
func (c *commands) Done(k *rdb.KeyInfo, err error) error {
	if err != nil || k.ExpireAt == 0 {
		return err
	}
	return c.command([]byte("PEXPIREAT"), k.Key, formatInt(k.ExpireAt))
}

// String writes a string.
func (c *commands) String(text []byte) error {
	return c.command([]byte("SET"), c.key, text)
}

// Begin begins a collection.
func (c *commands) Begin(_ rdb.Type, t object.Type, _ uint64) error {
	switch t {
	case object.TypeList:
		c.name = "RPUSH"
	case object.TypeSet:
		c.name = "SADD"
	case object.TypeZSet:
		c.name = "ZADD"
	case object.TypeHash:
		c.name = "HMSET"
	default:
		c.name = ""
	}
	return nil
}

// End ends a collection.
func (c *commands) End() error {
	perItem := 1
	if c.name == "ZADD" || c.name == "HMSET" {
		perItem = 2
	}
	if err := c.flush(perItem); err != nil {
		return err
	}
	_, err := c.out.Write(c.timed)
	return err
}

// Element adds to a list.
func (c *commands) Element(text []byte) error { return c.add(text) }

// Member adds to a set.
func (c *commands) Member(text []byte) error { return c.add(text) }

// Scored adds to a sorted set.
func (c *commands) Scored(member []byte, score float64) error {
	number := strconv.AppendFloat(nil, score, 'g', -1, 64)
	if math.IsInf(score, 0) {
		number = number[:0]
		if score < 0 {
			number = append(number, '-')
		}
		number = append(number, "inf"...)
	}
	return c.add(number, member)
}

// Field adds to a hash.
func (c *commands) Field(field, value []byte, expireAt int64) error {
	if expireAt != 0 {
		c.timed = appendCommand(c.timed, [][]byte{[]byte("HPEXPIREAT"), c.key, formatInt(expireAt), []byte("FIELDS"), []byte("1"), field})
	}
	return c.add(field, value)
}

// Entry adds to a stream.
func (c *commands) Entry(id rdb.ID, pairs [][]byte, isDead bool) error {
	if isDead {
		return nil
	}
	c.entries = true
	return c.command(append([][]byte{[]byte("XADD"), c.key, formatID(id)}, pairs...)...)
}

// Stream says what a stream knows of itself. A stream is never empty to XADD, so an empty one gets an entry that goes at once.
func (c *commands) Stream(s rdb.StreamInfo) error {
	if !c.entries {
		err := c.command([]byte("XADD"), c.key, []byte("MAXLEN"), []byte("0"), []byte("0-1"), []byte("x"), []byte("y"))
		if err != nil {
			return err
		}
	}
	return c.command([]byte("XSETID"), c.key, formatID(s.Last), []byte("ENTRIESADDED"), strconv.AppendUint(nil, s.Added, 10),
		[]byte("MAXDELETEDID"), formatID(s.MaxDeleted))
}

// Group makes a consumer group.
func (c *commands) Group(g rdb.GroupInfo) error {
	c.group, c.pending = append(c.group[:0], g.Name...), c.pending[:0]
	return c.command([]byte("XGROUP"), []byte("CREATE"), c.key, c.group, formatID(g.Last), []byte("ENTRIESREAD"), formatInt(g.Read))
}

// Pending keeps a pending entry until its owner is known.
func (c *commands) Pending(p rdb.PendingInfo) error {
	c.pending = append(c.pending, p)
	return nil
}

// Consumer begins a consumer.
func (c *commands) Consumer(n rdb.ConsumerInfo) error {
	if err := c.endConsumer(); err != nil {
		return err
	}
	c.consumer, c.isEmpty = append(c.consumer[:0], n.Name...), true
	return nil
}

// Owned gives the consumer a pending entry.
func (c *commands) Owned(id rdb.ID) error {
	i, found := slices.BinarySearchFunc(c.pending, id, func(p rdb.PendingInfo, id rdb.ID) int { return compareIDs(p.ID, id) })
	if !found {
		return nil
	}
	p := &c.pending[i]
	c.isEmpty = false
	return c.command([]byte("XCLAIM"), c.key, c.group, c.consumer, []byte("0"), formatID(id), []byte("TIME"), formatInt(p.DeliveredMs),
		[]byte("RETRYCOUNT"), strconv.AppendUint(nil, p.Deliveries, 10), []byte("JUSTID"), []byte("FORCE"))
}

func compareIDs(a, b rdb.ID) int {
	return cmp.Or(cmp.Compare(a.Ms, b.Ms), cmp.Compare(a.Seq, b.Seq))
}

// endConsumer makes a consumer that owns nothing.
func (c *commands) endConsumer() error {
	if !c.isEmpty {
		return nil
	}
	c.isEmpty = false
	return c.command([]byte("XGROUP"), []byte("CREATECONSUMER"), c.key, c.group, c.consumer)
}

// GroupEnd ends a group.
func (c *commands) GroupEnd() error { return c.endConsumer() }
