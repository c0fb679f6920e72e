// Sleipnir-benchmark puts load on a RESP server. It takes redis-benchmark's common flags and adds an open
// loop (--rate) and skewed keys (--zipf).
//
//	sleipnir-benchmark -t set,get -P 16 -r 100000 -q
//	sleipnir-benchmark --rate 20000 --duration 10 -r 100000 get 'key:__rand_int__'
//	sleipnir-benchmark --scenario mixed-zipf --duration 5
//
// With a command on the command line that command is sent; __rand_int__ in it becomes 12 digits below -r's
// number, __data__ the value, {key}, {rand:N} and the other placeholders of package load are open too.
package main

import (
	"fmt"
	"os"

	"github.com/sleipnirdb/sleipnir/bench/load"
)

func main() {
	o, err := parse(os.Args[1:])
	if err == errHelp {
		fmt.Print(usage)
		return
	}
	if err == nil {
		err = o.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sleipnir-benchmark:", err)
		os.Exit(1)
	}
}

func (o *options) run() error {
	if o.idle {
		return o.sitIdle()
	}
	jobs, err := o.jobs()
	if err != nil {
		return err
	}
	out := printer{o: o, w: os.Stdout}
	out.head()
	for {
		for _, j := range jobs {
			if err := o.one(j, &out); err != nil {
				return fmt.Errorf("%s: %w", j.title, err)
			}
		}
		if !o.loop {
			return nil
		}
	}
}

// one runs one test and prints it.
func (o *options) one(j job, out *printer) error {
	if j.fill != nil {
		if _, err := load.Do(*j.fill); err != nil {
			return fmt.Errorf("fill: %w", err)
		}
	}
	r, err := load.Start(j.cfg)
	if err != nil {
		return err
	}
	defer r.Stop()
	var f *load.Figures
	if o.duration > 0 {
		f, err = r.Measure(o.duration, nil, nil)
	} else {
		f, err = r.Wait()
	}
	if err != nil {
		return err
	}
	out.test(j, f)
	return nil
}

// sitIdle opens the connections and keeps them until the process is ended.
func (o *options) sitIdle() error {
	for i := range o.clients {
		c, err := o.dialer()()
		if err != nil {
			return fmt.Errorf("connection %d: %w", i+1, err)
		}
		defer func() { _ = c.Close() }()
	}
	fmt.Printf("%d idle connections are open; end with Ctrl-C\n", o.clients)
	select {}
}
