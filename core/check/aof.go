package check

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sleipnirdb/sleipnir/core/aof"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// aofCheck is one run of sleipnir-check-aof.
type aofCheck struct {
	Tool
	fix   bool
	until int64 // unix s: what was written later is cut off; 0 for no such thing
	stats bool
	line  int64 // over all files
	told  commandStats
}

// errCheck ends a check whose reason has been told.
var errCheck = errors.New("the check has failed")

// AOF is sleipnir-check-aof. It returns the exit code.
func (t Tool) AOF(args []string) int {
	if t.isVersion(args, "sleipnir-check-aof") {
		return good
	}
	c := &aofCheck{Tool: t, line: 1}
	path, ok := c.options(args)
	if !ok {
		return bad
	}
	if err := c.check(path); err != nil {
		return bad
	}
	if c.stats {
		c.told.print(t)
	}
	return good
}

// options reads the command line.
func (c *aofCheck) options(args []string) (path string, ok bool) {
	switch {
	case len(args) == 2:
	case len(args) == 3 && args[1] == "--fix":
		c.fix = true
	case len(args) == 3 && args[1] == "--stats":
		c.stats = true
	case len(args) == 4 && args[1] == "--truncate-to-timestamp":
		n, err := strconv.ParseInt(args[2], 10, 64)
		if err != nil {
			c.say("Invalid timestamp, aborting...\n")
			return "", false
		}
		c.until = n
	default:
		c.say("Usage: %s [--fix|--truncate-to-timestamp $timestamp|--stats] <file.manifest|file.aof>\n", args[0])
		return "", false
	}
	return args[len(args)-1], true
}

// abort tells why the check ends.
func (c *aofCheck) abort(format string, args ...any) error {
	c.say(format, args...)
	return errCheck
}

// check looks at a set of files by its manifest, or at a single file.
func (c *aofCheck) check(path string) error {
	isManifest, isRDB, err := c.kindOf(path)
	if err != nil {
		return err
	}
	if isManifest {
		return c.set(path)
	}
	c.say("Start checking Old-Style AOF\n")
	return c.one("AOF", part{name: path, path: path, isLast: true, isRDB: isRDB})
}

// headBytes is how much of a file its kind is told by: more than two lines of a manifest.
const headBytes = 4096

// kindOf says what a file is.
func (c *aofCheck) kindOf(path string) (isManifest, isRDB bool, err error) {
	file, err := c.FS.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return false, false, c.abort("Cannot open file %s: %s\n", path, reason(err))
	}
	defer file.Close() //nolint:errcheck // nothing is written
	head := make([]byte, headBytes)
	n, err := io.ReadFull(file, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return false, false, c.abort("Cannot read file: %s\n", path)
	}
	head = head[:n]
	isRDB = n >= 8 && (bytes.HasPrefix(head, []byte("REDIS")) || bytes.HasPrefix(head, []byte("VALKEY")))
	for len(head) > 0 && !isManifest {
		line, rest, _ := bytes.Cut(head, []byte("\n"))
		isManifest = bytes.HasPrefix(line, []byte("file"))
		if !isManifest && !bytes.HasPrefix(line, []byte("#")) {
			break
		}
		head = rest
	}
	return isManifest, isRDB, nil
}

// part is a file to look at.
type part struct {
	name, path    string
	isLast, isRDB bool
}

// set looks at all files of a manifest.
func (c *aofCheck) set(path string) error {
	c.say("Start checking Multi Part AOF\n")
	m, err := c.manifest(path)
	if err != nil {
		return err
	}
	left := len(m.Parts())
	next := func(p aof.Part) part {
		left--
		return part{name: p.Name, path: filepath.Join(filepath.Dir(path), p.Name), isLast: left == 0}
	}
	if m.Base != nil {
		p := next(*m.Base)
		_, p.isRDB, err = c.kindOf(p.path)
		if err != nil {
			return err
		}
		format := "RESP"
		if p.isRDB {
			format = "RDB"
		}
		c.say("Start to check BASE AOF (%s format).\n", format)
		if err := c.one("BASE AOF", p); err != nil {
			return err
		}
	}
	if len(m.Incrs) > 0 {
		c.say("Start to check INCR files.\n")
	}
	for _, incr := range m.Incrs {
		if err := c.one("INCR AOF", next(incr)); err != nil {
			return err
		}
	}
	c.say("All AOF files and manifest are valid\n")
	return nil
}

// maxManifest is the largest manifest that is read.
const maxManifest = 16 << 20

func (c *aofCheck) manifest(path string) (*aof.Manifest, error) {
	file, err := c.FS.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, c.abort("Cannot open file %s: %s\n", path, reason(err))
	}
	defer file.Close() //nolint:errcheck // nothing is written
	text, err := io.ReadAll(io.LimitReader(file, maxManifest))
	if err != nil {
		return nil, c.abort("Cannot read file: %s\n", path)
	}
	m, err := aof.ParseManifest(text)
	if wrong := (*aof.ManifestError)(nil); errors.As(err, &wrong) {
		if wrong.Line > 0 {
			c.say("\n*** FATAL AOF MANIFEST FILE ERROR ***\nReading the manifest file, at line %d\n>>> '%s'\n", wrong.Line, wrong.Text)
		}
		return nil, c.abort("%s\n", wrong.What)
	}
	return m, err
}

// one looks at a file, and says what became of it.
func (c *aofCheck) one(kind string, p part) error {
	file, err := c.FS.OpenFile(p.path, os.O_RDWR, 0)
	if err != nil {
		return c.abort("Cannot open file %s: %s, aborting...\n", p.path, reason(err))
	}
	defer file.Close() //nolint:errcheck // what was written is a truncation, whose error is seen
	info, err := file.Stat()
	if err != nil {
		return c.abort("Cannot stat file: %s, aborting...\n", p.name)
	}
	if info.Size() == 0 {
		c.say("%s %s is empty\n", kind, p.name)
		return nil
	}
	from := int64(0)
	if p.isRDB {
		c.say("[offset 0] Checking RDB file %s\n", p.path)
		var ok bool
		if from, ok = c.rdb(io.NewSectionReader(file, 0, info.Size()), c.stats); !ok {
			return c.abort("RDB preamble of AOF file is not sane, aborting.\n")
		}
		c.say("RDB preamble is OK, proceeding with AOF tail...\n")
	}
	return c.commands(kind, p, file, from, info.Size())
}

// commands looks at the commands of a file.
func (c *aofCheck) commands(kind string, p part, file vfs.File, from, size int64) error {
	r := aof.NewReader(io.NewSectionReader(file, from, size-from), from)
	var err error
	for {
		var rec aof.Record
		if rec, err = r.Next(); err != nil {
			break
		}
		c.told.add(rec)
		if cut, err := c.isLate(p, rec); err != nil {
			return err
		} else if cut {
			if err := file.Truncate(rec.Start); err != nil {
				return c.abort("Failed to truncate AOF %s to timestamp %d\n", p.path, c.until)
			}
			c.say("Successfully truncated AOF %s to timestamp %d\n", p.name, c.until)
			return nil
		}
	}
	c.line += r.Line() - 1
	wrong := (*aof.Error)(nil)
	switch {
	case err == io.EOF:
	case !errors.As(err, &wrong):
		return c.abort("Failed to read from AOF %s, aborting...\n", p.name)
	case wrong.Foreign:
		c.say("AOF %s format error\n", p.name)
	default:
		c.say("0x%16x: %s\n", wrong.Offset, wrong.What)
	}
	return c.conclude(kind, p, file, r.Good(), size)
}

// isLate says whether a record tells that what follows is later than what is to be kept.
func (c *aofCheck) isLate(p part, rec aof.Record) (bool, error) {
	if c.until == 0 || !bytes.HasPrefix(rec.Note, []byte("TS:")) {
		return false, nil
	}
	at, ok := rec.Time()
	switch {
	case !ok:
		return false, c.abort("Invalid timestamp annotation\n")
	case at <= c.until:
		return false, nil
	case rec.Start == 0:
		return false, c.abort("AOF %s has nothing before timestamp %d, aborting...\n", p.path, c.until)
	case !p.isLast:
		c.say("Failed to truncate AOF %s to timestamp %d to offset %d because it is not the last file.\n", p.path, c.until, rec.Start)
		return false, c.abort("If you insist, please delete all files after this file according to the manifest " +
			"file and delete the corresponding records in manifest file manually. Then re-run sleipnir-check-aof.\n")
	}
	return true, nil
}

// conclude says up to where a file is good, and cuts off the rest if it may.
func (c *aofCheck) conclude(kind string, p part, file vfs.File, upTo, size int64) error {
	diff := size - upTo
	if diff == 0 && c.until != 0 {
		c.say("Truncate nothing in AOF %s to timestamp %d\n%s %s is valid\n", p.name, c.until, kind, p.name)
		return nil
	}
	c.say("AOF analyzed: filename=%s, size=%d, ok_up_to=%d, ok_up_to_line=%d, diff=%d\n", p.name, size, upTo, c.line, diff)
	if diff == 0 {
		c.say("%s %s is valid\n", kind, p.name)
		return nil
	}
	if !c.fix {
		return c.abort("AOF %s is not valid. Use the --fix option to try fixing it.\n", p.name)
	}
	if !p.isLast {
		return c.abort("Failed to truncate AOF %s because it is not the last file\n", p.name)
	}
	c.say("This will shrink the AOF %s from %d bytes, with %d bytes, to %d bytes\nContinue? [y/N]: ", p.name, size, diff, upTo)
	if !c.isYes() {
		return c.abort("Aborting...\n")
	}
	if err := file.Truncate(upTo); err != nil {
		return c.abort("Failed to truncate AOF %s\n", p.name)
	}
	if err := file.Sync(); err != nil {
		return c.abort("Failed to truncate AOF %s: %s\n", p.name, reason(err))
	}
	c.say("Successfully truncated AOF %s\n", p.name)
	return nil
}

// reason is the system's word for what went wrong.
func reason(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			text := err.Error()
			return strings.ToUpper(text[:1]) + text[1:] // as the C library spells it
		}
		err = inner
	}
}
