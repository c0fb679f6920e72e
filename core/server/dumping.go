package server

import "github.com/sleipnirdb/sleipnir/core/config"

// dumping is the server as DUMP and RESTORE see it.
type dumping Server

// DumpVersion is the version of the format to write, 0 for the oldest that will do.
func (d *dumping) DumpVersion() int { return int(d.Config.Int(config.RDBVersionWrite)) }

// Compress says whether long strings are compressed.
func (d *dumping) Compress() bool { return d.Config.Bool(config.RDBCompression) }

// Relaxed says whether versions of the format are read that nobody here knows.
func (d *dumping) Relaxed() bool {
	return d.Config.Int(config.RDBVersionCheck) == config.RDBVersionRelaxed
}

// Unchecked says whether checksums are ignored.
func (d *dumping) Unchecked() bool { return d.uncheckedDumps.Load() }

// Damaged is told what is wrong with a value that was to be restored.
func (d *dumping) Damaged(err error) { d.Log.Verbosef("RESTORE: %v", err) }
