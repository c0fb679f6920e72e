// Package server puts the rooms together: it is the one place where they are
// wired. It starts, serves, drains and stops.
package server

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/sleipnirdb/sleipnir/core/acl"
	"github.com/sleipnirdb/sleipnir/core/aof"
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/loading"
	"github.com/sleipnirdb/sleipnir/core/logging"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/process"
	"github.com/sleipnirdb/sleipnir/core/pubsub"
	"github.com/sleipnirdb/sleipnir/core/script"
	"github.com/sleipnirdb/sleipnir/core/stats"
	"github.com/sleipnirdb/sleipnir/core/tracking"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/internal/sealed"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// Server is one running server.
type Server struct {
	Config *config.Config
	Log    *logging.Logger
	Table  *command.Table
	Set    *partition.Set
	// FS is where the data is kept: the system's, but for tests.
	FS vfs.FS

	program    Program
	dispatcher *dispatch.Dispatcher
	aof        *aof.Log
	scripts    *script.Engine
	loops      *loop.Group
	memory     *arena.Range
	limits     object.Limits // of collections' encodings
	loopCPUs   []int

	tracking *tracking.Server
	hub      *pubsub.Hub
	users    *acl.Users
	notify   atomic.Uint32 // classes of keyspace events that are published
	clients  atomic.Int64  // connected
	lastID   atomic.Uint64 // of sessions
	started  time.Time
	runID    string

	listening  listeners
	commandLog stats.CommandLog
	latency    stats.Latency
	budget     budget
	hotKeys    hotKeys
	garbage    garbage
	meters     meters
	figures    figures
	cron       cron
	snapshots  snapshots
	progress   loading.Progress // of a load
	walking    walking
	saving     saving
	disk       diskTrouble
	rewrite    rewriting
	sealed     *sealed.FS
	end        ending
	crash      crash
	// activeExpire: expired keys are removed in the background. Atomic.
	activeExpire atomic.Bool
	// uncheckedDumps: RESTORE ignores checksums, for tests. Atomic.
	uncheckedDumps atomic.Bool

	// Set before the server runs.
	supervisor *process.Supervisor
	background bool
	oomScore   *process.OOMScore
	arguments  []string
}

// spareThreads is how many threads ordinary goroutines have beside the loops.
const spareThreads = 2

// New makes a server as cfg says. It takes no connection before Start.
func New(cfg *config.Config) (*Server, error) {
	return newServer(cfg, logging.New(), Program{Build: config.Build{Name: "Sleipnir", Version: "0.0.0", Commit: "00000000"}})
}

func newServer(cfg *config.Config, log *logging.Logger, program Program) (*Server, error) {
	s := &Server{Config: cfg, Log: log, program: program, started: time.Now(),
		oomScore: process.NewOOMScore(), supervisor: &process.Supervisor{}}
	s.sealed = sealed.NewFS(vfs.OS{}, func(text string) { log.Warningf("%s", text) })
	s.FS = s.sealed
	if err := s.readKeys(); err != nil {
		return nil, err
	}
	s.activeExpire.Store(true)
	s.snapshots.init(s.started)
	memory, err := arena.NewRange(arenaBytes)
	if err != nil {
		return nil, fmt.Errorf("reserve address range: %w", err)
	}
	s.memory = memory
	seed, err := randomSeed()
	if err != nil {
		return nil, err
	}
	s.runID, err = randomID()
	if err != nil {
		return nil, err
	}
	databases := cfg.Databases()
	s.setLimits()
	s.Set = partition.NewSet(s.partitionCount(), func(p int) *keyspace.Space {
		return keyspace.NewSpace(keyspace.Config{Databases: databases, Range: memory, Seed: seed, Limits: &s.limits, Events: &events{s, p},
			Garbage: func() { s.garbage.add(p) }})
	})
	s.tracking = tracking.New(s.Set.Len(), memory, seed)
	s.hub = pubsub.NewHub()
	s.garbage.init(s.Set.Len())
	s.tuneSpaces()
	s.scripts = script.NewEngine((*scriptHost)(s), CompatVersion)
	s.Table = s.newTable()
	s.dispatcher = dispatch.New(s.Table, s.Set, cfg, (*hooks)(s))
	s.dispatcher.Memory, s.dispatcher.Tracking, s.dispatcher.Hub = (*evictor)(s), s.tracking, s.hub
	s.aof = s.newAppendOnly()
	if list := cfg.Str(config.ServerCPUList); list != "" {
		if s.loopCPUs, err = process.ParseCPUList(list); err != nil {
			return nil, err
		}
	}
	loops := int(cfg.Int(config.IOThreads))
	runtime.GOMAXPROCS(loops + spareThreads)
	s.loops, err = loop.New(loop.Config{
		Engine: engine(cfg), Loops: loops, CPUs: s.loopCPUs,
		KeepAliveSeconds: int(cfg.Int(config.TCPKeepAlive)),
	}, s.dispatcher)
	if err != nil {
		return nil, fmt.Errorf("start I/O loops: %w", err)
	}
	s.dispatcher.Loops = s.loops
	s.walking.init(s)
	s.end.init()
	s.cron.init()
	s.applyChanges()
	if err := s.newUsers(); err != nil {
		return nil, err
	}
	if err := s.setPlan(); err != nil {
		return nil, fmt.Errorf("snapshot-cron: %w", err)
	}
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
const partitionsPerLoop = 16

func (s *Server) partitionCount() int {
	n := int(s.Config.Int(config.Partitions))
	if n == 0 {
		n = runtime.NumCPU() * partitionsPerLoop
	}
	n = min(max(n, 1), partition.MaxCount)
	return 1 << (bits.Len(uint(n - 1)))
}

// randomID returns 40 hex digits that no other run of a server has.
func randomID() (string, error) {
	var b [20]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("make the run id: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
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
	if err := s.listen(); err != nil {
		return err
	}
	s.weigh()
	s.serve()
	return nil
}

// weigh measures what the program takes without data.
func (s *Server) weigh() {
	g := readGo()
	s.budget.runtime.Store(s.budget.heap.start(&g, residentBytes()))
	s.sampleMemory()
	s.budget.startup.Store(s.usedMemory())
}

// serve begins to take connections.
func (s *Server) serve() {
	s.setHotKeys()
	s.countReplicas()
	s.loops.Start()
	go s.runCron()
}

// Stop ends the server after giving connections time to take their replies.
func (s *Server) Stop(drain time.Duration) error {
	s.cron.stop()
	return s.loops.Stop(drain)
}
