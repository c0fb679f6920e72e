package servercmd

import (
	"github.com/sleipnirdb/sleipnir/core/command/commanddocs"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// writeHistory writes the field of a command's history, and returns how many fields that are: none without a history.
func writeHistory(w *resp.Writer, history []commanddocs.Change) int {
	if len(history) == 0 {
		return 0
	}
	w.BulkString("history")
	w.Set(len(history))
	for _, change := range history {
		w.Array(2)
		w.BulkString(change.Since)
		w.BulkString(change.Text)
	}
	return 1
}

// writeArguments writes a list of arguments, with what is within them.
func writeArguments(w *resp.Writer, args []commanddocs.Argument) {
	w.Array(len(args))
	for i := range args {
		writeArgument(w, &args[i])
	}
}

func writeArgument(w *resp.Writer, a *commanddocs.Argument) {
	mark, n := w.Defer(), 0
	put := func(name, value string) {
		if value != "" {
			w.BulkString(name)
			w.BulkString(value)
			n++
		}
	}
	put("name", a.Name)
	put("type", a.Type)
	put("display_text", a.Display)
	if a.KeySpec >= 0 {
		w.BulkString("key_spec_index")
		w.Int(int64(a.KeySpec))
		n++
	}
	put("token", a.Token)
	put("since", a.Since)
	put("deprecated_since", a.Deprecated)
	if flags := argumentFlags(a); len(flags) > 0 {
		w.BulkString("flags")
		statuses(w, "", flags)
		n++
	}
	if len(a.Sub) > 0 {
		w.BulkString("arguments")
		writeArguments(w, a.Sub)
		n++
	}
	w.DoneMap(mark, n)
}

func argumentFlags(a *commanddocs.Argument) []string {
	var flags []string
	if a.Optional {
		flags = append(flags, "optional")
	}
	if a.Multiple {
		flags = append(flags, "multiple")
	}
	if a.MultipleToken {
		flags = append(flags, "multiple_token")
	}
	return flags
}
