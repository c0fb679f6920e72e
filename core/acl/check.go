package acl

import (
	"slices"

	"github.com/sleipnirdb/sleipnir/internal/glob"
	"github.com/sleipnirdb/sleipnir/internal/unsafestr"
)

// Reason says what of a call isn't allowed. Of several selectors the one that comes furthest tells, so they are in order.
type Reason uint8

// The reasons.
const (
	Allowed Reason = iota
	DeniedDB
	DeniedCommand
	DeniedKey
	DeniedAuth // for the log only
	DeniedChannel
	ReasonCount
)

func (r Reason) String() string {
	return [...]string{"unknown", "database", "command", "key", "auth", "channel", "unknown"}[min(r, ReasonCount)]
}

// Denial is the answer to a call: what isn't allowed, and the argument that it is about.
type Denial struct {
	Reason Reason
	Pos    int
}

// Request is a call as the check sees it. All of it is borrowed for the time of the check.
type Request struct {
	Command int // ID
	// Anyone may give the command, logged in or not (AUTH).
	Anyone bool
	Args   [][]byte
	Keys   []Key
	// Channels are the arguments from one place to before the other; Patterns: they are patterns.
	FirstChannel, EndChannel int
	Patterns                 bool
	// DB is the session's database. The call uses it if UsesDB; it uses all if AllDBs, and those that its arguments DBs name.
	DB             int
	UsesDB, AllDBs bool
	DBs            []DB
}

// Key is an argument that is a key, and what is done to it.
type Key struct {
	Pos    int32
	Access Access
}

// DB is an argument that names a database.
type DB struct{ Pos, Number int }

// Check tells whether a user with these rights may do what is asked.
func (r *Rights) Check(q *Request) Denial {
	worst := Denial{Reason: DeniedDB}
	for _, s := range r.selectors {
		d := s.check(q)
		if d.Reason == Allowed {
			return d
		}
		if d.Reason > worst.Reason || d.Reason == worst.Reason && d.Pos > worst.Pos {
			worst = d
		}
	}
	return worst
}

// CheckAnyKey is Check for a call that reads keys which nobody can tell beforehand: the selector that allows the call has to allow
// to read all.
func (r *Rights) CheckAnyKey(q *Request) bool {
	for _, s := range r.selectors {
		if s.check(q).Reason == Allowed && s.readsAll() {
			return true
		}
	}
	return false
}

// LooksAtKeys tells whether Check wants the Keys of a request.
func (r *Rights) LooksAtKeys() bool { return r.looksAtKeys }

// Sees tells whether a key of a database is one of those that the user may do anything with.
func (r *Rights) Sees(db int, key []byte) bool {
	for _, s := range r.selectors {
		if s.allowsDB(db) && s.allowsKey(key, 0) {
			return true
		}
	}
	return false
}

func (s *selector) check(q *Request) Denial {
	if d := s.checkDBs(q); d.Reason != Allowed {
		return d
	}
	if !s.allowsCommand(q) {
		return Denial{Reason: DeniedCommand}
	}
	if !s.allKeys {
		for _, k := range q.Keys {
			if !s.allowsKey(q.Args[k.Pos], k.Access) {
				return Denial{DeniedKey, int(k.Pos)}
			}
		}
	}
	for i := q.FirstChannel; i < q.EndChannel; i++ {
		if !s.AllowsChannel(unsafestr.String(q.Args[i]), q.Patterns) {
			return Denial{DeniedChannel, i}
		}
	}
	return Denial{}
}

func (s *selector) checkDBs(q *Request) Denial {
	if s.allDBs {
		return Denial{}
	}
	for _, db := range q.DBs {
		if !s.allowsDB(db.Number) {
			return Denial{DeniedDB, db.Pos}
		}
	}
	if q.AllDBs || q.UsesDB && !s.allowsDB(q.DB) {
		return Denial{Reason: DeniedDB}
	}
	return Denial{}
}

func (s *selector) allowsDB(number int) bool {
	if s.allDBs {
		return true
	}
	_, ok := slices.BinarySearch(s.dbs, number)
	return ok
}

func (s *selector) allowsCommand(q *Request) bool {
	if s.allCommands || q.Anyone || s.has(q.Command) {
		return true
	}
	if len(q.Args) < 2 || s.firstArgs == nil {
		return false
	}
	for _, arg := range s.firstArgs[q.Command] {
		if lower(cString(unsafestr.String(q.Args[1]))) == arg {
			return true
		}
	}
	return false
}

func (s *selector) allowsKey(key []byte, access Access) bool {
	if s.allKeys {
		return true
	}
	for i := range s.keys {
		k := &s.keys[i]
		if k.access&access == access && glob.Match(unsafestr.Bytes(k.pattern), key, false) {
			return true
		}
	}
	return false
}

// readsAll tells whether the selector allows to read every key.
func (s *selector) readsAll() bool {
	return s.allKeys || slices.ContainsFunc(s.keys, func(k keyPattern) bool { return k.access&Read != 0 && k.pattern == "*" })
}

// AllowsChannel tells whether a channel may be used; a pattern has to be allowed as it stands.
func (s *selector) AllowsChannel(channel string, isPattern bool) bool {
	return s.allChannels || allowsChannel(s.channels, channel, isPattern)
}

func allowsChannel(patterns []string, channel string, isPattern bool) bool {
	for _, p := range patterns {
		if isPattern && p == channel || !isPattern && glob.MatchString(p, channel, false) {
			return true
		}
	}
	return false
}

// Text says of a denial what clients and operators are told. object is the argument that it is about. At length it names that, as only
// administrators may see it.
func (d Denial) Text(user, command, object string, atLength bool) string {
	switch {
	case d.Reason == DeniedCommand:
		return "User " + user + " has no permissions to run the '" + command + "' command"
	case d.Reason == DeniedKey && atLength:
		return "User " + user + " has no permissions to access the '" + object + "' key"
	case d.Reason == DeniedKey:
		return "No permissions to access a key"
	case d.Reason == DeniedChannel && atLength:
		return "User " + user + " has no permissions to access the '" + object + "' channel"
	case d.Reason == DeniedChannel:
		return "No permissions to access a channel"
	case atLength:
		return "User " + user + " has no permissions to access database " + object
	}
	return "No permissions to access database"
}
