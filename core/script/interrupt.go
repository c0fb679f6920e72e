package script

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/internal/clock"
	"github.com/sleipnirdb/sleipnir/internal/lua"
)

// Scripts that take long.
//
// A script gets a budget of steps (jumps backwards and calls), after which the machine looks at the clock. Who has been at it for too long on a loop leaves it,
// where the Lua stack lets it; off the loop, or where it can't leave, the dispatcher is asked about every millisecond whether the script has to end.
// A command that the script calls may take long too, and costs one step: so the clock is read after some of them as well.

const (
	// firstBudget is how many steps are some ten microseconds' work.
	firstBudget = 1000
	// loopNanos is for how long a script may hold up a loop.
	loopNanos = 100_000
	// stuckNanos is after what time a script that can't leave the loop, as a function of the libraries is at work, is given up, to run again as a
	// whole elsewhere. That goes for those that have only read so far.
	stuckNanos = 2_000_000
	// awayBudget is how many steps are about a millisecond's work.
	awayBudget = 50_000
)

// interrupt is called when the budget is used up.
func (m *Machine) interrupt() (budget int, err error) {
	c := m.caller
	if c == nil { // a library is being loaded
		return m.checkLoading()
	}
	m.looked = clock.Ticks()
	if m.leaves {
		return 0, command.TooLong
	}
	if !c.MaySuspend() {
		if err := c.Nested.Interrupt(c, m.script); err != nil {
			return 0, m.killed()
		}
		return awayBudget, nil
	}
	if clock.Since(m.started) < loopNanos {
		return firstBudget, nil
	}
	if m.state.CanSuspend() {
		return awayBudget, lua.ErrSuspend
	}
	if !m.script.Acted && clock.Since(m.started) > stuckNanos && m.script.Write() { // so nobody kills the run that is given up, for the other one
		return 0, command.TooLong
	}
	if err := c.Nested.Interrupt(c, m.script); err != nil {
		return 0, m.killed()
	}
	return firstBudget, nil
}

// killed is the error of a script that was ended.
func (m *Machine) killed() error {
	text := "Script killed by user with SCRIPT KILL."
	if m.script.IsFunction {
		text = "Script killed by user with FUNCTION KILL."
	}
	m.engine.host.LogLine(noticeLevel, text)
	return command.Error(text)
}

const noticeLevel = 2

// called takes note that a command of the script has run.
func (m *Machine) called() {
	if clock.Since(m.looked) >= loopNanos {
		m.state.SetInterrupt(1, m.interrupt)
	}
}
