package main

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"sort"
)

// setting is one point to simulate.
type setting struct {
	loops        int
	partitions   int
	pipeline     int
	keys         int
	skew         float64 // of zipf; 0 = uniform
	connsPerLoop int
	commands     int
	spinNs       float64
	wakeNs       float64
	partLines    float64
	ahead        int     // commands ahead in the pipeline whose lines are fetched
	far          float64 // cost of a line from another group; 0 = LineNs
	near         int     // cores in a group
	seed         uint64
}

// result is what a simulation counted.
type result struct {
	elapsed  float64 // ns
	commands int
	busy     float64 // ns of all loops
	lent     int     // commands that were lent
	spun     int     // commands that met a busy lease
	moved    int     // takes of a lease that another core had last
	wakes    int
}

func (r result) perSecond() float64      { return float64(r.commands) / r.elapsed * 1e9 }
func (r result) busyPerCommand() float64 { return r.busy / float64(r.commands) }
func (r result) lentShare() float64      { return float64(r.lent) / float64(r.commands) }

// phase is where a loop stands: what its next event does.
type phase uint8

const (
	asleep   phase = iota // until a connection arrives or something is posted
	choosing              // looks for what to do next
	parsed                // a command was parsed: it wants its lease
	spinning              // waits for a busy lease
	running               // a command under a lease of its own ends
	letting               // gives back its lease, and serves who waits there
	serving               // a lent command ends
	finished              // the pipeline is done: write
)

// core is one loop.
type core struct {
	id     int
	at     float64 // time of its next event
	index  int     // in the event queue
	phase  phase
	after  phase // where letting goes on
	called bool  // asleep, but somebody has paid for waking it

	arrivals []arrival // connections whose next pipeline is on the way, in order of time
	mail     []*conn   // sessions posted home
	adopted  []*lease  // leases handed over by a holder who served long enough

	deadline float64 // of spinning
	soonest  float64 // when a spinner can see that the lease is free

	conn   *conn  // in hand
	held   *lease // kept over commands
	served int
	drain  *lease // being drained
	guest  *conn  // lent session in hand
}

type arrival struct {
	at   float64
	conn *conn
}

// conn is a connection with what is left of its pipeline.
type conn struct {
	home *core
	keys []int32 // partitions of the commands to come
}

// lease is a partition's.
type lease struct {
	holder   *core
	last     int // core that wrote the word and the partition's lines last; -1 = none
	spinners []*core
	tasks    []*conn
}

// model is a simulation in progress.
type model struct {
	costs  Costs
	set    setting
	queue  events
	leases []lease
	draw   func() int32
	res    result
	warm   int // commands before counting begins
	done   int
	start  float64
	clock  float64
}

// simulate runs one point.
func simulate(costs Costs, s setting) result {
	m := &model{costs: costs, set: s, leases: make([]lease, s.partitions)}
	for i := range m.leases {
		m.leases[i].last = -1
	}
	m.draw = partitionsOf(s)
	m.warm = s.commands / 5
	for i := range s.loops {
		c := &core{id: i, phase: choosing}
		for k := range s.connsPerLoop {
			c.arrivals = append(c.arrivals, arrival{float64(k), m.fresh(&conn{home: c})})
		}
		heap.Push(&m.queue, c)
	}
	for m.done < s.commands+m.warm {
		c := m.queue[0]
		m.clock = c.at
		m.step(c)
		heap.Fix(&m.queue, c.index)
	}
	m.res.elapsed = m.clock - m.start
	return m.res
}

// partitionsOf draws the partition of each command's key.
func partitionsOf(s setting) func() int32 {
	r := rand.New(rand.NewPCG(s.seed, uint64(s.keys))) // #nosec G115 -- not negative
	where := make([]int32, s.keys)
	for i := range where {
		where[i] = int32(r.IntN(s.partitions)) // #nosec G115 -- small
	}
	if s.skew <= 0 {
		return func() int32 { return where[r.IntN(s.keys)] }
	}
	sums := make([]float64, s.keys)
	sum := 0.0
	for i := range sums {
		sum += math.Pow(float64(i+1), -s.skew)
		sums[i] = sum
	}
	return func() int32 { return where[sort.SearchFloat64s(sums, r.Float64()*sum)] }
}

func (m *model) fresh(c *conn) *conn {
	c.keys = c.keys[:0]
	for range m.set.pipeline {
		c.keys = append(c.keys, m.draw())
	}
	return c
}

// spend moves a core's next event on by work.
func (m *model) spend(c *core, ns float64) {
	c.at += ns
	m.res.busy += ns
}

// line is what it costs core c to fetch a line that core last wrote.
func (m *model) line(c *core, last int) float64 {
	if last < 0 || last == c.id {
		return 0
	}
	if m.set.far > 0 && last/m.set.near != c.id/m.set.near {
		return m.set.far
	}
	return m.costs.LineNs
}

func (m *model) step(c *core) {
	switch c.phase {
	case asleep, choosing:
		m.choose(c)
	case parsed:
		m.want(c)
	case spinning:
		m.giveUp(c)
	case running:
		m.count()
		m.next(c)
	case letting:
		m.letGo(c)
	case serving:
		m.sendHome(c)
	case finished:
		m.finish(c)
	}
}

// choose takes the next piece of work: a handed-over lease, a session that came home, a connection that is ready.
func (m *model) choose(c *core) {
	c.phase, c.called = choosing, false
	switch {
	case len(c.adopted) > 0:
		l := c.adopted[0]
		c.adopted = c.adopted[1:]
		l.holder = c
		c.drain, c.served, c.phase, c.after = l, 0, letting, choosing
		m.spend(c, m.costs.PostNs+m.line(c, l.last))
		l.last = c.id
	case len(c.mail) > 0:
		c.conn = c.mail[0]
		c.mail = c.mail[1:]
		m.spend(c, m.costs.PostNs+m.costs.LentLines/2*m.costs.LineNs)
		m.next(c)
	case len(c.arrivals) > 0 && c.arrivals[0].at <= c.at:
		c.conn = c.arrivals[0].conn
		c.arrivals = c.arrivals[1:]
		m.spend(c, m.costs.BatchNs/2)
		m.next(c)
	default:
		c.phase = asleep
		c.at = math.Inf(1)
		if len(c.arrivals) > 0 {
			c.at = c.arrivals[0].at
		}
	}
}

// commandShare splits a command's work: before the lease is asked for, and under it.
const beforeLease = 0.4

// next goes on with the pipeline in hand.
func (m *model) next(c *core) {
	if len(c.conn.keys) == 0 {
		m.release(c, finished)
		return
	}
	m.spend(c, m.costs.CommandNs*beforeLease)
	c.phase = parsed
}

// release gives back the lease in hand, then goes on in a phase.
func (m *model) release(c *core, after phase) {
	if c.held == nil {
		c.phase = after
		return
	}
	c.drain, c.held, c.served = c.held, nil, 0
	c.phase, c.after = letting, after
}

// want asks for the lease of the next command.
func (m *model) want(c *core) {
	l := &m.leases[c.conn.keys[0]]
	if c.held == l {
		m.run(c, l)
		return
	}
	if c.held != nil {
		m.release(c, parsed)
		return
	}
	if l.holder == nil {
		m.take(c, l)
		return
	}
	m.res.spun++
	c.phase, c.deadline = spinning, c.at+m.set.spinNs
	m.spin(c, l, m.costs.LineNs)
}

// spin waits for a busy lease until the deadline, and for some time at least.
func (m *model) spin(c *core, l *lease, least float64) {
	l.spinners = append(l.spinners, c)
	c.soonest = c.at + least
	m.spend(c, max(least, c.deadline-c.at))
}

// giveUp takes the lease if the wait was worth it, waits on if somebody was faster, or else posts the connection
// in hand to the lease's holder.
func (m *model) giveUp(c *core) {
	l := &m.leases[c.conn.keys[0]]
	drop(&l.spinners, c)
	switch {
	case l.holder == nil:
		m.take(c, l)
		return
	case c.at < c.deadline:
		m.spin(c, l, m.costs.LineNs)
		return
	}
	l.tasks = append(l.tasks, c.conn)
	l.last = c.id // the holder will find its word gone
	c.conn = nil
	m.res.lent++
	m.spend(c, m.costs.PostNs+m.costs.CasNs+m.costs.LineNs)
	c.phase = choosing
}

// take acquires a free lease and runs the command.
func (m *model) take(c *core, l *lease) {
	l.holder, c.held = c, l
	moved := m.line(c, l.last)
	if moved > 0 {
		m.res.moved++
	}
	lines := moved * m.set.partLines * (1 - m.costs.Overlap)
	if m.set.ahead > 0 {
		// Fetched while the commands before were under way, as far as their time reaches.
		lines = max(0, lines-float64(min(m.set.ahead, m.set.pipeline-len(c.conn.keys)))*m.costs.CommandNs)
	}
	m.spend(c, m.costs.CasNs+lines)
	l.last = c.id
	m.run(c, l)
}

// run executes the next command under a lease that is held.
func (m *model) run(c *core, l *lease) {
	l.last = c.id
	c.conn.keys = c.conn.keys[1:]
	m.spend(c, m.costs.CommandNs*(1-beforeLease)-2*m.costs.CasNs)
	c.phase = running
}

// letGo gives back a lease if nobody waits, else serves who does.
func (m *model) letGo(c *core) {
	l := c.drain
	if len(l.tasks) > 0 {
		m.serve(c, l)
		return
	}
	m.spend(c, m.costs.CasNs+m.line(c, l.last))
	l.last = c.id
	l.holder, c.drain = nil, nil
	c.phase = c.after
	// Those who spin see it.
	for _, s := range l.spinners {
		if at := max(c.at, s.soonest); at < s.at {
			m.res.busy -= s.at - at
			s.at = at
			heap.Fix(&m.queue, s.index)
		}
	}
}

// serve runs the oldest command that waits at a lease, or hands the lease on after a long run.
func (m *model) serve(c *core, l *lease) {
	t := l.tasks[0]
	if c.served >= int(m.costs.MaxServed) && t.home != c {
		c.drain, c.phase = nil, c.after
		m.spend(c, m.costs.PostNs)
		t.home.adopted = append(t.home.adopted, l)
		m.wake(c, t.home)
		return
	}
	l.tasks = l.tasks[1:]
	c.served++
	c.guest = t
	lines := m.costs.LentLines / 2 * m.costs.LineNs
	if t.home == c {
		lines = 0
	}
	m.spend(c, lines+m.line(c, l.last)+m.costs.CommandNs*(1-beforeLease))
	l.last = c.id
	t.keys = t.keys[1:]
	c.phase = serving
}

// sendHome posts a served session to its loop.
func (m *model) sendHome(c *core) {
	g := c.guest
	c.guest = nil
	m.count()
	m.spend(c, m.costs.PostNs+m.costs.LineNs)
	g.home.mail = append(g.home.mail, g)
	m.wake(c, g.home)
	c.phase = letting
}

// wake gets a sleeping loop to run.
func (m *model) wake(c, sleeper *core) {
	if sleeper.phase != asleep || sleeper.called || sleeper == c {
		return
	}
	sleeper.called = true
	m.res.wakes++
	m.spend(c, m.set.wakeNs)
	if at := c.at + m.costs.WokenNs; at < sleeper.at {
		sleeper.at = at
		heap.Fix(&m.queue, sleeper.index)
	}
}

// finish writes the replies; the client's next pipeline comes.
func (m *model) finish(c *core) {
	m.spend(c, m.costs.BatchNs/2)
	c.arrivals = append(c.arrivals, arrival{c.at + m.costs.ClientNs, m.fresh(c.conn)})
	c.conn = nil
	c.phase = choosing
}

func (m *model) count() {
	m.done++
	if m.done == m.warm {
		m.start = m.clock
		m.res = result{}
		return
	}
	if m.done > m.warm {
		m.res.commands++
	}
}

func drop(all *[]*core, c *core) {
	for i, x := range *all {
		if x == c {
			*all = append((*all)[:i], (*all)[i+1:]...)
			return
		}
	}
}

// events is the queue of cores by the time of their next event.
type events []*core

func (q events) Len() int { return len(q) }
func (q events) Less(i, k int) bool {
	return q[i].at < q[k].at || q[i].at == q[k].at && q[i].id < q[k].id
}
func (q events) Swap(i, k int) {
	q[i], q[k] = q[k], q[i]
	q[i].index, q[k].index = i, k
}
func (q *events) Push(x any) {
	c := x.(*core)
	c.index = len(*q)
	*q = append(*q, c)
}
func (q *events) Pop() any {
	old := *q
	c := old[len(old)-1]
	*q = old[:len(old)-1]
	return c
}
