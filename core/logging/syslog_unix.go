//go:build unix

package logging

import "log/syslog"

// syslogWriter copies messages to the system's log.
type syslogWriter struct {
	w *syslog.Writer
}

// OpenSyslog copies the log to the system's log too; facility is syslog(3)'s number, as the directive `syslog-facility` has
// it. Messages go there whole, without time, process or role, which it adds by itself.
func (l *Logger) OpenSyslog(ident string, facility int64) error {
	w, err := syslog.New(syslog.LOG_NOTICE|syslog.Priority(facility<<3), ident)
	if err != nil {
		return err
	}
	l.syslog.Store(&syslogWriter{w})
	return nil
}

func (s *syslogWriter) send(level Level, message string) {
	send := [...]func(string) error{s.w.Debug, s.w.Info, s.w.Notice, s.w.Warning}[level]
	_ = send(message) // as with the file: there is nobody to tell
}
