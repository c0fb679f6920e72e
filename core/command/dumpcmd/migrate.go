package dumpcmd

import (
	"strconv"
	"time"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/net/link"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// MIGRATE holds the leases of its keys, on an ordinary goroutine, while the other server takes them over: nobody finds a key at both
// ends, or at none. Other partitions go on.

const (
	errMigrateKey     command.Error = "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string"
	errMigrateConnect command.Error = "IOERR error or timeout connecting to the client"
	errMigrateWrite   command.Error = "IOERR error or timeout writing to target instance"
	errMigrateRead    command.Error = "IOERR error or timeout reading to target instance"
)

// migrateTimeout is what a timeout that isn't positive stands for.
const migrateTimeout = time.Second

func (g *group) migrateRow() command.Command {
	const flags = command.RW | command.Access | command.Delete
	return command.Command{Name: "migrate", Arity: -6, Flags: command.Write | command.OffLoop, ACL: command.CatKeyspace | command.CatDangerous,
		Keys:     []command.KeySpec{command.Key(3, flags), command.AfterKeyword("KEYS", -2, -1, 1, 0, flags|command.Incomplete)},
		FindKeys: findMigrated, Group: "generic", Since: "2.6.0", Tips: []string{"nondeterministic_output"},
		Complexity: "This command actually executes a DUMP+DEL in the source instance, and a RESTORE in the target instance. See the pages of these commands for time complexity. Also an O(N) data transfer between the two instances is performed.",
		Summary:    "Atomically transfers a key from one instance to another.", Run: g.migrate}
}

// findMigrated finds the keys: the third argument or, where that is empty, what follows KEYS.
func findMigrated(args [][]byte, dst []command.KeyRef) ([]command.KeyRef, error) {
	const flags = command.RW | command.Access | command.Delete
	first, end := migrateKeys(args)
	for pos := first; pos < end; pos++ {
		dst = append(dst, command.KeyRef{Pos: pos, Flags: flags})
	}
	return dst, nil
}

// migrateKeys returns where the keys begin and end.
func migrateKeys(args [][]byte) (first, end int) {
	if len(args) > 6 && len(args[3]) == 0 {
		for i := 6; i < len(args); i++ {
			switch {
			case command.Is(args[i], "keys"):
				return i + 1, len(args)
			case command.Is(args[i], "auth"):
				i++
			case command.Is(args[i], "auth2"):
				i += 2
			}
		}
	}
	return 3, 4
}

// migration is one call of MIGRATE.
type migration struct {
	group          *group
	call           *command.Call
	host, port     string
	db             int64
	limit          time.Duration
	copies         bool
	replaces       bool
	user, password []byte // nil: not given
	keys           [][]byte
	request        []byte // what is sent but for SELECT and AUTH
}

func (g *group) migrate(c *command.Call) error {
	m := migration{group: g, call: c, host: string(c.Args[1]), port: string(c.Args[2])}
	if err := m.parse(c.Args); err != nil {
		return err
	}
	if err := m.dump(); err != nil {
		return err
	}
	if len(m.keys) == 0 {
		c.W.Status("NOKEY")
		return nil
	}
	if err := m.transfer(); err != nil {
		return err
	}
	c.W.OK()
	return nil
}

func (m *migration) parse(args [][]byte) error {
options:
	for i := 6; i < len(args); i++ {
		more := len(args) - 1 - i
		switch {
		case command.Is(args[i], "copy"):
			m.copies = true
		case command.Is(args[i], "replace"):
			m.replaces = true
		case command.Is(args[i], "auth") && more >= 1:
			i++
			m.password = args[i]
		case command.Is(args[i], "auth2") && more >= 2:
			m.user, m.password = args[i+1], args[i+2]
			i += 2
		case command.Is(args[i], "keys"):
			if len(args[3]) != 0 {
				return errMigrateKey
			}
			break options
		default:
			return command.ErrSyntax
		}
	}
	timeout, ok := command.ParseInt(args[5])
	if !ok {
		return command.ErrNotInt
	}
	if m.db, ok = command.ParseInt(args[4]); !ok {
		return command.ErrNotInt
	}
	m.limit = migrateTimeout
	if timeout > 0 && timeout < int64(time.Hour/time.Millisecond) {
		m.limit = time.Duration(timeout) * time.Millisecond
	} else if timeout > 0 {
		m.limit = time.Hour
	}
	first, end := migrateKeys(args)
	m.keys = args[first:end:end]
	return nil
}

// dump makes the requests, and leaves the keys that are there.
func (m *migration) dump() error {
	c, settings := m.call, m.group.settings
	t := m.group.tools.Get().(*tools)
	defer m.group.tools.Put(t)
	name, replace := []byte("RESTORE"), [][]byte{[]byte("REPLACE")}
	if !m.replaces {
		replace = nil
	}
	var there [][]byte
	for _, key := range m.keys {
		db := c.DB(key)
		e := db.Find(key)
		if !e.Exists() {
			continue
		}
		ttl := int64(0)
		if at := e.ExpireAt(); at != 0 {
			ttl = max(at-c.Now, 1)
		}
		payload, err := t.payload(e, db, settings)
		if err != nil {
			return err
		}
		request := append([][]byte{name, key, strconv.AppendInt(nil, ttl, 10), payload}, replace...)
		m.request = resp.AppendRequest(m.request, request...)
		there = append(there, key)
	}
	m.keys = there
	return nil
}

// transfer sends the keys. Where a connection that was kept turns out to be dead before anything has come back, another one is made.
func (m *migration) transfer() error {
	pool := &m.group.links
	for {
		l, isUsed, err := pool.Take(m.host, m.port, m.limit)
		if err != nil {
			return errMigrateConnect
		}
		answered, isSound, err := m.over(l)
		if isSound {
			pool.Put(m.host, m.port, l)
			return err
		}
		l.Close()
		if !isUsed || answered {
			return err
		}
	}
}

// over sends the keys over a connection, and removes here what the other end has taken. isSound says that the connection may be used
// again, answered that something has come back.
func (m *migration) over(l *link.Conn) (answered, isSound bool, err error) {
	var head []byte
	heads := 0
	if m.password != nil {
		words := [][]byte{[]byte("AUTH"), m.user, m.password}
		if m.user == nil {
			words = [][]byte{words[0], m.password}
		}
		head = resp.AppendRequest(head, words...)
		heads++
	}
	if l.DB != m.db {
		head = resp.AppendRequest(head, []byte("SELECT"), strconv.AppendInt(nil, m.db, 10))
		heads++
	}
	l.DB = -1
	if err := l.Send(append(head, m.request...), m.limit); err != nil {
		return link.TimedOut(err), false, errMigrateWrite
	}
	var refused error
	isRefusedByHead := false
	var gone [][]byte
	for i := range heads + len(m.keys) {
		line, err := l.Line(m.limit)
		if err != nil {
			m.remove(gone)
			if refused == nil {
				refused = errMigrateRead
			}
			return i > 0 || link.TimedOut(err), false, refused
		}
		switch isError := line[0] == '-'; {
		case isError && refused == nil:
			refused = command.Error("ERR Target instance replied with error: " + string(line[1:]))
			isRefusedByHead = i < heads
		case !isError && i >= heads && !isRefusedByHead:
			gone = append(gone, m.keys[i-heads])
		}
	}
	m.remove(gone)
	if refused == nil {
		l.DB = m.db
	}
	return true, true, refused
}

// remove deletes what has been taken over.
func (m *migration) remove(keys [][]byte) {
	if m.copies || len(keys) == 0 {
		return
	}
	c := m.call
	for _, key := range keys {
		db := c.DB(key)
		db.Delete(key)
		db.Notify(keyspace.ClassGeneric, "del", key)
		c.Dirty++
	}
	c.PropagateList(keys, []byte("DEL"))
}
