package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sleipnirdb/sleipnir/internal/launch"
)

// TestCPUList starts a server with server-cpulist, and expects a thread for each loop that may run on one processor of the list
// only: the first loop on the first, and so on. Those that the list is too short for may run on all of it.
func TestCPUList(t *testing.T) {
	var own unix.CPUSet
	if err := unix.SchedGetaffinity(0, &own); err != nil {
		t.Fatal(err)
	}
	var cpus []string
	for i := 0; len(cpus) < 2 && i < 1024; i++ {
		if own.IsSet(i) {
			cpus = append(cpus, fmt.Sprint(i))
		}
	}
	if len(cpus) < 2 {
		t.Skip("there is one processor")
	}
	binary, err := launch.Build("cmd/sleipnir-server", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		list, loops string
		want        []string
	}{
		{cpus[0], "1", cpus[:1]},
		{cpus[1], "1", cpus[1:2]},
		{cpus[0] + "," + cpus[1], "2", cpus},
		{cpus[1], "2", []string{cpus[1], cpus[1]}},
		{cpus[0] + "," + cpus[1], "3", cpus}, // the third may run on both
	} {
		t.Run(test.list+" loops "+test.loops, func(t *testing.T) {
			srv, err := launch.Start(launch.Options{Binary: binary, Dir: t.TempDir(), Args: []string{"--server-cpulist", test.list, "--io-threads", test.loops}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := srv.Stop(); err != nil {
					t.Error(err)
				}
			}()
			if got := pinned(t, srv.Pid()); !slices.Equal(got, test.want) {
				t.Errorf("threads are pinned to %v, want %v", got, test.want)
			}
		})
	}
}

// pinned returns the processors of those threads that may run on one only, in order.
func pinned(t *testing.T, pid int) []string {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	allowed := regexp.MustCompile(`(?m)^Cpus_allowed_list:\s*(\S+)$`)
	var list []string
	for _, name := range files {
		status, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		if m := allowed.FindSubmatch(status); m != nil && !strings.ContainsAny(string(m[1]), ",-") {
			list = append(list, string(m[1]))
		}
	}
	slices.Sort(list)
	return list
}
