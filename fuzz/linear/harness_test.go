package linear

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/server"
	"github.com/sleipnirdb/sleipnir/internal/client"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

var (
	oneSeed = flag.Uint64("linear.seed", 0, "run only the history of this seed")
	runFor  = flag.Duration("linear.for", 0, "make histories for this long")
)

const (
	firstPort, lastPort = 26000, 26099
	replyLimit          = 20 * time.Second // for one reply: a lost wake-up shows here
	drainTime           = 2 * time.Second
)

// service is a server in this process.
type service struct {
	*server.Server
	addr string
}

// serve starts a server with so many loops and partitions. When the test ends,
// all leases must be free.
func serve(t *testing.T, loops, partitions int) *service {
	t.Helper()
	var s *server.Server
	addr := ""
	for range 20 {
		port := firstPort + rand.IntN(lastPort-firstPort) // #nosec G404 -- a test
		addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		free, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		_ = free.Close()
		cfg := config.New()
		err = errors.Join(cfg.Assign(config.Port, strconv.Itoa(port)), cfg.Assign(config.Bind, "127.0.0.1"),
			cfg.Assign(config.IOThreads, strconv.Itoa(loops)), cfg.Assign(config.Partitions, strconv.Itoa(partitions)),
			cfg.Assign(config.Save, ""))
		if err != nil {
			t.Fatal(err)
		}
		if s, err = server.New(cfg); err != nil {
			t.Fatal(err)
		}
		if err = s.Start(); err == nil {
			break
		}
		s = nil
	}
	if s == nil {
		t.Fatal("no port is free")
	}
	t.Cleanup(func() {
		checkIdle(t, s)
		if err := s.Stop(drainTime); err != nil {
			t.Error(err)
		}
	})
	return &service{s, addr}
}

// checkIdle demands that no lease is held once nobody asks for anything.
func checkIdle(t *testing.T, s *server.Server) {
	t.Helper()
	held := ""
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); time.Sleep(time.Millisecond) {
		held = ""
		for p := range s.Set.Len() {
			if s.Set.Lease(p).Busy() {
				held += fmt.Sprintf(" partition %d", p)
			}
		}
		if s.Set.Token.Busy() {
			held += " token"
		}
		if held == "" {
			return
		}
	}
	t.Errorf("leases held by nobody:%s", held)
}

func (s *service) dial(t testing.TB) *client.Conn {
	t.Helper()
	c, err := client.Dial("tcp", s.addr, replyLimit)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// supports says whether the server knows a command.
func (s *service) supports(t testing.TB, args ...string) bool {
	t.Helper()
	c := s.dial(t)
	defer func() { _ = c.Close() }()
	v, err := c.Do(args...)
	if err != nil {
		t.Fatal(err)
	}
	if v.IsError() && strings.Contains(v.Text, "unknown") {
		t.Logf("left out: %v: %v", args, v)
		return false
	}
	return true
}

// keysOver returns n key names that lie in the partitions in turn.
func keysOver(n, partitions int) []string {
	keys := make([]string, 0, n)
	for i := 0; len(keys) < n; i++ {
		key := "k" + strconv.Itoa(i)
		if int(crc.Slot([]byte(key)))%partitions == len(keys)%partitions {
			keys = append(keys, key)
		}
	}
	return keys
}

func must(t testing.TB, c *client.Conn, args ...string) client.Value {
	t.Helper()
	v, err := c.Do(args...)
	if err != nil || v.IsError() {
		t.Fatalf("%v: %v %v", args, v, err)
	}
	return v
}
