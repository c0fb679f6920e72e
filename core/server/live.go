package server

import (
	"os"
	"path/filepath"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/process"
)

// drainTime is how long clients have to take their replies at the end.
const drainTime = time.Second

// live serves until the server is told to stop, and returns the exit code.
func (s *Server) live(args []string) int {
	s.arguments = args
	if !s.prepareProcess() {
		return 1
	}
	signals := s.watchSignals()
	defer signals.stop()
	s.introduce()
	process.CheckBacklog(s.Config.Int(config.TCPBacklog), s.Log)
	if err := s.listen(); err != nil {
		return 1
	}
	s.Log.Noticef("Server initialized")
	s.weigh()
	s.dispatcher.SetGate(dispatch.GateLoading, true)
	s.serve()
	s.setTitle()
	go s.loadAtStart()
	code := s.end.wait()
	s.progress.Cancel()
	if code != exitNoData {
		s.finish()
	}
	return code
}

// prepareProcess sets what the operating system knows of the process.
func (s *Server) prepareProcess() bool {
	clients, ok := process.RaiseFileLimit(s.Config.Int(config.MaxClients), s.Log)
	if !ok {
		return false
	}
	if clients != s.Config.Int(config.MaxClients) {
		if err := s.Config.Assign(config.MaxClients, formatInt(clients)); err != nil {
			s.Log.Warningf("Can't reduce maxclients: %v", err)
		}
	}
	if s.Config.Bool(config.DisableTHP) {
		process.DisableTHP(s.Log)
	}
	if path := s.pidFile(); path != "" {
		if err := process.WritePid(path); err != nil {
			s.Log.Warningf("Failed to write PID file: %v", err)
		}
	}
	if s.adjustOOMScore() != nil {
		return false
	}
	return true
}

func (s *Server) pidFile() string {
	path := s.Config.Str(config.PidFile)
	if path == "" && s.background {
		return process.DefaultPidFile
	}
	return path
}

// adjustOOMScore follows the directives oom-score-adj and -values.
func (s *Server) adjustOOMScore() error {
	mode := s.Config.Int(config.OOMScoreAdj)
	if mode == config.OOMScoreNo {
		return s.oomScore.Restore(s.Log)
	}
	return s.oomScore.Apply(s.Config.OOMScores()[config.OOMPrimary], mode == config.OOMScoreRelative, s.Log)
}

// setTitle shows address and mode in the list of processes.
func (s *Server) setTitle() {
	if !s.Config.Bool(config.SetProcTitle) || len(s.arguments) == 0 {
		return
	}
	if err := process.SetTitle(s.Config.ProcTitle(s.arguments[0])); err != nil {
		s.Log.Verbosef("Can't set the process title: %v", err)
	}
}

// ready says that commands are served.
func (s *Server) ready() {
	if s.Config.Int(config.Port) != 0 {
		s.Log.Noticef("Ready to accept connections tcp")
	}
	if s.Config.Str(config.UnixSocket) != "" {
		s.Log.Noticef("Ready to accept connections unix")
	}
	if err := s.supervisor.Ready("Ready to accept connections"); err != nil {
		s.Log.Warningf("Can't tell the supervisor: %v", err)
	}
}

// finish is the orderly end.
func (s *Server) finish() {
	if err := s.supervisor.Stopping(); err != nil {
		s.Log.Verbosef("Can't tell the supervisor: %v", err)
	}
	if path := s.pidFile(); path != "" {
		s.Log.Noticef("Removing the pid file.")
		process.RemovePid(path)
	}
	if err := s.Stop(drainTime); err != nil {
		s.Log.Verbosef("%v", err)
	}
	s.Log.Warningf("%s is now ready to exit, bye bye...", s.program.Name)
}

// executable is the path of the program.
func executable() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return filepath.Clean(path)
}
