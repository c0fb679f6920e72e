package crash

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/client"
	"github.com/sleipnirdb/sleipnir/internal/launch"
)

var (
	rounds   = flag.Int("crash.rounds", 4, "rounds with each policy")
	seed     = flag.Uint64("crash.seed", 0, "seed of the first round; 0 for one of the clock")
	binary   = flag.String("crash.server", "", "the server's binary; ours is built if this is empty")
	policies = flag.String("crash.policies", "", "policies to test, with commas; all if this is empty")
)

// policy is a way to be safe, and what it promises.
type policy struct {
	name    string
	args    []string
	longest time.Duration // until the kill
	save    bool          // by BGSAVE
	// due is the time by which what was acknowledged must be safe.
	due func(killed, saved time.Duration) time.Duration
}

// everysecLoses is what appendfsync everysec may lose.
const everysecLoses = 2 * time.Second

func all() []policy {
	aof := func(fsync string) []string {
		return []string{"--appendonly", "yes", "--appendfsync", fsync, "--auto-aof-rewrite-min-size", "64kb"}
	}
	return []policy{
		{"always", aof("always"), 1200 * time.Millisecond, false, func(killed, _ time.Duration) time.Duration { return killed }},
		{"everysec", aof("everysec"), 3500 * time.Millisecond, false, func(killed, _ time.Duration) time.Duration { return killed - everysecLoses }},
		{"save", nil, 1200 * time.Millisecond, true, func(_, saved time.Duration) time.Duration { return saved }},
	}
}

const (
	writerCount   = 8
	roundsPerData = 8 // then a new folder
	shortest      = 50 * time.Millisecond
)

var errBadReply = errors.New("a reply that no server may give")

func TestKill(t *testing.T) {
	if *binary == "" {
		var err error
		if *binary, err = launch.Build("cmd/sleipnir-server", t.TempDir()); err != nil {
			t.Fatal(err)
		}
	}
	first := *seed
	if first == 0 {
		first = uint64(time.Now().UnixNano()) // #nosec G115 -- positive
	}
	for _, p := range all() {
		if *policies != "" && !strings.Contains(","+*policies+",", ","+p.name+",") {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			for done := 0; done < *rounds; done += roundsPerData {
				p.generation(t, first+uint64(done), min(roundsPerData, *rounds-done)) // #nosec G115 -- positive
			}
		})
	}
}

// generation makes rounds on one folder.
func (p policy) generation(t *testing.T, seed uint64, rounds int) {
	dir, err := os.MkdirTemp("", "crash-")
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(seed, 0)) // #nosec G404 -- a test
	var writers []*writer
	for i := range writerCount {
		writers = append(writers, newWriter(i+1, seed))
	}
	for round := range rounds {
		if err := p.round(dir, rnd, writers); err != nil {
			t.Fatalf("seed %d, round %d of its folder %s: %v", seed, round+1, dir, err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
}

// round runs the server, kills it, and judges what the next one finds.
func (p policy) round(dir string, rnd *rand.Rand, writers []*writer) error {
	s, err := p.start(dir)
	if err != nil {
		return err
	}
	defer s.Kill() //nolint:errcheck // it may be gone
	begin := time.Now()
	clock := func() time.Duration { return time.Since(begin) }
	var group sync.WaitGroup
	errs := make([]error, len(writers)+1)
	var savedAt atomic.Int64
	seeds := [2]uint64{rnd.Uint64(), rnd.Uint64()}
	wait := shortest + time.Duration(rnd.Int64N(int64(p.longest-shortest)))
	for i, w := range writers {
		c, err := s.Dial(replyLimit)
		if err != nil {
			return err
		}
		defer c.Close() //nolint:errcheck // the server is gone
		group.Go(func() { errs[i] = w.run(c, clock) })
	}
	c, err := s.Dial(replyLimit)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // the server is gone
	group.Go(func() {
		errs[len(writers)] = p.disturb(c, rand.New(rand.NewPCG(seeds[0], seeds[1])), clock, &savedAt) // #nosec G404 -- a test
	})
	early := false
	select {
	case <-time.After(wait):
	case <-s.Done():
		early = true
	}
	killed := clock()
	if err := s.Kill(); err != nil {
		return err
	}
	group.Wait()
	if early {
		return fmt.Errorf("the server ended by itself:\n%s", s.Log)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%w\n%s", err, s.Log)
	}
	return p.recover(dir, writers, p.due(killed, time.Duration(savedAt.Load())))
}

func (p policy) start(dir string) (*launch.Server, error) {
	return launch.Start(launch.Options{Binary: *binary, Dir: dir, Args: append([]string{"--dir", dir, "--save", ""}, p.args...)})
}

// complaint is what a server says of files that a crash must not leave.
var complaint = regexp.MustCompile(`(?i).*(bad file format|fatal error|internal error|panic|wrong signature|unrecoverable|corrupt).*`)

// recover starts the server again and judges.
func (p policy) recover(dir string, writers []*writer, due time.Duration) error {
	s, err := p.start(dir)
	if err != nil {
		return fmt.Errorf("start after the kill: %w", err)
	}
	defer s.Kill() //nolint:errcheck // it only loses what the next round doesn't count on
	if line := complaint.FindString(s.Log.String()); line != "" {
		return fmt.Errorf("the server complains: %s", line)
	}
	c, err := s.Dial(replyLimit)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // nothing is lost
	found, err := read(c, writers)
	if err != nil {
		return err
	}
	spans, err := judge(writers, found, due)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, s.Log)
	}
	for i, w := range writers {
		w.goOn(spans[i])
	}
	return nil
}

// disturb asks for rewrites and saves at random moments until the server is gone.
func (p policy) disturb(c *client.Conn, rnd *rand.Rand, clock func() time.Duration, saved *atomic.Int64) error {
	for {
		time.Sleep(time.Duration(rnd.Int64N(int64(400 * time.Millisecond)))) // a random moment
		command := "BGSAVE"
		if !p.save && rnd.IntN(2) == 0 {
			command = "BGREWRITEAOF"
		}
		began := clock()
		v, err := c.Do(command)
		for err == nil && p.save && !v.IsError() {
			if v, err = c.Do("INFO", "persistence"); err == nil && strings.Contains(v.Text, "rdb_bgsave_in_progress:0") {
				if !strings.Contains(v.Text, "rdb_last_bgsave_status:ok") {
					return fmt.Errorf("%w: BGSAVE failed", errBadReply)
				}
				saved.Store(int64(began))
				break
			}
		}
		if err != nil {
			return unlessClosed(err)
		}
	}
}
