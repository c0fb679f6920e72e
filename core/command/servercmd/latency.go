package servercmd

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/stats"
	"github.com/sleipnirdb/sleipnir/internal/clock"
)

func (g *group) latencyRow() command.Command {
	const admin = command.Admin | command.NoScript | command.Loading | command.Stale
	special := []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"}
	sub := func(name string, arity int, flags command.Flags, tips []string, complexity, summary string, run command.Handler) command.Command {
		return command.Command{Name: name, Arity: arity, Flags: flags, Since: "2.8.13", Tips: tips, Complexity: complexity, Summary: summary, Run: run}
	}
	row := command.Command{Name: "latency", Arity: -2, Since: "2.8.13", Complexity: "Depends on subcommand.",
		Summary: "A container for latency diagnostics commands.",
		Sub: []command.Command{
			sub("latest", 2, admin, special, "O(1)", "Returns the latest latency samples for all events.", g.latencyLatest),
			sub("history", 3, admin, special, "O(1)", "Returns timestamp-latency samples for an event.", g.latencyHistory),
			sub("graph", 3, admin, special, "O(1)", "Returns a latency graph for an event.", g.latencyGraph),
			sub("doctor", 2, admin, special, "O(1)", "Returns a human-readable latency analysis report.", g.latencyDoctor),
			sub("reset", -2, admin, []string{"request_policy:all_nodes", "response_policy:agg_sum"}, "O(1)",
				"Resets the latency data for one or more events.", g.latencyReset),
			sub("histogram", -2, admin|command.OffLoop, special, "O(N) where N is the number of commands with latency information being retrieved.",
				"Returns the cumulative distribution of latencies of a subset or all commands.", g.latencyHistogram),
			sub("help", 2, command.Loading|command.Stale, nil, "O(1)", "Returns helpful text about the different subcommands.", latencyHelp),
		}}
	row.Sub[5].Since = "7.0.0"
	return row
}

func (g *group) latencyLatest(c *command.Call) error {
	events := g.Latency.Events()
	c.W.Array(len(events))
	for _, e := range events {
		last := e.Samples[len(e.Samples)-1]
		c.W.Array(6)
		c.W.BulkString(e.Name)
		c.W.Int(last.TimeS)
		c.W.Int(last.Ms)
		c.W.Int(e.Max)
		c.W.Int(e.Sum)
		c.W.Int(e.Count)
	}
	return nil
}

func (g *group) latencyHistory(c *command.Call) error {
	e, _ := g.Latency.Event(string(c.Args[2]))
	c.W.Array(len(e.Samples))
	for _, s := range e.Samples {
		c.W.Array(2)
		c.W.Int(s.TimeS)
		c.W.Int(s.Ms)
	}
	return nil
}

func (g *group) latencyReset(c *command.Call) error {
	names := make([]string, 0, len(c.Args)-2)
	for _, arg := range c.Args[2:] {
		names = append(names, string(arg))
	}
	c.W.Int(int64(g.Latency.Reset(names...)))
	return nil
}

func (g *group) latencyGraph(c *command.Call) error {
	e, ok := g.Latency.Event(string(c.Args[2]))
	if !ok {
		return command.Error("ERR No samples available for event '" + command.Echo(c.Args[2]) + "'")
	}
	c.W.Verbatim("txt", graph(&e, c.Now/1000))
	return nil
}

// Size of the graph.
const (
	graphColumns = 80
	graphRows    = 4
)

// graph draws the samples as columns, the newest at the right, each with its
// age below it, read downwards.
func graph(e *stats.LatencyEvent, nowS int64) string {
	samples := e.Samples[max(0, len(e.Samples)-graphColumns):]
	low, high := samples[0].Ms, samples[0].Ms
	for _, s := range samples {
		low, high = min(low, s.Ms), max(high, s.Ms)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s - high %d ms, low %d ms (all time high %d ms)\n", e.Name, high, low, e.Max)
	b.WriteString(strings.Repeat("-", graphColumns) + "\n")
	for row := graphRows - 1; row >= 0; row-- {
		for _, s := range samples {
			b.WriteByte(graphCell(s.Ms-low, high-low, int64(row)))
		}
		b.WriteByte('\n')
	}
	labels := make([]string, len(samples))
	longest := 0
	for i, s := range samples {
		labels[i] = age(nowS - s.TimeS)
		longest = max(longest, len(labels[i]))
	}
	b.WriteByte('\n')
	for i := range longest {
		for _, l := range labels {
			if i < len(l) {
				b.WriteByte(l[i])
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// graphCell is the character of a column at a row: three heights to a row.
func graphCell(value, span, row int64) byte {
	const steps = "_o#"
	height := int64(graphRows * len(steps))
	if span > 0 {
		height = 1 + value*(height-1)/span
	} else {
		height = 1
	}
	height -= row * int64(len(steps))
	switch {
	case height <= 0:
		return ' '
	case height >= int64(len(steps)):
		if height > int64(len(steps)) {
			return '|'
		}
		return steps[len(steps)-1]
	}
	return steps[height-1]
}

func age(s int64) string {
	switch {
	case s < 60:
		return strconv.FormatInt(s, 10) + "s"
	case s < 3600:
		return strconv.FormatInt(s/60, 10) + "m"
	case s < 24*3600:
		return strconv.FormatInt(s/3600, 10) + "h"
	}
	return strconv.FormatInt(s/(24*3600), 10) + "d"
}

func (g *group) latencyDoctor(c *command.Call) error {
	threshold := g.Config.Int(config.LatencyMonitorThreshold)
	c.W.Verbatim("txt", latencyReport(g.Latency.Events(), threshold))
	return nil
}

// advice says what an event's latency comes from.
var advice = map[string]string{
	"command":        "Commands that take long hold the lease of what they touch. SLOWLOG GET tells which they are.",
	"fast-command":   "Commands that should be fast were not: the process was probably not running. Look for other work on these cores, for swapping, and for virtual machines that steal time.",
	"expire-cycle":   "Many keys expire at the same time. They are removed in slices; if a slice takes so long, the cores are overloaded.",
	"eviction-cycle": "Keys are evicted because memory is used up. Raise maxmemory, or lower maxmemory-eviction-tenacity.",
}

func latencyReport(events []stats.LatencyEvent, threshold int64) string {
	if threshold == 0 && len(events) == 0 {
		return "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Sleipnir instance. " +
			"You may use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it.\n"
	}
	if len(events) == 0 {
		return "Dave, no latency spike was observed during the lifetime of this Sleipnir instance, not in the slightest bit. " +
			"I honestly think you ought to sit down calmly, take a stress pill, and think things over.\n"
	}
	var b strings.Builder
	b.WriteString("Dave, I have observed latency spikes in this Sleipnir instance.\n\n")
	for i := range events {
		e := &events[i]
		fmt.Fprintf(&b, "%d. %s: %d latency spikes (average %dms). Worst all time event %dms.\n", i+1, e.Name, e.Count, e.Sum/max(e.Count, 1), e.Max)
	}
	b.WriteString("\nI have a few advices for you:\n\n")
	for i := range events {
		if text := advice[events[i].Name]; text != "" {
			b.WriteString("- " + text + "\n")
		}
	}
	return b.String()
}

func (g *group) latencyHistogram(c *command.Call) error {
	total := g.Server.Stats()
	rows := g.Server.CommandTable().Rows()
	mark, n := c.W.Defer(), 0
	show := func(cmd *command.Command) {
		if h := total.Commands[cmd.ID].Latency; h != nil && h.Count() > 0 {
			c.W.BulkString(cmd.Full)
			writeHistogram(c, h)
			n++
		}
	}
	if len(c.Args) == 2 {
		for _, cmd := range rows {
			show(cmd)
		}
	}
	for _, arg := range c.Args[min(2, len(c.Args)):] {
		cmd := g.resolve(arg)
		if cmd == nil {
			continue
		}
		show(cmd)
		for i := range cmd.Sub {
			show(&cmd.Sub[i])
		}
	}
	c.W.DoneMap(mark, n)
	return nil
}

// writeHistogram writes cumulative counts by powers of two: the first bucket
// ends at 1024 ns.
func writeHistogram(c *command.Call, h *stats.Histogram) {
	const firstNanos = 1024
	c.W.Map(2)
	c.W.BulkString("calls")
	c.W.Int(int64(h.Count())) // #nosec G115 -- a count
	c.W.BulkString("histogram_usec")
	mark, n := c.W.Defer(), 0
	limit, count := int64(firstNanos), uint64(0)
	flush := func() {
		c.W.Int(limit / 1000)
		c.W.Int(int64(count)) // #nosec G115 -- a count
		n++
	}
	fresh := false
	h.Each(func(topTicks, times uint64) {
		ns := clock.TicksToNanos(topTicks)
		for ns > limit {
			if fresh {
				flush()
				fresh = false
			}
			limit *= 2
		}
		count += times
		fresh = true
	})
	if fresh {
		flush()
	}
	c.W.DoneMap(mark, n)
}

func latencyHelp(c *command.Call) error {
	command.Help(c,
		"DOCTOR",
		"    Return a human readable latency analysis report.",
		"GRAPH <event>",
		"    Return an ASCII latency graph for the <event> class.",
		"HISTORY <event>",
		"    Return time-latency samples for the <event> class.",
		"LATEST",
		"    Return the latest latency samples for all events.",
		"RESET [<event> ...]",
		"    Reset latency data of one or more <event> classes.",
		"    (default: reset all data for all event classes)",
		"HISTOGRAM [COMMAND ...]",
		"    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.",
		"    If no commands are specified then all histograms are replied.")
	return nil
}
