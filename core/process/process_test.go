package process

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// recorder is a Log that keeps the lines.
type recorder struct{ lines []string }

func (r *recorder) Verbosef(format string, args ...any) { r.add("- ", format, args) }
func (r *recorder) Noticef(format string, args ...any)  { r.add("* ", format, args) }
func (r *recorder) Warningf(format string, args ...any) { r.add("# ", format, args) }
func (r *recorder) add(level, format string, args []any) {
	r.lines = append(r.lines, level+fmt.Sprintf(format, args...))
}

// TestMain lets the test binary play the programs that the tests start.
func TestMain(m *testing.M) {
	switch os.Getenv("PROCESS_TEST") {
	case "parent":
		if !InBackground() {
			start, _ := os.Getwd()
			var input []byte
			if os.Getenv("PROCESS_TEST_INPUT") != "" {
				input = []byte(strings.Repeat("x", 200_000)) // more than a pipe holds
			}
			_ = os.Chdir("/")
			if err := Daemonize(start, input); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			os.Exit(0)
		}
		b, _ := io.ReadAll(os.Stdin)
		wd, _ := os.Getwd()
		text := fmt.Sprintf("%d %s %v %v\n", len(b), wd, InBackground(), os.Args[1:])
		_ = os.WriteFile("out.tmp", []byte(text), 0o600)
		_ = os.Rename("out.tmp", "out")
		os.Exit(0)
	case "title":
		if err := SetTitle(os.Getenv("PROCESS_TEST_TITLE")); err != nil {
			fmt.Println(err)
		}
		b, _ := os.ReadFile("/proc/self/cmdline")
		fmt.Print(string(b))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestDaemonize(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, input := range []string{"", "1"} {
		dir := t.TempDir()
		cmd := exec.Command(self, "an", "argument")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PROCESS_TEST=parent", "PROCESS_TEST_INPUT="+input)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		want := "0 "
		if input != "" {
			want = "200000 "
		}
		want += dir + " false [an argument]\n"
		var got []byte
		for deadline := time.Now().Add(10 * time.Second); got == nil && time.Now().Before(deadline); {
			if got, err = os.ReadFile(filepath.Join(dir, "out")); err != nil {
				time.Sleep(5 * time.Millisecond)
			}
		}
		if string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPidFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pid")
	if err := WritePid(path); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(path); string(b) != strconv.Itoa(os.Getpid())+"\n" {
		t.Errorf("got %q", b)
	}
	RemovePid(path)
	if _, err := os.Stat(path); err == nil {
		t.Error("still there")
	}
	if err := os.WriteFile(path, []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	RemovePid(path)
	if _, err := os.Stat(path); err != nil {
		t.Error("another process's file was removed")
	}
	if err := WritePid(filepath.Join(path, "x")); err == nil {
		t.Error("no error")
	}
}

func TestParseCPUList(t *testing.T) {
	cases := []struct{ in, want string }{
		{"0", "[0]"}, {"0,2,5-7", "[0 2 5 6 7]"}, {"0-7:3, 9", "[0 3 6 9]"}, {"", ""}, {"3-1", ""}, {"1:2", ""}, {"0-3:0", ""},
		{"-1", ""}, {"0-99999999", ""}, {"a", ""}, {"1,,2", ""},
	}
	for _, tc := range cases {
		got, err := ParseCPUList(tc.in)
		if text := fmt.Sprint(got); (err == nil) != (tc.want != "") || err == nil && text != tc.want {
			t.Errorf("%q: got %v %v, want %s", tc.in, got, err, tc.want)
		}
	}
}

func TestOOMScore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "score")
	if err := os.WriteFile(path, []byte("100\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := &OOMScore{path: path}
	var log recorder
	check := func(err error, want string) {
		t.Helper()
		b, _ := os.ReadFile(path)
		if got, _, _ := strings.Cut(string(b), "\n"); err != nil || got != want {
			t.Errorf("got %q %v, want %q", got, err, want)
		}
	}
	check(o.Restore(&log), "100")
	check(o.Apply(200, true, &log), "300")
	check(o.Apply(-5, false, &log), "-5")
	check(o.Restore(&log), "100")
	check(o.Apply(2000, true, &log), "1000")
	bad := &OOMScore{path: path + "/no"}
	if err := bad.Apply(1, false, &log); !errors.Is(err, errOOMScore) || len(log.lines) != 1 {
		t.Errorf("got %v %q", err, log.lines)
	}
}

func TestFileLimit(t *testing.T) {
	refuse := errors.New("operation not permitted")
	cases := []struct {
		name               string
		maxClients         int64
		soft, hard, allows uint64
		want               int64
		ok                 bool
		log                []string
	}{
		{"enough", 100, 1000, 1000, 1000, 100, true, nil},
		{"raised", 1000, 500, 2000, 5000, 1000, true, []string{"* Increased maximum number of open files to 1032 (it was originally set to 500)."}},
		{"reduced to the hard limit", 1000, 500, 900, 900, 868, true, []string{
			"# You requested maxclients of 1000 requiring at least 1032 max file descriptors.",
			"# Server can't set maximum open files to 1032 because of OS error: operation not permitted.",
			"# Current maximum open files is 900. maxclients has been reduced to 868 to compensate for low ulimit. " +
				"If you need higher maxclients increase 'ulimit -n'.",
		}},
		{"lower than told", 1000, 500, 900, 700, 660, true, []string{"# You", "# Server", "# Current maximum open files is 692."}},
		{"not even a start", 1000, 32, 32, 32, 0, false, []string{
			"# Your current 'ulimit -n' of 32 is not enough for the server to start. " +
				"Please increase your open file limit to at least 1032. Exiting.",
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			soft := tc.soft
			sys := limiter{
				get: func() (uint64, uint64, error) { return soft, tc.hard, nil },
				set: func(to, _ uint64) error {
					if to > tc.allows {
						return refuse
					}
					soft = to
					return nil
				},
			}
			var log recorder
			got, ok := raiseFileLimit(tc.maxClients, sys, &log)
			if got != tc.want || ok != tc.ok {
				t.Errorf("got %d %v, want %d %v", got, ok, tc.want, tc.ok)
			}
			if ok && soft < uint64(got)+ReservedFiles {
				t.Errorf("the limit is %d for %d clients", soft, got)
			}
			if len(log.lines) != len(tc.log) {
				t.Fatalf("log %q", log.lines)
			}
			for i, want := range tc.log {
				if !strings.HasPrefix(log.lines[i], want) {
					t.Errorf("log %q, want %q", log.lines[i], want)
				}
			}
		})
	}
	var log recorder
	failing := limiter{get: func() (uint64, uint64, error) { return 0, 0, refuse }}
	if got, ok := raiseFileLimit(5000, failing, &log); got != 992 || !ok || len(log.lines) != 1 {
		t.Errorf("got %d %v %q", got, ok, log.lines)
	}
	if got, ok := RaiseFileLimit(10, &log); got != 10 || !ok {
		t.Errorf("this system: %d %v", got, ok)
	}
}

func TestSupervise(t *testing.T) {
	t.Setenv("UPSTART_JOB", "")
	socket := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = conn.Close() }()
	t.Setenv("NOTIFY_SOCKET", socket)
	var log recorder
	s := Supervise(Detect, &log)
	if s.Mode() != Systemd || s.Ready("Ready to accept connections") != nil || s.Stopping() != nil {
		t.Errorf("mode %d, log %q", s.Mode(), log.lines)
	}
	buf := make([]byte, 1000)
	for _, want := range []string{
		"STATUS=Sleipnir is loading...\n", "STATUS=Ready to accept connections\nREADY=1\n", "STOPPING=1\n",
	} {
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, err := conn.Read(buf)
		if err != nil || string(buf[:n]) != want {
			t.Errorf("got %q %v, want %q", buf[:n], err, want)
		}
	}
	t.Setenv("NOTIFY_SOCKET", "")
	if s := Supervise(Detect, &log); s.Mode() != Unsupervised || s.Ready("x") != nil {
		t.Error("supervised by nobody")
	}
	if s := Supervise(Systemd, &log); s.Mode() != Unsupervised {
		t.Error("supervised by nobody")
	}
	if s := Supervise(Upstart, &log); s.Mode() != Unsupervised {
		t.Error("supervised by nobody")
	}
}
