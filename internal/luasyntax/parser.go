package luasyntax

import "strconv"

// Limits of the reference, and one of ours.
const (
	maxLevels   = 200   // of nested blocks and expressions (LUAI_MAXCCALLS)
	maxLocals   = 200   // of a function at a time (LUAI_MAXVARS)
	maxUpvalues = 60    // of a function (LUAI_MAXUPVALUES)
	maxDepth    = 40000 // of the tree: chains of operators, calls and indexes nest without levels
)

// scope is a function being parsed.
type scope struct {
	function *Function
	parent   *scope
	active   []*Local // locals in sight, innermost last
	loops    int      // around the place
	usesDots bool
}

// parser is a recursive descent parser. After an error it sees only the end of the source, so it comes to its end soon; what
// it made by then is thrown away.
type parser struct {
	lexer
	current  lexeme
	ahead    lexeme // valid if hasAhead
	hasAhead bool
	lastLine int // of the token before the current one
	level    int
	depth    int // of the expression parsed last
	deepest  int // of those of the function
	scope    *scope
}

// Parse makes a tree of a source. The name of the chunk is as messages should show it; number makes numbers of their text.
// An error is an *Error.
func Parse(source, name string, number func(string) (float64, bool)) (*Function, error) {
	p := &parser{lexer: lexer{source: source, name: name, line: 1, parse: number}, lastLine: 1}
	p.scope = &scope{function: &Function{Vararg: true}}
	p.advance()
	p.scope.function.Body = p.block()
	p.check(tokenEnd0)
	if p.err != nil {
		return nil, p.err
	}
	p.scope.function.LastLine = p.line
	return p.scope.function, nil
}

func (p *parser) advance() {
	p.lastLine = p.line
	if p.hasAhead {
		p.current, p.hasAhead = p.ahead, false
	} else {
		p.current = p.next()
	}
	if p.err != nil {
		p.current = lexeme{token: tokenEnd0}
	}
}

// lookAhead is the token behind the current one.
func (p *parser) lookAhead() token {
	if !p.hasAhead {
		p.ahead, p.hasAhead = p.next(), true
	}
	return p.ahead.token
}

// syntaxError is an error at the current token.
func (p *parser) syntaxError(text string) {
	near := p.current.raw
	if near == "" {
		near = p.current.token.String()
	}
	p.fail(text, near)
	p.current, p.hasAhead = lexeme{token: tokenEnd0}, false
}

// stop is an error that doesn't tell where it is but by its line.
func (p *parser) stop(text string) {
	p.fail(text, "")
	p.current, p.hasAhead = lexeme{token: tokenEnd0}, false
}

func (p *parser) accept(t token) bool {
	if p.current.token != t || p.err != nil {
		return false
	}
	p.advance()
	return true
}

func (p *parser) check(t token) {
	if p.current.token != t {
		p.syntaxError("'" + t.String() + "' expected")
	}
}

func (p *parser) expect(t token) {
	p.check(t)
	p.advance()
}

// match expects the token that closes what was opened by another one at a line.
func (p *parser) match(what, opener token, line int) {
	switch {
	case p.accept(what):
	case line == p.line:
		p.check(what)
	default:
		p.syntaxError("'" + what.String() + "' expected (to close '" + opener.String() + "' at line " + strconv.Itoa(line) + ")")
	}
}

func (p *parser) name() string {
	p.check(tokenName)
	name := p.current.text
	p.advance()
	return name
}

func (p *parser) enter() {
	if p.level++; p.level > maxLevels {
		p.stop("chunk has too many syntax levels")
	}
}

func (p *parser) leave() { p.level-- }

// setDepth notes how deep the tree of the last expression is.
func (p *parser) setDepth(d int) {
	if p.depth = d; d > p.deepest {
		if p.deepest = d; d > maxDepth {
			p.stop("chunk has too many syntax levels")
		}
	}
}

// limit fails if a function has too many of something.
func (p *parser) limit(n, most int, what string) {
	if n <= most {
		return
	}
	text := "main function"
	if line := p.scope.function.Line; line > 0 {
		text = "function at line " + strconv.Itoa(line)
	}
	p.stop(text + " has more than " + strconv.Itoa(most) + " " + what)
}

// newLocal makes a local; it comes into sight by declare. pending counts those made and not declared yet.
func (p *parser) newLocal(name string, pending int) *Local {
	p.limit(len(p.scope.active)+pending+1, maxLocals, "local variables")
	return &Local{Name: name, Line: p.lastLine}
}

func (p *parser) declare(locals ...*Local) { p.scope.active = append(p.scope.active, locals...) }

// hidden are variables that loops keep for themselves; they count, but no name finds them.
func (p *parser) hidden(n int) {
	for i := range n {
		p.declare(p.newLocal("", n-i-1))
	}
}

// resolve makes an expression of a name.
func (p *parser) resolve(name string) Expression {
	line := at(p.lastLine)
	if l := p.scope.find(name); l != nil {
		return &LocalName{line, l}
	}
	if index := p.upvalue(p.scope, name); index >= 0 {
		return &UpvalueName{line, p.scope.function.Upvalues[index].Local, index}
	}
	return &GlobalName{line, name}
}

func (s *scope) find(name string) *Local {
	for i := len(s.active) - 1; i >= 0; i-- {
		if s.active[i].Name == name {
			return s.active[i]
		}
	}
	return nil
}

// upvalue is the index of a variable of an enclosing function among those of s, or -1.
func (p *parser) upvalue(s *scope, name string) int {
	if s.parent == nil {
		return -1
	}
	u := Upvalue{Local: s.parent.find(name), FromParent: true}
	if u.Local != nil {
		u.Local.Captured = true
	} else {
		if u.Index = p.upvalue(s.parent, name); u.Index < 0 {
			return -1
		}
		u.Local, u.FromParent = s.parent.function.Upvalues[u.Index].Local, false
	}
	for i, have := range s.function.Upvalues {
		if have.Local == u.Local {
			return i
		}
	}
	if len(s.function.Upvalues) >= maxUpvalues {
		at := p.scope
		p.scope = s
		p.limit(maxUpvalues+1, maxUpvalues, "upvalues")
		p.scope = at
		return -1
	}
	s.function.Upvalues = append(s.function.Upvalues, u)
	return len(s.function.Upvalues) - 1
}
