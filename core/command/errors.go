package command

import "strings"

// Error is an error reply: code, space, text, without the leading dash.
//
// A constant of this type converts to the error interface without allocating.
type Error string

func (e Error) Error() string { return string(e) }

// Texts that several rooms share, byte for byte Valkey's.
const (
	ErrSyntax          Error = "ERR syntax error"
	ErrWrongType       Error = "WRONGTYPE Operation against a key holding the wrong kind of value"
	ErrNotInt          Error = "ERR value is not an integer or out of range"
	ErrNotFloat        Error = "ERR value is not a valid float"
	ErrIntRange        Error = "ERR value is out of range, value must between -2147483648 and 2147483647"
	ErrNoSuchKey       Error = "ERR no such key"
	ErrSameObject      Error = "ERR source and destination objects are the same"
	ErrOffsetRange     Error = "ERR offset is out of range"
	ErrTooLong         Error = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
	ErrOverflow        Error = "ERR increment or decrement would overflow"
	ErrNaN             Error = "ERR increment would produce NaN or Infinity"
	ErrDBIndex         Error = "ERR DB index is out of range"
	ErrOOM             Error = "OOM command not allowed when used memory > 'maxmemory'."
	ErrNoAuth          Error = "NOAUTH Authentication required."
	ErrExecAbort       Error = "EXECABORT Transaction discarded because of previous errors."
	ErrLoading         Error = "LOADING Valkey is loading the dataset in memory"
	ErrInvalidKeys     Error = "ERR Invalid arguments specified for command"
	ErrTimeoutNotInt   Error = "ERR timeout is not an integer or out of range"
	ErrTimeoutNeg      Error = "ERR timeout is negative"
	ErrTimeoutNotFloat Error = "ERR timeout is not a float or out of range"
	ErrTimeoutRange    Error = "ERR timeout is out of range"
	ErrNotPositive     Error = "ERR value is out of range, must be positive"
)

// NoMemory is the error for a change that keyspace or a container could not make: ErrOOM, or nil if err is nil.
func NoMemory(err error) error {
	if err != nil {
		return ErrOOM
	}
	return nil
}

// WrongArity is the error for a call with too few or too many arguments.
func WrongArity(full string) error {
	return Error("ERR wrong number of arguments for '" + full + "' command")
}

// ExecAborted is the error of an EXEC that was refused for the given reason.
func ExecAborted(reason error) error {
	return Error("EXECABORT Transaction discarded because of: " + strings.TrimPrefix(reason.Error(), "ERR "))
}

// InvalidExpire is the error for an expiry time that is out of range.
func InvalidExpire(full string) error {
	return Error("ERR invalid expire time in '" + full + "' command")
}

// maxEchoedName and maxEchoedArgs bound how much of an unknown command is
// repeated in its error, as in Valkey.
const (
	maxEchoedName = 128
	maxEchoedArgs = 128
)

// UnknownCommand is the error for a name that is not in the table.
func UnknownCommand(args [][]byte) error {
	var b strings.Builder
	b.WriteString("ERR unknown command '")
	b.Write(cut(args[0], maxEchoedName))
	b.WriteString("', with args beginning with: ")
	echoed := 0
	for _, arg := range args[1:] {
		if echoed >= maxEchoedArgs {
			break
		}
		part := cut(arg, maxEchoedArgs-echoed)
		b.WriteByte('\'')
		b.Write(part)
		b.WriteString("' ")
		echoed += len(part) + len("'' ")
	}
	return Error(b.String())
}

// UnknownSubcommand is the error for a subcommand that its container lacks.
func UnknownSubcommand(container string, sub []byte) error {
	return Error("ERR unknown subcommand '" + string(cut(sub, maxEchoedName)) + "'. Try " + strings.ToUpper(container) + " HELP.")
}

// Echo is a word of the client's in an error: what stands before a zero byte, as the reference prints it.
func Echo(arg []byte) string { return string(cut(arg, len(arg))) }

// EchoShort is Echo of no more than the reference prints of a long word.
func EchoShort(arg []byte) string { return string(cut(arg, maxEchoedName)) }

// cut returns at most n bytes of b, and no more than stand before a zero byte.
func cut(b []byte, n int) []byte {
	b = b[:min(len(b), n)]
	for i, ch := range b {
		if ch == 0 {
			return b[:i]
		}
	}
	return b
}
