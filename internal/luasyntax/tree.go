// Package luasyntax is Lua 5.1's syntax: Parse makes a tree of a source, with the reference's messages for what is wrong.
//
// Names are resolved while parsing: a name in an expression is a LocalName, an UpvalueName or a GlobalName, and a Local knows
// whether it is captured by a closure and whether it is assigned to after its declaration. A tree is at most maxDepth nodes deep,
// so recursion over it is safe.
package luasyntax

// Function is the body of a function, or the whole chunk.
type Function struct {
	Line, LastLine int // Line is 0 for the chunk
	Params         []*Local
	Vararg         bool
	Arg            *Local // the local arg that a vararg function has, but for the chunk
	ArgTable       bool   // arg holds a table of the arguments: "..." isn't used
	Body           Block
	Upvalues       []Upvalue
}

// Block is a list of statements with a scope of its own.
type Block []Statement

// Local is a local variable or parameter.
type Local struct {
	Name     string
	Line     int
	Captured bool // a closure uses it
	Assigned bool // there is an assignment besides its declaration
	Register int  // for the compiler
}

// Upvalue is a variable of an enclosing function.
type Upvalue struct {
	Local      *Local
	FromParent bool // a local of the function right around this one, else an upvalue of that one
	Index      int  // of that one's upvalue
}

// Statement is one of the types below.
type Statement interface{ statement() }

// The statements.
type (
	// LocalStatement declares variables: local a, b = …
	LocalStatement struct {
		Names  []*Local
		Values []Expression
		Line   int
	}
	// LocalFunction is local function f.
	LocalFunction struct {
		Name *Local
		Body *Function
		Line int
	}
	// Assignment is a, b.c = … Functions declared by name are assignments too.
	Assignment struct {
		Targets []Expression // LocalName, UpvalueName, GlobalName, Index
		Values  []Expression
		Line    int
	}
	// CallStatement is a call whose results are dropped.
	CallStatement struct{ Call Expression }
	// Do is do … end.
	Do struct{ Body Block }
	// While is while … do … end.
	While struct {
		Condition Expression
		Body      Block
		Line      int
	}
	// Repeat is repeat … until …; the condition sees the body's locals.
	Repeat struct {
		Body      Block
		Condition Expression
		Line      int
	}
	// If is if … then … elseif … then … else … end.
	If struct {
		Clauses []Clause
		Else    Block
	}
	// NumericFor is for i = first, limit, step; Step may be nil.
	NumericFor struct {
		Name               *Local
		First, Limit, Step Expression
		Body               Block
		Line               int
	}
	// GenericFor is for a, b in ….
	GenericFor struct {
		Names  []*Local
		Values []Expression
		Body   Block
		Line   int
	}
	// Return is return ….
	Return struct {
		Values []Expression
		Line   int
	}
	// Break is break.
	Break struct{ Line int }
)

func (*LocalStatement) statement() {}
func (*LocalFunction) statement()  {}
func (*Assignment) statement()     {}
func (*CallStatement) statement()  {}
func (*Do) statement()             {}
func (*While) statement()          {}
func (*Repeat) statement()         {}
func (*If) statement()             {}
func (*NumericFor) statement()     {}
func (*GenericFor) statement()     {}
func (*Return) statement()         {}
func (*Break) statement()          {}

// Expression is one of the types below. Line is where the reference would report an error of it.
type Expression interface{ Line() int }

// at is the line of an expression.
type at int

func (a at) Line() int { return int(a) }

// The expressions.
type (
	// Nil is nil.
	Nil struct{ at }
	// True is true.
	True struct{ at }
	// False is false.
	False struct{ at }
	// Number is a number.
	Number struct {
		at
		Value float64
	}
	// String is a string.
	String struct {
		at
		Value string
	}
	// Vararg is "...".
	Vararg struct{ at }
	// LocalName is a local variable of the function it stands in.
	LocalName struct {
		at
		Local *Local
	}
	// UpvalueName is a local variable of an enclosing function.
	UpvalueName struct {
		at
		Local *Local
		Index int // in Function.Upvalues
	}
	// GlobalName is a global variable.
	GlobalName struct {
		at
		Name string
	}
	// Index is a[b] or a.b.
	Index struct {
		at
		Object, Key Expression
	}
	// Call is f(…).
	Call struct {
		at
		Function Expression
		Args     []Expression
	}
	// Method is o:name(…).
	Method struct {
		at
		Object Expression
		Name   string
		Args   []Expression
	}
	// Closure is function … end.
	Closure struct {
		at
		Body *Function
	}
	// Binary is an operation of two operands, and the two logical ones.
	Binary struct {
		at
		Op          Operator
		Left, Right Expression
	}
	// Unary is not, - or #.
	Unary struct {
		at
		Op      Operator
		Operand Expression
	}
	// Table is a table constructor.
	Table struct {
		at
		Items []Item
	}
	// Paren is an expression in parentheses, which has one value.
	Paren struct {
		at
		Inner Expression
	}
)

// Clause is one condition of an if statement, and what is done if it holds.
type Clause struct {
	Condition Expression
	Body      Block
}

// Item is one entry of a table constructor. Key is nil for those of the list.
type Item struct{ Key, Value Expression }

// Operator is a unary or binary operator.
type Operator uint8

// The operators, with the arithmetic ones first.
const (
	Add Operator = iota
	Sub
	Mul
	Div
	Mod
	Pow
	Concat
	NotEqual
	Equal
	Less
	LessEqual
	Greater
	GreaterEqual
	And
	Or
	Not
	Minus
	Length
	noOperator
)
