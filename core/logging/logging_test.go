package logging

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// at is the instant of the tests' lines.
var at = time.Date(2026, 2, 3, 4, 5, 6, 7_000_000, time.FixedZone("", -(3*3600+1800)))

func fixed() (*Logger, *bytes.Buffer) {
	var b bytes.Buffer
	return newOn(&b, 42, func() time.Time { return at }), &b
}

func TestLines(t *testing.T) {
	cases := []struct {
		name   string
		format Format
		stamp  Timestamp
		role   Role
		level  Level
		in     string
		want   string
	}{
		{"legacy", Legacy, TimestampLegacy, Primary, Notice, "hello", "42:M 03 Feb 2026 04:05:06.007 * hello\n"},
		{"warning of a replica", Legacy, TimestampISO8601, Replica, Warning, "w", "42:S 2026-02-03T04:05:06.007-03:30 # w\n"},
		{"millis", Legacy, TimestampMillis, Sentinel, Debug, "d", "42:X 1770104106007 . d\n"},
		{"no second line", Legacy, TimestampMillis, Child, Verbose, "a\r\nb \"q\"", "42:C 1770104106007 - a  b \"q\"\n"},
		{"logfmt", Logfmt, TimestampMillis, Primary, Verbose, "a\n\"b\"", "pid=42 role=primary timestamp=\"1770104106007\" level=info message=\"a 'b'\"\n"},
		{"logfmt child", Logfmt, TimestampLegacy, Child, Notice, "x", "pid=42 role=RDB/AOF timestamp=\"03 Feb 2026 04:05:06.007\" level=notice message=\"x\"\n"},
		{"json", JSON, TimestampISO8601, Replica, Warning, "a\"\\\n\xffé",
			"{\"pid\":42,\"role\":\"replica\",\"timestamp\":\"2026-02-03T04:05:06.007-03:30\",\"level\":\"warning\",\"message\":\"a\\\"\\\\\\u000a\ufffdé\"}\n"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			l, b := fixed()
			l.SetLevel(Debug)
			l.SetFormat(tc.format)
			l.SetTimestamp(tc.stamp)
			l.SetRole(tc.role)
			l.Logf(tc.level, "%s", tc.in)
			if b.String() != tc.want {
				t.Errorf("got  %q\nwant %q", b.String(), tc.want)
			}
			if tc.format == JSON && !json.Valid(b.Bytes()) {
				t.Error("no JSON")
			}
		})
	}
}

func TestFromSignal(t *testing.T) {
	l, b := fixed()
	l.FromSignal(Warning, "Received SIGTERM scheduling shutdown...")
	if want := "42:signal-handler (1770104106) Received SIGTERM scheduling shutdown...\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestLevels(t *testing.T) {
	for _, tc := range []struct {
		level Level
		want  string
	}{{Debug, "dvnw"}, {Verbose, "vnw"}, {Notice, "nw"}, {Warning, "w"}, {Nothing, ""}} {
		l, b := fixed()
		l.SetLevel(tc.level)
		l.Debugf("d")
		l.Verbosef("v")
		l.Noticef("n")
		l.Warningf("w")
		got := ""
		for _, line := range strings.Split(strings.TrimSpace(b.String()), "\n") {
			if line != "" {
				got += line[len(line)-1:]
			}
		}
		if got != tc.want {
			t.Errorf("level %d: got %q, want %q", tc.level, got, tc.want)
		}
	}
}

func TestBelowTheLevelIsFree(t *testing.T) {
	l, _ := fixed()
	if n := testing.AllocsPerRun(100, func() { l.Debugf("nothing to format") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestMessagesAreBounded(t *testing.T) {
	l, b := fixed()
	l.Noticef("%s", strings.Repeat("x", 5000))
	if got := strings.Count(b.String(), "x"); got != maxMessageBytes {
		t.Errorf("%d bytes, want %d", got, maxMessageBytes)
	}
}

// TestFile moves the log away between lines, as log rotation does, and writes from several goroutines.
func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	if err := os.WriteFile(path, []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, out := fixed()
	l.SetFile(path)
	l.Noticef("one")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				l.Noticef("many")
			}
		})
	}
	wg.Wait()
	old, _ := os.ReadFile(path + ".1")
	fresh, _ := os.ReadFile(path)
	if !strings.HasPrefix(string(old), "before\n42:M") || !strings.HasSuffix(string(old), "* one\n") {
		t.Errorf("old log: %q", old)
	}
	if want := strings.Repeat("42:M 03 Feb 2026 04:05:06.007 * many\n", 400); string(fresh) != want {
		t.Errorf("new log: %d bytes, want %d", len(fresh), len(want))
	}
	if out.Len() != 0 {
		t.Errorf("the standard output got %q", out)
	}
	l.SetFile(filepath.Join(dir, "no", "such"))
	l.Noticef("lost") // no panic
}

func TestUserData(t *testing.T) {
	l, _ := fixed()
	if got := l.User("key"); got != "*redacted*" {
		t.Errorf("got %q", got)
	}
	l.SetHideUserData(false)
	if got := l.User("key"); got != "key" {
		t.Errorf("got %q", got)
	}
}

func TestCrash(t *testing.T) {
	crash := Crash{
		Program: "Sleipnir", Version: "1.0", Commit: "abc", Issues: "https://example.org/issues", Reason: "panic: boom\nfake line",
		Stack: []byte("goroutine 1 [running]:\n"), Client: func() string { return "id=1 addr=x" },
		Args: func() [][]byte { return [][]byte{[]byte("SET"), []byte("k\n1"), []byte(strings.Repeat("v", 200))} },
		Info: func() string { return "# Server\r\n" }, Clients: func() string { panic("torn") }, Config: func() string { return "io-threads 2\n" },
	}
	for _, tc := range []struct {
		name  string
		hide  bool
		lines []string
	}{
		{"shown", false, []string{`argv[0]: '"SET"'`, `argv[1]: '"k\n1"'`, `argv[2]: '"` + strings.Repeat("v", 128) + `"'`}},
		{"hidden", true, []string{`argv[0]: '"SET"'`, "argv[1]: 3 bytes", "argv[2]: 200 bytes"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, b := fixed()
			l.SetHideUserData(tc.hide)
			l.Crash(crash)
			for _, want := range append(tc.lines,
				"=== SLEIPNIR BUG REPORT START: Cut & paste starting from here ===",
				"42:M 03 Feb 2026 04:05:06.007 # Sleipnir 1.0 crashed: panic: boom fake line",
				"------ STACK TRACE ------", "goroutine 1 [running]:", "------ ALL GOROUTINES ------", "------ MEMORY ------",
				"------ INFO OUTPUT ------", "# Server", "------ CLIENT LIST OUTPUT ------", "(this part failed: torn)",
				"------ CURRENT CLIENT INFO ------", "id=1 addr=x", "argc: '3'", "------ CONFIG DEBUG OUTPUT ------", "io-threads 2",
				"=== SLEIPNIR BUG REPORT END. Make sure to include from START to END. ===",
			) {
				if !strings.Contains(strings.ReplaceAll(b.String(), "\r", ""), want+"\n") {
					t.Errorf("no line %q in\n%s", want, b.String())
				}
			}
		})
	}
	l, b := fixed()
	l.SetHideUserData(false)
	crash.Args = func() [][]byte { return [][]byte{[]byte("auth"), []byte("secret")} }
	l.Crash(crash)
	if strings.Contains(b.String(), "secret") {
		t.Error("a password got into the report")
	}
	l, b = fixed()
	l.Crash(Crash{Program: "Sleipnir"}) // nothing known
	if !strings.Contains(b.String(), "BUG REPORT END") {
		t.Error("no report without details")
	}
}
