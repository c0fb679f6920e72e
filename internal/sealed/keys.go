package sealed

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
)

// keyBytes is the length of a key: AES-256's.
const keyBytes = 32

// plainWord stands in a key file where new files aren't to be sealed.
const plainWord = "none"

const maxKeyFile = 64 << 10

// Keys are those of a key file. Nil has none: files are written plain, and sealed ones can't be read.
type Keys struct {
	list  []key
	plain bool // new files are
}

// key is one key and what files call it.
type key struct {
	secret []byte
	id     [idBytes]byte
}

var (
	errNoKey   = errors.New("there is no key in it")
	errKeyForm = errors.New("a key is 32 bytes, as 64 hexadecimal digits or in base64")
)

// ReadKeys reads a key file. Each line is a key; the first one seals what is written from now on, every one opens. In the first place
// the word none may stand: then new files are plain. Empty lines and those that begin with # don't count.
func ReadKeys(name string) (*Keys, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxKeyFile {
		return nil, fmt.Errorf("%s is too large for a key file", name)
	}
	b, err := os.ReadFile(name) // #nosec G304 -- the operator's choice
	if err != nil {
		return nil, err
	}
	k, err := parseKeys(b)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", name, err)
	}
	return k, nil
}

func parseKeys(text []byte) (*Keys, error) {
	k := &Keys{}
	first := true
	for line := range bytes.Lines(text) {
		word := strings.TrimSpace(string(line))
		if word == "" || word[0] == '#' {
			continue
		}
		if first && word == plainWord {
			k.plain, first = true, false
			continue
		}
		first = false
		one, err := parseKey(word)
		if err != nil {
			return nil, err
		}
		k.list = append(k.list, one)
	}
	if len(k.list) == 0 {
		return nil, errNoKey
	}
	return k, nil
}

func parseKey(word string) (key, error) {
	secret, err := hex.DecodeString(word)
	if err != nil {
		secret, err = base64.StdEncoding.DecodeString(word)
	}
	if err != nil || len(secret) != keyBytes {
		return key{}, errKeyForm
	}
	one := key{secret: secret}
	id, err := hkdf.Key(sha256.New, secret, nil, "sleipnir key id", idBytes)
	copy(one.id[:], id)
	return one, err
}

// forWriting is the key of new files, nil if they are plain.
func (k *Keys) forWriting() *key {
	if k == nil || k.plain {
		return nil
	}
	return &k.list[0]
}

// find returns the key of an id, nil if it isn't there.
func (k *Keys) find(id []byte) *key {
	if k == nil {
		return nil
	}
	for i := range k.list {
		if bytes.Equal(k.list[i].id[:], id) {
			return &k.list[i]
		}
	}
	return nil
}

// segment derives the key of a segment.
func (k *key) segment(salt []byte) (cipher.AEAD, error) {
	secret, err := hkdf.Key(sha256.New, k.secret, salt, "sleipnir segment", keyBytes)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
