package script

import (
	"strings"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/config"
)

// Flags are what a script, or a function, says of itself.
type Flags uint8

// The flags.
const (
	NoWrites Flags = 1 << iota
	AllowOOM
	AllowStale
	NoCluster
	AllowCrossSlot
	// Compat: a script without a first line that tells flags. It may do what the command that runs it may.
	Compat
)

// flagNames are in the order in which FUNCTION LIST tells them.
var flagNames = []struct {
	flag Flags
	name string
}{
	{NoWrites, "no-writes"}, {AllowOOM, "allow-oom"}, {AllowStale, "allow-stale"},
	{NoCluster, "no-cluster"}, {AllowCrossSlot, "allow-cross-slot-keys"},
}

// Names returns the flags' names.
func (f Flags) Names() []string {
	var names []string
	for _, fn := range flagNames {
		if f&fn.flag != 0 {
			names = append(names, fn.name)
		}
	}
	return names
}

// flagOf finds a flag by its name, 0 if there is none.
func flagOf(name string) Flags {
	for _, fn := range flagNames {
		if fn.name == name {
			return fn.flag
		}
	}
	return 0
}

// Of returns the flags that a command has when it runs a script with these: what the script declares stands in their place.
func (f Flags) Of(cmd command.Flags) command.Flags {
	if f&Compat != 0 {
		return cmd
	}
	cmd &^= command.Stale | command.DenyOOM | command.Write | command.MayReplicate
	if f&(AllowOOM|NoWrites) == 0 {
		cmd |= command.DenyOOM
	}
	if f&NoWrites == 0 {
		cmd |= command.Write
	}
	if f&AllowStale != 0 {
		cmd |= command.Stale
	}
	return cmd
}

// readShebang reads the flags that the first line of a script tells, and how long that line is: "#!lua flags=no-writes,allow-oom".
// What stands there isn't the script's, but the line end after it is, so that lines keep their numbers.
func readShebang(body string) (flags Flags, length int, err error) {
	if !strings.HasPrefix(body, "#!") {
		return Compat, 0, nil
	}
	length = strings.IndexByte(body, '\n')
	if length < 0 {
		return 0, 0, command.Error("ERR Invalid script shebang")
	}
	words, err := config.SplitWords(body[:length])
	if err != nil || len(words) == 0 {
		return 0, 0, command.Error("ERR Invalid engine in script shebang")
	}
	if words[0] != "#!lua" {
		return 0, 0, command.Error("ERR Unexpected engine in script shebang: " + words[0])
	}
	for _, word := range words[1:] {
		list, isFlags := strings.CutPrefix(word, "flags=")
		if !isFlags {
			return 0, 0, command.Error("ERR Unknown lua shebang option: " + word)
		}
		if list == "" {
			continue
		}
		for _, name := range strings.Split(list, ",") {
			flag := flagOf(name)
			if flag == 0 {
				return 0, 0, command.Error("ERR Unexpected flag in script shebang: " + name)
			}
			flags |= flag
		}
	}
	return flags, length, nil
}
