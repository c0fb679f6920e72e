// Command sleipnir-server is the server.
package main

import (
	"os"
	"runtime/debug"
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/server"
	"github.com/sleipnirdb/sleipnir/internal/release"
)

func main() {
	os.Exit(server.Run(server.Program{
		Build:  build(),
		Issues: "https://github.com/sleipnirdb/sleipnir/issues",
	}))
}

// build tells from what the program was made.
func build() config.Build {
	b := config.Build{Name: "Sleipnir", Version: release.Version, Commit: "00000000"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value[:min(len(s.Value), 8)]
			b.ID, _ = strconv.ParseUint(s.Value[:min(len(s.Value), 16)], 16, 64)
		case "vcs.modified":
			b.Dirty = s.Value == "true"
		}
	}
	return b
}
