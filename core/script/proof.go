package script

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/internal/lua"
	"github.com/sleipnirdb/sleipnir/internal/luasyntax"
)

// The proof that a script touches no key but the declared ones.
//
// A proved script runs with the leases of its keys' partitions and of no other; a proof that is wrong would let two threads touch one partition. So
// whatever isn't understood here is no proof, and costs no more than speed: the script then runs with every partition held.
//
// What is proved is this: every command that the script can call is named by a literal, finds its keys by its key specifications at positions that
// are known, and has there nothing but elements of KEYS.
//
//   - redis.call and redis.pcall are only called, by that name or by a local that holds nothing else ever. They aren't stored, passed
//     or returned, so there is no other way to call a command. Whatever could reach them by a name made up at run time (loadstring, getfenv, _G) isn't used.
//   - KEYS is only read: indexed, measured, unpacked, walked over. So its elements are the declared keys as long as the script runs.
//   - An expression is a *key* if it is an element of KEYS, or a local whose every assignment is one. The locals are found by starting from "all" and
//     striking out until nothing changes. nil is welcome among them: a command that gets it raises an error.
//   - A parameter of a local function is a key if it is one in every call, and the function is only called.
//
// Globals can't be assigned to, as their table is frozen, so a global name means what the sandbox says.
//
// In a library, a function's KEYS is its first parameter, and its locals outlive the call if a closure holds them. So there only the locals of the function
// itself count, and none that is seen through a closure.

// prove tells whether a script, or the functions of a library, touch only their declared keys.
func (e *Engine) prove(code, name string, isLibrary bool) (isProved, isNesting bool) {
	tree, err := luasyntax.Parse(code, name, lua.ParseNumber)
	if err != nil {
		return false, false
	}
	p := &prover{table: e.host.CommandTable(), facts: learn(tree.Body, isLibrary)}
	p.block(tree.Body)
	return !p.failed, nests(tree.Body, p.table)
}

// prover judges a tree with what was learnt of its locals.
type prover struct {
	*facts
	table  *command.Table
	failed bool
}

func (p *prover) fail() { p.failed = true }

// reaching are the globals by which code, or a name, made up at run time can get at redis.call.
var reaching = map[string]bool{
	"redis": true, "server": true, "KEYS": true,
	"_G": true, "getfenv": true, "setfenv": true, "load": true, "loadstring": true,
}

func (p *prover) block(b luasyntax.Block) {
	for _, s := range b {
		p.statement(s)
		if p.failed {
			return
		}
	}
}

func (p *prover) statement(s luasyntax.Statement) {
	values, blocks := parts(s)
	switch s := s.(type) {
	case *luasyntax.LocalStatement:
		values = nil
		for i, v := range s.Values {
			if i >= len(s.Names) || !p.isAlias(s.Names[i]) {
				values = append(values, v)
			}
		}
	case *luasyntax.GenericFor:
		if p.overKeys(s) {
			values = nil
		}
	}
	p.values(values)
	for _, b := range blocks {
		p.block(b)
	}
}

func (p *prover) values(list []luasyntax.Expression) {
	for _, e := range list {
		p.value(e)
	}
}

// value judges an expression whose value goes anywhere.
func (p *prover) value(e luasyntax.Expression) {
	if p.isAPI(e) || p.isCall(e) || p.isKeys(e) {
		p.fail()
		return
	}
	switch e := e.(type) {
	case *luasyntax.GlobalName:
		if reaching[e.Name] {
			p.fail()
		}
	case *luasyntax.Index:
		if !p.isAPI(e.Object) && !p.isKeys(e.Object) {
			p.value(e.Object)
		} else if _, isName := e.Key.(*luasyntax.String); p.isAPI(e.Object) && !isName {
			p.fail()
		}
		p.value(e.Key)
	case *luasyntax.Unary:
		if e.Op != luasyntax.Length || !p.isKeys(e.Operand) {
			p.value(e.Operand)
		}
	case *luasyntax.Call:
		p.call(e)
	case *luasyntax.Closure:
		p.block(e.Body.Body)
	default:
		p.values(operands(e))
	}
}

// readers are the functions that KEYS may be handed to: they read it and keep nothing.
var readers = map[string]bool{
	"unpack": true, "next": true, "type": true, "tostring": true, "table.concat": true, "table.getn": true, "table.maxn": true,
	"cjson.encode": true, "cmsgpack.pack": true, "redis.log": true,
}

// call judges a call.
func (p *prover) call(e *luasyntax.Call) {
	args := e.Args
	switch {
	case p.isCall(e.Function):
		p.command(args)
		return
	case isGlobal(e.Function, "pcall") && len(args) > 0 && p.isCall(args[0]):
		p.command(args[1:])
		return
	case p.isRegistration(e):
		p.registration(args)
		return
	}
	if api, ok := e.Function.(*luasyntax.Index); !ok || !p.isAPI(api.Object) {
		p.value(e.Function)
	} else if _, isName := api.Key.(*luasyntax.String); !isName {
		p.fail()
	}
	isReader := readers[dotted(e.Function)]
	for _, arg := range args {
		if !isReader || !p.isKeys(arg) {
			p.value(arg)
		}
	}
}

// registration judges the arguments of redis.register_function, whose callback has been learnt of.
func (p *prover) registration(args []luasyntax.Expression) {
	for _, arg := range args {
		p.value(arg)
	}
}
