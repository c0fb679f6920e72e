package server

import (
	"fmt"
	"os"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/internal/sealed"
)

// readKeys follows the directive encryption-key-file.
func (s *Server) readKeys() error {
	name := s.Config.Str(config.EncryptionKeyFile)
	if name == "" {
		s.sealed.SetKeys(nil)
		return nil
	}
	keys, err := sealed.ReadKeys(name)
	if err != nil {
		return fmt.Errorf("encryption-key-file: %w", err)
	}
	const others = 0o077
	if info, err := os.Stat(name); err == nil && info.Mode()&others != 0 {
		s.Log.Warningf("WARNING: The key file %s can be read by other users of this machine.", name)
	}
	s.sealed.SetKeys(keys)
	return nil
}

// changeKeys is readKeys while the server runs.
func (s *Server) changeKeys() error {
	if err := s.readKeys(); err != nil {
		return err
	}
	form := "plain"
	if s.sealed.Seals() {
		form = "encrypted with the first key of the key file"
	}
	s.Log.Noticef("New files are %s from now on. BGSAVE and BGREWRITEAOF renew those that are there.", form)
	return nil
}
