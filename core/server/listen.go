package server

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/logging"
	"github.com/sleipnirdb/sleipnir/net/loop"
)

// listeners are the open listening sockets.
type listeners struct {
	mu   sync.Mutex // guards what follows
	tcp  []*loop.Listener
	unix *loop.Listener
	bind []string // what tcp stands for
	port int
}

// errListen ends the start; the log has said why.
var errListen = errors.New("can't listen")

// listen opens all listeners.
func (s *Server) listen() error {
	s.listening.mu.Lock()
	defer s.listening.mu.Unlock()
	port := int(s.Config.Int(config.Port))
	hosts := s.Config.BindAddrs()
	if port != 0 {
		tcp, ok := s.listenTCP(hosts, port)
		if !ok {
			s.Log.Warningf("Failed listening on port %d (TCP), aborting.", port)
			return errListen
		}
		s.listening.tcp = tcp
	}
	s.listening.bind, s.listening.port = hosts, port
	if path := s.Config.Str(config.UnixSocket); path != "" {
		ln, err := s.listenUnix(path)
		if err != nil {
			s.Log.Warningf("Failed opening Unix socket: %v", err)
			return errListen
		}
		s.listening.unix = ln
	}
	if len(s.listening.tcp) == 0 && s.listening.unix == nil {
		s.Log.Warningf("Configured to not listen anywhere, exiting.")
		return errListen
	}
	return nil
}

// listenTCP opens every address of the bind list, or none and says so. A
// leading dash makes an address optional, a star means all.
func (s *Server) listenTCP(hosts []string, port int) (list []*loop.Listener, ok bool) {
	for _, host := range hosts {
		optional := strings.HasPrefix(host, "-")
		host = strings.TrimPrefix(host, "-")
		ln, err := s.loops.Listen(tcpAddr(host, port, s.options()))
		if err == nil {
			list = append(list, ln)
			continue
		}
		level := logging.Warning
		if optional {
			level = logging.Verbose
		}
		s.Log.Logf(level, "Could not create server TCP listening socket %s:%d: %v", host, port, err)
		if optional && forgivable(err) {
			continue
		}
		for _, ln := range list {
			s.loops.CloseListener(ln)
		}
		return nil, false
	}
	return list, len(list) > 0 || len(hosts) == 0
}

func tcpAddr(host string, port int, opts loop.ListenOptions) (network, addr string, o loop.ListenOptions) {
	switch host {
	case "*":
		return "tcp4", net.JoinHostPort("0.0.0.0", strconv.Itoa(port)), opts
	case "::*":
		return "tcp6", net.JoinHostPort("::", strconv.Itoa(port)), opts
	}
	return "tcp", net.JoinHostPort(host, strconv.Itoa(port)), opts
}

func (s *Server) options() loop.ListenOptions {
	return loop.ListenOptions{Backlog: int(s.Config.Int(config.TCPBacklog))}
}

// forgivable tells whether an optional address may be left out: this machine
// doesn't have it.
func forgivable(err error) bool {
	for _, e := range []syscall.Errno{unix.EADDRNOTAVAIL, unix.EAFNOSUPPORT, unix.EPROTONOSUPPORT, unix.ENOPROTOOPT, unix.EPFNOSUPPORT} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (s *Server) listenUnix(path string) (*loop.Listener, error) {
	opts := s.options()
	opts.UnixPerm = uint32(s.Config.Int(config.UnixSocketPerm)) // #nosec G115 -- at most 0777
	opts.UnixGroup = s.Config.Str(config.UnixSocketGroup)
	return s.loops.Listen("unix", path, opts)
}

// relisten follows CONFIG SET bind and port: the new addresses are opened
// before the old ones are closed, so that a refusal changes nothing.
func (s *Server) relisten() error {
	l := &s.listening
	l.mu.Lock()
	defer l.mu.Unlock()
	port, hosts := int(s.Config.Int(config.Port)), s.Config.BindAddrs()
	old := l.tcp
	samePort := port == l.port && port != 0
	if samePort {
		// The same port can't be opened twice: close first.
		for _, ln := range old {
			s.loops.CloseListener(ln)
		}
		old, l.tcp = nil, nil
	}
	var fresh []*loop.Listener
	if port != 0 {
		var ok bool
		if fresh, ok = s.listenTCP(hosts, port); !ok {
			if samePort {
				//lint:ignore ST1005 it is a reply of Valkey
				return errors.New("Failed to bind to specified addresses.")
			}
			//lint:ignore ST1005 it is a reply of Valkey
			return errors.New("Unable to listen on this port. Check server logs.")
		}
	}
	for _, ln := range old {
		s.loops.CloseListener(ln)
	}
	l.tcp, l.bind, l.port = fresh, hosts, port
	return nil
}

// addresses describes the listeners for INFO.
func (l *listeners) addresses() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []string
	if len(l.tcp) > 0 {
		text := "name=tcp"
		for _, host := range l.bind {
			text += ",bind=" + host
		}
		list = append(list, text+",port="+strconv.Itoa(l.port))
	}
	if l.unix != nil {
		list = append(list, "name=unix,bind="+l.unix.Addr())
	}
	return list
}
