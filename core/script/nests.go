package script

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/internal/luasyntax"
)

// nests says whether a function of the libraries may call back into the script: table.sort with an order, string.gsub with a function, and their
// like. While one does, the machine can't be moved to another thread, so such a script never begins on a loop.
//
// The same goes for a script that calls a command which may not run on a loop.
//
// It goes by the names that stand in the code, whatever they are applied to. Who gets at such a function without naming it, as by a key that is put
// together, holds up his loop for as long as it calls back.
func nests(b luasyntax.Block, table *command.Table) bool {
	found := false
	named := map[luasyntax.Expression]bool{} // functions that were judged by their call
	walk(b, nil, func(e luasyntax.Expression) {
		switch e := e.(type) {
		case *luasyntax.Method:
			found = found || e.Name == "gsub" && len(e.Args) > 1 && mayBeFunction(e.Args[1])
		case *luasyntax.Call:
			if len(e.Args) > 0 {
				name, isString := e.Args[0].(*luasyntax.String)
				found = found || isString && isOffLoop(table, name.Value)
			}
			switch nameOf(e.Function) {
			case "gsub":
				found = found || len(e.Args) > 2 && mayBeFunction(e.Args[2])
				named[e.Function] = true
			case "sort":
				found = found || len(e.Args) != 1
				named[e.Function] = true
			}
		case *luasyntax.Index: // a name that stands for the function, and isn't called at once
			if name := nameOf(e); name == "gsub" || name == "sort" {
				found = found || !named[e]
			}
		case *luasyntax.GlobalName:
			found = found || e.Name == "load"
		case *luasyntax.String:
			found = found || e.Value == "foreach" || e.Value == "foreachi" || e.Value == "__tostring"
		}
	})
	return found
}

// isOffLoop says whether a command, or one of its subcommands, may not run on a loop.
func isOffLoop(table *command.Table, name string) bool {
	row := table.Lookup([]byte(name))
	if row == nil {
		return false
	}
	flags := row.Flags
	for i := range row.Sub {
		flags |= row.Sub[i].Flags
	}
	return flags&command.OffLoop != 0
}

// nameOf is the name in a.name, or empty.
func nameOf(e luasyntax.Expression) string {
	if index, ok := e.(*luasyntax.Index); ok {
		if name, ok := index.Key.(*luasyntax.String); ok {
			return name.Value
		}
	}
	return ""
}

// mayBeFunction says whether an expression may be a function, or a table, which may have one behind it.
func mayBeFunction(e luasyntax.Expression) bool {
	switch e := e.(type) {
	case *luasyntax.String, *luasyntax.Number:
		return false
	case *luasyntax.Binary:
		return e.Op == luasyntax.And || e.Op == luasyntax.Or
	}
	return true
}
