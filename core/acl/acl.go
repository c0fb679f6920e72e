// Package acl holds users: how they prove who they are, and what they may do.
//
// A User is an identity that sessions keep; its Rights are an immutable snapshot that is swapped as a whole (copy on write). So a
// check costs one atomic load, changes take effect at once for whoever is connected, and a session of a user without limits never
// gets here: its gate isn't even closed (session.Restricted).
//
// Rights consist of selectors: the first is what the rules outside of parentheses say, each pair of parentheses is one more. A call is
// allowed if a single selector allows all of it: its databases, the command, each key, each channel.
//
// Rules, the description of a user and the file of users are Valkey's. What is written here reads back as the same user,
// which FuzzACL holds us to.
package acl

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// DefaultName is the user that connections begin as.
const DefaultName = "default"

// Users are all users. Any goroutine.
type Users struct {
	// Log keeps what was denied.
	Log Log
	// Backoff slows down those who guess passwords.
	Backoff Backoff
	// FilterKeys: who lists keys sees only those of their patterns. Atomic.
	FilterKeys atomic.Bool

	catalog     *catalog
	allChannels func() bool // what new users may do with channels
	first       *User       // "default": it is always there

	mu     sync.Mutex // serialises changes; a leaf: nothing is locked under it
	byName atomic.Pointer[map[string]*User]
}

// New returns users who are only "default", with all rights and no password. allChannels tells whether new users may use all channels
// (acl-pubsub-default).
func New(commands Catalog, allChannels func() bool) *Users {
	u := &Users{catalog: newCatalog(commands), allChannels: allChannels}
	u.first = u.user(DefaultName, u.defaultRights())
	u.byName.Store(&map[string]*User{DefaultName: u.first})
	return u
}

func (u *Users) user(name string, r *Rights) *User {
	user := &User{Name: name, users: u}
	user.rights.Store(r.seal())
	return user
}

func (u *Users) parser() parser { return parser{u.catalog, u.allChannels()} }

// defaultRights are those of "default" where nobody has said anything else.
func (u *Users) defaultRights() *Rights {
	p := u.parser()
	r := p.fresh()
	for _, rule := range [...]string{"+@all", "~*", "&*", "on", "nopass"} {
		if err := p.apply(r, rule); err != nil {
			panic("acl: " + rule + ": " + err.Error())
		}
	}
	return r
}

// Default is the user that connections begin as.
func (u *Users) Default() *User { return u.first }

// Open tells whether a connection need not authenticate.
func (u *Users) Open() bool {
	r := u.first.Rights()
	return r.noPass && r.enabled
}

// Find returns the user of the given name, or nil.
func (u *Users) Find(name string) *User { return (*u.byName.Load())[name] }

// All returns the users by name.
func (u *Users) All() []*User {
	byName := *u.byName.Load()
	list := make([]*User, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		list = append(list, byName[name])
	}
	return list
}

// Authenticate returns the user that a name and a password are of, or nil. It takes as long for a user who doesn't exist as for one
// who does.
func (u *Users) Authenticate(name, given []byte) *User {
	user := (*u.byName.Load())[string(name)]
	r := u.first.Rights()
	if user != nil {
		r = user.Rights()
	}
	ok := r.accepts(hashPassword(string(given)))
	if user == nil || !ok || !r.enabled {
		return nil
	}
	return user
}

// Change is what became of a user, for the sessions that are that user's.
type Change struct {
	User *User
	// Gone: the user was deleted; its connections end.
	Gone bool
	// narrower: not every channel that was allowed is so still. channels are those that are, of all selectors.
	narrower bool
	channels []string
}

// EndsSubscriber tells whether who subscribes to a channel, or to a pattern, is cut off by the change.
func (c *Change) EndsSubscriber(channel string, isPattern bool) bool {
	return c.narrower && !allowsChannel(c.channels, channel, isPattern)
}

// compare tells what becomes of subscribers as old rights are replaced.
func compare(user *User, before, now *Rights) Change {
	c := Change{User: user}
	for _, s := range now.selectors {
		if s.allChannels {
			return c
		}
		c.channels = append(c.channels, s.channels...)
	}
	for _, s := range before.selectors {
		c.narrower = c.narrower || s.allChannels ||
			slices.ContainsFunc(s.channels, func(p string) bool { return !slices.Contains(c.channels, p) })
	}
	return c
}

// SetError is a rule that ACL SETUSER refuses, in the words of its reply.
type SetError string

func (e SetError) Error() string { return string(e) }

// Set changes a user by rules, or makes it. After an error nothing has changed.
func (u *Users) Set(name string, rules []string) (Change, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	user, p := u.Find(name), u.parser()
	var before, r *Rights
	if user != nil {
		before = user.Rights()
		r = before.clone()
	} else {
		r = p.fresh()
	}
	merged, open := merge(rules)
	if open >= 0 {
		return Change{}, SetError("Unmatched parenthesis in acl selector starting at '" + cString(rules[open]) + "'.")
	}
	for _, op := range merged {
		if err := p.apply(r, op); err != nil {
			return Change{}, SetError("Error in ACL SETUSER modifier '" + cString(op) + "': " + err.Error())
		}
	}
	if user == nil {
		user = u.user(name, r)
		u.put(func(byName map[string]*User) { byName[name] = user })
		return Change{User: user}, nil
	}
	user.rights.Store(r.seal())
	return compare(user, before, r), nil
}

// SetDefaultPassword gives "default" a password and no other, or lets it do without one (requirepass).
func (u *Users) SetDefaultPassword(clear string) Change {
	rules := []string{"resetpass", "nopass"}
	if clear != "" {
		rules[1] = ">" + clear
	}
	c, err := u.Set(DefaultName, rules)
	if err != nil {
		panic("acl: " + err.Error())
	}
	return c
}

// Delete removes users; names that are nobody's are passed over.
func (u *Users) Delete(names []string) []Change {
	u.mu.Lock()
	defer u.mu.Unlock()
	var gone []Change
	u.put(func(byName map[string]*User) {
		for _, name := range names {
			if user := byName[name]; user != nil && user != u.first {
				delete(byName, name)
				user.deleted.Store(true)
				gone = append(gone, Change{User: user, Gone: true})
			}
		}
	})
	return gone
}

// put changes the names. Under mu.
func (u *Users) put(change func(byName map[string]*User)) {
	byName := maps.Clone(*u.byName.Load())
	change(byName)
	u.byName.Store(&byName)
}

// ValidName tells whether a name may be a user's.
func ValidName(name string) bool { return !hasSpaces(name) }

// Category returns the bit of a category, 0 if there is none of the given name.
func (u *Users) Category(name string) uint32 { return u.catalog.categories[lower(name)] }

// InCategory visits the commands of a category by ID.
func (u *Users) InCategory(bit uint32, visit func(name string)) {
	for i := range u.catalog.commands {
		if cmd := &u.catalog.commands[i]; cmd.Categories&bit != 0 {
			visit(cmd.Name)
		}
	}
}

// Sees tells whether a listing of keys shows this one to the user.
func (u *User) Sees(db int, key []byte) bool { return u.Rights().Sees(db, key) }

// FiltersKeys tells whether listings of keys show the user only some.
func (u *User) FiltersKeys() bool { return u.users.FilterKeys.Load() }
