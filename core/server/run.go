package server

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/sleipnirdb/sleipnir/core/check"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/logging"
	"github.com/sleipnirdb/sleipnir/core/process"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// Program says which program this is; Issues is where crashes are reported.
type Program struct {
	config.Build
	Issues string
}

// Run is the whole life of the server process: it reads the command line,
// starts, serves until it is told to stop, and returns the exit code.
func Run(program Program) int {
	args := process.CopyArguments()
	if tool, rest := check.ByName(args); tool != nil {
		return tool(check.Tool{Version: program.Version, FS: vfs.OS{}, In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, rest)
	}
	startDir, _ := os.Getwd()
	log := logging.New()
	cfg := config.New()
	cfg.SetChecks(config.Checks{User: checkUser()})
	cfg.OnWarning(func(text string) { log.Warningf("%s", text) })
	in := &keptInput{r: os.Stdin}
	serve, code := config.Start(cfg, args, config.Streams{
		In: in, Out: os.Stdout, Err: os.Stderr,
		Notice:  func(text string) { log.Noticef("%s", text) },
		Warning: func(text string) { log.Warningf("%s", text) },
	}, program.Build)
	if !serve {
		return code
	}
	configureLog(log, cfg)
	background := process.InBackground()
	supervisor := process.Supervise(process.Mode(cfg.Int(config.Supervised)), log)
	leave := cfg.Bool(config.Daemonize) && supervisor.Mode() == process.Unsupervised && !background
	if !leave {
		greet(log, cfg, program, len(args) == 1)
	}
	if !canServe(log, cfg) {
		return 1
	}
	if leave {
		if err := process.Daemonize(startDir, in.bytes()); err != nil {
			log.Warningf("Can't go to the background: %v", err)
			return 1
		}
		return 0
	}
	s, err := newServer(cfg, log, program)
	if err != nil {
		log.Warningf("Can't start: %v", err)
		return 1
	}
	s.supervisor, s.background = supervisor, background
	return s.live(args)
}

// keptInput remembers what was read: a server that goes to the background
// gives it to the process that takes over.
type keptInput struct {
	r    io.Reader
	kept bytes.Buffer
	used bool
}

func (k *keptInput) Read(p []byte) (int, error) {
	k.used = true
	n, err := k.r.Read(p)
	k.kept.Write(p[:n])
	return n, err
}

func (k *keptInput) bytes() []byte {
	if !k.used {
		return nil
	}
	return k.kept.Bytes()
}

// configureLog takes over the directives about the log.
func configureLog(log *logging.Logger, cfg *config.Config) {
	log.SetLevel(logging.Level(cfg.Int(config.LogLevel)))
	log.SetFormat(logging.Format(cfg.Int(config.LogFormat)))
	log.SetTimestamp(logging.Timestamp(cfg.Int(config.LogTimestampFormat)))
	log.SetFile(cfg.Str(config.LogFile))
	log.SetHideUserData(cfg.Bool(config.HideUserDataFromLog))
	if cfg.Bool(config.SyslogEnabled) {
		if err := log.OpenSyslog(cfg.Str(config.SyslogIdent), cfg.Int(config.SyslogFacility)); err != nil {
			log.Warningf("Can't open the system's log: %v", err)
		}
	}
}

// greet writes the first lines of the log.
func greet(log *logging.Logger, cfg *config.Config, program Program, bare bool) {
	log.Noticef("oO0OoO0OoO0Oo %s is starting oO0OoO0OoO0Oo", program.Name)
	log.Noticef("%s version=%s, bits=64, commit=%s, modified=%d, pid=%d, just started",
		program.Name, program.Version, program.Commit, boolInt(program.Dirty), os.Getpid())
	if bare {
		log.Warningf("Warning: no config file specified, using the default config. In order to specify a config file use %s /path/to/%s.conf",
			os.Args[0], strings.ToLower(program.Name))
	} else {
		log.Noticef("Configuration loaded")
	}
	for _, r := range cfg.Remarks() {
		log.Noticef("The directive '%s' is accepted, but: %s.", r.Name, r.Note)
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// missing are directives of features that don't exist yet and whose absence
// would cost data or safety: the server refuses to start with them.
var missing = []struct {
	id   config.ID
	when func(cfg *config.Config, id config.ID) bool
	what string
}{
	{config.ReplicaOf, set, "this server can't be a replica yet"},
	{config.ClusterEnabled, (*config.Config).Bool, "this server can't be a cluster node yet"},
	{config.TLSPort, positive, "connections would not be encrypted"},
	{config.TLSReplication, (*config.Config).Bool, "connections would not be encrypted"},
	{config.TLSCluster, (*config.Config).Bool, "connections would not be encrypted"},
	{config.RDMAPort, positive, "this server has no RDMA listener yet"},
}

func set(cfg *config.Config, id config.ID) bool      { return cfg.Int(id) != 0 }
func positive(cfg *config.Config, id config.ID) bool { return cfg.Int(id) > 0 }

// absent tells whether a directive asks for a feature that doesn't exist yet,
// and what its absence would mean.
func absent(cfg *config.Config, id config.ID) (what string, is bool) {
	for _, m := range missing {
		if m.id == id && m.when(cfg, id) {
			return m.what, true
		}
	}
	return "", false
}

// canServe refuses to start where a directive asks for what doesn't exist
// yet, if data or safety depend on it.
func canServe(log *logging.Logger, cfg *config.Config) bool {
	ok := true
	for _, m := range missing {
		if what, is := absent(cfg, m.id); is {
			log.Warningf("The directive '%s' asks for what this version can't do yet: %s. Exiting.", config.Row(m.id).Name, what)
			ok = false
		}
	}
	for name, given := range map[string]int{"loadmodule": len(cfg.Modules())} {
		if given > 0 {
			log.Warningf("The directive '%s' asks for what this version can't do yet. Exiting.", name)
			ok = false
		}
	}
	if cfg.Sentinel() {
		log.Warningf("This version can't run as a sentinel yet. Exiting.")
		ok = false
	}
	return ok
}

// logo is shown on a terminal, or if always-show-logo asks for it.
const logo = `
            ,--,^
  ~~.______/  o \_      %s %s (%s/%d) 64 bit
  /             |'
 /\ /|_/\_|\ /\_/       Running in %s mode
/ // // \\ \\ \\ \      Port: %d
                        PID: %d

        eight legs, one keyspace, all cores

`

// introduce shows the logo, or says the same in a line.
func (s *Server) introduce() {
	port := s.Config.Int(config.Port)
	shown := s.Config.Bool(config.AlwaysShowLogo) ||
		(!s.Config.Bool(config.SyslogEnabled) && s.Config.Str(config.LogFile) == "" && isTerminal(os.Stdout))
	if !shown {
		s.Log.Noticef("Running mode=standalone, port=%d.", port)
		return
	}
	s.Log.Raw(logging.Notice, fmt.Sprintf(logo, s.program.Name, s.program.Version, s.program.Commit, boolInt(s.program.Dirty),
		"standalone", port, os.Getpid()))
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
