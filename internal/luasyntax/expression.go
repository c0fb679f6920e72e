package luasyntax

type binding struct{ left, right int }

// bindings are how strongly an operator holds its operands. Concatenation and powers group to the right.
var bindings = [...]binding{
	Add: {6, 6}, Sub: {6, 6}, Mul: {7, 7}, Div: {7, 7}, Mod: {7, 7}, Pow: {10, 9}, Concat: {5, 4},
	NotEqual: {3, 3}, Equal: {3, 3}, Less: {3, 3}, LessEqual: {3, 3}, Greater: {3, 3}, GreaterEqual: {3, 3}, And: {2, 2}, Or: {1, 1},
}

const unaryBinding = 8

func binaryOperator(t token) Operator {
	switch t {
	case '+':
		return Add
	case '-':
		return Sub
	case '*':
		return Mul
	case '/':
		return Div
	case '%':
		return Mod
	case '^':
		return Pow
	case tokenConcat:
		return Concat
	case tokenNotEqual:
		return NotEqual
	case tokenEqual:
		return Equal
	case '<':
		return Less
	case tokenLessEqual:
		return LessEqual
	case '>':
		return Greater
	case tokenGreaterEqual:
		return GreaterEqual
	case tokenAnd:
		return And
	case tokenOr:
		return Or
	}
	return noOperator
}

func unaryOperator(t token) Operator {
	switch t {
	case tokenNot:
		return Not
	case '-':
		return Minus
	case '#':
		return Length
	}
	return noOperator
}

func (p *parser) expression() Expression { return p.operation(0) }

// operation reads operands and operators that hold stronger than limit.
func (p *parser) operation(limit int) Expression {
	p.enter()
	defer p.leave()
	var e Expression
	if op := unaryOperator(p.current.token); op != noOperator {
		p.advance()
		operand := p.operation(unaryBinding)
		e = &Unary{at(p.lastLine), op, operand}
		p.setDepth(p.depth + 1)
	} else {
		e = p.simple()
	}
	for {
		op := binaryOperator(p.current.token)
		if op == noOperator || bindings[op].left <= limit {
			return e
		}
		p.advance()
		left := p.depth
		right := p.operation(bindings[op].right)
		e = &Binary{at(p.lastLine), op, e, right}
		p.setDepth(max(left, p.depth) + 1)
	}
}

func (p *parser) simple() Expression {
	line := at(p.line)
	var e Expression
	switch p.current.token {
	case tokenNumber:
		e = &Number{line, p.current.number}
	case tokenString:
		e = &String{line, p.current.text}
	case tokenNil:
		e = &Nil{line}
	case tokenTrue:
		e = &True{line}
	case tokenFalse:
		e = &False{line}
	case tokenDots:
		if !p.scope.function.Vararg {
			p.syntaxError("cannot use '...' outside a vararg function")
		}
		p.scope.usesDots = true
		e = &Vararg{line}
	case '{':
		return p.table()
	case tokenFunction:
		p.advance()
		return p.closure(nil, p.line)
	default:
		return p.primary()
	}
	p.advance()
	p.setDepth(1)
	return e
}

// primary is a name or a parenthesis with what follows: indexes and calls.
func (p *parser) primary() Expression {
	e := p.prefix()
	for {
		depth := p.depth
		switch p.current.token {
		case '.':
			p.advance()
			line := at(p.lastLine)
			e = &Index{line, e, &String{line, p.name()}}
		case '[':
			key := p.subscript()
			e = &Index{at(p.lastLine), e, key}
		case ':':
			p.advance()
			name := p.name()
			line := at(p.line)
			e = &Method{line, e, name, p.arguments()}
		case '(', tokenString, '{':
			line := at(p.line)
			e = &Call{line, e, p.arguments()}
		default:
			return e
		}
		p.setDepth(max(depth, p.depth) + 1)
	}
}

func (p *parser) prefix() Expression {
	switch p.current.token {
	case '(':
		line := p.line
		p.advance()
		e := p.expression()
		p.match(')', '(', line)
		p.setDepth(p.depth + 1)
		return &Paren{at(p.lastLine), e}
	case tokenName:
		p.setDepth(1)
		return p.resolve(p.name())
	}
	p.syntaxError("unexpected symbol")
	return &Nil{}
}

func (p *parser) subscript() Expression {
	p.advance()
	key := p.expression()
	p.expect(']')
	return key
}

func (p *parser) arguments() []Expression {
	switch p.current.token {
	case '(':
		line := p.line
		if line != p.lastLine {
			p.syntaxError("ambiguous syntax (function call x new statement)")
		}
		p.advance()
		if p.accept(')') {
			p.setDepth(1)
			return nil
		}
		args := p.expressions()
		p.match(')', '(', line)
		return args
	case '{':
		return []Expression{p.table()}
	case tokenString:
		s := &String{at(p.line), p.current.text}
		p.advance()
		p.setDepth(1)
		return []Expression{s}
	}
	p.syntaxError("function arguments expected")
	return nil
}

// expressions reads a list; the depth is that of the deepest one.
func (p *parser) expressions() []Expression {
	list := []Expression{p.expression()}
	depth := p.depth
	for p.accept(',') {
		list = append(list, p.expression())
		depth = max(depth, p.depth)
	}
	p.setDepth(depth)
	return list
}

func (p *parser) table() Expression {
	line, depth := p.line, 0
	t := &Table{at: at(line)}
	p.expect('{')
	for p.current.token != '}' && p.err == nil {
		p.depth = 0
		t.Items = append(t.Items, p.item())
		depth = max(depth, p.depth)
		if !p.accept(',') && !p.accept(';') {
			break
		}
	}
	p.match('}', '{', line)
	p.setDepth(depth + 1)
	return t
}

func (p *parser) item() Item {
	var key Expression
	switch {
	case p.current.token == '[':
		key = p.subscript()
	case p.current.token == tokenName && p.lookAhead() == '=':
		key = &String{at(p.line), p.name()}
	default:
		return Item{nil, p.expression()}
	}
	depth := p.depth
	p.expect('=')
	value := p.expression()
	p.setDepth(max(depth, p.depth))
	return Item{key, value}
}

// closure reads parameters and body of a function; self is the first parameter of a method, or nil.
func (p *parser) closure(self *Local, line int) Expression {
	f := &Function{Line: line}
	p.scope = &scope{function: f, parent: p.scope}
	deepest := p.deepest
	p.deepest = 0
	p.expect('(')
	if self != nil {
		f.Params = append(f.Params, self)
	}
	p.parameters(f)
	p.expect(')')
	f.Body = p.block()
	f.LastLine = p.line
	p.match(tokenEnd, tokenFunction, line)
	f.ArgTable = f.Arg != nil && !p.scope.usesDots
	p.scope = p.scope.parent
	p.setDepth(p.deepest + 1)
	p.deepest = max(p.deepest, deepest)
	return &Closure{at(p.lastLine), f}
}

func (p *parser) parameters(f *Function) {
	if p.current.token != ')' {
		for {
			switch p.current.token {
			case tokenName:
				f.Params = append(f.Params, p.newLocal(p.name(), len(f.Params)))
			case tokenDots:
				p.advance()
				f.Vararg = true
				f.Arg = p.newLocal("arg", len(f.Params))
			default:
				p.syntaxError("<name> or '...' expected")
			}
			if f.Vararg || !p.accept(',') {
				break
			}
		}
	}
	p.declare(f.Params...)
	if f.Arg != nil {
		p.declare(f.Arg)
	}
}
