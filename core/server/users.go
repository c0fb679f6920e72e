package server

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/sleipnirdb/sleipnir/core/acl"
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/command/conncmd"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// maxUserFile bounds the file of users.
const maxUserFile = 1 << 30

// errUsers is why the server doesn't start; the log has said what is wrong.
var errUsers = errors.New("there are errors in the definitions of users")

// newUsers makes the users that the configuration and the file of users tell of.
func (s *Server) newUsers() error {
	cfg := s.Config
	s.users = acl.New(s.Table, func() bool { return cfg.Int(config.ACLPubsubDefault) == config.PubsubAllChannels })
	if password := cfg.Str(config.RequirePass); password != "" {
		s.users.SetDefaultPassword(password)
	}
	if cfg.Str(config.ACLFile) != "" && len(cfg.Users()) > 0 {
		s.Log.Warningf("Configuring Valkey with users defined in valkey.conf and at the same setting an ACL file path is invalid. " +
			"This setup is very likely to lead to configuration errors and security holes, please define either an ACL file or declare users " +
			"directly in your valkey.conf, but not both.")
		return errUsers
	}
	disabled, err := s.users.LoadLines(cfg.Users())
	if err != nil {
		s.Log.Warningf("%v", err)
		s.Log.Warningf("Critical error while loading ACLs. Exiting.")
		return errUsers
	}
	for _, name := range disabled {
		s.Log.Noticef("The user '%s' is disabled (there is no 'on' modifier in the user description). "+
			"Make sure this is not a configuration error.", name)
	}
	if cfg.Str(config.ACLFile) != "" {
		if _, err := s.loadUsers(); err != nil {
			s.Log.Warningf("Aborting Valkey startup because of ACL errors: %v", err)
			return errUsers
		}
	}
	s.followUsers()
	return nil
}

// followUsers obeys CONFIG SET and CONFIG REWRITE.
func (s *Server) followUsers() {
	cfg := s.Config
	cfg.OnRewrite("user", s.users.Lines)
	cfg.OnApply(config.RequirePass, func() error {
		change := s.users.SetDefaultPassword(cfg.Str(config.RequirePass))
		s.dispatcher.UsersChanged([]acl.Change{change}, nil)
		return nil
	})
	tune := func() error {
		s.users.FilterKeys.Store(cfg.Bool(config.ACLFilterKeys))
		s.users.Backoff.Configure(cfg.Int(config.AuthBackoffInitial), cfg.Int(config.AuthBackoffMax))
		return nil
	}
	_ = tune()
	cfg.OnApply(config.ACLFilterKeys, tune, config.AuthBackoffInitial, config.AuthBackoffMax)
}

// loadUsers takes over the file of users.
func (s *Server) loadUsers() ([]acl.Change, error) {
	name := s.Config.Str(config.ACLFile)
	text, err := vfs.ReadFile(vfs.OS{}, name, maxUserFile)
	if err != nil {
		return nil, fmt.Errorf("Error loading ACLs, opening file '%s': %s", name, vfs.Reason(err)) //nolint:staticcheck // Valkey's words
	}
	return s.users.Load(name, string(text))
}

// checkUser is CheckUser for the loading of the configuration.
func checkUser() func(words []string) (int, error) {
	seen := map[string]bool{}
	return func(words []string) (int, error) { return acl.CheckUser(seen, words) }
}

// userCommands is the server as ACL sees it.
type userCommands Server

// Users returns the users.
func (u *userCommands) Users() *acl.Users { return u.users }

// CommandTable returns the command table.
func (u *userCommands) CommandTable() *command.Table { return u.Table }

// UsersChanged has changes take effect on who is connected.
func (u *userCommands) UsersChanged(changes []acl.Change, me *session.Session) {
	u.dispatcher.UsersChanged(changes, me)
}

// UserFile is the name of the file of users.
func (u *userCommands) UserFile() string { return u.Config.Str(config.ACLFile) }

// LoadUsers is ACL LOAD.
func (u *userCommands) LoadUsers() ([]acl.Change, error) { return (*Server)(u).loadUsers() }

// SaveUsers is ACL SAVE. The log says what went wrong.
func (u *userCommands) SaveUsers() bool {
	name := u.UserFile()
	temp := fmt.Sprintf("%s.tmp-%d", name, os.Getpid())
	err := vfs.WriteFile(vfs.OS{}, name, temp, 0o600, func(f vfs.File) error {
		_, err := f.Write([]byte(u.users.Text()))
		return err
	})
	if err != nil {
		u.Log.Warningf("Writing ACL file for ACL SAVE: %s", vfs.Reason(err))
	}
	return err == nil
}

// Denied keeps a call that was denied in the log of users.
func (h *hooks) Denied(s *session.Session, cmd *command.Command, args [][]byte, d acl.Denial, from acl.Context, nowMs int64) {
	object := cmd.Full
	if d.Reason != acl.DeniedCommand {
		object = string(args[d.Pos])
	}
	h.logDenied(s, &acl.Entry{Reason: d.Reason, Context: from, Object: object, User: s.User.Name, UpdatedMs: nowMs})
}

func (h *hooks) logDenied(s *session.Session, e *acl.Entry) {
	e.Client = string(conncmd.AppendClient(nil, s, e.UpdatedMs))
	h.users.Log.Add(e, h.Config.Int(config.ACLLogMaxLen))
}

// authFailed keeps a failed attempt to authenticate in the log of users.
func (h *hooks) authFailed(c *command.Call, user string) {
	from := acl.TopLevel
	if c.InExec {
		from = acl.InMulti
	}
	h.logDenied(c.Session, &acl.Entry{Reason: acl.DeniedAuth, Context: from, Object: strings.Clone(string(c.Args[0])), User: user, UpdatedMs: c.Now})
}
