package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sleipnirdb/sleipnir/bench/load"
	"github.com/sleipnirdb/sleipnir/bench/scenario"
)

const usage = `Usage: sleipnir-benchmark [OPTIONS] [COMMAND ARGS...]

Where to
  -h <hostname>      server's host (127.0.0.1)
  -p <port>          server's port (6379)
  -s <socket>        unix socket instead
  -a <password>      AUTH
  --user <username>  AUTH with a user's name
  --dbnum <db>       SELECT
  -3                 RESP3

What
  -t <tests>         only these of the classic tests, comma-separated: set,get,incr,mset …
  --scenario <name>  a named workload of bench/scenario instead, which fills its keys first
  -r <keyspacelen>   random keys, values and scores below this number
  --zipf <skew>      keys by a zipf law, 0.99 is usual (with -r)
  --sequential       keys in order (with -r)
  -d <size>          value size (3)
  -x                 read the last argument from stdin

How much
  -c <clients>       connections (50)
  -n <requests>      requests a test (100000)
  --duration <s>     seconds a test instead of -n
  -P <numreq>        pipeline (1)
  --threads <num>    threads (1)
  --rate <n>         open loop: n requests a second, latency from the intended time
  --poisson          … with random intervals
  --seed <n>         of the randomness (1)
  -l                 again and again
  -I                 idle connections only

Output
  -q                 a line a test
  --csv              CSV
  --precision <n>    decimals of latencies (3)
`

var errHelp = errors.New("help")

// options are the command line's.
type options struct {
	host, port, socket  string
	user, password      string
	db                  int
	resp3               bool
	tests               []string
	scenario            string
	space               uint64
	zipf                float64
	sequential, poisson bool
	size                int
	stdin               bool
	clients, pipeline   int
	requests            int64
	duration            time.Duration
	threads             int
	rate                float64
	seed                uint64
	loop, idle          bool
	quiet, csv          bool
	precision           int
	command             []string
}

// parse reads redis-benchmark's way of flags: short ones with one dash, long ones with two, values as the next
// word, and whatever follows the first word that is no flag is the command.
func parse(args []string) (*options, error) {
	o := &options{host: "127.0.0.1", port: "6379", clients: 50, requests: 100_000, pipeline: 1, threads: 1, size: 3, seed: 1, precision: 3}
	for i := 0; i < len(args); i++ {
		name := args[i]
		if !strings.HasPrefix(name, "-") {
			o.command = args[i:]
			break
		}
		if name == "--help" {
			return nil, errHelp
		}
		if o.toggle(name) {
			continue
		}
		if i++; i == len(args) {
			return nil, fmt.Errorf("%s needs a value, or is no option; try --help", name)
		}
		if err := o.set(name, args[i]); err != nil {
			return nil, err
		}
	}
	return o, o.check()
}

// toggle is for options without a value.
func (o *options) toggle(name string) bool {
	switch name {
	case "-3":
		o.resp3 = true
	case "-q":
		o.quiet = true
	case "-l":
		o.loop = true
	case "-I":
		o.idle = true
	case "-x":
		o.stdin = true
	case "--csv":
		o.csv = true
	case "--sequential":
		o.sequential = true
	case "--poisson":
		o.poisson = true
	default:
		return false
	}
	return true
}

func (o *options) set(name, value string) error {
	var err error
	switch name {
	case "-h":
		o.host = value
	case "-p":
		o.port = value
	case "-s":
		o.socket = value
	case "-a":
		o.password = value
	case "--user":
		o.user = value
	case "-t":
		o.tests = strings.Split(strings.ToLower(value), ",")
	case "--scenario":
		o.scenario = value
	case "--dbnum":
		o.db, err = strconv.Atoi(value)
	case "-c":
		o.clients, err = strconv.Atoi(value)
	case "-n":
		o.requests, err = strconv.ParseInt(value, 10, 64)
	case "-P":
		o.pipeline, err = strconv.Atoi(value)
	case "-d":
		o.size, err = strconv.Atoi(value)
	case "-r":
		o.space, err = strconv.ParseUint(value, 10, 40)
	case "-k":
		if value != "1" {
			err = errors.New("reconnecting for each request is not offered")
		}
	case "--threads":
		o.threads, err = strconv.Atoi(value)
	case "--precision":
		o.precision, err = strconv.Atoi(value)
	case "--rate":
		o.rate, err = strconv.ParseFloat(value, 64)
	case "--zipf":
		o.zipf, err = strconv.ParseFloat(value, 64)
	case "--seed":
		o.seed, err = strconv.ParseUint(value, 10, 64)
	case "--duration":
		var s float64
		s, err = strconv.ParseFloat(value, 64)
		o.duration = time.Duration(s * float64(time.Second))
	default:
		return fmt.Errorf("unknown option %s; try --help", name)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", name, value, err)
	}
	return nil
}

func (o *options) check() error {
	switch {
	case o.clients < 1 || o.pipeline < 1 || o.threads < 1 || o.size < 1:
		return errors.New("-c, -P, --threads and -d must be at least 1")
	case o.requests < 1 && o.duration <= 0:
		return errors.New("-n must be at least 1")
	case (o.zipf > 0 || o.sequential) && o.space == 0 && o.scenario == "":
		return errors.New("--zipf and --sequential need -r")
	case o.precision < 0 || o.precision > 6:
		return errors.New("--precision goes from 0 to 6")
	}
	return nil
}

func (o *options) dialer() load.Dialer {
	if o.socket != "" {
		return load.Unix(o.socket)
	}
	return load.TCP(o.host + ":" + o.port)
}

func (o *options) setup() [][]string {
	var all [][]string
	if o.password != "" {
		auth := []string{"AUTH"}
		if o.user != "" {
			auth = append(auth, o.user)
		}
		all = append(all, append(auth, o.password))
	}
	if o.resp3 {
		all = append(all, []string{"HELLO", "3"})
	}
	if o.db != 0 {
		all = append(all, []string{"SELECT", strconv.Itoa(o.db)})
	}
	return all
}

// job is one test to run.
type job struct {
	title string
	cfg   load.Config
	fill  *load.Config
}

// config is what all tests share.
func (o *options) config(t *load.Template) load.Config {
	cfg := load.Config{Dial: o.dialer(), Setup: o.setup(), Conns: o.clients, Threads: o.threads, Pipeline: o.pipeline,
		Rate: o.rate, Poisson: o.poisson, Seed: o.seed, Mix: []load.Weighted{{Template: t, Weight: 1}}}
	cfg.Keys = o.keys(load.Keys{Count: max(o.space, 1)})
	if o.duration <= 0 {
		cfg.Requests = o.requests
	}
	return cfg
}

func (o *options) keys(k load.Keys) load.Keys {
	switch {
	case o.zipf > 0:
		k.Dist, k.Skew = load.Zipf, o.zipf
	case o.sequential:
		k.Dist = load.Sequential
	}
	return k
}

func (o *options) jobs() ([]job, error) {
	if o.scenario != "" {
		return o.scenarioJob()
	}
	shape := load.Shape{ValueSize: o.size, RandBelow: o.space}
	if len(o.command) > 0 {
		words := slices.Clone(o.command)
		if o.stdin {
			b, err := io.ReadAll(os.Stdin)
			if err != nil {
				return nil, err
			}
			words = append(words, string(b))
		}
		t, err := load.CompileArgs(o.keyed(words), shape)
		if err != nil {
			return nil, err
		}
		return []job{{title: strings.Join(o.command, " "), cfg: o.config(t)}}, nil
	}
	var all []job
	for _, c := range scenario.Classics() {
		if !o.wants(c.Name) {
			continue
		}
		t := load.CompileInline(c.Text)
		if !c.Inline {
			var err error
			if t, err = load.CompileArgs(o.keyed(strings.Fields(c.Text)), shape); err != nil {
				return nil, err
			}
		}
		all = append(all, job{title: c.Title, cfg: o.config(t)})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no test in %q", strings.Join(o.tests, ","))
	}
	return all, nil
}

// keyed lets skewed and ordered keys reach the tests, whose __rand_int__ is uniform otherwise.
func (o *options) keyed(words []string) []string {
	if o.zipf <= 0 && !o.sequential {
		return words
	}
	out := slices.Clone(words)
	for i, w := range out {
		if w == "key:__rand_int__" {
			out[i] = "{key}"
		}
	}
	return out
}

// wants knows the group names that redis-benchmark knows too: ping is both pings, lrange all of its sizes.
func (o *options) wants(name string) bool {
	if len(o.tests) == 0 {
		return true
	}
	for _, t := range o.tests {
		group := t == "ping" && strings.HasPrefix(name, "ping_") || t == "lrange" && strings.HasPrefix(name, "lrange")
		if t == name || group || name == "lrange" && strings.HasPrefix(t, "lrange_") {
			return true
		}
	}
	return false
}

func (o *options) scenarioJob() ([]job, error) {
	s, err := scenario.Named(o.scenario)
	if err != nil {
		return nil, err
	}
	if o.space > 0 {
		s.Keys.Count = o.space
	}
	j := job{title: s.Name}
	fill, needed, err := s.Prefill(o.dialer())
	if err != nil {
		return nil, err
	}
	if needed {
		fill.Setup = o.setup()
		j.fill = &fill
	}
	s.Keys = o.keys(s.Keys)
	cfg, err := s.Load(o.dialer())
	if err != nil {
		return nil, err
	}
	j.cfg = o.config(cfg.Mix[0].Template)
	j.cfg.Mix, j.cfg.Keys = cfg.Mix, cfg.Keys
	return []job{j}, nil
}
