package main

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/sleipnirdb/sleipnir/bench/target"
)

// Costs are what the model is fed with, in nanoseconds unless said otherwise. The file has a line for each field.
type Costs struct {
	BatchNs   float64 `doc:"a connection's turn besides its commands: its share of epoll_wait, one read, one write"`
	CommandNs float64 `doc:"a command from parser to reply, lease in this core's cache, nobody else about"`
	CasNs     float64 `doc:"a compare-and-swap on a line that this core owns"`
	LineNs    float64 `doc:"fetching a line that another core wrote last"`
	PartLines float64 `doc:"lines of a partition that a command touches and commands write: lease, clock, counters (count)"`
	Overlap   float64 `doc:"share of the time of those transfers that the processor overlaps with other work, 0 to 1"`
	LentLines float64 `doc:"lines of a session that move to the lease's holder and back: session, operation, arguments, output (count)"`
	PostNs    float64 `doc:"posting to a loop that is awake, besides the lines"`
	WakeNs    float64 `doc:"processor time of waking a loop that sleeps: write to the eventfd"`
	WokenNs   float64 `doc:"time from there until it runs"`
	ClientNs  float64 `doc:"time from the write of replies until the client's next pipeline has arrived"`
	SpinNs    float64 `doc:"how long a busy lease is spun on"`
	MaxServed float64 `doc:"posted commands that a holder serves before it hands the lease on (count)"`
	Step1     float64 `doc:"measured: CPU per command of two loops against one, pipeline 1 (ratio)"`
	Step16    float64 `doc:"measured: the same, pipeline 16 (ratio)"`
	Step64    float64 `doc:"measured: the same, pipeline 64 (ratio)"`
}

// assumed are the costs that are counted in the code rather than measured.
func assumed() Costs {
	return Costs{PartLines: 3, Overlap: 0.3, LentLines: 8, PostNs: 30, ClientNs: 30_000, SpinNs: 100, MaxServed: 64}
}

func (c *Costs) text() string {
	var b strings.Builder
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		fmt.Fprintf(&b, "%-10s %10.4g   # %s\n", f.Name, v.Field(i).Float(), f.Tag.Get("doc"))
	}
	return b.String()
}

func (c *Costs) set(name, value string) error {
	f := reflect.ValueOf(c).Elem().FieldByName(name)
	if !f.IsValid() {
		return fmt.Errorf("no cost is called %q", name)
	}
	x, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return fmt.Errorf("cost %s: %w", name, err)
	}
	f.SetFloat(x)
	return nil
}

// change applies name=value,name=value.
func (c *Costs) change(list string) error {
	if list == "" {
		return nil
	}
	for pair := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(pair, "=")
		if err := c.set(name, value); err != nil {
			return err
		}
	}
	return nil
}

func readCosts(path string) (Costs, error) {
	f, err := os.Open(path)
	if err != nil {
		return Costs{}, err
	}
	defer func() { _ = f.Close() }()
	c := assumed()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line, _, _ := strings.Cut(sc.Text(), "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if len(words) != 2 {
			return c, fmt.Errorf("%s: line %q is not a name and a number", path, line)
		}
		if err := c.set(words[0], words[1]); err != nil {
			return c, fmt.Errorf("%s: %w", path, err)
		}
	}
	return c, nil
}

func writeCosts(path string, c *Costs) error {
	text := "# Costs for bench/sim, measured on " + target.Machine() + ".\n" + c.text()
	return os.WriteFile(path, []byte(text), 0o644)
}

// fit finds batch and command so that batch/pipeline + command meets what was measured, best where commands
// are many.
func fit(ns [3]float64) (batch, command float64) {
	p16, p64 := float64(pipelines[1]), float64(pipelines[2])
	batch = (ns[1] - ns[2]) / (1/p16 - 1/p64)
	command = ns[2] - batch/p64
	if command < ns[2]/4 {
		// The readings are too noisy for a slope: pipeline 1 has the batch almost alone.
		batch = ns[0] - ns[2]
		command = ns[2] - batch/p64
	}
	return batch, max(command, ns[2]/4)
}
