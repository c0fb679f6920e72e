// Package target starts a server to be measured, Sleipnir or the reference alike, and reads what the
// system and the server say about it: processor time, resident memory, INFO.
package target

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/sleipnirdb/sleipnir/bench/load"
)

// Server is a running server.
type Server struct {
	Name string // how tables call it
	Path string
	Addr string // host:port
	PID  int

	cmd    *exec.Cmd
	args   []string
	dir    string
	exited chan struct{}
	ask    net.Conn
}

// The ports that servers are started on: the first free one.
const (
	firstPort = 24000
	lastPort  = 24199
)

const (
	startLimit = 2 * time.Minute // with data to load
	stopLimit  = 20 * time.Second
)

// Start runs the server binary at path without persistence, with args after the common ones, and waits
// until it answers.
func Start(name, path string, args ...string) (*Server, error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	s := &Server{Name: name, Path: path, dir: dir}
	for port := firstPort; port <= lastPort; port++ {
		if !free(port) {
			continue
		}
		if err = s.start(port, args); err == nil {
			return s, nil
		}
		break
	}
	_ = os.RemoveAll(dir)
	if err == nil {
		err = fmt.Errorf("no port is free from %d to %d", firstPort, lastPort)
	}
	return nil, fmt.Errorf("start %s: %w", path, err)
}

func free(port int) bool {
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

func (s *Server) start(port int, args []string) error {
	s.Addr = "127.0.0.1:" + strconv.Itoa(port)
	s.args = append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "no", "--logfile", ""}, args...)
	return s.launch()
}

// launch starts the process and waits until it answers.
func (s *Server) launch() error {
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	s.cmd, s.exited = exec.CommandContext(context.Background(), s.Path, s.args...), make(chan struct{})
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.PID = s.cmd.Process.Pid
	go func() {
		_ = s.cmd.Wait()
		close(s.exited)
	}()
	for begin := time.Now(); time.Since(begin) < startLimit; time.Sleep(5 * time.Millisecond) {
		select {
		case <-s.exited:
			return fmt.Errorf("the server ended at once: %s", s.logTail())
		default:
		}
		if s.ask, err = s.Dial()(); err == nil {
			if _, err = load.Ask(s.ask, "PING"); err == nil {
				return nil
			}
			_ = s.ask.Close()
		}
	}
	s.kill()
	return fmt.Errorf("no answer to PING for %v (%w): %s", startLimit, err, s.logTail())
}

func (s *Server) logTail() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	const most = 2000
	if len(b) > most {
		b = b[len(b)-most:]
	}
	return string(bytes.TrimSpace(b))
}

// Dial connects to it.
func (s *Server) Dial() load.Dialer { return load.TCP(s.Addr) }

// Ask runs one command.
func (s *Server) Ask(args ...string) (string, error) { return load.Ask(s.ask, args...) }

// Stop ends the server and removes its files.
func (s *Server) Stop() {
	_ = s.ask.Close()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(stopLimit):
	}
	s.kill()
	_ = os.RemoveAll(s.dir)
}

func (s *Server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.exited
}

// Info is INFO's fields.
type Info map[string]string

// Info asks for sections, or for all of them if none is named.
func (s *Server) Info(sections ...string) (Info, error) {
	if len(sections) == 0 {
		sections = []string{"everything"}
	}
	text, err := s.Ask(append([]string{"INFO"}, sections...)...)
	if err != nil {
		return nil, err
	}
	info := Info{}
	for sc := bufio.NewScanner(strings.NewReader(text)); sc.Scan(); {
		if k, v, ok := strings.Cut(strings.TrimSpace(sc.Text()), ":"); ok {
			info[k] = v
		}
	}
	return info, nil
}

// Number is a numeric field; ok is false when the server has no such field.
func (i Info) Number(field string) (v float64, ok bool) {
	v, err := strconv.ParseFloat(i[field], 64)
	return v, err == nil
}

// RSS is the resident memory in bytes.
func (s *Server) RSS() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("no VmRSS in /proc")
}

// Version is what the binary says to --version, shortened.
func Version(path string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	b, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "unknown"
	}
	v, _, _ := strings.Cut(string(bytes.TrimSpace(b)), "\n")
	v, _, _ = strings.Cut(v, " sha=")
	return v
}
