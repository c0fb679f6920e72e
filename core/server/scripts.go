package server

import (
	"github.com/sleipnirdb/sleipnir/core/acl"
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/command/scriptcmd"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/logging"
	"github.com/sleipnirdb/sleipnir/core/script"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/core/stats"
)

// scriptHost is the server as scripts and their commands see it.
type scriptHost Server

// CommandTable is the command table.
func (h *scriptHost) CommandTable() *command.Table { return (*Server)(h).Table }

// LogLine writes a line.
func (h *scriptHost) LogLine(level int, text string) {
	(*Server)(h).Log.Logf(logging.Level(level), "%s", text)
} // #nosec G115 -- 0 to 3

// MaxMemory is how much one script may use.
func (h *scriptHost) MaxMemory() int64 { return h.Config.Int(config.ScriptMemoryLimit) }

// MayRun says whether the session's user may run a command. What is denied is not logged, as it isn't tried.
func (h *scriptHost) MayRun(c *command.Call, cmd *command.Command, args [][]byte) bool {
	s := c.Session
	if s.State&session.Restricted == 0 {
		return true
	}
	var asked acl.Request
	rights := s.User.Rights()
	cmd.Ask(&asked, rights, args, s.DB, c.Set.Space(0).Databases(), nil)
	return rights.Check(&asked).Reason == acl.Allowed
}

// Running are the scripts that take long.
func (h *scriptHost) Running() (all []scriptcmd.Running) {
	for _, r := range h.dispatcher.Running() {
		all = append(all, scriptcmd.Running(r))
	}
	return all
}

// Kill ends the script that runs.
func (h *scriptHost) Kill(isFunction bool) error { return h.dispatcher.KillScript(isFunction) }

// DumpVersion is the version to write.
func (h *scriptHost) DumpVersion() int { return (*dumping)(h).DumpVersion() }

// Compress says whether long strings are compressed.
func (h *scriptHost) Compress() bool { return (*dumping)(h).Compress() }

// Relaxed says whether unknown versions are read.
func (h *scriptHost) Relaxed() bool { return (*dumping)(h).Relaxed() }

// scriptBytes is what scripts and functions take that are kept.
func (s *Server) scriptBytes() int64 {
	return s.scripts.Scripts.Bytes() + s.scripts.Libraries().Bytes()
}

// infoScripts writes the fields of the section memory that are about scripts.
func (s *Server) infoScripts(n *stats.Info) {
	libraries, functions := s.scripts.Libraries().Count()
	cached, code := s.scripts.Scripts.Bytes(), s.scripts.Libraries().Bytes()
	vm := s.scripts.MachineBytes()
	n.Bytes("used_memory_lua", script.MachineSize) // one of them: the reference has one
	n.Int("used_memory_vm_eval", vm)
	n.Int("used_memory_scripts_eval", cached)
	n.Int("number_of_cached_scripts", int64(s.scripts.Scripts.Len()))
	n.Int("number_of_functions", int64(functions))
	n.Int("number_of_libraries", int64(libraries))
	n.Int("used_memory_vm_functions", 0)
	n.Bytes("used_memory_vm_total", vm)
	n.Int("used_memory_functions", code)
	n.Bytes("used_memory_scripts", cached+code)
}
