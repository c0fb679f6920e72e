package dispatch

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/journal"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// From what is executed to the journal.
//
// An executor gathers in x.effects what happens in the partitions that it
// holds: handlers add to it by Call.Propagate and Settle, the partitions what they
// remove by themselves. Each has to know where to, so whoever has got a lease
// calls enter before anything else. One command, transaction, served waiter or
// piece of background work is one unit. It is appended to the journal by
// commit, while all leases under which it was gathered are still held: so the order of
// units is one that each partition, and each session, agrees with.

// gathering returns where effects go, nil while no journal is on. That changes
// only while somebody has every lease.
func (x *Executor) gathering() *keyspace.Effects {
	if x.d.Journal.On() && !x.isMute {
		return &x.effects
	}
	return nil
}

// enter readies a partition whose lease this executor has got, or was given.
func (x *Executor) enter(p int) {
	space := x.d.Set.Space(p)
	space.SetNow(x.now)
	space.Gather(x.gathering())
}

// settle ends the unit of the call that has just run.
func (x *Executor) settle() journal.Position {
	c := &x.call
	c.Settle(0)
	if c.Cmd.Flags&command.TouchesArbitraryKeys != 0 {
		x.effects.Loose() // what it came across, as if it had been found in the background
	}
	return x.commit()
}

// settleLoose ends the unit of background work, in which nothing hangs together.
func (x *Executor) settleLoose() {
	x.effects.Loose()
	x.commit()
}

// commit appends the unit to the journal, and begins another one. The leases
// under which it was gathered are held.
func (x *Executor) commit() journal.Position {
	if x.effects.IsEmpty() {
		return 0
	}
	p := x.d.Journal.Append(&x.effects.Unit)
	x.effects.Reset()
	return p
}

// checkCommitted asserts that nothing is left to commit when a lease goes.
func (x *Executor) checkCommitted() {
	invariant.Check(x.effects.IsEmpty(), "a lease goes before its effects are in the journal")
}

// checkEntered asserts that the partitions of the call that is about to run tell
// this executor what they remove.
func (x *Executor) checkEntered(p int) {
	if !invariant.Enabled {
		return
	}
	if p != none {
		invariant.Check(x.d.Set.Space(p).Gathers(x.call.Effects), "a partition was not entered")
		return
	}
	for p := x.holding.Next(0); p >= 0; p = x.holding.Next(p + 1) {
		invariant.Check(x.d.Set.Space(p).Gathers(x.call.Effects), "a partition was not entered")
	}
}

// configureEffects takes over the settings about the form of removals.
func (x *Executor) configureEffects() {
	u := &x.effects.Unlinks
	u[keyspace.Expired] = x.d.Config.Bool(config.LazyfreeLazyExpire)
	u[keyspace.Evicted] = x.d.Config.Bool(config.LazyfreeLazyEviction)
	u[keyspace.Replaced] = x.d.Config.Bool(config.LazyfreeLazyServerDel)
}
