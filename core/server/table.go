package server

import (
	"strings"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/command/aclcmd"
	"github.com/sleipnirdb/sleipnir/core/command/bitcmd"
	"github.com/sleipnirdb/sleipnir/core/command/conncmd"
	"github.com/sleipnirdb/sleipnir/core/command/dumpcmd"
	"github.com/sleipnirdb/sleipnir/core/command/geocmd"
	"github.com/sleipnirdb/sleipnir/core/command/hashcmd"
	"github.com/sleipnirdb/sleipnir/core/command/hllcmd"
	"github.com/sleipnirdb/sleipnir/core/command/keycmd"
	"github.com/sleipnirdb/sleipnir/core/command/listcmd"
	"github.com/sleipnirdb/sleipnir/core/command/pubsubcmd"
	"github.com/sleipnirdb/sleipnir/core/command/scriptcmd"
	"github.com/sleipnirdb/sleipnir/core/command/servercmd"
	"github.com/sleipnirdb/sleipnir/core/command/setcmd"
	"github.com/sleipnirdb/sleipnir/core/command/streamcmd"
	"github.com/sleipnirdb/sleipnir/core/command/stringcmd"
	"github.com/sleipnirdb/sleipnir/core/command/txncmd"
	"github.com/sleipnirdb/sleipnir/core/command/zsetcmd"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/pubsub"
)

// CompatVersion is the version of Valkey that clients are told.
const CompatVersion = "9.1.0"

// newTable is the only list of command groups.
func (s *Server) newTable() *command.Table {
	row := func(id int) *command.Command { return s.Table.Row(id) }
	return command.NewTable(renamed(s.Config.Renames(),
		conncmd.Commands(func() conncmd.Deps {
			return conncmd.Deps{Dispatcher: s.dispatcher, Config: s.Config, Hub: s.hub, Users: s.users, Failed: (*hooks)(s).authFailed,
				Name: "valkey", Version: CompatVersion}
		}),
		aclcmd.Commands((*userCommands)(s)),
		bitcmd.Commands(limits{s.Config}),
		hllcmd.Commands(limits{s.Config}),
		hashcmd.Commands(),
		geocmd.Commands(),
		keycmd.Commands((*appendOnlyState)(s), s.Config),
		listcmd.Commands(),
		dumpcmd.Commands((*dumping)(s)),
		pubsubcmd.Commands(func() *pubsub.Hub { return s.hub }),
		scriptcmd.Commands(s.scripts, (*scriptHost)(s)),
		setcmd.Commands(),
		streamcmd.Commands(),
		stringcmd.Commands(limits{s.Config}),
		txncmd.Commands(row),
		zsetcmd.Commands(),
		servercmd.Commands(servercmd.Deps{
			Server: (*operations)(s), Config: s.Config, CommandLog: &s.commandLog, Latency: &s.latency, Version: CompatVersion,
		}),
	)...)
}

// limits are settings that handlers obey.
type limits struct{ cfg *config.Config }

func (l limits) MaxBulk() int64 { return l.cfg.Int(config.ProtoMaxBulkLen) }

func (l limits) SparseMax() int { return int(l.cfg.Int(config.HLLSparseMaxBytes)) }

// renamed applies the rename-command directives to the groups: a command gets
// another name, or none.
func renamed(renames [][2]string, groups ...[]command.Command) [][]command.Command {
	for _, r := range renames {
		for _, group := range groups {
			for j := range group {
				called := group[j].Called
				if called == "" {
					called = group[j].Name
				}
				if group[j].Removed || !strings.EqualFold(called, r[0]) {
					continue
				}
				if r[1] == "" {
					group[j].Removed = true
				} else {
					group[j].Called = strings.ToLower(r[1])
				}
				break
			}
		}
	}
	return groups
}
