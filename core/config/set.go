package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
)

// Origin says from where a CONFIG SET comes.
type Origin struct {
	Local   bool // the client is on this machine: enable-protected-configs "local" lets it
	Loading bool // the server is loading its data
}

// Errors of CONFIG SET and CONFIG REWRITE. The texts are whole error replies.
const (
	ErrLoading = refusal("LOADING Valkey is loading the dataset in memory")
	ErrNoFile  = refusal("ERR The server is running without a config file")
)

// change is one pair of a CONFIG SET.
type change struct {
	entry
	old, new *value
}

// Set is CONFIG SET: it takes over all the pairs of name and value, or none and tells why. The error's text is the reply.
func (c *Config) Set(pairs [][2]string, from Origin) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	changes, err := c.resolve(pairs, from)
	if err != nil {
		return err
	}
	for i := range changes {
		ch := &changes[i]
		ch.old = c.vals[ch.id].Load()
		ch.new, err = directives[ch.id].parse(c, splitValue(ch.id, pairs[i][1]), ch.old, false)
		if err != nil {
			c.restore(changes[:i])
			return failed(ch.name, err)
		}
	}
	for i := range changes {
		c.store(changes[i].id, changes[i].new)
	}
	c.version.Add(1)
	return c.applyAll(changes)
}

// resolve finds the directives and refuses those that can't be set. The first that is wrong decides the error.
func (c *Config) resolve(pairs [][2]string, from Origin) ([]change, error) {
	changes := make([]change, len(pairs))
	for i, pair := range pairs {
		e, ok := names[strings.ToLower(pair[0])]
		if !ok {
			return nil, fmt.Errorf("ERR Unknown option or number of arguments for CONFIG SET - '%s'", pair[0])
		}
		switch flags := directives[e.id].Flags; {
		case flags&Immutable != 0:
			return nil, failed(pair[0], refusal("can't set immutable config"))
		case flags&Protected != 0 && !c.allowed(EnableProtectedConfigs, from):
			return nil, failed(pair[0], refusal("can't set protected config"))
		case flags&DenyLoading != 0 && from.Loading:
			return nil, ErrLoading
		}
		for j := range i {
			if changes[j].entry == e { // by its alias a directive may be named again, as in Valkey
				return nil, failed(pair[0], refusal("duplicate parameter"))
			}
		}
		changes[i].entry = e
	}
	return changes, nil
}

// Allowed tells whether a client may do what a directive of the kind no|yes|local protects.
func (c *Config) Allowed(id ID, local bool) bool { return c.allowed(id, Origin{Local: local}) }

func (c *Config) allowed(id ID, from Origin) bool {
	n := c.Int(id)
	return n == AllowYes || n == AllowLocal && from.Local
}

// splitValue makes the words of a CONFIG SET's value. They are divided by single spaces, and nothing is quoted.
func splitValue(id ID, value string) []string {
	switch {
	case directives[id].Flags&MultiArg == 0:
		return []string{value}
	case value == "":
		return nil
	}
	return strings.Split(value, " ")
}

// applyAll runs the hooks of what changed, each once. When one fails everything is put back.
func (c *Config) applyAll(changes []change) error {
	hooks, names := c.hooksFor(changes)
	for i, apply := range hooks {
		err := apply()
		if err == nil {
			continue
		}
		c.warn("Failed applying new configuration. Possibly related to new " + names[i] +
			" setting. Restoring previous settings.")
		c.restore(changes)
		c.version.Add(1)
		for _, again := range hooks {
			if err := again(); err != nil {
				c.warn("Failed applying restored failed CONFIG SET command: " + err.Error())
			}
		}
		return failed(names[i], err)
	}
	return nil
}

// hooksFor collects the hooks in the order of the changes, and the name of the first change that calls each.
func (c *Config) hooksFor(changes []change) (hooks []func() error, names []string) {
	called := make([]bool, len(c.hooks))
	for _, ch := range changes {
		if !isChange(ch.id, ch.old, ch.new) {
			continue
		}
		for i, h := range c.hooks {
			if called[i] || !slices.Contains(h.ids, ch.id) {
				continue
			}
			called[i] = true
			hooks = append(hooks, h.apply)
			names = append(names, ch.name)
		}
	}
	return hooks, names
}

// isChange tells whether the hooks must run: most custom directives are taken to have changed whenever they are set.
func isChange(id ID, old, now *value) bool {
	d := &directives[id]
	if d.Flags&Volatile != 0 || d.Kind == KindCustom && !d.custom.same {
		return true
	}
	return old.num != now.num || old.text != now.text
}

// restore puts the old values back, the last change first.
func (c *Config) restore(changes []change) {
	for i := len(changes) - 1; i >= 0; i-- {
		ch := changes[i]
		c.store(ch.id, ch.old)
		if d := &directives[ch.id]; d.custom != nil && d.custom.undo != nil {
			d.custom.undo(c, ch.old)
		}
	}
}

func failed(name string, err error) error {
	if err.Error() == "" {
		return fmt.Errorf("ERR CONFIG SET failed (possibly related to argument '%s')", name)
	}
	return fmt.Errorf("ERR CONFIG SET failed (possibly related to argument '%s') - %w", name, err)
}

// systemText is the text of a system error as the C library writes it: with a capital letter.
func systemText(err error) string {
	s := err.Error()
	if e := syscall.Errno(0); errors.As(err, &e) {
		s = e.Error()
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
