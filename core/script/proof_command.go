package script

import (
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/internal/luasyntax"
)

// tail is what stands behind the arguments of a command that can be counted.
type tail uint8

const (
	noTail   tail = iota
	keyTail       // elements of KEYS: unpack(KEYS)
	someTail      // anything
)

// given are the arguments of a command as far as they are known.
type given struct {
	p     *prover
	exprs []luasyntax.Expression // those that can be counted
	tail  tail
}

// command judges the arguments of a command.
func (p *prover) command(args []luasyntax.Expression) {
	g := given{p: p, exprs: args}
	if n := len(args); n > 0 && isMulti(args[n-1]) && !p.isKey(args[n-1]) {
		g.exprs, g.tail = args[:n-1], someTail
		if p.isKeyList(args[n-1]) {
			g.tail = keyTail
		}
	}
	if !g.isProved() {
		p.fail()
		return
	}
	p.values(args)
}

// text is the argument at a position if it is a literal.
func (g *given) text(i int) (string, bool) {
	if i >= len(g.exprs) {
		return "", false
	}
	switch e := g.exprs[i].(type) {
	case *luasyntax.String:
		return e.Value, true
	case *luasyntax.Number:
		return string(appendNumber(nil, e.Value)), true
	}
	return "", false
}

// isProved tells whether the command is known, and has only keys of KEYS.
func (g *given) isProved() bool {
	name, ok := g.text(0)
	if !ok {
		return len(g.exprs) == 0 && g.tail == noTail // it is an error
	}
	cmd := g.p.table.Lookup([]byte(name))
	if cmd == nil {
		return true // and so is this
	}
	if len(cmd.Sub) > 0 && (len(g.exprs) > 1 || g.tail != noTail) {
		sub, ok := g.text(1)
		if !ok {
			return false
		}
		if cmd = cmd.Subcommand([]byte(sub)); cmd == nil {
			return true
		}
	}
	const roams = command.TouchesArbitraryKeys | command.Admin | command.RunsScript | command.RunsQueue | command.Module
	if cmd.Scope != command.ScopeKeys || cmd.FindKeys != nil || cmd.Flags&roams != 0 {
		return false
	}
	if len(cmd.Keys) == 0 {
		return cmd.Flags&command.OffLoop == 0
	}
	for i := range cmd.Keys {
		if !g.satisfies(&cmd.Keys[i]) {
			return false
		}
	}
	return true
}

// satisfies tells whether all keys that a specification finds are keys.
func (g *given) satisfies(s *command.KeySpec) bool {
	switch {
	case s.Flags&command.NotKey != 0:
		return true
	case s.Begin != command.BeginIndex || s.Flags&command.Incomplete != 0 || s.Step < 1:
		return false
	case s.Find == command.FindKeyNum:
		text, ok := g.text(s.Index + s.KeyNumIndex)
		if !ok {
			return false
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > maxProvedKeys {
			return false
		}
		first := s.Index + s.FirstKey
		return g.areKeys(first, first+(n-1)*s.Step, s.Step)
	case s.Find != command.FindRange:
		return false
	case s.Last >= 0:
		return g.areKeys(s.Index, s.Index+s.Last, s.Step)
	case g.tail == noTail:
		return g.areKeys(s.Index, len(g.exprs)+s.Last, s.Step)
	}
	return g.tail == keyTail && g.areKeys(s.Index, len(g.exprs)-1, s.Step)
}

// maxProvedKeys bounds the number of keys that a literal says.
const maxProvedKeys = 1 << 16

// areKeys tells whether the arguments from first to last, every step, are keys as far as they are there.
func (g *given) areKeys(first, last, step int) bool {
	for i := first; i <= last; i += step {
		if i >= len(g.exprs) {
			return g.tail != someTail
		}
		if !g.p.isKey(g.exprs[i]) {
			return false
		}
	}
	return true
}
