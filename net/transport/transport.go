// Package transport is the socket as the I/O loops see it: non-blocking, by byte counts, with a descriptor that a
// readiness engine can watch. TCP and unix sockets are Socket; TLS and RDMA are further implementations of Conn that
// wrap or replace it. It knows no protocol.
package transport

import "errors"

// ErrAgain says that the call would have to wait: nothing to read now, or no room to write now. The engine reports
// when it is worth trying again.
var ErrAgain = errors.New("transport: operation would block")

// ErrClosed is returned for calls after Close.
var ErrClosed = errors.New("transport: connection closed")

// Conn is one connected byte stream. Its methods are called by one goroutine at a time (the loop that owns the
// connection) and never block.
//
// Readiness is edge-triggered: after an event the loop calls Read until it returns ErrAgain, or until a Drainer says
// that nothing is left. Of a Conn that is no Drainer, such as one that encrypts, Read is called after every event,
// also one that only says that there is room to write: it is the place to go on with a handshake or with bytes of its
// own that the socket had refused.
type Conn interface {
	// Read fills p with what has arrived. It returns n > 0 and nil, or 0 and ErrAgain, io.EOF (the peer will send
	// no more) or the error that ended the connection.
	Read(p []byte) (n int, err error)
	// Write takes as many bytes of p as there is room for. n < len(p) comes with an error: ErrAgain if the rest
	// may go later, anything else if the connection is broken. When everything has been taken the caller may Close,
	// so a Conn with a buffer of its own leaves something of p untaken as long as the buffer isn't sent.
	Write(p []byte) (n int, err error)
	// Fd is the descriptor whose readiness tells when Read and Write may go on; -1 if there is none.
	Fd() int
	// LocalAddr and RemoteAddr are in the form that CLIENT LIST shows: "127.0.0.1:6379", "[::1]:6379",
	// "/path/of/socket:0".
	LocalAddr() string
	RemoteAddr() string
	// Network is "tcp" or "unix", whatever runs above it.
	Network() string
	// Close releases the descriptor. A second call does nothing.
	Close() error
}

// Drainer is a Conn that can often tell that a Read has left nothing behind, which saves the Read that would say
// ErrAgain.
type Drainer interface {
	Conn
	// Drained is asked right after a Read returned n bytes into space bytes of room. True promises that whatever
	// comes later, or has come since, makes a new readiness event.
	Drained(n, space int) bool
}
