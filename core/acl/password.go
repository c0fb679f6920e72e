package acl

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
)

// password is the SHA-256 of a password. The password itself is kept nowhere.
type password [sha256.Size]byte

func hashPassword(clear string) password { return sha256.Sum256([]byte(clear)) }

func (p password) String() string { return hex.EncodeToString(p[:]) }

// parseHash reads a hash as rules have it: 64 hexadecimal digits in lower case.
func parseHash(s string) (p password, ok bool) {
	if len(s) != 2*len(p) {
		return p, false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'f') && (c < '0' || c > '9') {
			return p, false
		}
	}
	_, err := hex.Decode(p[:], []byte(s))
	return p, err == nil
}

// accepts tells whether a password is the user's. It takes the same time whichever of them it is, or how much of one is right.
func (r *Rights) accepts(given password) bool {
	found := 0
	for i := range r.passwords {
		found |= subtle.ConstantTimeCompare(given[:], r.passwords[i][:])
	}
	return r.noPass || found == 1
}
