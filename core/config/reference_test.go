package config

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"
)

// These tests compare with a reference server, where one is installed. It is older than the facts, so only what both
// have is compared.

// reference is a running reference server, reached through a unix socket.
type reference struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
	dir  string
	file string
}

func startReference(t *testing.T, conf string) *reference {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a server")
	}
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("no reference server")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "r.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	// #nosec G204 -- the arguments are the test's
	cmd := exec.Command(binary, file, "--port", "0", "--unixsocket", socket, "--dir", dir, "--enable-protected-configs", "yes")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	ref := &reference{t: t, dir: dir, file: file}
	for deadline := time.Now().Add(10 * time.Second); ref.conn == nil; {
		if ref.conn, err = net.Dial("unix", socket); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the reference server doesn't answer")
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Cleanup(func() { _ = ref.conn.Close() })
	ref.r = bufio.NewReader(ref.conn)
	return ref
}

// do sends a command and returns the strings of the reply; an error reply is one string that begins with "ERR".
func (ref *reference) do(args ...string) []string {
	ref.t.Helper()
	fmt.Fprintf(ref.conn, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(ref.conn, "$%d\r\n%s\r\n", len(a), a)
	}
	return ref.reply()
}

func (ref *reference) reply() []string {
	ref.t.Helper()
	line, err := ref.r.ReadString('\n')
	if err != nil {
		ref.t.Fatal(err)
	}
	line = strings.TrimRight(line, "\r\n")
	n, _ := strconv.Atoi(line[1:])
	switch line[0] {
	case '$':
		b := make([]byte, n+2)
		if _, err := io.ReadFull(ref.r, b); err != nil {
			ref.t.Fatal(err)
		}
		return []string{string(b[:n])}
	case '*':
		var list []string
		for range n {
			list = append(list, ref.reply()...)
		}
		return list
	}
	return []string{line[1:]}
}

// referenceValues are tried on every directive of a kind.
var referenceValues = map[Kind][]string{
	KindBool: {"yes", "no", "YES", "1", "", "true"},
	KindInt: {
		"0", "1", "-1", "2", "10", "100", "101", "1000", "65535", "65536", "2147483647", "2147483648", "-2147483649",
		"9223372036854775807", "9223372036854775808", "18446744073709551615", "1kb", "1k", "1Mb", "kb", "3GB", "7b", "5%", "100%", "101%",
		"-5%", "007", "+7", " 7", "7 ", "", "x", "0x10", "1.5", "777", "888",
	},
	KindEnum:  {"", "no", "YES", "bogus", "local", "allkeys-lru", "everysec", "relative", "absolute", "verbose", "swapdb", "yes no"},
	KindEnums: {"", "default", "save", "SAVE now force", "nosave save", "bogus", "save  now"},
	KindText:  {"", "a", "a b", "a/b", "::1", "1.2.3.4", "a\"\\\n\x01\xff'b", "{title} {port}", "{title}", "{bad}", "{{x", "a_b", "a.b-c"},
}

var referenceCustom = map[ID][]string{
	Save:                           {"", "1 2", "1 2 3 4", "1", "0 1", "1 -1", "a b", "1 2 ", " 1 2", "+1 2", "1  2", "1 2x"},
	ClientOutputBufferLimit:        {"", "normal 1 2 3", "slave 1kb 2mb 3 pubsub 1 1 1", "REPLICA 1 2 3", "master 1 2 3", "normal 1 2", "normal -1 2 3", "normal 1 2 -3", "normal 1 2 3x", "x 1 2 3", "normal 1 2  3"},
	NotifyKeyspaceEvents:           {"", "KEA", "AKE", "Kg$lshzxetd", "mK", "Kn", "KAn", "q", "gg", "Kxe"},
	OOMScoreAdjValues:              {"0 200 800", "1 2 3", "1 2", "1 2 3000", "-2000 0 2000", "a b c", "3 2 1"},
	LatencyTrackingInfoPercentiles: {"", "50", "0.1 99.99999", "100", "101", "-1", "x", "50 50", "1e1", "nan", "inf", "50  1"},
	ReplicaOf:                      {"a 1", "no one"},
	Dir:                            {"/none", "/", "."},
}

// changesTheWorld are directives whose apply step in the reference touches the machine, and must not be tried.
var changesTheWorld = map[ID]bool{
	Port: true, Bind: true, TLSPort: true, OOMScoreAdj: true, MaxClients: true, AppendOnly: true, RequirePass: true, LocaleCollate: true,
	ActiveDefrag: true, WatchdogPeriod: true, SyslogIdent: true, TLSCluster: true, TLSReplication: true, UnixSocket: true,
}

// amended are directives whose declaration changed since the reference: texts of errors or ranges differ.
var amended = map[ID]bool{
	IOThreads: true, PropagationErrorBehavior: true, ShutdownOnSIGINT: true, ShutdownOnSIGTERM: true, ReplDisklessLoad: true,
	ClientQueryBufferLimit: true, SetMaxListpackEntries: true, SetMaxListpackValue: true, ClusterAnnounceHostname: true,
	LogLevel: true, LuaEnableInsecureAPI: true, MaxMemorySamples: true,
	AOFRewriteCPUList: true, BgsaveCPUList: true, BioCPUList: true, ServerCPUList: true,
}

func TestAgainstReference(t *testing.T) {
	ref := startReference(t, "")
	f := newFake(nil)
	f.dirs["/"], f.dirs["."] = true, true
	c := f.config()
	if err := c.Assign(EnableProtectedConfigs, "yes"); err != nil {
		t.Fatal(err)
	}
	// The lists start alike: the reference merges them with what it has.
	tried, compared := 0, 0
	for _, id := range All() {
		d := Row(id)
		name := d.Name
		if len(ref.do("config", "get", name)) == 0 && d.Alias != "" {
			name = d.Alias
		}
		if len(ref.do("config", "get", name)) == 0 || changesTheWorld[id] || amended[id] {
			continue
		}
		tried++
		_ = ref.do("config", "set", name, c.Str(id)) // some defaults changed
		values := referenceValues[d.Kind]
		if d.Kind == KindCustom {
			values = referenceCustom[id]
		}
		for _, v := range values {
			compared++
			want := strings.Join(ref.do("config", "set", name, v), "")
			got := "OK"
			if err := c.Set([][2]string{{name, v}}, Origin{}); err != nil {
				got = err.Error()
			}
			if got != want && !acceptedDifference(d, v) {
				t.Errorf("%s %q: got %q, want %q", name, v, got, want)
			}
			if id == Dir {
				continue // it isn't where the Config is
			}
			read := ref.do("config", "get", name)
			if pairs := c.Get([]string{name}); len(pairs) != 1 || pairs[0].Value != read[1] && !acceptedDifference(d, v) {
				t.Errorf("%s %q: reads %q, want %q", name, v, pairs, read)
			}
			if acceptedDifference(d, v) { // bring both to the same state
				_ = ref.do("config", "set", name, c.Str(id))
			}
		}
	}
	t.Logf("%d directives, %d values", tried, compared)
}

// acceptedDifference tells what is meant to differ.
func acceptedDifference(d *Directive, v string) bool {
	switch d.Name {
	case "dbfilename":
		return v == "" // refused since
	case "maxmemory-clients":
		return v == "9223372036854775808" || v == "18446744073709551615" // the reference takes them for percents
	}
	return false
}

// TestRewriteAgainstReference changes the same values in both servers, rewrites the same file and compares the lines.
func TestRewriteAgainstReference(t *testing.T) {
	const conf = "# first\nmaxmemory 100mb\n\n\nsave 60 1\n# last\nclient-output-buffer-limit pubsub 1mb 2mb 3\nslave-priority 5\n" +
		"timeout 1\ntimeout 2\nlist-max-ziplist-value 3\nrename-command debug dbg\n"
	sets := [][2]string{
		{"maxmemory", "1gb"}, {"maxmemory-policy", "allkeys-lfu"}, {"maxmemory-clients", "7%"}, {"hz", "20"},
		{"notify-keyspace-events", "AKE"}, {"latency-tracking-info-percentiles", "1 2.5"}, {"proc-title-template", "{title} x{port}"},
		{"cluster-announce-ip", "a\"b\nc"}, {"client-output-buffer-limit", "slave 3kb 4kb 5"}, {"save", "1 2"}, {"masterauth", "s"},
	}
	ref := startReference(t, conf)
	for _, s := range sets {
		if got := ref.do("config", "set", s[0], s[1]); got[0] != "OK" {
			t.Fatal(s, got)
		}
	}
	if got := ref.do("config", "rewrite"); got[0] != "OK" {
		t.Fatal(got)
	}
	want, err := os.ReadFile(ref.file)
	if err != nil {
		t.Fatal(err)
	}
	c := loadFile(t, conf)
	if err := c.Assign(Dir, "/data"); err != nil {
		t.Fatal(err)
	}
	c.OnRewrite("user", func() [][]string { return [][]string{{"default", "on", "nopass", "~*", "&*", "+@all"}} })
	if err := c.Set(sets, Origin{}); err != nil {
		t.Fatal(err)
	}
	if err := c.Rewrite(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(c.File())
	if err != nil {
		t.Fatal(err)
	}
	if g, w := comparable(string(got)), comparable(string(want)); g != w {
		t.Errorf("got:\n%s\nwant:\n%s", g, w)
	}
}

// comparable drops what differs by design from a rewritten file: newer names, places, and the order of appended lines.
func comparable(text string) string {
	text = strings.ReplaceAll(text, "masterauth", "primaryauth")
	head, tail, _ := strings.Cut(text, rewriteSignature)
	lines := strings.Split(strings.TrimRight(tail, "\n"), "\n")
	kept := lines[:0]
	for _, l := range lines {
		name, _, _ := strings.Cut(l, " ")
		switch name {
		case "dir", "port", "unixsocket", "enable-protected-configs":
		default:
			kept = append(kept, l)
		}
	}
	sort.Strings(kept)
	return head + strings.Join(kept, "\n")
}
