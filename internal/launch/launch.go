// Package launch starts servers for tests and benchmarks, ours and others: it builds ours once,
// finds a port, waits until the server answers, keeps its log, and stops it by its own pid.
package launch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/client"
)

const (
	startLimit = 30 * time.Second       // from exec to the first answer
	stopLimit  = 15 * time.Second       // from SIGTERM to the end, then SIGKILL
	pollEvery  = 5 * time.Millisecond   // between two tries to connect to a server that starts
	dialLimit  = 500 * time.Millisecond // of one such try
	portTries  = 5
)

// Options say what to start.
type Options struct {
	Binary string
	Args   []string // without the port, which Start chooses if Port is 0
	Dir    string   // working directory of the server
	Env    []string // added to the environment
	Port   int
	// Loading: a server that answers LOADING has started too.
	Loading bool
}

// Server is a started process.
type Server struct {
	Port int
	Log  *Log

	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended and err is set
	err  error
}

// Start runs a server and returns when it answers PING. A port that someone else took meanwhile is
// replaced by another one, unless the options fix it.
func Start(opts Options) (*Server, error) {
	for try := 1; ; try++ {
		s, err := startOnce(opts)
		if err == nil || opts.Port != 0 || try == portTries || !errors.Is(err, errPortTaken) {
			return s, err
		}
	}
}

var errPortTaken = errors.New("port taken")

func startOnce(opts Options) (*Server, error) {
	port := opts.Port
	if port == 0 {
		var err error
		if port, err = FreePort(); err != nil {
			return nil, err
		}
	}
	s, err := Run(opts, append(opts.Args[:len(opts.Args):len(opts.Args)], "--port", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	s.Port = port
	if err := s.waitReady(opts.Loading); err != nil {
		_ = s.Kill()
		return nil, fmt.Errorf("start %s: %w\n%s", opts.Binary, err, s.Log.String())
	}
	return s, nil
}

// Run starts the program with these arguments and doesn't wait for anything.
func Run(opts Options, args []string) (*Server, error) {
	s := &Server{Log: newLog(), done: make(chan struct{})}
	s.cmd = exec.Command(opts.Binary, args...)
	s.cmd.Dir = opts.Dir
	s.cmd.Env = append(os.Environ(), opts.Env...)
	s.cmd.Stdout, s.cmd.Stderr = s.Log, s.Log
	s.cmd.SysProcAttr = processAttr()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.err = s.cmd.Wait()
		s.Log.end()
		close(s.done)
	}()
	return s, nil
}

// FreePort names a TCP port on 127.0.0.1 that nobody uses now.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

func (s *Server) waitReady(loading bool) error {
	deadline := time.NewTimer(startLimit)
	defer deadline.Stop()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		if s.answers(loading) {
			return nil
		}
		select {
		case <-s.done:
			if text := s.Log.String(); strings.Contains(text, "Failed listening") || strings.Contains(text, "ddress already in use") {
				return errPortTaken
			}
			return fmt.Errorf("it ended: %w", errors.Join(s.err, errors.New("before it was ready")))
		case <-deadline.C:
			return fmt.Errorf("no answer within %v", startLimit)
		case <-poll.C:
		}
	}
}

// answers tells whether the server serves: an error such as NOAUTH is an answer, LOADING only where that will do.
func (s *Server) answers(loading bool) bool {
	c, err := client.Dial("tcp", s.Addr(), dialLimit)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	v, err := c.Do("PING")
	return err == nil && (loading || !strings.HasPrefix(v.Text, "LOADING"))
}

// Addr is the server's address on TCP.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// Pid is the process id.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Done is closed when the process has ended.
func (s *Server) Done() <-chan struct{} { return s.done }

// Signal sends a signal to the process.
func (s *Server) Signal(sig os.Signal) error { return s.cmd.Process.Signal(sig) }

// Stop ends the server with SIGTERM and waits for it. It is an error if the server has to be killed
// or doesn't exit with 0.
func (s *Server) Stop() error {
	if err := s.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if err := s.Wait(ctx); err != nil {
		if ctx.Err() != nil {
			return errors.Join(fmt.Errorf("%s didn't stop within %v", s.cmd.Path, stopLimit), s.Kill())
		}
		return err
	}
	return nil
}

// Kill ends the server with SIGKILL and waits for it.
func (s *Server) Kill() error {
	if err := s.Signal(os.Kill); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-s.done
	return nil
}

// Wait waits for the end of the process and returns what it exited with.
func (s *Server) Wait(ctx context.Context) error {
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Dial connects to the server.
func (s *Server) Dial(timeout time.Duration) (*client.Conn, error) {
	return client.Dial("tcp", s.Addr(), timeout)
}

// ExitCode is what the process exited with; -1 while it runs, or if a signal ended it.
func (s *Server) ExitCode() int {
	select {
	case <-s.done:
		return s.cmd.ProcessState.ExitCode()
	default:
		return -1
	}
}
