package command

import (
	"fmt"
	"slices"
)

// Table holds every command row, and finds one by its name in any case.
type Table struct {
	rows  []*Command // by ID, subcommands included
	top   []*Command // top-level rows, by name
	slots []*Command // open addressing by nameHash
	mask  uint32
}

// NewTable makes a table of the groups' rows. It panics on a row that
// contradicts itself: the rows are written by us.
func NewTable(groups ...[]Command) *Table {
	t := &Table{}
	for _, group := range groups {
		for i := range group {
			t.add(&group[i], nil)
		}
	}
	slices.SortFunc(t.top, func(a, b *Command) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	size := uint32(1)
	for size < uint32(len(t.top))*4 {
		size *= 2
	}
	t.slots, t.mask = make([]*Command, size), size-1
	for _, cmd := range t.top {
		i := nameHash([]byte(cmd.Called)) & t.mask
		for t.slots[i] != nil {
			if t.slots[i].Called == cmd.Called {
				panic("command: two rows named " + cmd.Called)
			}
			i = (i + 1) & t.mask
		}
		t.slots[i] = cmd
	}
	return t
}

func (t *Table) add(cmd, container *Command) {
	cmd.ID, cmd.Container, cmd.Full = len(t.rows), container, cmd.Name
	if cmd.Called == "" {
		cmd.Called = cmd.Name
	}
	if container != nil {
		cmd.Full = container.Name + "|" + cmd.Name
		if cmd.Group == "" {
			cmd.Group = container.Group
		}
	} else if !cmd.Removed {
		t.top = append(t.top, cmd)
	}
	if cmd.Run == nil && len(cmd.Sub) == 0 {
		panic(fmt.Sprintf("command: %s has no handler", cmd.Full))
	}
	t.rows = append(t.rows, cmd)
	cmd.ACL = cmd.Flags.implied(cmd.ACL)
	cmd.derivePositions()
	for i := range cmd.Sub {
		t.add(&cmd.Sub[i], cmd)
	}
}

// derivePositions fills the first, last and step that COMMAND INFO reports, the
// movablekeys flag, and OneKey.
func (cmd *Command) derivePositions() {
	movable := cmd.FindKeys != nil
	last := 0
	for i := range cmd.Keys {
		s := &cmd.Keys[i]
		switch {
		case s.Begin != BeginIndex || s.Find != FindRange:
			movable = true
			continue
		case s.Flags&Incomplete != 0:
			movable = true
		}
		if cmd.First == 0 {
			cmd.First, cmd.Step = s.Index, s.Step
			last = s.Index + s.Last
			if s.Last < 0 {
				last = s.Last
			}
			continue
		}
		if last >= 0 && s.Index == last+1 && s.Last == 0 {
			last = s.Index
		} else if last >= 0 && s.Index == last+1 && s.Last < 0 {
			last = s.Last
		}
	}
	cmd.Last = last
	if movable {
		cmd.Flags |= MovableKeys
	}
	if len(cmd.Keys) == 1 && !movable && cmd.Keys[0].Last == 0 && cmd.Keys[0].Flags&NotKey == 0 {
		cmd.OneKey = cmd.Keys[0].Index
	}
}

// Lookup finds a top-level row. It does not allocate.
func (t *Table) Lookup(name []byte) *Command {
	for i := nameHash(name) & t.mask; ; i = (i + 1) & t.mask {
		cmd := t.slots[i]
		if cmd == nil || Is(name, cmd.Called) {
			return cmd
		}
	}
}

// Subcommand finds the row of a container's subcommand, or nil.
func (cmd *Command) Subcommand(name []byte) *Command {
	for i := range cmd.Sub {
		if Is(name, cmd.Sub[i].Name) {
			return &cmd.Sub[i]
		}
	}
	return nil
}

// Find resolves the row that a request calls, its subcommand included: nil and
// a reply error if there is none, or the argument count is wrong.
func (t *Table) Find(args [][]byte) (*Command, error) {
	cmd := t.Lookup(args[0])
	if cmd == nil {
		return nil, UnknownCommand(args)
	}
	if len(cmd.Sub) > 0 && len(args) > 1 {
		sub := cmd.Subcommand(args[1])
		if sub == nil {
			return nil, UnknownSubcommand(cmd.Name, args[1])
		}
		cmd = sub
	}
	if !cmd.TakesCount(len(args)) {
		return cmd, WrongArity(cmd.Full)
	}
	return cmd, nil
}

// TakesCount reports whether the command may be called with n arguments, its
// name included.
func (cmd *Command) TakesCount(n int) bool {
	return n == cmd.Arity || (cmd.Arity < 0 && n >= -cmd.Arity)
}

// Resolve finds a row by its full name in any case ("config|get"), or nil.
func (t *Table) Resolve(full string) *Command {
	for _, cmd := range t.rows {
		if top := cmd.Container; !cmd.Removed && (top == nil || !top.Removed) && Is([]byte(full), cmd.Full) {
			return cmd
		}
	}
	return nil
}

// Rows returns all rows by ID, subcommands included. Not to be changed.
func (t *Table) Rows() []*Command { return t.rows }

// Top returns the top-level rows by name. Not to be changed.
func (t *Table) Top() []*Command { return t.top }

// Row returns the row with the given ID.
func (t *Table) Row(id int) *Command { return t.rows[id] }

// nameHash is FNV-1a over the letters without their case.
func nameHash(name []byte) uint32 {
	h := uint32(2166136261)
	for _, ch := range name {
		h = (h ^ uint32(ch|0x20)) * 16777619
	}
	return h ^ h>>15
}
