package resp

// A ProtocolError is a request that can't be read. The client gets Text as an error reply and is then
// disconnected, since where the next request begins is unknown.
type ProtocolError struct {
	Text   string // the error reply without its code, "Protocol error: …"; empty = no reply
	Reason string // what the log says
}

// Error returns the text of the reply.
func (e *ProtocolError) Error() string {
	if e.Text == "" {
		return "Protocol error: " + e.Reason
	}
	return e.Text
}

// The protocol errors. Never changed.
var (
	errBigInline            = protocolError("too big inline request", "too big inline request")
	errBigCount             = protocolError("too big mbulk count string", "too big mbulk count string")
	errCount                = protocolError("invalid multibulk length", "invalid mbulk count")
	errCountUnauthenticated = protocolError("unauthenticated multibulk length", "unauth mbulk count")
	errBigSize              = protocolError("too big bulk count string", "too big bulk count string")
	errSize                 = protocolError("invalid bulk length", "invalid bulk length")
	errSizeUnauthenticated  = protocolError("unauthenticated bulk length", "unauth bulk length")
	errQuotes               = protocolError("unbalanced quotes in request", "unbalanced quotes in inline request")
	errInlineFromPrimary    = error(&ProtocolError{Reason: "Master using the inline protocol. Desync?"})
)

func protocolError(text, reason string) error {
	return &ProtocolError{Text: "Protocol error: " + text, Reason: reason}
}

// errUnexpected is the error about a byte where the length of an argument should stand.
func errUnexpected(c byte) error {
	if c == '\r' || c == '\n' {
		c = ' ' // a line end can't stand in an error reply
	}
	return protocolError("expected '$', got '"+string([]byte{c})+"'", "expected $ but got something else")
}
