package acl

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Access is what is done to a key.
type Access uint8

// The kinds of access. None at all is to ask whether a key is there, or of what type it is.
const (
	Read Access = 1 << iota
	Write
)

// keyPattern allows an access to the keys that match.
type keyPattern struct {
	access  Access
	pattern string
}

func (k keyPattern) String() string {
	switch k.access {
	case Read:
		return "%R~" + k.pattern
	case Write:
		return "%W~" + k.pattern
	}
	return "~" + k.pattern
}

// selector is one set of permissions: a call has to be within a single one. It is never changed once its Rights are in force.
type selector struct {
	allKeys, allChannels, allDBs bool
	// allCommands: every command, without a look at the bits. future: +@all was said, though some may have been taken away since.
	allCommands, future bool
	commands            []uint64         // a bit for each ID
	firstArgs           map[int][]string // the first arguments with which a command is allowed that isn't by its bit
	keys                []keyPattern
	channels            []string // patterns
	dbs                 []int    // in order
	rules               []string // what was said of commands since all or none of them were allowed
}

// newSelector is what a new user, or a pair of parentheses, begins with.
func newSelector(c *catalog, allChannels bool) *selector {
	return &selector{allChannels: allChannels, allDBs: true, commands: make([]uint64, (len(c.commands)+63)/64)}
}

func (s *selector) clone() *selector {
	t := *s
	t.commands, t.keys, t.channels = slices.Clone(s.commands), slices.Clone(s.keys), slices.Clone(s.channels)
	t.dbs, t.rules = slices.Clone(s.dbs), slices.Clone(s.rules)
	if s.firstArgs != nil {
		t.firstArgs = make(map[int][]string, len(s.firstArgs))
		for id, words := range s.firstArgs {
			t.firstArgs[id] = slices.Clone(words)
		}
	}
	return &t
}

// unlimited: whoever has this selector may do everything.
func (s *selector) unlimited() bool { return s.allKeys && s.allChannels && s.allDBs && s.allCommands }

func (s *selector) has(id int) bool {
	return id>>6 < len(s.commands) && s.commands[id>>6]&(1<<(id&63)) != 0
}

// apply changes the selector by one rule.
func (s *selector) apply(c *catalog, op string) error {
	switch word := lower(cString(op)); word {
	case "allkeys", "~*":
		s.allKeys, s.keys = true, nil
	case "resetkeys":
		s.allKeys, s.keys = false, nil
	case "allchannels", "&*":
		s.allChannels, s.channels = true, nil
	case "resetchannels":
		s.allChannels, s.channels = false, nil
	case "alldbs":
		s.allDBs, s.dbs = true, nil
	case "resetdbs":
		s.allDBs, s.dbs = false, nil
	case "allcommands", "+@all":
		s.setAll(true)
	case "nocommands", "-@all":
		s.setAll(false)
	case "":
		return errSyntax
	default:
		return s.applyOther(c, op, word)
	}
	return nil
}

func (s *selector) applyOther(c *catalog, op, word string) error {
	switch {
	case op[0] == '~' || op[0] == '%':
		return s.addKeys(op)
	case op[0] == '&':
		return s.addChannel(op[1:])
	case strings.HasPrefix(word, "db="):
		return s.setDBs(op[len("db="):])
	case strings.HasPrefix(word, "+@"):
		return s.setCategory(c, word[1:], true)
	case strings.HasPrefix(word, "-@"):
		return s.setCategory(c, word[1:], false)
	case op[0] == '+':
		return s.allow(c, word[1:])
	case op[0] == '-':
		return s.deny(c, word[1:])
	}
	return errSyntax
}

// cString is what stands before a zero byte: as far as the reference reads words.
func cString(s string) string {
	word, _, _ := strings.Cut(s, "\x00")
	return word
}

// hasSpaces tells whether a name or a pattern can't stand in a line of a file.
func hasSpaces(s string) bool { return strings.ContainsAny(s, " \t\n\v\f\r\x00") }

// addKeys adds the pattern of a rule like ~x, %R~x, %W~x or %RW~x.
func (s *selector) addKeys(op string) error {
	if s.allKeys {
		return errAllKeys
	}
	access, at := Read|Write, 1
	if op[0] == '%' {
		var ok bool
		if access, at, ok = parseAccess(op); !ok {
			return errSyntax
		}
	}
	pattern := op[at:]
	if hasSpaces(pattern) {
		return errSyntax
	}
	for i := range s.keys {
		if s.keys[i].pattern == pattern {
			s.keys[i].access |= access
			return nil
		}
	}
	s.keys = append(s.keys, keyPattern{access, pattern})
	return nil
}

// parseAccess reads the letters between % and ~, each at most once, and returns where the pattern begins. Without a ~ it is empty.
func parseAccess(op string) (access Access, at int, ok bool) {
	for at = 1; at < len(op); at++ {
		switch ch := op[at] | 0x20; {
		case ch == 'r' && access&Read == 0:
			access |= Read
		case ch == 'w' && access&Write == 0:
			access |= Write
		case op[at] == '~':
			return access, at + 1, access != 0
		default:
			return 0, 0, false
		}
	}
	return access, at, access != 0
}

func (s *selector) addChannel(pattern string) error {
	switch {
	case s.allChannels:
		return errAllChannels
	case hasSpaces(pattern):
		return errSyntax
	case !slices.Contains(s.channels, pattern):
		s.channels = append(s.channels, pattern)
	}
	return nil
}

// setDBs allows the databases of a list, and no others.
func (s *selector) setDBs(list string) error {
	var dbs []int
	for _, word := range strings.Split(list, ",") {
		n, err := strconv.ParseInt(word, 10, 64)
		switch {
		case word == "" || word[0] == '+' || err != nil && !isRange(err):
			return errSyntax
		case err != nil || n < 0 || n > math.MaxInt32:
			return errRange
		}
		dbs = append(dbs, int(n))
	}
	slices.Sort(dbs)
	s.allDBs, s.dbs = false, slices.Compact(dbs)
	return nil
}

// setAll allows every command, or none.
func (s *selector) setAll(on bool) {
	word := uint64(0)
	if on {
		word = math.MaxUint64
	}
	for i := range s.commands {
		s.commands[i] = word
	}
	s.allCommands, s.future, s.rules, s.firstArgs = on, on, nil, nil
}

// set allows or denies a command, with its subcommands.
func (s *selector) set(c *catalog, id int, on bool) {
	s.setBit(id, on)
	delete(s.firstArgs, id)
	for _, sub := range c.subs[id] {
		s.setBit(sub, on)
	}
}

func (s *selector) setBit(id int, on bool) {
	if on {
		s.commands[id>>6] |= 1 << (id & 63)
		return
	}
	s.commands[id>>6] &^= 1 << (id & 63)
	s.allCommands = false
}

func (s *selector) setCategory(c *catalog, name string, on bool) error {
	bit := c.categories[name[1:]]
	if bit == 0 {
		return c.unknown()
	}
	for id := range c.commands {
		if c.commands[id].Categories&bit != 0 {
			s.set(c, id, on)
		}
	}
	s.remember(name, on)
	return nil
}

// allow takes what follows the + of a rule, in lower case.
func (s *selector) allow(c *catalog, name string) error {
	bar := strings.LastIndexByte(name, '|')
	if bar < 0 {
		id, ok := c.find(name)
		if !ok {
			return c.unknown()
		}
		s.set(c, id, true)
		s.remember(c.commands[id].Name, true)
		return nil
	}
	id, ok := c.find(name[:bar])
	arg := name[bar+1:]
	switch {
	case !ok:
		return c.unknown()
	case c.commands[id].Container >= 0:
		return errSubArg
	case arg == "":
		return errSyntax
	case len(c.subs[id]) > 0:
		if id, ok = c.find(name); !ok {
			return c.unknown()
		}
		s.set(c, id, true)
	case strings.ContainsAny(arg, " \t\n\v\f\r\"'"):
		return errSyntax // it couldn't be written down
	default:
		if s.firstArgs == nil {
			s.firstArgs = map[int][]string{}
		}
		if !slices.Contains(s.firstArgs[id], arg) {
			s.firstArgs[id] = append(s.firstArgs[id], arg)
		}
	}
	s.remember(name, true)
	return nil
}

func (s *selector) deny(c *catalog, name string) error {
	id, ok := c.find(name)
	if !ok {
		return c.unknown()
	}
	s.set(c, id, false)
	s.remember(c.commands[id].Name, false)
	return nil
}

// unknown is the error for a name that isn't in the catalog.
func (c *catalog) unknown() error {
	if c.lenient {
		return nil
	}
	return errUnknown
}

// remember adds a rule to those that are shown. It takes the place of what was said before of the same name, or of subcommands
// of it.
func (s *selector) remember(name string, on bool) {
	s.rules = slices.DeleteFunc(s.rules, func(old string) bool {
		return old[1:] == name || strings.HasPrefix(old[1:], name+"|")
	})
	sign := "-"
	if on {
		sign = "+"
	}
	s.rules = append(s.rules, sign+name)
}

// commandWords are the rules about commands.
func (s *selector) commandWords() []string {
	first := "-@all"
	if s.future {
		first = "+@all"
	}
	return append([]string{first}, s.rules...)
}

func (s *selector) keyWords() []string {
	if s.allKeys {
		return []string{"~*"}
	}
	words := make([]string, len(s.keys))
	for i, k := range s.keys {
		words[i] = k.String()
	}
	return words
}

func (s *selector) channelWords() []string {
	if s.allChannels {
		return []string{"&*"}
	}
	words := make([]string, len(s.channels))
	for i, pattern := range s.channels {
		words[i] = "&" + pattern
	}
	return words
}

// dbWord is the rule about databases.
func (s *selector) dbWord() string {
	switch {
	case s.allDBs:
		return "alldbs"
	case len(s.dbs) == 0:
		return "resetdbs"
	}
	b := []byte("db=")
	for i, n := range s.dbs {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return string(b)
}

// words are rules that make a new selector what this one is. All databases go without saying, so that older servers can read it.
func (s *selector) words() []string {
	words := s.keyWords()
	if !s.allChannels {
		words = append(words, "resetchannels")
	}
	words = append(words, s.channelWords()...)
	if !s.allDBs {
		words = append(words, s.dbWord())
	}
	return append(words, s.commandWords()...)
}
