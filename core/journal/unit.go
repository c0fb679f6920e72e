package journal

import "strconv"

// NoDatabase is the database of a unit that has none yet.
const NoDatabase = -1

// Unit gathers what one atomic piece of work did to the data, as the commands that do the same again: of a command, a transaction, a
// script, or a removal of keys whose time came. It belongs to the executor that holds the leases, and keeps its buffer from
// one unit to the next. The zero value has no database: call Reset before the first use.
type Unit struct {
	b        []byte // frontRoom, then the commands as RESP, with SELECT where the database changes between them
	commands int    // without those SELECTs
	first    int    // the database of the first command
	db       int    // of the last one
	isLoose  bool   // no MULTI and EXEC go around several commands
}

const (
	// frontRoom is left free before the commands, for MULTI with the longest SELECT: so a large unit becomes part of the stream as it is.
	frontRoom = 64
	newUnit   = 1 << 10
	// keptUnit bounds the buffer that is kept for the next unit.
	keptUnit = 256 << 10
)

// Reset empties the unit.
func (u *Unit) Reset() {
	if room := cap(u.b); room < newUnit || room > keptUnit {
		u.b = make([]byte, frontRoom, newUnit)
	}
	*u = Unit{b: u.b[:frontRoom], first: NoDatabase, db: NoDatabase}
}

// commandBytes are the commands as RESP. They are the unit's.
func (u *Unit) commandBytes() []byte { return u.b[frontRoom:] }

// IsEmpty says whether the unit has no command.
func (u *Unit) IsEmpty() bool { return u.commands == 0 }

// Commands returns the number of commands.
func (u *Unit) Commands() int { return u.commands }

// Loose says that the commands need not take effect as one: of removals that nothing else hangs on.
func (u *Unit) Loose() { u.isLoose = u.commands > 0 }

// isTransaction says whether MULTI and EXEC go around the unit. One command needs none, also if it was all that a transaction did.
func (u *Unit) isTransaction() bool { return u.commands > 1 && !u.isLoose }

// Add appends a command, which takes effect in database db. The arguments are copied.
func (u *Unit) Add(db int, args ...[]byte) { u.AddList(db, nil, args...) }

// AddList is Add of a command that ends with a list.
func (u *Unit) AddList(db int, list [][]byte, args ...[]byte) {
	if u.db != db {
		if u.commands > 0 {
			u.b = appendSelect(u.b, db)
		} else {
			u.first = db
		}
		u.db = db
	}
	u.commands++
	u.b = appendCommand(u.b, args, list)
}

// appendCommand appends a command in the form in which clients send it.
func appendCommand(b []byte, args, list [][]byte) []byte {
	b = appendHead(b, '*', len(args)+len(list))
	return appendBulks(appendBulks(b, args), list)
}

func appendBulks(b []byte, args [][]byte) []byte {
	for _, arg := range args {
		b = appendHead(b, '$', len(arg))
		b = append(b, arg...)
		b = append(b, '\r', '\n')
	}
	return b
}

func appendHead(b []byte, kind byte, n int) []byte {
	if n < 10 {
		return append(b, kind, byte('0'+n), '\r', '\n') // #nosec G115 -- a digit
	}
	b = append(b, kind)
	b = strconv.AppendInt(b, int64(n), 10)
	return append(b, '\r', '\n')
}

// appendSelect appends the SELECT of a database.
func appendSelect(b []byte, db int) []byte {
	var digits [20]byte
	number := strconv.AppendInt(digits[:0], int64(db), 10)
	b = append(appendHead(append(b, "*2\r\n$6\r\nSELECT\r\n"...), '$', len(number)), number...)
	return append(b, '\r', '\n')
}
