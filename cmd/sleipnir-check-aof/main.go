// Command sleipnir-check-aof looks whether append-only files are whole, and repairs them.
package main

import (
	"os"

	"github.com/sleipnirdb/sleipnir/core/check"
	"github.com/sleipnirdb/sleipnir/internal/release"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

func main() {
	t := check.Tool{Version: release.Version, FS: vfs.OS{}, In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	os.Exit(t.AOF(os.Args))
}
