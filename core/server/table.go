package server

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/command/conncmd"
	"github.com/sleipnirdb/sleipnir/core/command/keycmd"
	"github.com/sleipnirdb/sleipnir/core/command/pubsubcmd"
	"github.com/sleipnirdb/sleipnir/core/command/stringcmd"
	"github.com/sleipnirdb/sleipnir/core/command/txncmd"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/pubsub"
)

// CompatVersion is the version of Valkey that clients are told.
const CompatVersion = "9.1.0"

// newTable is the only list of command groups.
func (s *Server) newTable() *command.Table {
	row := func(id int) *command.Command { return s.Table.Row(id) }
	return command.NewTable(
		conncmd.Commands(func() conncmd.Deps {
			return conncmd.Deps{Dispatcher: s.dispatcher, Config: s.Config, Hub: s.hub, Name: "valkey", Version: CompatVersion}
		}),
		keycmd.Commands(),
		pubsubcmd.Commands(func() *pubsub.Hub { return s.hub }),
		stringcmd.Commands(limits{s.Config}),
		txncmd.Commands(row),
	)
}

// limits are settings that handlers obey.
type limits struct{ cfg *config.Config }

func (l limits) MaxBulk() int64 { return l.cfg.Int(config.ProtoMaxBulkLen) }
