// Package dumpcmd holds the commands that carry a value from one server to another: DUMP, RESTORE and MIGRATE.
package dumpcmd

import (
	"errors"
	"strconv"
	"sync"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/net/link"
)

// Settings are those that the commands obey. Any goroutine may ask.
type Settings interface {
	// DumpVersion is the version to write, 0 for the oldest that will do.
	DumpVersion() int
	// Compress says whether long strings are compressed.
	Compress() bool
	// Relaxed says whether versions are read that nobody here knows.
	Relaxed() bool
	// Unchecked says whether checksums are ignored, for tests.
	Unchecked() bool
	// Damaged is told what is wrong with a value.
	Damaged(err error)
}

const (
	errBusy    command.Error = "BUSYKEY Target key name already exists."
	errFooter  command.Error = "ERR DUMP payload version or checksum are wrong"
	errFormat  command.Error = "ERR Bad data format"
	errTTL     command.Error = "ERR Invalid TTL value, must be >= 0"
	errIdle    command.Error = "ERR Invalid IDLETIME value, must be >= 0"
	errFreq    command.Error = "ERR Invalid FREQ value, must be >= 0 and <= 255"
	errVersion command.Error = "ERR The hash has fields with an expiry, which needs rdb-version-write to be auto or 80"
)

type group struct {
	settings Settings
	tools    sync.Pool // of *tools
	links    link.Pool // of MIGRATE
}

// tools keep their buffers from one call to the next.
type tools struct {
	encoder *rdb.Encoder
	decoder rdb.Decoder
	builder rdb.Builder
}

// Commands returns the rows.
func Commands(settings Settings) []command.Command {
	g := &group{settings: settings}
	g.tools.New = func() any { return &tools{} }
	restore := command.Command{Name: "restore", Arity: -4, Flags: command.Write | command.DenyOOM,
		ACL: command.CatKeyspace | command.CatDangerous, Keys: []command.KeySpec{command.Key(1, command.OW|command.Update)},
		Group: "generic", Since: "2.6.0",
		Complexity: "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of objects composing the value and M their average size.",
		Summary:    "Creates a key from the serialized representation of a value.", Run: g.restore}
	asking := restore
	asking.Name, asking.Group, asking.Since = "restore-asking", "server", "3.0.0"
	asking.Flags |= command.Asking
	asking.Summary = "An internal command for migrating keys in a cluster."
	return []command.Command{
		{Name: "dump", Arity: 2, Flags: command.ReadOnly, ACL: command.CatKeyspace,
			Keys: []command.KeySpec{command.Key(1, command.RO|command.Access)}, Group: "generic", Since: "2.6.0",
			Tips:       []string{"nondeterministic_output"},
			Complexity: "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of objects composing the value and M their average size.",
			Summary:    "Returns a serialized representation of the value stored at a key.", Run: g.dump},
		restore, asking, g.migrateRow(),
	}
}

func (g *group) dump(c *command.Call) error {
	db := c.DB(c.Args[1])
	e := db.Find(c.Args[1])
	if !e.Exists() {
		c.W.Null()
		return nil
	}
	if e.Type() != object.TypeString && c.IsLong(e.Count()) {
		return command.TooLong
	}
	t := g.tools.Get().(*tools)
	defer g.tools.Put(t)
	payload, err := t.payload(e, db, g.settings)
	if err != nil {
		return err
	}
	c.W.Bulk(payload)
	return nil
}

// payload serialises a value. The bytes last until the next call.
func (t *tools) payload(e keyspace.Entry, db *keyspace.DB, settings Settings) ([]byte, error) {
	if t.encoder == nil {
		t.encoder = rdb.NewEncoder(db.Space().Env())
	}
	payload, err := t.encoder.Payload(e, settings.DumpVersion(), settings.Compress())
	if err != nil {
		return nil, errVersion
	}
	return payload, nil
}

// restoring is what RESTORE is asked to do.
type restoring struct {
	replace, absolute bool
	idle, freq        int64 // -1: not said
	expireAt          int64 // unix ms, 0 for none
}

func (r *restoring) parse(args [][]byte) error {
	r.idle, r.freq = -1, -1
	for i := 0; i < len(args); i++ {
		var ok bool
		switch more := i+1 < len(args); {
		case command.Is(args[i], "replace"):
			r.replace = true
		case command.Is(args[i], "absttl"):
			r.absolute = true
		case command.Is(args[i], "idletime") && more && r.freq < 0:
			i++
			if r.idle, ok = command.ParseInt(args[i]); !ok {
				return command.ErrNotInt
			}
			if r.idle < 0 {
				return errIdle
			}
		case command.Is(args[i], "freq") && more && r.idle < 0:
			i++
			if r.freq, ok = command.ParseInt(args[i]); !ok {
				return command.ErrNotInt
			}
			if r.freq < 0 || r.freq > 255 {
				return errFreq
			}
		default:
			return command.ErrSyntax
		}
	}
	return nil
}

// parseTTL reads the argument that says how long the key is to live.
func (r *restoring) parseTTL(arg []byte, now int64) error {
	ttl, ok := command.ParseInt(arg)
	if !ok {
		return command.ErrNotInt
	}
	if ttl < 0 || (!r.absolute && ttl+now < ttl) {
		return errTTL
	}
	if r.expireAt = ttl; ttl != 0 && !r.absolute {
		r.expireAt += now
	}
	return nil
}

// elementBytes is how many bytes of a payload take as long as the reading of one element.
const elementBytes = 16

func (g *group) restore(c *command.Call) error {
	var r restoring
	if err := r.parse(c.Args[4:]); err != nil {
		return err
	}
	key := c.Args[1]
	db := c.DB(key)
	if !r.replace && db.FindWrite(key).Exists() {
		return errBusy
	}
	if err := r.parseTTL(c.Args[2], c.Now); err != nil {
		return err
	}
	if c.IsLong(len(c.Args[3]) / elementBytes) {
		return command.TooLong
	}
	value, err := rdb.OpenPayload(c.Args[3], g.settings.Relaxed(), g.settings.Unchecked())
	if err != nil {
		return errFooter
	}
	e, err := g.build(db, key, r.expireAt, value)
	if err != nil {
		return err
	}
	if r.expireAt != 0 && c.Past(db, r.expireAt) {
		e.Free()
		if db.Delete(key) {
			c.Dirty++
			c.PropagateDeletion(key, keyspace.Replaced)
			db.Notify(keyspace.ClassGeneric, "del", key)
		}
		c.W.OK()
		return nil
	}
	if err := db.Place(e, key); err != nil {
		return command.ErrOOM
	}
	s := db.Space()
	if r.freq >= 0 {
		s.SetFrequency(e, uint8(r.freq)) // #nosec G115 -- at most 255
	} else if r.idle >= 0 {
		s.SetIdleSeconds(e, r.idle)
	}
	c.Dirty++
	if r.expireAt != 0 && !r.absolute && c.Propagates() {
		var digits [20]byte
		c.PropagateList(append(c.Args[3:len(c.Args):len(c.Args)], []byte("ABSTTL")),
			c.Args[0], key, strconv.AppendInt(digits[:0], r.expireAt, 10))
	}
	db.Notify(keyspace.ClassGeneric, "restore", key)
	c.W.OK()
	return nil
}

// build makes an entry of a payload's value.
func (g *group) build(db *keyspace.DB, key []byte, expireAt int64, value []byte) (keyspace.Entry, error) {
	t := g.tools.Get().(*tools)
	defer g.tools.Put(t)
	t.decoder.Reset(value)
	t.builder.Reset(db, key, expireAt)
	err := t.decoder.Payload(&t.builder)
	t.decoder.Reset(nil) // it is not to hold the request
	if err == nil {
		return t.builder.Take(), nil
	}
	t.builder.Drop()
	if errors.Is(err, keyspace.ErrNoMemory) {
		return keyspace.Entry{}, command.ErrOOM
	}
	g.settings.Damaged(err)
	return keyspace.Entry{}, errFormat
}
