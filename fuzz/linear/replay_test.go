package linear

import (
	"sync"
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/launch"
)

// TestReplay makes histories of a server that writes its journal to a file, and starts another one from that file: it must have the same
// data. Several loops took part in each history, so the journal's order has to be one that explains what the clients saw. With appendfsync
// always the replies wait for the disk: the histories have to be as good, and the server is killed in the end.
func TestReplay(t *testing.T) {
	binary, err := launch.Build("cmd/sleipnir-server", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range mixes {
		fsync := []string{"always", "everysec"}[i%2]
		t.Run(m.name+", "+fsync, func(t *testing.T) {
			dir := t.TempDir()
			start := func(loops, partitions string) (*launch.Server, *service) {
				p, err := launch.Start(launch.Options{Binary: binary, Dir: dir, Args: []string{
					"--dir", dir, "--save", "", "--appendonly", "yes", "--appendfsync", fsync, "--enable-debug-command", "yes",
					"--io-threads", loops, "--partitions", partitions,
				}})
				if err != nil {
					t.Fatal(err)
				}
				return p, &service{addr: p.Addr()}
			}
			process, s := start("4", "2")
			stop := make(chan struct{})
			var noise sync.WaitGroup
			noise.Go(func() { s.noise(t, 1, stop) })
			s.run(t, m)
			close(stop)
			noise.Wait()
			want := s.digest(t)
			end := process.Stop
			if fsync == "always" {
				end = process.Kill
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
			process, s = start("2", "8")
			defer func() { _ = process.Kill() }()
			if got := s.digest(t); got != want {
				t.Errorf("the journal's data are %s, the server's were %s", got, want)
			}
		})
	}
}

// digest is what DEBUG DIGEST says when nothing is under way any more.
func (s *service) digest(t *testing.T) string {
	t.Helper()
	c := s.dial(t)
	defer func() { _ = c.Close() }()
	s.settle(t, c)
	return must(t, c, "DEBUG", "DIGEST").Text
}
