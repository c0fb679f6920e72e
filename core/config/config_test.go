package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// fake is a system of files in memory.
type fake struct {
	files map[string]string
	dir   string
	dirs  map[string]bool
}

func newFake(files map[string]string) *fake {
	return &fake{files: files, dir: "/start", dirs: map[string]bool{"/start": true, "/data": true}}
}

func (f *fake) config() *Config {
	return NewOn(System{
		Open: func(name string) ([]byte, error) {
			text, ok := f.files[name]
			if !ok {
				return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
			}
			return []byte(text), nil
		},
		Glob: func(pattern string) (found []string, err error) {
			for _, name := range sortedKeys(f.files) {
				if ok, _ := filepath.Match(pattern, name); ok {
					found = append(found, name)
				}
			}
			return found, nil
		},
		Chdir: func(dir string) error {
			if !f.dirs[dir] {
				return syscall.ENOENT
			}
			f.dir = dir
			return nil
		},
		Getwd:  func() (string, error) { return f.dir, nil },
		Append: func(string) error { return nil },
	})
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	for i := range keys {
		for j := i; j > 0 && keys[j] < keys[j-1]; j-- {
			keys[j], keys[j-1] = keys[j-1], keys[j]
		}
	}
	return keys
}

func TestReadsAreFree(t *testing.T) {
	c := New()
	var sum int64
	var text string
	if n := testing.AllocsPerRun(100, func() {
		sum += c.Int(MaxClients) + int64(c.Version())
		if c.Bool(ProtectedMode) {
			text = c.Str(MaxMemoryPolicy)
		}
		sum += int64(len(c.BindAddrs()) + len(c.SavePoints()) + len(c.Percentiles()))
		sum += int64(c.OutputLimits()[ClassReplica].Hard)
	}); n != 0 {
		t.Errorf("reading allocates %v times", n)
	}
	if sum == 0 || text != "noeviction" {
		t.Errorf("got %d %q", sum, text)
	}
}

func TestSetErrors(t *testing.T) {
	const prefix = "ERR CONFIG SET failed (possibly related to argument '"
	cases := []struct {
		name  string
		pairs [][2]string
		want  string
	}{
		{"unknown", [][2]string{{"nope", "1"}}, "ERR Unknown option or number of arguments for CONFIG SET - 'nope'"},
		{"first wrong one counts", [][2]string{{"databases", "1"}, {"nope", "1"}}, prefix + "databases') - can't set immutable config"},
		{"protected", [][2]string{{"DIR", "/data"}}, prefix + "DIR') - can't set protected config"},
		{"duplicate", [][2]string{{"maxmemory", "1"}, {"MaxMemory", "2"}}, prefix + "MaxMemory') - duplicate parameter"},
		{"bool", [][2]string{{"appendonly", "1"}}, prefix + "appendonly') - argument must be 'yes' or 'no'"},
		{"integer", [][2]string{{"port", "07"}}, prefix + "port') - argument couldn't be parsed into an integer"},
		{"range", [][2]string{{"PORT", "70000"}}, prefix + "port') - argument must be between 0 and 65535 inclusive"},
		{"unsigned range", [][2]string{{"maxclients", "0"}}, prefix + "maxclients') - argument must be between 1 and 4294967295 inclusive"},
		{"negative as unsigned", [][2]string{{"maxclients", "-1"}}, prefix + "maxclients') - argument must be between 1 and 4294967295 inclusive"},
		{"memory", [][2]string{{"maxmemory", "1x"}}, prefix + "maxmemory') - argument must be a memory value"},
		{"negative memory", [][2]string{{"maxmemory", "-1"}}, prefix + "maxmemory') - argument must be a memory value"},
		{"percent", [][2]string{{"maxmemory-clients", "101%"}}, prefix + "maxmemory-clients') - percentage argument must be less or equal to 100"},
		{"memory or percent", [][2]string{{"maxmemory-clients", "x%"}}, prefix + "maxmemory-clients') - argument must be a memory or percent value"},
		{"enum", [][2]string{{"appendfsync", "maybe"}}, prefix + "appendfsync') - argument(s) must be one of the following: everysec, always, no"},
		{"enum by alias", [][2]string{{"slave-priority", "x"}}, prefix + "slave-priority') - argument couldn't be parsed into an integer"},
		{"save", [][2]string{{"save", "60"}}, prefix + "save') - Invalid save parameters"},
		{"save double space", [][2]string{{"save", "60  1"}}, prefix + "save') - Invalid save parameters"},
		{"save zero", [][2]string{{"save", "0 1"}}, prefix + "save') - Invalid save parameters"},
		{"output class", [][2]string{{"client-output-buffer-limit", "master 1 2 3"}}, prefix + "client-output-buffer-limit') - Invalid client class specified in buffer limit configuration."},
		{"output words", [][2]string{{"client-output-buffer-limit", "normal 1 2"}}, prefix + "client-output-buffer-limit') - Wrong number of arguments in buffer limit configuration."},
		{"output numbers", [][2]string{{"client-output-buffer-limit", "normal 1 2 -3"}}, prefix + "client-output-buffer-limit') - Error in hard, soft or soft_seconds setting in buffer limit configuration."},
		{"oom", [][2]string{{"oom-score-adj-values", "1 2 3000"}}, prefix + "oom-score-adj-values') - Invalid oom-score-adj-values, elements must be between -2000 and 2000."},
		{"oom words", [][2]string{{"oom-score-adj-values", "1 2"}}, prefix + "oom-score-adj-values') - wrong number of arguments"},
		{"notify", [][2]string{{"notify-keyspace-events", "KEAz?"}}, prefix + "notify-keyspace-events') - Invalid event class character. Use 'Ag$lshzxeKEtmdn'."},
		{"percentiles", [][2]string{{"latency-tracking-info-percentiles", "50 x"}}, prefix + "latency-tracking-info-percentiles') - Invalid latency-tracking-info-percentiles parameters"},
		{"percentile range", [][2]string{{"latency-tracking-info-percentiles", "50 101"}}, prefix + "latency-tracking-info-percentiles') - latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"},
		{"bind", [][2]string{{"bind", strings.Repeat("a ", 16) + "b"}}, prefix + "bind') - Too many bind addresses specified."},
		{"hostname", [][2]string{{"cluster-announce-hostname", "a_b"}}, prefix + "cluster-announce-hostname') - Hostnames may only contain alphanumeric characters, hyphens or dots"},
		{"ipv4", [][2]string{{"cluster-announce-client-ipv4", "::1"}}, prefix + "cluster-announce-client-ipv4') - Invalid IPv4 address"},
		{"ipv6", [][2]string{{"cluster-announce-client-ipv6", "1.2.3.4"}}, prefix + "cluster-announce-client-ipv6') - Invalid IPv6 address"},
		{"title", [][2]string{{"proc-title-template", "{nope}"}}, prefix + "proc-title-template') - template format is invalid or contains unknown variables"},
		{"signals", [][2]string{{"shutdown-on-sigterm", "save nosave"}}, prefix + "shutdown-on-sigterm') - shutdown options SAVE and NOSAVE can't be used simultaneously"},
		{"signals none", [][2]string{{"shutdown-on-sigterm", ""}}, prefix + "shutdown-on-sigterm') - argument(s) must be one of the following: default, save, nosave, now, force, safe, failover"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			c := newFake(nil).config()
			before := c.Get([]string{"*"})
			err := c.Set(append([][2]string{{"timeout", "77"}}, tc.pairs...), Origin{})
			if err == nil || err.Error() != tc.want {
				t.Errorf("Set(%q) = %v, want %s", tc.pairs, err, tc.want)
			}
			if after := c.Get([]string{"*"}); !equalPairs(before, after) {
				t.Errorf("Set(%q) failed and changed something", tc.pairs)
			}
		})
	}
}

func equalPairs(a, b []Pair) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestSetAndGet(t *testing.T) {
	cases := []struct{ name, value, want string }{
		{"maxmemory", "1kb", "1024"}, {"maxmemory", "2K", "2000"}, {"maxmemory", "1Gb", "1073741824"}, {"maxmemory", "10b", "10"},
		{"maxmemory", "18446744073709551615", "18446744073709551615"},
		{"maxmemory-clients", "5%", "5%"}, {"maxmemory-clients", "1mb", "1048576"},
		{"hz", "1000", "500"}, {"hz", "0", "1"},
		{"oom-score-adj", "relative", "yes"}, {"oom-score-adj", "ABSOLUTE", "absolute"},
		{"save", "", ""}, {"save", "10 0 20 +5", "10 0 20 5"},
		{"client-output-buffer-limit", "REPLICA 1kb 2kb 3", "normal 0 0 0 slave 1024 2048 3 pubsub 33554432 8388608 60"},
		{"client-output-buffer-limit", "", "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"},
		{"notify-keyspace-events", "mExKeg", "gxeKEm"}, {"notify-keyspace-events", "g$lshzxetdKEnm", "AKEm"},
		{"notify-keyspace-events", "", ""},
		{"bind", "127.0.0.1 -::1", "127.0.0.1 -::1"}, {"bind", "", ""},
		{"latency-tracking-info-percentiles", "0.5 50.000 99.999", "0.5 50 99.999"},
		{"latency-tracking-info-percentiles", "", ""},
		{"shutdown-on-sigterm", "force save", "save force"}, {"shutdown-on-sigint", "DEFAULT", "default"},
		{"masterauth", "s3cret", "s3cret"}, {"slowlog-max-len", "5", "5"}, {"lua-time-limit", "9", "9"},
		{"io-threads", "3", "3"}, {"log-format", "json", "json"},
	}
	for _, tc := range cases {
		t.Run(tc.name+" "+tc.value, func(t *testing.T) {
			c := newFake(nil).config()
			version := c.Version()
			if err := c.Set([][2]string{{tc.name, tc.value}}, Origin{}); err != nil {
				t.Fatal(err)
			}
			got := c.Get([]string{tc.name})
			if len(got) != 1 || got[0] != (Pair{tc.name, tc.want}) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if c.Version() == version {
				t.Error("the version didn't move")
			}
		})
	}
}

func TestGetPatterns(t *testing.T) {
	c := New()
	names := func(patterns ...string) string {
		var list []string
		for _, p := range c.Get(patterns) {
			list = append(list, p.Name)
		}
		return strings.Join(list, " ")
	}
	cases := []struct {
		patterns []string
		want     string
	}{
		{[]string{"SAVE", "Save"}, "SAVE"},
		{[]string{"slave-prio*"}, "slave-priority"},
		{[]string{"MAX*len*"}, ""},
		{[]string{"*-port", "port", "por?"}, "cluster-announce-bus-port cluster-announce-client-port cluster-announce-client-tls-port " +
			"cluster-announce-port cluster-announce-tls-port cluster-port rdma-port replica-announce-port slave-announce-port tls-port port"},
		{[]string{"watchdog*"}, ""},
		{[]string{"watchdog-period"}, "watchdog-period"},
		{[]string{"nope", "[m]axmemory"}, "maxmemory"},
	}
	for _, tc := range cases {
		if got := names(tc.patterns...); got != tc.want {
			t.Errorf("Get(%q) = %q, want %q", tc.patterns, got, tc.want)
		}
	}
}

func TestProtectedAndLoading(t *testing.T) {
	for _, tc := range []struct {
		mode  string
		local bool
		ok    bool
	}{{"no", true, false}, {"local", false, false}, {"local", true, true}, {"yes", false, true}} {
		f := newFake(nil)
		c := f.config()
		if err := c.Assign(EnableProtectedConfigs, tc.mode); err != nil {
			t.Fatal(err)
		}
		err := c.Set([][2]string{{"dir", "/data"}}, Origin{Local: tc.local})
		if (err == nil) != tc.ok {
			t.Errorf("%+v: %v", tc, err)
		}
		if tc.ok && (f.dir != "/data" || c.Str(Dir) != "/data") {
			t.Errorf("%+v: in %s, dir %s", tc, f.dir, c.Str(Dir))
		}
	}
	c := New()
	if err := c.Set([][2]string{{"appendonly", "yes"}}, Origin{Loading: true}); !errors.Is(err, ErrLoading) {
		t.Errorf("got %v, want %v", err, ErrLoading)
	}
}

func TestApplyAndRollback(t *testing.T) {
	f := newFake(nil)
	c := f.config()
	if err := c.Assign(EnableProtectedConfigs, "yes"); err != nil {
		t.Fatal(err)
	}
	var log []string
	c.OnWarning(func(text string) { log = append(log, "warn") })
	c.OnApply(MaxMemory, func() error {
		log = append(log, "memory "+c.Str(MaxMemory)+" "+c.Str(MaxMemoryPolicy))
		return nil
	}, MaxMemoryPolicy)
	c.OnApply(Port, func() error {
		log = append(log, "port "+c.Str(Port))
		if c.Int(Port) == 1 {
			return refusal("Unable to listen on this port. Check server logs.")
		}
		return nil
	})
	check := func(err error, wantErr string, want ...string) {
		t.Helper()
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != wantErr || strings.Join(log, ",") != strings.Join(want, ",") {
			t.Errorf("got %q %q\nwant %q %q", got, log, wantErr, want)
		}
		log = nil
	}
	check(c.Set([][2]string{{"maxmemory", "5"}, {"maxmemory-policy", "allkeys-lru"}}, Origin{}), "", "memory 5 allkeys-lru")
	check(c.Set([][2]string{{"maxmemory", "5"}}, Origin{}), "") // not a change
	check(c.Set([][2]string{{"maxmemory", "6"}, {"dir", "/data"}, {"port", "1"}}, Origin{}),
		"ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.",
		"memory 6 allkeys-lru", "port 1", "warn", "memory 5 allkeys-lru", "port 6379")
	if f.dir != "/start" || c.Str(Dir) != "/start" || c.Int(MaxMemory) != 5 {
		t.Errorf("not rolled back: %s %s %d", f.dir, c.Str(Dir), c.Int(MaxMemory))
	}
}

func TestAssignGoesRoundImmutability(t *testing.T) {
	c := New()
	if err := c.Assign(ReplicaOf, "10.0.0.1", "6380"); err != nil {
		t.Fatal(err)
	}
	if host, port, ok := c.Primary(); !ok || host != "10.0.0.1" || port != 6380 || c.Str(ReplicaOf) != "10.0.0.1 6380" {
		t.Errorf("got %s %d %v", host, port, ok)
	}
	if err := c.Assign(ReplicaOf, "NO", "one"); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := c.Primary(); ok || c.Str(ReplicaOf) != "" {
		t.Error("still a replica")
	}
}

func TestDerivedValues(t *testing.T) {
	c := New()
	if n := c.Databases(); n != 16 {
		t.Errorf("%d databases", n)
	}
	if err := c.Assign(ClusterEnabled, "yes"); err != nil || c.Databases() != 1 {
		t.Errorf("%d databases in a cluster, %v", c.Databases(), err)
	}
	for _, tc := range []struct {
		memory, clients string
		want            uint64
		ok              bool
	}{
		{"0", "0", 0, false}, {"0", "5%", 0, false}, {"1gb", "0", 0, false}, {"0", "1mb", 1 << 20, true}, {"0", "1", 128 << 10, true},
		{"100mb", "5%", 5 << 20, true}, {"18446744073709551615", "100%", 18446744073709551615, true},
	} {
		if err := c.Set([][2]string{{"maxmemory", tc.memory}, {"maxmemory-clients", tc.clients}}, Origin{}); err != nil {
			t.Fatal(err)
		}
		if got, ok := c.ClientMemory(); got != tc.want || ok != tc.ok {
			t.Errorf("%+v: got %d %v", tc, got, ok)
		}
	}
}

// TestHooksMayRead calls everything that reads from a hook.
func TestHooksMayRead(t *testing.T) {
	c := New()
	called := false
	c.OnApply(Port, func() error {
		called = c.ProcTitle("x") != "" && c.File() == "" && !c.Sentinel() && !c.Given(Port) && c.Users() == nil && c.Remarks() == nil &&
			len(c.Get([]string{"port"})) == 1 && c.Allowed(EnableDebugCommand, true) == false && c.Version() > 0
		return nil
	})
	if err := c.Set([][2]string{{"port", "1"}}, Origin{}); err != nil || !called {
		t.Errorf("%v %v", err, called)
	}
}

// TestConcurrentUse reads while others write; the race detector watches.
func TestConcurrentUse(t *testing.T) {
	c := newFake(nil).config()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 300 {
				if g%2 == 0 {
					_ = c.Set([][2]string{{"timeout", strconv.Itoa(i)}, {"save", strconv.Itoa(i+1) + " 1"}}, Origin{})
					continue
				}
				_, _, _ = c.Int(Timeout), c.SavePoints(), c.Get([]string{"*"})
			}
		})
	}
	wg.Wait()
}

func TestProcTitle(t *testing.T) {
	c := New()
	for _, tc := range []struct{ template, want string }{
		{"{title} {listen-addr} {server-mode}", "prog *:6379"},
		{"{{{port}} {tls-port} {config-file}{unixsocket}", "{6379} 0 -"},
	} {
		if err := c.Set([][2]string{{"proc-title-template", tc.template}}, Origin{}); err != nil {
			t.Fatal(err)
		}
		if got := c.ProcTitle("prog"); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.template, got, tc.want)
		}
	}
}

func BenchmarkInt(b *testing.B) {
	c := New()
	b.ReportAllocs()
	for b.Loop() {
		_ = c.Int(MaxClients)
	}
}

func BenchmarkStr(b *testing.B) {
	c := New()
	b.ReportAllocs()
	for b.Loop() {
		_ = c.Str(MaxMemoryPolicy)
	}
}
