package config

import (
	"strconv"
	"strings"
)

// Action is what the command line asks for.
type Action uint8

// The actions.
const (
	ActionServe Action = iota
	ActionVersion
	ActionHelp
	ActionTestMemory
	ActionCheckSystem
)

// Invocation is a parsed command line.
type Invocation struct {
	Action    Action
	File      string // the configuration file as given, "" without one
	Stdin     bool   // read more configuration from the standard input
	Options   string // the options as lines of a configuration file
	Sentinel  bool
	Megabytes int // of --test-memory; 0 when they are missing
}

// ParseArgs reads a command line; args[0] is the program. The first argument is a file unless it begins with a dash; each
// `--name` begins a line of configuration and the arguments after it are its words; a `-` at either end reads from the
// standard input. A word of an option may begin with dashes only where a word is expected.
func ParseArgs(args []string) Invocation {
	v := Invocation{Sentinel: isSentinel(args)}
	if len(args) < 2 {
		return v
	}
	if v.Action = action(args[1]); v.Action != ActionServe {
		if v.Action == ActionTestMemory && len(args) == 3 {
			v.Megabytes, _ = strconv.Atoi(args[2])
		}
		return v
	}
	rest := args[1:]
	if !strings.HasPrefix(rest[0], "-") {
		v.File, rest = rest[0], rest[1:]
	}
	var o options
	for i, arg := range rest {
		if arg == "-" && (i == 0 && v.File == "" || i == len(rest)-1) {
			v.Stdin = true
			continue
		}
		next, last := "", i == len(rest)-1
		if !last {
			next = rest[i+1]
		}
		o.add(arg, next, last)
	}
	v.Options = o.text.String()
	return v
}

func action(arg string) Action {
	switch arg {
	case "-v", "--version":
		return ActionVersion
	case "-h", "--help":
		return ActionHelp
	case "--test-memory":
		return ActionTestMemory
	case "--check-system":
		return ActionCheckSystem
	}
	return ActionServe
}

// isSentinel looks at the program's name and for the option --sentinel.
func isSentinel(args []string) bool {
	for i, arg := range args {
		name := arg[strings.LastIndexByte(arg, '/')+1:]
		if i == 0 && strings.Contains(name, "-sentinel") || i > 0 && arg == "--sentinel" {
			return true
		}
	}
	return false
}

// options collects the options as text of a configuration file.
type options struct {
	text strings.Builder
	open bool // an option's name was read, and no word after it yet
}

// add takes over one argument. next is the one after it, unless this is the last.
func (o *options) add(arg, next string, last bool) {
	if o.open || !strings.HasPrefix(arg, "--") {
		o.text.WriteString(Quote(arg) + " ")
		o.open = false
		return
	}
	if o.text.Len() > 0 {
		o.text.WriteByte('\n')
	}
	o.text.WriteString(arg[2:] + " ")
	words, _ := SplitWords(arg)
	if len(words) != 1 {
		return // name and value came as one argument
	}
	// An option whose value is empty may lose it on the way here; save and sentinel are known to need none.
	nextIsOption := !last && strings.HasPrefix(next, "--")
	isSave := strings.EqualFold(arg, "--save")
	if isSave && (last || nextIsOption) {
		o.text.WriteString(`""`)
	}
	o.open = !(nextIsOption && (isSave || strings.EqualFold(arg, "--sentinel")))
}
