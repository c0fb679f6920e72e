// Package server puts the rooms together: it is the one place where they are
// wired. It starts, serves, drains and stops.
package server

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math/bits"
	"net"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/pubsub"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// Server is one running server.
type Server struct {
	Config *config.Config
	Table  *command.Table
	Set    *partition.Set

	dispatcher *dispatch.Dispatcher
	loops      *loop.Group
	memory     *arena.Range
	listeners  []*loop.Listener

	hub     *pubsub.Hub
	notify  atomic.Uint32 // classes of keyspace events that are published
	clients atomic.Int64  // connected
	lastID  atomic.Uint64 // of sessions
	started time.Time
}

// spareThreads is how many threads ordinary goroutines have beside the loops.
const spareThreads = 2

// New makes a server as cfg says. It takes no connection before Start.
func New(cfg *config.Config) (*Server, error) {
	s := &Server{Config: cfg, started: time.Now()}
	memory, err := arena.NewRange(arenaBytes)
	if err != nil {
		return nil, fmt.Errorf("reserve address range: %w", err)
	}
	s.memory = memory
	seed, err := randomSeed()
	if err != nil {
		return nil, err
	}
	databases := int(cfg.Int(config.Databases))
	s.Set = partition.NewSet(s.partitionCount(), func(int) *keyspace.Space {
		return keyspace.NewSpace(keyspace.Config{Databases: databases, Range: memory, Seed: seed, Events: (*events)(s)})
	})
	s.hub = pubsub.NewHub(func() []*loop.Loop { return s.loops.Loops() },
		func(l *loop.Loop) *pubsub.Local { return l.Data.(*dispatch.Executor).Subscribers })
	s.Table = s.newTable()
	s.dispatcher = dispatch.New(s.Table, s.Set, cfg, (*hooks)(s))
	loops := int(cfg.Int(config.IOThreads))
	runtime.GOMAXPROCS(loops + spareThreads)
	s.loops, err = loop.New(loop.Config{
		Engine: engine(cfg), Loops: loops,
		KeepAliveSeconds: int(cfg.Int(config.TCPKeepAlive)),
	}, s.dispatcher)
	if err != nil {
		return nil, fmt.Errorf("start I/O loops: %w", err)
	}
	s.dispatcher.Loops = s.loops
	return s, nil
}

// engine is the I/O engine asked for, empty for the system's default.
func engine(cfg *config.Config) string {
	if name := cfg.Str(config.IOEngine); name != "auto" {
		return name
	}
	return ""
}

// arenaBytes is the address range that all stored data lives in. It is
// reserved, not used.
const arenaBytes = 1 << 40

// partitionsPerLoop spreads keys so far that two loops seldom want the same
// partition; docs/adr tells how it was chosen.
const partitionsPerLoop = 32

func (s *Server) partitionCount() int {
	n := int(s.Config.Int(config.Partitions))
	if n == 0 {
		n = runtime.NumCPU() * partitionsPerLoop
	}
	n = min(max(n, 1), partition.MaxCount)
	return 1 << (bits.Len(uint(n - 1)))
}

func randomSeed() (uint64, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return 0, fmt.Errorf("seed the hash: %w", err)
	}
	return binary.LittleEndian.Uint64(b[:]), nil
}

// Start listens and serves.
func (s *Server) Start() error {
	port := int(s.Config.Int(config.Port))
	if port != 0 {
		for _, host := range s.Config.BindAddrs() {
			if err := s.listen(host, port); err != nil {
				return err
			}
		}
	}
	s.loops.Start()
	return nil
}

// listen opens one address of the bind list. A leading dash makes it optional,
// a star means all.
func (s *Server) listen(host string, port int) error {
	optional := false
	if host != "" && host[0] == '-' {
		optional, host = true, host[1:]
	}
	network := "tcp"
	if host == "*" {
		network, host = "tcp4", "0.0.0.0"
	}
	ln, err := s.loops.Listen(network, net.JoinHostPort(host, strconv.Itoa(port)),
		loop.ListenOptions{Backlog: int(s.Config.Int(config.TCPBacklog))})
	if err != nil {
		if optional {
			return nil
		}
		return fmt.Errorf("listen on %s port %d: %w", host, port, err)
	}
	s.listeners = append(s.listeners, ln)
	return nil
}

// Stop ends the server after giving connections time to take their replies.
func (s *Server) Stop(drain time.Duration) error { return s.loops.Stop(drain) }
