package target

import (
	"os"
	"path/filepath"
	"time"
)

// Restart kills the server and starts it again on the files that it left. It returns how long it took until it answered: the time
// to load its data.
func (s *Server) Restart() (time.Duration, error) {
	_ = s.ask.Close()
	s.kill()
	begin := time.Now()
	err := s.launch()
	return time.Since(begin), err
}

// FileSize is the size of a file in the server's folder, in bytes; 0 if there is none.
func (s *Server) FileSize(name string) int64 {
	info, err := os.Stat(filepath.Join(s.dir, name))
	if err != nil {
		return 0
	}
	return info.Size()
}
