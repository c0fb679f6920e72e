// Package txncmd holds MULTI, EXEC, DISCARD, WATCH and UNWATCH.
//
// EXEC runs with the leases of all the keys that its commands name and of all
// the keys that its session watches: that makes the check of the watched keys
// final, and the whole atomic.
package txncmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

const (
	errNestedMulti  command.Error = "ERR MULTI calls can not be nested"
	errExecNoMulti  command.Error = "ERR EXEC without MULTI"
	errDiscNoMulti  command.Error = "ERR DISCARD without MULTI"
	errWatchInMulti command.Error = "ERR WATCH inside MULTI is not allowed"
)

// Commands returns the rows of the transactions group; rows resolves the
// queued commands by their ID.
func Commands(row func(id int) *command.Command) []command.Command {
	t := &transactions{row: row}
	const control = command.NoScript | command.Loading | command.Stale | command.Fast | command.AllowBusy | command.MultiControl
	return []command.Command{
		{Name: "multi", Arity: 1, Flags: control | command.NoMulti, ACL: command.CatTransaction,
			Group: "transactions", Since: "1.2.0", Complexity: "O(1)",
			Summary: "Starts a transaction.", Run: multi},
		{Name: "exec", Arity: 1, Flags: command.NoScript | command.Loading | command.Stale | command.SkipCommandLog | command.MultiControl | command.RunsQueue,
			ACL: command.CatTransaction, Scope: command.ScopeRoute, Route: t.routeExec,
			Group: "transactions", Since: "1.2.0", Complexity: "Depends on commands in the transaction",
			Summary: "Executes all commands in a transaction.", Run: t.exec},
		{Name: "discard", Arity: 1, Flags: control, ACL: command.CatTransaction,
			Scope: command.ScopeRoute, Route: routeWatched,
			Group: "transactions", Since: "2.0.0", Complexity: "O(N), when N is the number of queued commands",
			Summary: "Discards a transaction.", Run: discard},
		{Name: "watch", Arity: -2, Flags: control | command.NoMulti, ACL: command.CatTransaction,
			Keys:  []command.KeySpec{command.Range(1, -1, 1, command.RO)},
			Group: "transactions", Since: "2.2.0", Complexity: "O(1) for every key.",
			Summary: "Monitors changes to keys to determine the execution of a transaction.", Run: watch},
		{Name: "unwatch", Arity: 1, Flags: control &^ command.MultiControl, ACL: command.CatTransaction,
			Scope: command.ScopeRoute, Route: routeWatched,
			Group: "transactions", Since: "2.2.0", Complexity: "O(1)",
			Summary: "Forgets about watched keys of a transaction.", Run: unwatch},
	}
}

type transactions struct {
	row func(id int) *command.Command
}

func multi(c *command.Call) error {
	if c.Session.State&session.InMulti != 0 {
		return errNestedMulti
	}
	c.Session.State |= session.InMulti
	c.Session.Multi.DB = c.Session.DB
	c.W.OK()
	return nil
}

func discard(c *command.Call) error {
	if c.Session.State&session.InMulti == 0 {
		return errDiscNoMulti
	}
	End(c)
	c.W.OK()
	return nil
}

func watch(c *command.Call) error {
	s := c.Session
	if s.State&session.InMulti != 0 {
		return errWatchInMulti
	}
	if s.Watch.Watcher == nil {
		s.Watch.Watcher = new(keyspace.Watcher)
	}
	for _, key := range c.Args[1:] {
		if watching(s, key) {
			continue
		}
		c.DB(key).Watch(key, s.Watch.Watcher)
		s.Watch.Add(s.DB, key)
	}
	c.W.OK()
	return nil
}

func watching(s *session.Session, key []byte) bool {
	for i := range s.Watch.Keys {
		if k := &s.Watch.Keys[i]; k.DB == s.DB && string(k.Key) == string(key) {
			return true
		}
	}
	return false
}

func unwatch(c *command.Call) error {
	Unwatch(c.Set, c.Session)
	c.W.OK()
	return nil
}

// Unwatch forgets the session's watched keys. The leases of their partitions
// are held.
func Unwatch(set *partition.Set, s *session.Session) {
	for i := range s.Watch.Keys {
		k := &s.Watch.Keys[i]
		set.Space(set.Of(crc.Slot(k.Key))).DB(k.DB).Unwatch(k.Key, s.Watch.Watcher)
	}
	s.Watch = session.Watch{}
}

// RouteWatched adds the partitions of the session's watched keys to m.
func RouteWatched(set *partition.Set, s *session.Session, m *partition.Mask) {
	for i := range s.Watch.Keys {
		m.Add(set.Of(crc.Slot(s.Watch.Keys[i].Key)))
	}
}

func routeWatched(c *command.Call, m *partition.Mask) { RouteWatched(c.Set, c.Session, m) }

// End leaves the transaction and forgets the watched keys, whose leases are
// held.
func End(c *command.Call) {
	s := c.Session
	s.Multi = session.Multi{}
	s.State &^= session.InMulti | session.DirtyExec
	Unwatch(c.Set, s)
}

// routeExec adds the partitions of everything that EXEC will touch.
func (t *transactions) routeExec(c *command.Call, m *partition.Mask) {
	s := c.Session
	RouteWatched(c.Set, s, m)
	if s.State&session.DirtyExec != 0 {
		return
	}
	var keys []command.KeyRef
	for i := range s.Multi.Queue {
		q := &s.Multi.Queue[i]
		cmd := t.row(q.Command)
		if cmd.Flags&command.RunsScript != 0 {
			sub := *c
			sub.Cmd, sub.Args, sub.InExec = cmd, q.Args, true
			cmd.Route(&sub, m)
			continue
		}
		if cmd.Scope != command.ScopeKeys {
			m.Fill(c.Set.Len())
			return
		}
		var err error
		if keys, err = cmd.AppendKeys(q.Args, keys[:0]); err != nil {
			continue
		}
		for _, k := range keys {
			m.Add(c.Set.Of(crc.Slot(q.Args[k.Pos])))
		}
	}
}

func (t *transactions) exec(c *command.Call) error {
	s := c.Session
	if s.State&session.InMulti == 0 {
		return errExecNoMulti
	}
	if s.State&session.DirtyExec != 0 {
		End(c)
		return command.ErrExecAbort
	}
	if broken(c) {
		End(c)
		c.W.NullArray()
		return nil
	}
	if s.Multi.Flags&uint64(command.RunsScript) != 0 && t.outgrown(c) {
		return command.TooLong
	}
	queue := s.Multi.Queue
	Unwatch(c.Set, s)
	// The state goes first: a queued RESET or a reply of CLIENT LIST must not
	// see a transaction.
	s.Multi = session.Multi{}
	s.State &^= session.InMulti
	c.W.Array(len(queue))
	for i := range queue {
		c.Nested.RunNested(c, t.row(queue[i].Command), queue[i].Args)
	}
	return nil
}

// outgrown reports whether a script of the queue needs more by now than it did when the leases were chosen: a function that was replaced. Then
// EXEC begins anew.
func (t *transactions) outgrown(c *command.Call) bool {
	var m partition.Mask
	t.routeExec(c, &m)
	for p := m.Next(0); p >= 0; p = m.Next(p + 1) {
		if !c.Held.Has(p) {
			return true
		}
	}
	return false
}

// broken reports whether a watched key was changed, or expired since.
func broken(c *command.Call) bool {
	s := c.Session
	if s.Watch.Dirty() {
		return true
	}
	for i := range s.Watch.Keys {
		k := &s.Watch.Keys[i]
		if c.DBAt(k.DB, k.Key).WatchBroken(k.Key, s.Watch.Watcher) {
			return true
		}
	}
	return false
}
