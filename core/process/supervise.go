package process

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// Mode is how the process is supervised. The values are those of the directive `supervised`.
type Mode int64

// The modes.
const (
	Unsupervised Mode = iota
	Detect
	Systemd
	Upstart
)

// Supervisor is who watches this process.
type Supervisor struct {
	mode   Mode
	socket string // of systemd's notifications
}

// Supervise finds the supervisor that the directive asks for and tells it that the server is loading. Without one, or when
// it can't be found, the result's Mode is Unsupervised. For upstart the process stops itself, until upstart continues it.
func Supervise(mode Mode, log Log) *Supervisor {
	if mode == Detect {
		switch {
		case os.Getenv("UPSTART_JOB") != "":
			log.Verbosef("Upstart supervision detected.")
			mode = Upstart
		case os.Getenv("NOTIFY_SOCKET") != "":
			log.Verbosef("Systemd supervision detected.")
			mode = Systemd
		}
	}
	switch mode {
	case Upstart:
		return superviseUpstart(log)
	case Systemd:
		return superviseSystemd(log)
	}
	return &Supervisor{}
}

func superviseUpstart(log Log) *Supervisor {
	if os.Getenv("UPSTART_JOB") == "" {
		log.Warningf("upstart supervision requested, but UPSTART_JOB not found!")
		return &Supervisor{}
	}
	log.Noticef("supervised by upstart, will stop to signal readiness.")
	stopSelf()
	_ = os.Unsetenv("UPSTART_JOB")
	return &Supervisor{mode: Upstart}
}

func superviseSystemd(log Log) *Supervisor {
	s := &Supervisor{mode: Systemd, socket: os.Getenv("NOTIFY_SOCKET")}
	if s.socket == "" {
		log.Warningf("systemd supervision error: NOTIFY_SOCKET not found!")
		return &Supervisor{}
	}
	if err := s.Notify("STATUS=Sleipnir is loading...\n"); err != nil {
		log.Warningf("systemd supervision error: sd_notify: %v", err)
		return &Supervisor{}
	}
	log.Noticef("Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and " +
		"TimeoutStopSec in your service unit.")
	return s
}

// Mode returns how the process is supervised.
func (s *Supervisor) Mode() Mode { return s.mode }

// Ready tells the supervisor that clients are served.
func (s *Supervisor) Ready(status string) error {
	return s.Notify("STATUS=" + status + "\nREADY=1\n")
}

// Stopping tells the supervisor that the server is going down.
func (s *Supervisor) Stopping() error { return s.Notify("STOPPING=1\n") }

// Notify sends systemd a message, in the form of sd_notify(3). Without systemd it does nothing.
func (s *Supervisor) Notify(message string) error {
	if s.mode != Systemd {
		return nil
	}
	name := s.socket
	if strings.HasPrefix(name, "@") {
		name = "\x00" + name[1:] // a name that is in no directory
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte(message)); err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	return nil
}
