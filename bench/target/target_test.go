package target

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/bench/load"
)

// TestServer runs through a reference server's life, where there is one.
func TestServer(t *testing.T) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("no redis-server in PATH")
	}
	if v := Version(path); !strings.Contains(v, "v=") {
		t.Errorf("version %q", v)
	}
	s, err := Start("reference", path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	_, err = load.Do(load.Config{Dial: s.Dial(), Requests: 20000, Pipeline: 16, Mix: []load.Weighted{{Template: load.MustCompile("SET {key} {value}", load.Shape{})}},
		Keys: load.Keys{Count: 1000, Dist: load.Sequential}})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.Ask("DBSIZE"); n != "1000" || err != nil {
		t.Errorf("DBSIZE is %s, %v", n, err)
	}
	info, err := s.Info()
	if err != nil {
		t.Fatal(err)
	}
	if used, ok := info.Number("used_memory"); !ok || used < 100_000 {
		t.Errorf("used_memory is %v, %v", used, ok)
	}
	if rss, err := s.RSS(); err != nil || rss < 1<<20 {
		t.Errorf("RSS is %d, %v", rss, err)
	}
	cpu, err := s.CPU()
	if err != nil {
		t.Skip(err)
	}
	if ticks, err := statTicks(s.PID); err != nil || cpu <= 0 || (cpu-ticks).Abs() > 50*time.Millisecond {
		t.Errorf("CPU clock says %v, /proc/PID/stat %v, %v", cpu, ticks, err)
	}
}

func TestStartFails(t *testing.T) {
	if path, err := exec.LookPath("false"); err == nil {
		if _, err := Start("nothing", path); err == nil {
			t.Error("no error from a server that ends at once")
		}
	}
}

// statTicks is user and system time as /proc/PID/stat has it, in hundredths of a second.
func statTicks(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	sum := 0
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return time.Duration(sum) * 10 * time.Millisecond, nil
}
