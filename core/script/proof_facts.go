package script

import "github.com/sleipnirdb/sleipnir/internal/luasyntax"

// facts are what a tree tells of its locals.
type facts struct {
	isLibrary bool
	keys      map[*luasyntax.Local]bool // they are KEYS
	apis      map[*luasyntax.Local]bool // they are redis
	calls     map[*luasyntax.Local]bool // they are redis.call or redis.pcall
	// bodies are the locals that are functions.
	bodies map[*luasyntax.Local]*luasyntax.Function
	// defs is what is assigned to a local; a nil among it stands for what is no key.
	defs map[*luasyntax.Local][]luasyntax.Expression
	// struck are the locals that may be no key.
	struck map[*luasyntax.Local]bool
	// mentions, called and registered count where a local stands: at all, as the function of a call, and as the callback of a registration.
	mentions, called, registered map[*luasyntax.Local]int
}

// learn goes through a tree.
func learn(b luasyntax.Block, isLibrary bool) *facts {
	f := &facts{
		isLibrary: isLibrary, keys: make(map[*luasyntax.Local]bool), apis: make(map[*luasyntax.Local]bool),
		calls: make(map[*luasyntax.Local]bool), bodies: make(map[*luasyntax.Local]*luasyntax.Function),
		defs: make(map[*luasyntax.Local][]luasyntax.Expression), struck: make(map[*luasyntax.Local]bool),
		mentions: make(map[*luasyntax.Local]int), called: make(map[*luasyntax.Local]int), registered: make(map[*luasyntax.Local]int),
	}
	// What a local stands for says what the calls are, these say which parameters are KEYS, and all that what is assigned.
	walk(b, f.declared, nil)
	walk(b, nil, f.mentionedIn)
	if isLibrary {
		f.callbacks(b)
		walk(b, f.declared, nil)
	}
	walk(b, f.assigned, nil)
	f.params(b)
	f.strike()
	return f
}

// declared takes note of the locals that are other names for something.
func (f *facts) declared(s luasyntax.Statement) {
	switch s := s.(type) {
	case *luasyntax.LocalFunction:
		if !s.Name.Assigned {
			f.bodies[s.Name] = s.Body
		}
	case *luasyntax.LocalStatement:
		for i, name := range s.Names {
			if name.Assigned || i >= len(s.Values) {
				continue
			}
			switch v := s.Values[i]; {
			case f.isAPI(v):
				f.apis[name] = true
			case f.isCall(v):
				f.calls[name] = true
			case f.isKeys(v):
				f.keys[name] = true
			default:
				if c, ok := v.(*luasyntax.Closure); ok {
					f.bodies[name] = c.Body
				}
			}
		}
	}
}

// assigned takes note of what locals get.
func (f *facts) assigned(s luasyntax.Statement) {
	switch s := s.(type) {
	case *luasyntax.LocalStatement:
		f.define(s.Names, s.Values)
	case *luasyntax.Assignment:
		names := make([]*luasyntax.Local, len(s.Targets))
		for i, target := range s.Targets {
			names[i] = localOf(target)
		}
		f.define(names, s.Values)
	case *luasyntax.LocalFunction:
		f.defs[s.Name] = append(f.defs[s.Name], nil)
	case *luasyntax.NumericFor:
		f.defs[s.Name] = append(f.defs[s.Name], nil)
	case *luasyntax.GenericFor:
		for i, name := range s.Names {
			var def luasyntax.Expression
			if i == 1 && f.overKeys(s) {
				def = element
			}
			f.defs[name] = append(f.defs[name], def)
		}
	}
}

// element stands for an element of KEYS.
var element luasyntax.Expression = &luasyntax.Nil{}

// define takes note of an assignment to several locals, of which some may be nil: what isn't a local.
func (f *facts) define(names []*luasyntax.Local, values []luasyntax.Expression) {
	for i, name := range names {
		if name == nil {
			continue
		}
		var def luasyntax.Expression
		last := len(values) - 1
		switch {
		case i < last || i == last && !isMulti(values[i]):
			def = values[i]
		case last < 0 || !isMulti(values[last]):
			def = element // nil, which is no worse
		case f.isKeyList(values[last]):
			def = element
		case i == last:
			def = values[i] // the first value of a call
		}
		f.defs[name] = append(f.defs[name], def)
	}
}

// mentionedIn counts the locals in an expression.
func (f *facts) mentionedIn(e luasyntax.Expression) {
	if l := localOf(e); l != nil {
		f.mentions[l]++
	}
	c, ok := e.(*luasyntax.Call)
	if !ok {
		return
	}
	if l := localOf(c.Function); l != nil {
		f.called[l]++
	}
	if f.isRegistration(c) {
		if l := localOf(callbackOf(c)); l != nil {
			f.registered[l]++
		}
	}
}

// callbacks finds the functions that a library registers: their first parameter is KEYS.
func (f *facts) callbacks(b luasyntax.Block) {
	walk(b, nil, func(e luasyntax.Expression) {
		c, ok := e.(*luasyntax.Call)
		if !ok || !f.isRegistration(c) {
			return
		}
		switch cb := callbackOf(c).(type) {
		case *luasyntax.Closure:
			f.keysParam(cb.Body)
		default:
			if l := localOf(cb); l != nil && f.bodies[l] != nil && f.mentions[l] == f.registered[l] {
				f.keysParam(f.bodies[l])
			}
		}
	})
}

func (f *facts) keysParam(body *luasyntax.Function) {
	if len(body.Params) > 0 && !body.Params[0].Assigned {
		f.keys[body.Params[0]] = true
	}
}

// callbackOf is the callback among the arguments of redis.register_function, or nil.
func callbackOf(c *luasyntax.Call) luasyntax.Expression {
	switch len(c.Args) {
	case 1:
		if t, ok := c.Args[0].(*luasyntax.Table); ok {
			for _, item := range t.Items {
				if key, ok := item.Key.(*luasyntax.String); ok && key.Value == "callback" {
					return item.Value
				}
			}
		}
	case 2:
		return c.Args[1]
	}
	return nil
}

// params takes note of what the parameters of functions get: of a local function that is only called, the arguments of each call.
func (f *facts) params(b luasyntax.Block) {
	known := make(map[*luasyntax.Function]bool)
	for l, body := range f.bodies {
		known[body] = !f.isLibrary && f.mentions[l] == f.called[l]
	}
	unknown := func(body *luasyntax.Function) {
		for _, param := range body.Params {
			f.defs[param] = append(f.defs[param], nil)
		}
	}
	walk(b, func(s luasyntax.Statement) {
		if s, ok := s.(*luasyntax.LocalFunction); ok && !known[s.Body] {
			unknown(s.Body)
		}
	}, func(e luasyntax.Expression) {
		switch e := e.(type) {
		case *luasyntax.Closure:
			if !known[e.Body] {
				unknown(e.Body)
			}
		case *luasyntax.Call:
			if body := f.bodies[localOf(e.Function)]; body != nil && known[body] {
				f.define(body.Params, e.Args)
			}
		}
	})
}

// maxRounds bounds the work of strike: locals that follow from each other in more steps are no keys.
const maxRounds = 64

// strike strikes out the locals that may be no key, until nothing changes.
func (f *facts) strike() {
	again := true
	for round := 0; again; round++ {
		again = false
		for l, defs := range f.defs {
			if f.struck[l] {
				continue
			}
			if round > maxRounds {
				f.struck[l] = true
				continue
			}
			for _, def := range defs {
				if def == nil || def != element && !f.isKey(def) {
					f.struck[l], again = true, true
					break
				}
			}
		}
	}
}

// isAlias tells whether a local is another name for something.
func (f *facts) isAlias(l *luasyntax.Local) bool { return f.apis[l] || f.calls[l] || f.keys[l] }

// isAPI tells whether an expression is the table redis.
func (f *facts) isAPI(e luasyntax.Expression) bool {
	if g, ok := e.(*luasyntax.GlobalName); ok {
		return g.Name == "redis" || g.Name == "server"
	}
	return f.apis[localOf(e)]
}

// isCall tells whether an expression is redis.call or redis.pcall.
func (f *facts) isCall(e luasyntax.Expression) bool {
	if i, ok := e.(*luasyntax.Index); ok && f.isAPI(i.Object) {
		key, ok := i.Key.(*luasyntax.String)
		return ok && (key.Value == "call" || key.Value == "pcall")
	}
	return f.calls[localOf(e)]
}

// isRegistration tells whether a call is one of redis.register_function.
func (f *facts) isRegistration(c *luasyntax.Call) bool {
	i, ok := c.Function.(*luasyntax.Index)
	if !ok || !f.isLibrary || !f.isAPI(i.Object) {
		return false
	}
	key, ok := i.Key.(*luasyntax.String)
	return ok && key.Value == "register_function"
}

// isKeys tells whether an expression is KEYS.
func (f *facts) isKeys(e luasyntax.Expression) bool {
	switch e := e.(type) {
	case *luasyntax.GlobalName:
		return e.Name == "KEYS"
	case *luasyntax.Paren:
		return f.isKeys(e.Inner)
	}
	return f.keys[localOf(e)]
}

// isKey tells whether an expression is an element of KEYS, or nothing that a command takes.
func (f *facts) isKey(e luasyntax.Expression) bool {
	switch e := e.(type) {
	case *luasyntax.Paren:
		return f.isKey(e.Inner) || f.isKeyList(e.Inner)
	case *luasyntax.Index:
		return f.isOwn(e.Object) && f.isKeys(e.Object)
	case *luasyntax.Binary:
		switch e.Op {
		case luasyntax.And: // what is false is no argument
			return f.isKey(e.Right)
		case luasyntax.Or:
			return f.isKey(e.Left) && f.isKey(e.Right)
		}
		return false
	case *luasyntax.Call:
		return isGlobal(e.Function, "tostring") && len(e.Args) == 1 && f.isKey(e.Args[0])
	case *luasyntax.LocalName, *luasyntax.UpvalueName:
		l := localOf(e)
		return f.isOwn(e) && len(f.defs[l]) > 0 && !f.struck[l] && !f.isAlias(l)
	}
	return false
}

// isOwn tells whether what an expression names can't be of another call: in a library, whose closures outlive a call.
func (f *facts) isOwn(e luasyntax.Expression) bool {
	if _, isUpvalue := e.(*luasyntax.UpvalueName); isUpvalue {
		return !f.isLibrary
	}
	return true
}

// isKeyList tells whether an expression is unpack(KEYS).
func (f *facts) isKeyList(e luasyntax.Expression) bool {
	c, ok := e.(*luasyntax.Call)
	return ok && isGlobal(c.Function, "unpack") && len(c.Args) > 0 && f.isOwn(c.Args[0]) && f.isKeys(c.Args[0])
}

// overKeys tells whether a loop walks over KEYS.
func (f *facts) overKeys(s *luasyntax.GenericFor) bool {
	if len(s.Values) != 1 {
		return false
	}
	c, ok := s.Values[0].(*luasyntax.Call)
	return ok && (isGlobal(c.Function, "ipairs") || isGlobal(c.Function, "pairs")) && len(c.Args) == 1 && f.isOwn(c.Args[0]) && f.isKeys(c.Args[0])
}

// localOf is the local that an expression names, or nil.
func localOf(e luasyntax.Expression) *luasyntax.Local {
	switch e := e.(type) {
	case *luasyntax.LocalName:
		return e.Local
	case *luasyntax.UpvalueName:
		return e.Local
	}
	return nil
}

func isGlobal(e luasyntax.Expression, name string) bool {
	g, ok := e.(*luasyntax.GlobalName)
	return ok && g.Name == name
}

// dotted is the name of a global, or of a field of one: "table.concat".
func dotted(e luasyntax.Expression) string {
	switch e := e.(type) {
	case *luasyntax.GlobalName:
		return e.Name
	case *luasyntax.Index:
		g, isGlobal := e.Object.(*luasyntax.GlobalName)
		key, isString := e.Key.(*luasyntax.String)
		if isGlobal && isString {
			return g.Name + "." + key.Value
		}
	}
	return ""
}

// isMulti tells whether an expression at the end of a list may stand for several values.
func isMulti(e luasyntax.Expression) bool {
	switch e.(type) {
	case *luasyntax.Call, *luasyntax.Method, *luasyntax.Vararg:
		return true
	}
	return false
}
