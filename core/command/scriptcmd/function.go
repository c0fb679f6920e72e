package scriptcmd

import (
	"errors"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/core/script"
	"github.com/sleipnirdb/sleipnir/core/session"
)

const (
	errNoCode        command.Error = "ERR Function code is missing"
	errNoLibrary     command.Error = "ERR Library not found"
	errNoPattern     command.Error = "ERR library name argument was not given"
	errFunctionFlush command.Error = "ERR FUNCTION FLUSH only supports SYNC|ASYNC option"
	errPolicy        command.Error = "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE."
	errFooter        command.Error = "ERR DUMP payload version or checksum are wrong"
	errPayload       command.Error = "ERR failed loading the given functions payload"
	errPayloadType   command.Error = "ERR given type is not a function"
	errPayloadOld    command.Error = "ERR Pre-GA function format not supported"
)

// functionLoad is FUNCTION LOAD.
func (g *group) functionLoad(c *command.Call) error {
	options := c.Args[2 : len(c.Args)-1]
	replace := false
	for _, o := range options {
		if !command.Is(o, "replace") {
			return command.Error("ERR Unknown option given: " + command.Echo(o))
		}
		replace = true
	}
	code := c.Args[len(c.Args)-1]
	isTimed := c.Session.State&session.Applied == 0
	all, lib, err := g.engine.NewLibrary(g.engine.Libraries(), string(code), replace, isTimed)
	if err != nil {
		return err
	}
	g.change(c, all)
	c.W.BulkString(lib.Name)
	return nil
}

// change puts other libraries in force. The call holds every lease.
func (g *group) change(c *command.Call, l *script.Libraries) {
	g.engine.SetLibraries(l)
	c.Dirty++
}

func (g *group) functionDelete(c *command.Call) error {
	rest := g.engine.Libraries().Delete(string(c.Args[2]))
	if rest == nil {
		return errNoLibrary
	}
	g.change(c, rest)
	c.W.OK()
	return nil
}

func (g *group) functionFlush(c *command.Call) error {
	if len(c.Args) > 3 {
		return command.SubcommandSyntax(c)
	}
	if !isFlushMode(c.Args) {
		return errFunctionFlush
	}
	g.change(c, &script.Libraries{})
	c.W.OK()
	return nil
}

func (g *group) functionDump(c *command.Call) error {
	c.W.Bulk(rdb.FunctionsPayload(g.engine.Libraries().Codes(), g.server.DumpVersion(), g.server.Compress()))
	return nil
}

// functionRestore is FUNCTION RESTORE.
func (g *group) functionRestore(c *command.Call) error {
	if len(c.Args) > 4 {
		return command.SubcommandSyntax(c)
	}
	policy := []byte("append")
	if len(c.Args) == 4 {
		policy = c.Args[3]
	}
	flush, replace := command.Is(policy, "flush"), command.Is(policy, "replace")
	if !flush && !replace && !command.Is(policy, "append") {
		return errPolicy
	}
	given, err := g.readPayload(c.Args[2])
	if err != nil {
		return err
	}
	if !flush {
		if given, err = g.engine.Libraries().Join(given, replace); err != nil {
			return err
		}
	}
	g.change(c, given)
	c.W.OK()
	return nil
}

// readPayload makes the libraries that FUNCTION DUMP has told.
func (g *group) readPayload(payload []byte) (*script.Libraries, error) {
	codes, err := rdb.ReadFunctions(payload, g.server.Relaxed())
	switch {
	case errors.Is(err, rdb.ErrFooter):
		return nil, errFooter
	case errors.Is(err, rdb.ErrNoFunction):
		return nil, errPayloadType
	case errors.Is(err, rdb.ErrOldFunction):
		return nil, errPayloadOld
	case err != nil:
		return nil, errPayload
	}
	all := &script.Libraries{}
	for _, code := range codes {
		if all, _, err = g.engine.NewLibrary(all, string(code), false, false); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// functionList is FUNCTION LIST.
func (g *group) functionList(c *command.Call) error {
	var pattern []byte
	withCode := false
	for i := 2; i < len(c.Args); i++ {
		switch arg := c.Args[i]; {
		case !withCode && command.Is(arg, "withcode"):
			withCode = true
		case pattern == nil && command.Is(arg, "libraryname"):
			if i++; i == len(c.Args) {
				return errNoPattern
			}
			pattern = c.Args[i]
		default:
			return command.Error("ERR Unknown argument " + command.Echo(arg))
		}
	}
	list := g.engine.Libraries().Matching(pattern)
	c.W.Array(len(list))
	for _, lib := range list {
		listLibrary(c, lib, withCode)
	}
	return nil
}

func listLibrary(c *command.Call, lib *script.Library, withCode bool) {
	fields := 3
	if withCode {
		fields++
	}
	w := c.W
	w.Map(fields)
	w.BulkString("library_name")
	w.BulkString(lib.Name)
	w.BulkString("engine")
	w.BulkString(script.EngineName)
	w.BulkString("functions")
	w.Array(len(lib.Functions))
	for _, f := range lib.Functions {
		w.Map(3)
		w.BulkString("name")
		w.BulkString(f.Name)
		w.BulkString("description")
		if f.Description != nil {
			w.BulkString(*f.Description)
		} else {
			w.Null()
		}
		w.BulkString("flags")
		names := f.Flags.Names()
		w.Set(len(names))
		for _, name := range names {
			w.Status(name)
		}
	}
	if withCode {
		w.BulkString("library_code")
		w.BulkString(lib.Code)
	}
}

// functionStats is FUNCTION STATS.
func (g *group) functionStats(c *command.Call) error {
	var running *Running
	if all := g.server.Running(); len(all) > 0 {
		running = &all[0]
		if !running.IsFunction {
			return command.ErrBusyScript
		}
	}
	w := c.W
	w.Map(2)
	w.BulkString("running_script")
	if running == nil {
		w.Null()
	} else {
		w.Map(3)
		w.BulkString("name")
		w.BulkString(running.Name)
		w.BulkString("command")
		w.Array(len(running.Args))
		for _, arg := range running.Args {
			w.Bulk(arg)
		}
		w.BulkString("duration_ms")
		w.Int(running.Ms)
	}
	libraries, functions := g.engine.Libraries().Count()
	w.BulkString("engines")
	w.Map(1)
	w.BulkString(script.EngineName)
	w.Map(2)
	w.BulkString("libraries_count")
	w.Int(int64(libraries))
	w.BulkString("functions_count")
	w.Int(int64(functions))
	return nil
}

func functionHelp(c *command.Call) error {
	command.Help(c,
		"LOAD [REPLACE] <FUNCTION CODE>",
		"    Create a new library with the given library name and code.",
		"DELETE <LIBRARY NAME>",
		"    Delete the given library.",
		"LIST [LIBRARYNAME PATTERN] [WITHCODE]",
		"    Return general information on all the libraries:",
		"    * Library name",
		"    * The engine used to run the Library",
		"    * Functions list",
		"    * Library code (if WITHCODE is given)",
		"    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
		"STATS",
		"    Return information about the current function running:",
		"    * Function name",
		"    * Command used to run the function",
		"    * Duration in MS that the function is running",
		"    If no function is running, return nil",
		"    In addition, returns a list of available engines.",
		"KILL",
		"    Kill the current running function.",
		"FLUSH [ASYNC|SYNC]",
		"    Delete all the libraries.",
		"    When called without the optional mode argument, the behavior is determined by the",
		"    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
		"    * ASYNC: Asynchronously flush the libraries.",
		"    * SYNC: Synchronously flush the libraries.",
		"DUMP",
		"    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE command",
		"RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
		"    Restore the libraries represented by the given payload, it is possible to give a restore policy to",
		"    control how to handle existing libraries (default APPEND):",
		"    * FLUSH: delete all existing libraries.",
		"    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
		"    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the old",
		"      libraries with the new libraries (notice that even on this option there is a chance of failure",
		"      in case of functions name collision with another library).")
	return nil
}
