package lua

// proto is the code of a function. It never changes once compiled.
type proto struct {
	source string
	upvals []upvalInfo
}

type upvalInfo struct {
	name      string
	fromStack bool // a register of the enclosing function, else one of its upvalues
	index     uint8
}

func (p *proto) line(pc int) int { return 0 }

// Chunk is a compiled source. It is immutable, and several States may use it at the same time.
type Chunk struct {
	main *proto
	name string
}

// Compile makes a chunk of Lua source. A name that begins with '@' is shown in messages as it stands behind that. The error is a *SyntaxError.
func Compile(source, name string) (*Chunk, error) { return nil, errStub }

// Compile is the function Compile.
func (s *State) Compile(source, name string) (*Chunk, error) { return Compile(source, name) }
