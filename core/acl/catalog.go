package acl

// Catalog is the table of commands as rules see it.
type Catalog interface {
	// ACLCommands returns what rules may name, by ID.
	ACLCommands() []Command
	// ACLCategories returns the names of the categories; the place of a name is its bit.
	ACLCategories() []string
}

// Command is a row of the table.
type Command struct {
	Name       string // in full and lower case: "config|get"
	Categories uint32
	Container  int // the ID of the command that this is a subcommand of, or -1
}

// catalog is a Catalog with its names in order.
type catalog struct {
	commands   []Command
	subs       [][]int // the subcommands of each
	byName     map[string]int
	categories map[string]uint32
	// lenient: what isn't known here may be known later. Then a rule about it is taken for right, and does nothing.
	lenient bool
}

func newCatalog(from Catalog) *catalog {
	c := &catalog{commands: from.ACLCommands(), byName: map[string]int{}, categories: map[string]uint32{}}
	c.subs = make([][]int, len(c.commands))
	for id := range c.commands {
		cmd := &c.commands[id]
		c.byName[cmd.Name] = id
		if cmd.Container >= 0 {
			c.subs[cmd.Container] = append(c.subs[cmd.Container], id)
		}
	}
	for bit, name := range from.ACLCategories() {
		c.categories[name] = 1 << bit
	}
	return c
}

// find returns the ID of the command with the given name, in any case.
func (c *catalog) find(name string) (id int, ok bool) {
	id, ok = c.byName[lower(name)]
	return id, ok
}

// lower turns the letters of ASCII to lower case, and leaves all other bytes alone.
func lower(s string) string {
	for i := range len(s) {
		if s[i]-'A' < 26 {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if b[j]-'A' < 26 {
					b[j] |= 0x20
				}
			}
			return string(b)
		}
	}
	return s
}
