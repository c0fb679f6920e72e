package server

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/logging"
	"github.com/sleipnirdb/sleipnir/core/process"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// applyChanges says what follows CONFIG SET at once. What is read where it is
// used needs nothing here.
//
// The hooks run on an ordinary goroutine under the configuration's mutex.
// Those of settings that the partitions keep run under every lease
// (servercmd's route of CONFIG SET): leases come before that mutex.
func (s *Server) applyChanges() {
	c := s.Config
	c.OnApply(config.Port, s.relisten, config.Bind)
	c.OnApply(config.IOThreads, s.setLoops)
	c.OnApply(config.TCPKeepAlive, func() error {
		s.loops.SetKeepAlive(int(c.Int(config.TCPKeepAlive)))
		return nil
	})
	c.OnApply(config.LogLevel, func() error {
		s.Log.SetLevel(logging.Level(c.Int(config.LogLevel)))
		s.Log.SetFormat(logging.Format(c.Int(config.LogFormat)))
		s.Log.SetTimestamp(logging.Timestamp(c.Int(config.LogTimestampFormat)))
		s.Log.SetHideUserData(c.Bool(config.HideUserDataFromLog))
		return nil
	}, config.LogFormat, config.LogTimestampFormat, config.HideUserDataFromLog)
	c.OnApply(config.MaxClients, s.setMaxClients)
	c.OnApply(config.MaxMemoryPolicy, func() error {
		s.tuneSpaces()
		return nil
	}, config.NotifyKeyspaceEvents, config.MaxMemorySamples, config.LFULogFactor, config.LFUDecayTime)
	c.OnApply(config.HotKeysTopK, func() error {
		s.setHotKeys()
		return nil
	}, config.HotKeysSamplingPercentage, config.HotKeysWindowSeconds)
	c.OnApply(config.MinReplicasToWrite, func() error {
		s.countReplicas()
		return nil
	}, config.MinReplicasMaxLag)
	c.OnApply(config.MaxMemory, s.setMaxMemory)
	c.OnApply(config.TrackingTableMaxKeys, func() error {
		s.tracking.Limit(c.Int(config.TrackingTableMaxKeys))
		return nil
	})
	c.OnApply(config.SnapshotCron, s.setPlan)
	c.OnApply(config.EncryptionKeyFile, s.changeKeys)
	c.OnApply(config.Save, func() error {
		s.checkDisk()
		return nil
	}, config.StopWritesOnBgsaveError)
	c.OnApply(config.OOMScoreAdj, s.adjustOOMScore, config.OOMScoreAdjValues)
	c.OnApply(config.ProcTitleTemplate, func() error {
		s.setTitle()
		return nil
	}, config.Port, config.Bind)
	c.OnApply(config.ActiveDefrag, func() error {
		if c.Bool(config.ActiveDefrag) {
			//lint:ignore ST1005 it is a reply of Valkey
			return errors.New("Active defragmentation cannot be enabled: it requires a server compiled with a modified allocator")
		}
		return nil
	})
	s.followAppendOnly()
	for _, m := range missing {
		if config.Row(m.id).Flags&config.Immutable == 0 {
			c.OnApply(m.id, func() error { return s.refuseAbsent(m.id) })
		}
	}
}

// refuseAbsent refuses a setting that asks for what doesn't exist yet.
func (s *Server) refuseAbsent(id config.ID) error {
	if what, is := absent(s.Config, id); is {
		return errors.New("This version can't do that yet: " + what)
	}
	return nil
}

func (s *Server) setLoops() error {
	n := int(s.Config.Int(config.IOThreads))
	runtime.GOMAXPROCS(n + spareThreads)
	return s.loops.SetLoops(n)
}

// setMaxClients makes sure that so many descriptors may be open.
func (s *Server) setMaxClients() error {
	want := s.Config.Int(config.MaxClients)
	fit, ok := process.RaiseFileLimit(want, quiet{s.Log})
	if !ok || fit < want {
		//lint:ignore ST1005 it is a reply of Valkey
		return fmt.Errorf("The operating system is not able to handle the specified number of clients, try with %d", fit)
	}
	return nil
}

// quiet is a log that keeps warnings to itself: the reply says the same.
type quiet struct{ *logging.Logger }

func (quiet) Warningf(string, ...any) {}

// setMaxMemory warns of a limit that is exceeded already, and has the loops
// look.
func (s *Server) setMaxMemory() error {
	s.sampleMemory()
	s.limitGo()
	limit, used := s.Config.Uint(config.MaxMemory), s.usedMemory()
	if limit != 0 && limit < math.MaxInt64 && used > int64(limit) { // #nosec G115 -- checked
		s.Log.Warningf("WARNING: the new maxmemory value set via CONFIG SET (%d) is smaller than the current memory usage (%d). "+
			"This will result in key eviction and/or the inability to accept new write commands depending on the maxmemory-policy.", limit, used)
	}
	// The gate is closed until a tick has looked: the next command must not
	// slip through.
	s.dispatcher.SetGate(dispatch.GateMemory, limit != 0)
	s.nudge()
	return nil
}

// countReplicas holds writes back if they need replicas: there are none.
func (s *Server) countReplicas() {
	s.dispatcher.SetGate(dispatch.GateReplicas, s.Config.Int(config.MinReplicasToWrite) > 0 && s.Config.Int(config.MinReplicasMaxLag) > 0)
}

// nudge makes every loop tick. Any goroutine.
func (s *Server) nudge() { s.loops.Each(func(*loop.Loop) {}) }

func (s *Server) latencyThreshold() int64 { return s.Config.Int(config.LatencyMonitorThreshold) }

func formatInt(n int64) string { return strconv.FormatInt(n, 10) }
