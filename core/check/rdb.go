package check

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// RDB is sleipnir-check-rdb. It returns the exit code.
func (t Tool) RDB(args []string) int {
	if t.isVersion(args, "sleipnir-check-rdb") {
		return good
	}
	stats := len(args) == 3 && args[1] == "--stats"
	if len(args) != 2 && !stats {
		_, _ = fmt.Fprintf(t.Err, "Usage: %s [--stats] <rdb-file-name>\n", args[0])
		return bad
	}
	path := args[len(args)-1]
	t.say("[offset 0] Checking RDB file %s\n", path)
	file, err := t.FS.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		t.say("Cannot open file %s: %s\n", path, reason(err))
		return bad
	}
	defer file.Close() //nolint:errcheck // nothing is written
	if _, ok := t.rdb(file, stats); !ok {
		return bad
	}
	return good
}

// rdb checks data in RDB's format, and returns its size.
func (t Tool) rdb(in io.Reader, withStats bool) (size int64, ok bool) {
	c, err := newRDBCheck(t)
	if err != nil {
		t.say("%v\n", err)
		return 0, false
	}
	defer c.memory.Close()
	err = c.decoder.Load(in, rdb.LoadOptions{Checksum: true}, c)
	c.builder.Drop()
	size = c.decoder.Offset()
	if err != nil {
		c.failed(err)
		return size, false
	}
	switch c.decoder.Sum() {
	case rdb.SumGood:
		c.info("Checksum OK")
	case rdb.SumUnchecked:
		c.info("RDB file was saved with checksum disabled: no check performed.")
	case rdb.SumNone:
	}
	c.info("\\o/ RDB looks OK! \\o/")
	c.count()
	if withStats {
		c.stats.print(t)
	}
	return size, true
}

// rdbCheck takes the records of a file.
type rdbCheck struct {
	t       Tool
	decoder rdb.Decoder
	builder rdb.Builder
	memory  *arena.Range
	db      *keyspace.DB

	start                  int64 // unix ms
	keys, expires, expired int64
	modules                int64
	key                    []byte // of the value under way
	inValue                bool
	form                   rdb.Type
	from                   int64 // where it begins
	database               uint64
	stats                  keyStats
}

// addressSpace is reserved for one value at a time. It isn't used up.
const addressSpace = 1 << 38

func newRDBCheck(t Tool) (*rdbCheck, error) {
	memory, err := arena.NewRange(addressSpace)
	if err != nil {
		return nil, fmt.Errorf("reserve address range: %w", err)
	}
	// The clock of the space stands still at the beginning of time: no field is left out as expired.
	return &rdbCheck{t: t, memory: memory, start: time.Now().UnixMilli(),
		db: keyspace.NewSpace(keyspace.Config{Range: memory, Seed: 1}).DB(0)}, nil
}

// info prints a line that begins with where in the file it is.
func (c *rdbCheck) info(format string, args ...any) {
	c.t.say("[offset %d] %s\n", c.decoder.Offset(), fmt.Sprintf(format, args...))
}

func (c *rdbCheck) count() {
	c.t.say("[info] %d keys read\n[info] %d expires\n[info] %d already expired\n", c.keys, c.expires, c.expired)
	if c.modules > 0 {
		c.t.say("[info] %d values of modules, which were read over\n", c.modules)
	}
}

// failed says what is wrong with the file.
func (c *rdbCheck) failed(err error) {
	doing := rdb.Doing(err)
	if c.inValue {
		doing = "read-object-value"
	}
	c.t.say("--- RDB ERROR DETECTED ---\n")
	c.info("%s", rdb.Words(err))
	c.t.say("[additional info] While doing: %s\n", doing)
	if c.inValue {
		c.t.say("[additional info] Reading key '%s'\n[additional info] Reading type %d (%v)\n", c.key, byte(c.form), c.form)
	}
	c.count()
}

// Aux tells of a field.
func (c *rdbCheck) Aux(key, value []byte) error {
	c.info("AUX FIELD %s = '%s'", key, value)
	return nil
}

// Function reads over a library.
func (c *rdbCheck) Function([]byte) error { return nil }

// Database tells of a database.
func (c *rdbCheck) Database(number uint64) error {
	c.info("Selecting DB ID %d", number)
	c.database = number
	return nil
}

// Resize reads over the hint.
func (c *rdbCheck) Resize(uint64, uint64) error { return nil }

// Key begins a value.
func (c *rdbCheck) Key(k *rdb.KeyInfo) (rdb.Sink, error) {
	c.keys++
	c.key, c.form, c.from, c.inValue = k.Key, k.Type, c.decoder.Offset(), true
	c.builder.Reset(c.db, k.Key, k.ExpireAt)
	return &c.builder, nil
}

// Done ends it.
func (c *rdbCheck) Done(k *rdb.KeyInfo, err error) error {
	if err != nil && !rdb.IsLeftOut(err) {
		return err
	}
	if module := (*rdb.ModuleError)(nil); errors.As(err, &module) {
		c.modules++
	}
	if k.ExpireAt != 0 {
		c.expires++
		if k.ExpireAt < c.start {
			c.expired++
		}
	}
	c.stats.add(record{database: c.database, key: k.Key, form: c.form, bytes: c.decoder.Offset() - c.from, elements: c.elements(err)})
	c.builder.Drop()
	c.inValue = false
	return nil
}

// elements is how many the value has that was built.
func (c *rdbCheck) elements(err error) int64 {
	if err != nil {
		return 0
	}
	e := c.builder.Built()
	env := c.db.Space().Env()
	switch e.Type() {
	case object.TypeList:
		return int64(e.AsList(env).Len())
	case object.TypeSet:
		return int64(e.AsSet(env).Len())
	case object.TypeZSet:
		return int64(e.AsZSet(env).Len())
	case object.TypeHash:
		return int64(e.AsHash(env, 0).Len())
	case object.TypeStream:
		return int64(e.AsStream(env).Len())
	}
	return 1
}
