//go:build !unix

package logging

import "errors"

type syslogWriter struct{}

// OpenSyslog fails: there is no syslog here.
func (l *Logger) OpenSyslog(string, int64) error { return errors.ErrUnsupported }

func (s *syslogWriter) send(Level, string) {}
