package lua

import "github.com/sleipnirdb/sleipnir/internal/luasyntax"

// proto is the code of a function. It never changes once compiled.
type proto struct {
	code     []instruction
	consts   []Value
	protos   []*proto
	upvals   []upvalInfo
	params   int
	vararg   bool
	argTable bool // the register behind the parameters gets the table arg
	size     int  // registers

	source string  // the chunk's name, as given
	lines  []int32 // of the instructions
	locals []localInfo
	first  int // line of "function", 0 for a chunk
	last   int
}

// upvalInfo tells where a new closure finds an upvalue.
type upvalInfo struct {
	name      string
	fromStack bool // a register of the enclosing function, else one of its upvalues
	index     uint8
}

// localInfo tells which register was a local variable, between two instructions.
type localInfo struct {
	name       string
	register   int
	start, end int
}

func (p *proto) line(pc int) int {
	if pc < 0 || pc >= len(p.lines) {
		return 0
	}
	return int(p.lines[pc])
}

// Chunk is a compiled source. It is immutable, and several States may use it at the same time.
type Chunk struct {
	main *proto
	tree *luasyntax.Function
}

// Tree is the syntax tree that the chunk was made of. It isn't to be changed.
func (c *Chunk) Tree() *luasyntax.Function { return c.tree }

// SyntaxError is what is wrong with a source.
type SyntaxError = luasyntax.Error

// Parse makes a syntax tree of Lua source.
func Parse(source, name string) (*luasyntax.Function, error) {
	return luasyntax.Parse(source, chunkID(name, maxSyntaxSource), ParseNumber)
}

// Compile makes a chunk of Lua source. Of a name that begins with '@' messages show what is behind that. The error is a *SyntaxError.
func Compile(source, name string) (*Chunk, error) {
	tree, err := Parse(source, name)
	if err != nil {
		return nil, err
	}
	main, err := compile(tree, name)
	if err != nil {
		return nil, err
	}
	return &Chunk{main, tree}, nil
}

// Compile is the function Compile.
func (s *State) Compile(source, name string) (*Chunk, error) { return Compile(source, name) }
