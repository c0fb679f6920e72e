// Package logging writes the server's log: Valkey's lines, levels and formats.
//
//	12345:M 22 Nov 2026 21:04:00.123 * Ready to accept connections tcp
//	│     │ │                        │ └ message
//	│     │ └ time                   └ level: . debug, - verbose, * notice, # warning
//	│     └ role: M primary, S replica, X sentinel, C saving
//	└ process
//
// The log goes to a file, opened for appending for each line so that it can be moved away at any time, or to the standard
// output. A line is written by one system call: lines of several threads, and of several processes, don't mix. A message
// can't make a second line: line breaks in it become spaces.
//
// Everything may be changed while others log. A line below the level costs one atomic load.
package logging

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// Level is how important a message is. The values are those of the directive `loglevel`.
type Level int32

// The levels.
const (
	Debug Level = iota
	Verbose
	Notice
	Warning
	Nothing
)

// Format is the form of a line. The values are those of the directive `log-format`.
type Format int32

// The formats.
const (
	Legacy Format = iota
	Logfmt
	JSON
)

// Timestamp is the form of the time. The values are those of the directive `log-timestamp-format`.
type Timestamp int32

// The forms of the time.
const (
	TimestampLegacy Timestamp = iota
	TimestampISO8601
	TimestampMillis
)

// Role is what the server is.
type Role int32

// The roles.
const (
	Primary Role = iota
	Replica
	Sentinel
	Child // a process, or a part of this one, that writes a snapshot
)

// maxMessageBytes is where a message is cut, as the reference does.
const maxMessageBytes = 1023

// Logger writes a log. Make it with New.
type Logger struct {
	level  atomic.Int32
	format atomic.Int32
	stamp  atomic.Int32
	role   atomic.Int32
	hide   atomic.Bool
	path   atomic.Pointer[string]
	syslog atomic.Pointer[syslogWriter]

	pid int
	out io.Writer // the standard output
	now func() time.Time
}

// New returns a log of level notice that goes to the standard output.
func New() *Logger {
	return newOn(os.Stdout, os.Getpid(), time.Now)
}

func newOn(out io.Writer, pid int, now func() time.Time) *Logger {
	l := &Logger{out: out, pid: pid, now: now}
	l.level.Store(int32(Notice))
	l.hide.Store(true)
	l.path.Store(new(string))
	return l
}

// SetLevel sets the lowest level that is written.
func (l *Logger) SetLevel(level Level) { l.level.Store(int32(level)) }

// SetFormat sets the form of the lines.
func (l *Logger) SetFormat(f Format) { l.format.Store(int32(f)) }

// SetTimestamp sets the form of the time.
func (l *Logger) SetTimestamp(s Timestamp) { l.stamp.Store(int32(s)) }

// SetRole says what the server is.
func (l *Logger) SetRole(r Role) { l.role.Store(int32(r)) }

// SetFile sends the log to a file, or, with "", to the standard output.
func (l *Logger) SetFile(path string) { l.path.Store(&path) }

// SetHideUserData sets whether names, keys and values of users are kept out of the log.
func (l *Logger) SetHideUserData(hide bool) { l.hide.Store(hide) }

// HidesUserData tells whether names, keys and values of users are kept out of the log.
func (l *Logger) HidesUserData() bool { return l.hide.Load() }

// User returns what of a user's data may be logged.
func (l *Logger) User(s string) string {
	if l.hide.Load() {
		return "*redacted*"
	}
	return s
}

// Enabled tells whether messages of the level are written.
func (l *Logger) Enabled(level Level) bool { return int32(level) >= l.level.Load() }

// Debugf logs a message of level debug.
func (l *Logger) Debugf(format string, args ...any) { l.Logf(Debug, format, args...) }

// Verbosef logs a message of level verbose.
func (l *Logger) Verbosef(format string, args ...any) { l.Logf(Verbose, format, args...) }

// Noticef logs a message of level notice.
func (l *Logger) Noticef(format string, args ...any) { l.Logf(Notice, format, args...) }

// Warningf logs a message of level warning.
func (l *Logger) Warningf(format string, args ...any) { l.Logf(Warning, format, args...) }

// Logf logs a message.
func (l *Logger) Logf(level Level, format string, args ...any) {
	if !l.Enabled(level) || level >= Nothing {
		return
	}
	message := format
	if len(args) > 0 {
		message = fmt.Sprintf(format, args...)
	}
	l.write(l.appendLine(nil, level, message[:min(len(message), maxMessageBytes)]))
	if s := l.syslog.Load(); s != nil {
		s.send(level, message)
	}
}

// FromSignal logs that a signal came, in the form that the reference gives to lines of its signal handlers.
func (l *Logger) FromSignal(level Level, text string) {
	if l.Enabled(level) && level < Nothing {
		l.write(fmt.Appendf(nil, "%d:signal-handler (%d) %s\n", l.pid, l.now().Unix(), text))
	}
}

// Raw writes text to the log as it is, for what is more than a line.
func (l *Logger) Raw(level Level, text string) {
	if l.Enabled(level) && level < Nothing {
		l.write([]byte(text))
	}
}

// write appends bytes to the log. A log that can't be written is no reason to stop, and there is nobody to tell.
func (l *Logger) write(b []byte) {
	path := *l.path.Load()
	if path == "" {
		_, _ = l.out.Write(b)
		return
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) // #nosec G302 G304 -- path and mode are the operator's
	if err != nil {
		return
	}
	_, _ = f.Write(b)
	_ = f.Close()
}

var (
	levelChars = [...]byte{'.', '-', '*', '#'}
	levelNames = [...]string{"debug", "info", "notice", "warning"}
	roleChars  = [...]byte{Primary: 'M', Replica: 'S', Sentinel: 'X', Child: 'C'}
	roleNames  = [...]string{Primary: "primary", Replica: "replica", Sentinel: "sentinel", Child: "RDB/AOF"}
)

// appendLine writes one line of the log.
func (l *Logger) appendLine(dst []byte, level Level, message string) []byte {
	role, now := l.role.Load(), l.now()
	switch Format(l.format.Load()) {
	case Logfmt:
		dst = fmt.Appendf(dst, "pid=%d role=%s timestamp=\"", l.pid, roleNames[role])
		dst = l.appendTime(dst, now)
		return fmt.Appendf(dst, "\" level=%s message=\"%s\"\n", levelNames[level], oneLine.Replace(strings.ReplaceAll(message, `"`, `'`)))
	case JSON:
		dst = fmt.Appendf(dst, `{"pid":%d,"role":"%s","timestamp":"`, l.pid, roleNames[role])
		dst = l.appendTime(dst, now)
		dst = fmt.Appendf(dst, `","level":"%s","message":`, levelNames[level])
		return append(appendJSON(dst, message), "}\n"...)
	default:
		dst = fmt.Appendf(dst, "%d:%c ", l.pid, roleChars[role])
		dst = l.appendTime(dst, now)
		dst = append(dst, ' ', levelChars[level], ' ')
		return append(append(dst, oneLine.Replace(message)...), '\n')
	}
}

// oneLine keeps a message from making a second line.
var oneLine = strings.NewReplacer("\n", " ", "\r", " ")

func (l *Logger) appendTime(dst []byte, now time.Time) []byte {
	switch Timestamp(l.stamp.Load()) {
	case TimestampISO8601:
		return now.AppendFormat(dst, "2006-01-02T15:04:05.000-07:00")
	case TimestampMillis:
		return fmt.Appendf(dst, "%d", now.UnixMilli())
	default:
		return now.AppendFormat(dst, "02 Jan 2006 15:04:05.000")
	}
}

// appendJSON writes a JSON string. Bytes that are no UTF-8 become the replacement character.
func appendJSON(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ' || r == 0x7f:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = append(dst, string(r)...)
		}
	}
	return append(dst, '"')
}
