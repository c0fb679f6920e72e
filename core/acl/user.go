package acl

import (
	"slices"
	"strings"
	"sync/atomic"
)

// User is somebody who can authenticate, or could: sessions keep it for as long as they last. Its rights change under them.
type User struct {
	Name string
	// rights are those in force; never nil. Atomic.
	rights atomic.Pointer[Rights]
	// deleted: there is no such user any more. Atomic.
	deleted atomic.Bool
	users   *Users
}

// Rights returns what the user may do now.
func (u *User) Rights() *Rights { return u.rights.Load() }

// Deleted tells whether the user is gone.
func (u *User) Deleted() bool { return u.deleted.Load() }

// Rights are what a user may do at one time. They are never changed.
type Rights struct {
	enabled, noPass, skipSanitize bool
	passwords                     []password
	selectors                     []*selector // the first is what is said outside of parentheses

	// What seal derives.
	limited, looksAtKeys bool
	description          string
}

func (r *Rights) clone() *Rights {
	t := &Rights{enabled: r.enabled, noPass: r.noPass, skipSanitize: r.skipSanitize, passwords: slices.Clone(r.passwords)}
	for _, s := range r.selectors {
		t.selectors = append(t.selectors, s.clone())
	}
	return t
}

// seal readies rights to be in force.
func (r *Rights) seal() *Rights {
	r.limited = true
	for _, s := range r.selectors {
		r.limited = r.limited && !s.unlimited()
		r.looksAtKeys = r.looksAtKeys || !s.allKeys
	}
	r.description = strings.Join(r.Words(), " ")
	return r
}

// Limited tells whether there is anything that the user may not do.
func (r *Rights) Limited() bool { return r.limited }

// Enabled tells whether one can authenticate as the user.
func (r *Rights) Enabled() bool { return r.enabled }

// NoPass tells whether any password will do.
func (r *Rights) NoPass() bool { return r.noPass }

// Flags are the names of what is set, in the order of ACL GETUSER.
func (r *Rights) Flags() []string {
	flags := []string{"off"}
	if r.enabled {
		flags[0] = "on"
	}
	if r.noPass {
		flags = append(flags, "nopass")
	}
	if r.skipSanitize {
		return append(flags, "skip-sanitize-payload")
	}
	return append(flags, "sanitize-payload")
}

// Passwords are the hashes of the passwords, as hexadecimal digits.
func (r *Rights) Passwords() []string {
	list := make([]string, len(r.passwords))
	for i := range r.passwords {
		list[i] = r.passwords[i].String()
	}
	return list
}

// Selector is a set of permissions as ACL GETUSER shows it.
type Selector struct{ Commands, Keys, Channels, Databases string }

// Selectors are the permissions: first what is said outside of parentheses, then each pair of these.
func (r *Rights) Selectors() []Selector {
	list := make([]Selector, len(r.selectors))
	for i, s := range r.selectors {
		list[i] = Selector{strings.Join(s.commandWords(), " "), strings.Join(s.keyWords(), " "),
			strings.Join(s.channelWords(), " "), s.dbWord()}
	}
	return list
}

// Words are rules that make a new user what this one is. Those of a selector come one by one, the first with the opening
// parenthesis, the last with the closing one.
func (r *Rights) Words() []string {
	words := r.Flags()
	for i := range r.passwords {
		words = append(words, "#"+r.passwords[i].String())
	}
	for i, s := range r.selectors {
		own := s.words()
		if i > 0 {
			for j := range own {
				own[j] = quoted(own[j])
			}
			own[0] = "(" + own[0]
			own[len(own)-1] += ")"
		}
		words = append(words, own...)
	}
	return words
}

// String is the user's description as ACL LIST and files have it.
func (r *Rights) String() string { return r.description }
