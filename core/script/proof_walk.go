package script

import "github.com/sleipnirdb/sleipnir/internal/luasyntax"

// walk shows every statement and every expression of a block, those of its functions too. Either function may be nil.
func walk(b luasyntax.Block, statement func(luasyntax.Statement), expression func(luasyntax.Expression)) {
	var into func(e luasyntax.Expression)
	into = func(e luasyntax.Expression) {
		if expression != nil {
			expression(e)
		}
		if c, ok := e.(*luasyntax.Closure); ok {
			walk(c.Body.Body, statement, expression)
		}
		for _, inner := range operands(e) {
			into(inner)
		}
	}
	for _, s := range b {
		if statement != nil {
			statement(s)
		}
		values, blocks := parts(s)
		for _, e := range values {
			into(e)
		}
		for _, inner := range blocks {
			walk(inner, statement, expression)
		}
	}
}

// parts are the expressions and the blocks that a statement is made of.
func parts(s luasyntax.Statement) (values []luasyntax.Expression, blocks []luasyntax.Block) {
	switch s := s.(type) {
	case *luasyntax.LocalStatement:
		return s.Values, nil
	case *luasyntax.LocalFunction:
		return nil, []luasyntax.Block{s.Body.Body}
	case *luasyntax.Assignment:
		return append(targets(s), s.Values...), nil
	case *luasyntax.CallStatement:
		return []luasyntax.Expression{s.Call}, nil
	case *luasyntax.Do:
		return nil, []luasyntax.Block{s.Body}
	case *luasyntax.While:
		return []luasyntax.Expression{s.Condition}, []luasyntax.Block{s.Body}
	case *luasyntax.Repeat:
		return []luasyntax.Expression{s.Condition}, []luasyntax.Block{s.Body}
	case *luasyntax.If:
		for _, clause := range s.Clauses {
			values, blocks = append(values, clause.Condition), append(blocks, clause.Body)
		}
		return values, append(blocks, s.Else)
	case *luasyntax.NumericFor:
		values = []luasyntax.Expression{s.First, s.Limit}
		if s.Step != nil {
			values = append(values, s.Step)
		}
		return values, []luasyntax.Block{s.Body}
	case *luasyntax.GenericFor:
		return s.Values, []luasyntax.Block{s.Body}
	case *luasyntax.Return:
		return s.Values, nil
	}
	return nil, nil
}

// targets are the expressions within the targets of an assignment; a local that is assigned to isn't read.
func targets(s *luasyntax.Assignment) (values []luasyntax.Expression) {
	for _, target := range s.Targets {
		if i, ok := target.(*luasyntax.Index); ok {
			values = append(values, i.Object, i.Key)
		}
	}
	return values
}

// operands are the expressions that an expression is made of, but for the body of a function.
func operands(e luasyntax.Expression) []luasyntax.Expression {
	switch e := e.(type) {
	case *luasyntax.Index:
		return []luasyntax.Expression{e.Object, e.Key}
	case *luasyntax.Call:
		return append([]luasyntax.Expression{e.Function}, e.Args...)
	case *luasyntax.Method:
		return append([]luasyntax.Expression{e.Object}, e.Args...)
	case *luasyntax.Binary:
		return []luasyntax.Expression{e.Left, e.Right}
	case *luasyntax.Unary:
		return []luasyntax.Expression{e.Operand}
	case *luasyntax.Paren:
		return []luasyntax.Expression{e.Inner}
	case *luasyntax.Table:
		var list []luasyntax.Expression
		for _, item := range e.Items {
			if item.Key != nil {
				list = append(list, item.Key)
			}
			list = append(list, item.Value)
		}
		return list
	}
	return nil
}
