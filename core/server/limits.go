package server

import (
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/core/config"
)

// setLimits hands the directives about encodings to the collections, now and
// whenever one of them changes.
func (s *Server) setLimits() {
	l := &s.limits
	for _, row := range []struct {
		id    config.ID
		limit *atomic.Int64
	}{
		{config.HashMaxListpackEntries, &l.HashEntries}, {config.HashMaxListpackValue, &l.HashValue},
		{config.SetMaxIntsetEntries, &l.SetIntset}, {config.SetMaxListpackEntries, &l.SetEntries}, {config.SetMaxListpackValue, &l.SetValue},
		{config.ZSetMaxListpackEntries, &l.ZSetEntries}, {config.ZSetMaxListpackValue, &l.ZSetValue},
		{config.ListMaxListpackSize, &l.ListSize}, {config.ListCompressDepth, &l.ListCompress},
		{config.StreamNodeMaxBytes, &l.StreamBytes}, {config.StreamNodeMaxEntries, &l.StreamEntries},
	} {
		apply := func() error {
			row.limit.Store(s.Config.Int(row.id))
			return nil
		}
		_ = apply()
		s.Config.OnApply(row.id, apply)
	}
}
