package luasyntax

// block reads statements up to what ends a block.
func (p *parser) block() Block {
	p.enter()
	defer p.leave()
	var b Block
	inSight := len(p.scope.active)
	for !p.blockEnds() {
		s, last := p.statement()
		b = append(b, s)
		p.accept(';')
		if last {
			break
		}
	}
	p.scope.active = p.scope.active[:inSight]
	return b
}

func (p *parser) blockEnds() bool {
	switch p.current.token {
	case tokenElse, tokenElseif, tokenEnd, tokenUntil, tokenEnd0:
		return true
	}
	return false
}

// statement also tells whether it has to be the last one of its block.
func (p *parser) statement() (s Statement, last bool) {
	line := p.line
	switch p.current.token {
	case tokenIf:
		s = p.ifStatement()
		p.match(tokenEnd, tokenIf, line)
		return s, false
	case tokenWhile:
		return p.whileStatement(line), false
	case tokenDo:
		p.advance()
		b := p.block()
		p.match(tokenEnd, tokenDo, line)
		return &Do{b}, false
	case tokenFor:
		return p.forStatement(line), false
	case tokenRepeat:
		return p.repeatStatement(line), false
	case tokenFunction:
		return p.functionStatement(line), false
	case tokenLocal:
		p.advance()
		if p.accept(tokenFunction) {
			return p.localFunction(), false
		}
		return p.localStatement(line), false
	case tokenReturn:
		return p.returnStatement(line), true
	case tokenBreak:
		p.advance()
		if p.scope.loops == 0 {
			p.syntaxError("no loop to break")
		}
		return &Break{line}, true
	}
	return p.expressionStatement(line), false
}

// ifStatement reads from if or elseif to before the end, which is the caller's.
func (p *parser) ifStatement() Statement {
	s := &If{}
	for {
		p.advance()
		condition := p.expression()
		p.expect(tokenThen)
		s.Clauses = append(s.Clauses, Clause{condition, p.block()})
		if p.current.token != tokenElseif {
			break
		}
	}
	if p.accept(tokenElse) {
		s.Else = p.block()
	}
	return s
}

func (p *parser) loopBody() Block {
	p.scope.loops++
	b := p.block()
	p.scope.loops--
	return b
}

func (p *parser) whileStatement(line int) Statement {
	p.advance()
	s := &While{Line: line, Condition: p.expression()}
	p.expect(tokenDo)
	s.Body = p.loopBody()
	p.match(tokenEnd, tokenWhile, line)
	return s
}

// repeatStatement keeps the body's locals in sight for the condition.
func (p *parser) repeatStatement(line int) Statement {
	p.advance()
	s := &Repeat{Line: line}
	inSight := len(p.scope.active)
	p.scope.loops++
	p.enter()
	for !p.blockEnds() {
		inner, last := p.statement()
		s.Body = append(s.Body, inner)
		p.accept(';')
		if last {
			break
		}
	}
	p.leave()
	p.scope.loops--
	p.match(tokenUntil, tokenRepeat, line)
	s.Condition = p.expression()
	p.scope.active = p.scope.active[:inSight]
	return s
}

func (p *parser) forStatement(line int) Statement {
	p.advance()
	first := p.name()
	inSight := len(p.scope.active)
	var s Statement
	switch p.current.token {
	case '=':
		s = p.numericFor(first, line)
	case ',', tokenIn:
		s = p.genericFor(first)
	default:
		p.syntaxError("'=' or 'in' expected")
	}
	p.match(tokenEnd, tokenFor, line)
	p.scope.active = p.scope.active[:inSight]
	return s
}

// controls is how many variables a for loop keeps for itself.
const controls = 3

func (p *parser) numericFor(name string, line int) Statement {
	s := &NumericFor{Line: line, Name: p.newLocal(name, controls)}
	p.advance()
	s.First = p.expression()
	p.expect(',')
	s.Limit = p.expression()
	if p.accept(',') {
		s.Step = p.expression()
	}
	p.hidden(controls)
	p.expect(tokenDo)
	p.declare(s.Name)
	s.Body = p.loopBody()
	return s
}

func (p *parser) genericFor(name string) Statement {
	s := &GenericFor{Names: []*Local{p.newLocal(name, controls)}}
	for p.accept(',') {
		s.Names = append(s.Names, p.newLocal(p.name(), controls+len(s.Names)))
	}
	p.expect(tokenIn)
	s.Line = p.line
	s.Values = p.expressions()
	p.hidden(controls)
	p.expect(tokenDo)
	p.declare(s.Names...)
	s.Body = p.loopBody()
	return s
}

// functionStatement is function a.b:c(…) … end, which assigns.
func (p *parser) functionStatement(line int) Statement {
	p.advance()
	p.setDepth(1)
	target := p.resolve(p.name())
	for p.current.token == '.' {
		p.advance()
		target = &Index{at(p.lastLine), target, &String{at(p.lastLine), p.name()}}
		p.setDepth(p.depth + 1)
	}
	var self *Local
	if p.accept(':') {
		target = &Index{at(p.lastLine), target, &String{at(p.lastLine), p.name()}}
		self = &Local{Name: "self", Line: line}
	}
	markAssigned(target)
	return &Assignment{[]Expression{target}, []Expression{p.closure(self, line)}, line}
}

func (p *parser) localFunction() Statement {
	local := p.newLocal(p.name(), 0)
	p.declare(local)
	line := p.line
	return &LocalFunction{local, p.closure(nil, line).(*Closure).Body, line}
}

func (p *parser) localStatement(line int) Statement {
	s := &LocalStatement{Line: line}
	for {
		s.Names = append(s.Names, p.newLocal(p.name(), len(s.Names)))
		if !p.accept(',') {
			break
		}
	}
	if p.accept('=') {
		s.Values = p.expressions()
	}
	p.declare(s.Names...)
	return s
}

func (p *parser) returnStatement(line int) Statement {
	s := &Return{Line: line}
	p.advance()
	if !p.blockEnds() && p.current.token != ';' {
		s.Values = p.expressions()
	}
	return s
}

// expressionStatement is a call or an assignment.
func (p *parser) expressionStatement(line int) Statement {
	e := p.primary()
	switch e.(type) {
	case *Call, *Method:
		return &CallStatement{e}
	}
	s := &Assignment{Line: line}
	for {
		if !markAssigned(e) {
			p.syntaxError("syntax error")
		}
		s.Targets = append(s.Targets, e)
		if !p.accept(',') {
			break
		}
		e = p.primary()
		p.limit(len(s.Targets)+1, maxLevels-p.level, "variables in assignment")
	}
	p.expect('=')
	s.Values = p.expressions()
	return s
}

// markAssigned notes that a variable has an assignment. It is false for what can't be assigned to.
func markAssigned(e Expression) bool {
	switch e := e.(type) {
	case *LocalName:
		e.Local.Assigned = true
	case *UpvalueName:
		e.Local.Assigned = true
	case *GlobalName, *Index:
	default:
		return false
	}
	return true
}
