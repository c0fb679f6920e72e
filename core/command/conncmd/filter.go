package conncmd

import (
	"net"
	"strings"

	"github.com/sleipnirdb/sleipnir/core/acl"
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/session"
)

const (
	errClientID    command.Error = "ERR client-id should be greater than 0"
	errListID      command.Error = "ERR Invalid client ID"
	errMaxAgeInt   command.Error = "ERR maxage is not an integer or out of range"
	errMaxAgePos   command.Error = "ERR maxage should be greater than 0"
	errIdleInt     command.Error = "ERR idle is not an integer or out of range"
	errIdlePos     command.Error = "ERR idle should be greater than 0"
	errFilterDB    command.Error = "ERR DB number should be between 0 and 2147483647"
	maxFilterIndex               = 1<<31 - 1
)

// filter is what CLIENT LIST and CLIENT KILL select by: all terms must hold.
type filter struct {
	terms  []term
	skipMe bool
	list   bool // of CLIENT LIST, which words some errors otherwise
	hit    bool // the asking session itself matched
}

// term is one condition.
type term struct {
	kind   string // the option's name in lower case, without NOT-
	not    bool
	value  string
	number int64
	ids    []int64
}

// textTerms are the options whose value is compared as it stands.
var textTerms = []string{"user", "addr", "laddr", "ip", "name", "lib-name", "lib-ver", "flags", "capa"}

func (f *filter) parse(users *acl.Users, args [][]byte) error {
	for i := 0; i < len(args); {
		if i+1 >= len(args) {
			return command.ErrSyntax
		}
		used, err := f.parseOne(users, args[i:])
		if err != nil {
			return err
		}
		i += used
	}
	return nil
}

// parseOne reads one option with its values, and returns how many arguments it
// took.
func (f *filter) parseOne(users *acl.Users, args [][]byte) (used int, err error) {
	name, value := strings.ToLower(string(args[0])), args[1]
	if name == "skipme" {
		f.skipMe = command.Is(value, "yes")
		if !f.skipMe && !command.Is(value, "no") {
			return 0, command.ErrSyntax
		}
		return 2, nil
	}
	t := term{kind: strings.TrimPrefix(name, "not-"), value: string(value)}
	t.not = t.kind != name
	switch t.kind {
	case "id":
		return f.parseIDs(t, args)
	case "type":
		if t.value = clientType(value); t.value == "" {
			return 0, command.Error("ERR Unknown client type '" + command.Echo(value) + "'")
		}
	case "maxage", "idle":
		if t.not {
			return 0, command.ErrSyntax
		}
		if t.number, err = seconds(t.kind, value); err != nil {
			return 0, err
		}
	case "db":
		n, ok := command.ParseInt(value)
		if !ok || n < 0 || n > maxFilterIndex {
			return 0, errFilterDB
		}
		t.number = n
	case "user":
		if users.Find(t.value) == nil {
			return 0, command.Error("ERR No such user '" + t.value + "'")
		}
	default:
		known := false
		for _, kind := range textTerms {
			known = known || kind == t.kind
		}
		if !known {
			return 0, command.ErrSyntax
		}
	}
	f.terms = append(f.terms, t)
	return 2, nil
}

// parseIDs reads as many IDs as follow.
func (f *filter) parseIDs(t term, args [][]byte) (used int, err error) {
	used = 1
	for ; used < len(args); used++ {
		id, ok := command.ParseInt(args[used])
		if !ok && used > 1 {
			break
		}
		if f.list && !ok {
			return 0, errListID
		}
		if !f.list && (!ok || id < 1) {
			return 0, errClientID
		}
		t.ids = append(t.ids, id)
	}
	f.terms = append(f.terms, t)
	return used, nil
}

func seconds(kind string, value []byte) (int64, error) {
	n, ok := command.ParseInt(value)
	notInt, notPositive := errMaxAgeInt, errMaxAgePos
	if kind == "idle" {
		notInt, notPositive = errIdleInt, errIdlePos
	}
	if !ok {
		return 0, notInt
	}
	if n <= 0 {
		return 0, notPositive
	}
	return n, nil
}

// clientType returns the canonical name of a client type, or "".
func clientType(name []byte) string {
	switch {
	case command.Is(name, "normal"):
		return "normal"
	case command.Is(name, "slave"), command.Is(name, "replica"):
		return "replica"
	case command.Is(name, "pubsub"):
		return "pubsub"
	case command.Is(name, "master"), command.Is(name, "primary"):
		return "primary"
	}
	return ""
}

// matches reports whether the session fulfils every term. On its loop.
func (f *filter) matches(s, me *session.Session, nowMs int64) bool {
	if f.skipMe && s == me {
		return false
	}
	v := s.View()
	for i := range f.terms {
		if f.terms[i].holds(s, &v, nowMs) == f.terms[i].not {
			return false
		}
	}
	f.hit = f.hit || s == me
	return true
}

// holds reports whether the condition, taken without its NOT, is fulfilled.
func (t *term) holds(s *session.Session, v *session.View, nowMs int64) bool {
	switch t.kind {
	case "id":
		for _, id := range t.ids {
			if int64(s.ID) == id { // #nosec G115 -- counts connections
				return true
			}
		}
		return false
	case "type":
		kind := "normal"
		if v.State&session.Subscribed != 0 {
			kind = "pubsub"
		}
		return kind == t.value
	case "maxage":
		return (nowMs-s.CreatedMs)/1000 >= t.number
	case "idle":
		return (nowMs-v.ActiveMs)/1000 >= t.number
	case "db":
		return int64(v.DB) == t.number
	case "user":
		return v.User == t.value
	case "addr":
		return s.Conn.RemoteAddr() == t.value
	case "laddr":
		return s.Conn.LocalAddr() == t.value
	case "ip":
		host, _, err := net.SplitHostPort(s.Conn.RemoteAddr())
		return err == nil && host == t.value
	case "name":
		return v.Name == t.value
	case "lib-name":
		return v.LibName == t.value
	case "lib-ver":
		return v.LibVer == t.value
	case "flags":
		return containsAll(flagsOf(s, v), t.value)
	case "capa":
		return containsAll(capabilities(s), t.value)
	}
	return false
}

// containsAll reports whether every letter of want stands in have.
func containsAll(have, want string) bool {
	for i := range len(want) {
		if strings.IndexByte(have, want[i]) < 0 {
			return false
		}
	}
	return true
}
