package main

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/sleipnirdb/sleipnir/bench/load"
)

func TestParse(t *testing.T) {
	o, err := parse(strings.Fields("-h host -p 7000 -c 10 -n 5000 -P 16 -t SET,get -d 32 -r 1000 -q --csv --threads 4 --rate 20000 --zipf 0.99 -l --duration 1.5 get key:__rand_int__ -x"))
	if err != nil {
		t.Fatal(err)
	}
	want := &options{host: "host", port: "7000", clients: 10, requests: 5000, pipeline: 16, tests: []string{"set", "get"}, size: 32, space: 1000,
		quiet: true, csv: true, threads: 4, rate: 20000, zipf: 0.99, loop: true, duration: 1500 * time.Millisecond, seed: 1, precision: 3,
		command: []string{"get", "key:__rand_int__", "-x"}}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("got  %+v\nwant %+v", o, want)
	}
	for _, bad := range []string{"-c", "-c x", "-c 0", "--nothing 1", "--zipf 1", "-k 0", "-n 0", "--precision 9"} {
		if _, err := parse(strings.Fields(bad)); err == nil {
			t.Errorf("parse(%q) gives no error", bad)
		}
	}
	if _, err := parse([]string{"--help"}); !errors.Is(err, errHelp) {
		t.Errorf("--help gives %v", err)
	}
}

func TestJobs(t *testing.T) {
	tests := []struct {
		args   string
		titles string
	}{
		{"-t ping,get", "PING_INLINE|PING_MBULK|GET"},
		{"-t lrange_100", "LPUSH (needed to benchmark LRANGE)|LRANGE_100 (first 100 elements)"},
		{"-t mset", "MSET (10 keys)"},
		{"set a b", "set a b"},
		{"--scenario mixed-zipf", "mixed-zipf"},
	}
	for _, tt := range tests {
		o, err := parse(strings.Fields(tt.args))
		if err != nil {
			t.Fatal(err)
		}
		jobs, err := o.jobs()
		if err != nil {
			t.Fatal(err)
		}
		var titles []string
		for _, j := range jobs {
			titles = append(titles, j.title)
		}
		if got := strings.Join(titles, "|"); got != tt.titles {
			t.Errorf("%s: tests %s, want %s", tt.args, got, tt.titles)
		}
	}
	o, _ := parse([]string{"-t", "nothing"})
	if _, err := o.jobs(); err == nil {
		t.Error("no error for a test that is not there")
	}
}

func TestPrint(t *testing.T) {
	h := hdrhistogram.New(1, 1e9, 3)
	_ = h.RecordValues(1e6, 10)
	f := &load.Figures{Elapsed: time.Second, Replies: 10, Latency: h, Lateness: h}
	tests := []struct{ args, want string }{
		{"-q", "GET: 10.00 requests per second, p50=1.000 msec\n"},
		{"--csv", "\"GET\",\"10.00\",\"1.000\",\"1.000\",\"1.000\",\"1.000\",\"1.000\",\"1.000\"\n"},
	}
	for _, tt := range tests {
		o, err := parse([]string{tt.args})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		(&printer{o: o, w: &b}).test(job{title: "GET"}, f)
		if b.String() != tt.want {
			t.Errorf("%s prints %q, want %q", tt.args, b.String(), tt.want)
		}
	}
}
