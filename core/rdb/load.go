package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// KeyInfo is what stands before a value. The key is valid until Done.
type KeyInfo struct {
	Key      []byte
	Type     Type
	ExpireAt int64 // unix ms, 0 for none
	Usage
}

// Records takes the records of a file that aren't about keys. An error that it returns ends the reading. Slices are views, valid until it returns.
type Records interface {
	Aux(key, value []byte) error
	Function(code []byte) error
	// Database says of which database the next keys are, and Resize how many there are.
	Database(number uint64) error
	Resize(keys, expires uint64) error
}

// Handler takes the records of a file, with the values element by element.
type Handler interface {
	Records
	// Key returns the sink for the value of a key.
	Key(k *KeyInfo) (Sink, error)
	// Done says that the value is complete, or why there is none: ErrEmpty, *ModuleError. Other errors end the reading, and
	// are told before.
	Done(k *KeyInfo, err error) error
}

// LoadOptions say how a file is read.
type LoadOptions struct {
	Relaxed  bool // versions that nobody here knows are read as far as possible
	Checksum bool // the checksum at the end is checked
}

// What may be wrong with a file.
const (
	errMagic      Corrupt = "it doesn't begin as an RDB file does"
	errChecksum   Corrupt = "RDB CRC error: wrong checksum"
	errFunctions  Corrupt = "functions as a release candidate of Redis 7.0 wrote them can't be read"
	errSlotImport Corrupt = "the import of slots under way in it can't be gone on with"
	errOpcode     Corrupt = "unknown kind of record"
	errExpire     Corrupt = "an expiry is out of range"
	errIdle       Corrupt = "an idle time is out of range"
)

const (
	magicBytes = 6
	headBytes  = 9
	// checksumSince is the first version with a checksum at the end.
	checksumSince = 5
)

// Load reads a file and tells what is in it. An error says where in the file it is. The decoder keeps its buffers.
func (d *Decoder) Load(in io.Reader, o LoadOptions, h Handler) error {
	return d.file(in, o, h, func(k *KeyInfo) error { return d.key(k, h) })
}

// file reads a file, and leaves the keys to a function that stands in front of one.
func (d *Decoder) file(in io.Reader, o LoadOptions, h Records, key func(k *KeyInfo) error) error {
	d.r.resetStream(in, o.Checksum)
	d.sum = SumNone
	version, err := d.fileHead(o.Relaxed)
	if err == nil {
		err = d.records(h, key)
	}
	if err == nil && version >= checksumSince {
		err = d.trailer(o.Checksum)
	}
	if err != nil {
		err = fmt.Errorf("at byte %d: %w", d.r.offset(), err)
	}
	d.r.buf = nil
	return err
}

// fileHead reads magic and version.
func (d *Decoder) fileHead(relaxed bool) (version int, err error) {
	b, err := d.r.take(headBytes)
	if errors.Is(err, errShort) {
		err = errMagic
	}
	if err != nil {
		return 0, err
	}
	text := string(b)
	digits, isRedis := strings.CutPrefix(text, "REDIS")
	if !isRedis {
		digits = strings.TrimPrefix(text, "VALKEY")
	}
	version, err = strconv.Atoi(digits)
	if err != nil || version < 0 || (!isRedis && len(digits) != headBytes-magicBytes) {
		return 0, errMagic
	}
	if !Accepts(version, relaxed) || isRedis == (version >= VersionValkey9) {
		return version, &FormatError{version}
	}
	return version, nil
}

// FormatError is the error for a file of a version that can't be read.
type FormatError struct{ Version int }

func (e *FormatError) Error() string {
	return "rdb: can't handle format version " + strconv.Itoa(e.Version)
}

// trailer reads the checksum, which is that of all before it.
func (d *Decoder) trailer(check bool) error {
	sum := uint64(0)
	if check {
		sum = d.r.checksum()
	}
	want, err := d.r.uint64()
	if err != nil {
		return err
	}
	if check && want != 0 && want != sum {
		return errChecksum
	}
	if d.sum = SumGood; want == 0 || !check {
		d.sum = SumUnchecked
	}
	return nil
}

// Sum says what is known of a file's checksum.
type Sum uint8

// What may be known of it.
const (
	SumNone      Sum = iota // the version of the file has none, or its end hasn't been read
	SumUnchecked            // nobody computed it, when the file was written or now
	SumGood
)

// Sum says what is known of the checksum of the file that was read.
func (d *Decoder) Sum() Sum { return d.sum }

// records reads up to the end.
func (d *Decoder) records(h Records, key func(k *KeyInfo) error) error {
	k := KeyInfo{Usage: NoUsage}
	for {
		op, err := d.r.byte()
		if err != nil {
			return err
		}
		switch op {
		case opEOF:
			return nil
		case opExpireTime, opExpireTimeMs, opIdle, opFreq:
			err = d.about(op, &k)
		default:
			if !Type(op).known() {
				err = d.record(op, h)
				break
			}
			k.Type = Type(op)
			if err = d.keyText(&k); err == nil {
				err = key(&k)
			}
			k = KeyInfo{Key: k.Key[:0], Usage: NoUsage}
		}
		if err != nil {
			return err
		}
	}
}

// about reads what is said of the key that follows.
func (d *Decoder) about(op byte, k *KeyInfo) error {
	switch op {
	case opExpireTime:
		b, err := d.r.take(4)
		if err != nil {
			return err
		}
		k.ExpireAt = int64(int32(binary.LittleEndian.Uint32(b))) * 1000 // #nosec G115 -- two's complement
	case opExpireTimeMs:
		at, err := d.r.millis()
		if err != nil {
			return err
		}
		k.ExpireAt = at
	case opIdle:
		idle, err := d.r.length()
		if err != nil {
			return err
		}
		if idle > 1<<62 {
			return errIdle
		}
		k.IdleSeconds = int64(idle)
		return nil
	default:
		freq, err := d.r.byte()
		k.Frequency = int(freq)
		return err
	}
	if k.ExpireAt < 0 {
		return errExpire
	}
	k.ExpireAt = max(k.ExpireAt, 1) // 0 is none
	return nil
}

// keyText reads the key itself.
func (d *Decoder) keyText(k *KeyInfo) error {
	text, err := d.r.text()
	k.Key = append(kept(k.Key), text...)
	return err
}

// key reads the value of a key.
func (d *Decoder) key(k *KeyInfo, h Handler) error {
	to, err := h.Key(k)
	if err != nil {
		return err
	}
	err = d.Value(k.Type, to)
	if after := h.Done(k, err); after != nil {
		return after
	}
	if err == nil || IsLeftOut(err) {
		return nil
	}
	return err
}

// IsLeftOut says whether a value has been read to its end, but is none: it was empty, or a module's.
func IsLeftOut(err error) bool {
	named := (*ModuleError)(nil)
	return errors.As(err, &named) || errors.Is(err, ErrEmpty)
}

// record reads what isn't about keys.
func (d *Decoder) record(op byte, h Records) error {
	switch op {
	case opAux:
		if err := d.keepField(); err != nil {
			return err
		}
		value, err := d.r.text()
		if err != nil {
			return err
		}
		return h.Aux(d.field, value)
	case opSelectDB:
		n, err := d.r.length()
		if err != nil {
			return err
		}
		return h.Database(n)
	case opResizeDB:
		keys, err := d.r.length()
		if err != nil {
			return err
		}
		expires, err := d.r.length()
		if err != nil {
			return err
		}
		return h.Resize(keys, expires)
	case opFunction2:
		code, err := d.r.text()
		if err != nil {
			return err
		}
		return h.Function(code)
	case opModuleAux:
		return d.moduleAux()
	case opSlotInfo:
		for range 3 { // slot, keys, keys with an expiry
			if _, err := d.r.length(); err != nil {
				return err
			}
		}
		return nil
	case opFunctionPre:
		return errFunctions
	case opSlotImport:
		return errSlotImport
	}
	return errOpcode
}

// moduleAux reads over what a module says of itself.
func (d *Decoder) moduleAux() error {
	for range 3 { // the module, "when" as a part, and when
		if _, err := d.r.length(); err != nil {
			return err
		}
	}
	return d.moduleParts()
}
