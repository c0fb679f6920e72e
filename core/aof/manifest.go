package aof

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sleipnirdb/sleipnir/core/config"
)

// Kind says what a file of the set is for.
type Kind byte

// The kinds, as the manifest writes them.
const (
	Base    Kind = 'b' // the data as of a cut
	History Kind = 'h' // no longer needed: to be removed
	Incr    Kind = 'i' // commands after the cut
)

// Part is a file of the set.
type Part struct {
	Name string
	Seq  int64
	Kind Kind
}

// Manifest says which files the set has. A line of its text is
//
//	file appendonly.aof.1.base.rdb seq 1 type b
//
// with the name between quotes where it needs them. The base comes first, then what is history, then the increments in their order.
type Manifest struct {
	Base    *Part // nil for none
	History []Part
	Incrs   []Part // by rising Seq

	// baseSeq and incrSeq are the last numbers given out.
	baseSeq, incrSeq int64
}

// Bounds of a manifest.
const (
	maxManifestLine  = 1024
	maxManifestBytes = 16 << 20
	manifestWords    = 6
)

// ManifestError is what is wrong with a manifest.
type ManifestError struct {
	Line int    // counted from 1
	Text string // of the line; empty if it is not about one
	What string
}

func (e *ManifestError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.What) }

// What may be wrong with a manifest.
const (
	whatEmpty     = "Found an empty AOF manifest"
	whatLong      = "The AOF manifest file contains too long line"
	whatFormat    = "Invalid AOF manifest file format"
	whatPath      = "File can't be a path, just a filename"
	whatBase      = "Found duplicate base file information"
	whatMonotonic = "Found a non-monotonic sequence number"
	whatKind      = "Unknown AOF file type"
)

// ParseManifest reads the text of a manifest. An error is a *ManifestError.
func ParseManifest(text []byte) (*Manifest, error) {
	m := new(Manifest)
	if len(text) == 0 {
		return nil, &ManifestError{What: whatEmpty}
	}
	for number := 1; len(text) > 0; number++ {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		text = rest
		if len(line) > 0 && line[0] == '#' {
			continue
		}
		if !whole || len(line) >= maxManifestLine {
			return nil, &ManifestError{Line: number, What: whatLong}
		}
		trimmed := strings.Trim(string(line), " \t\r\n")
		if what := m.add(trimmed); what != "" {
			return nil, &ManifestError{number, trimmed, what}
		}
	}
	return m, nil
}

// add takes a line, and says what is wrong with it.
func (m *Manifest) add(line string) (what string) {
	words, err := config.SplitWords(line)
	if err != nil || len(words) < manifestWords || len(words)%2 != 0 {
		return whatFormat
	}
	var p Part
	for i := 0; i < len(words); i += 2 {
		switch value := words[i+1]; strings.ToLower(words[i]) {
		case "file":
			if p.Name = value; !isFileName(value) {
				return whatPath
			}
		case "seq":
			if p.Seq, err = strconv.ParseInt(value, 10, 64); err != nil || p.Seq == 0 {
				return whatFormat
			}
		case "type":
			if value == "" {
				return whatFormat
			}
			p.Kind = Kind(value[0])
		}
	}
	if p.Name == "" || p.Seq == 0 || p.Kind == 0 {
		return whatFormat
	}
	return m.put(p)
}

func (m *Manifest) put(p Part) (what string) {
	switch p.Kind {
	case Base:
		if m.Base != nil {
			return whatBase
		}
		m.Base, m.baseSeq = &p, p.Seq
	case History:
		m.History = append(m.History, p)
	case Incr:
		if p.Seq <= m.incrSeq {
			return whatMonotonic
		}
		m.Incrs, m.incrSeq = append(m.Incrs, p), p.Seq
	default:
		return whatKind
	}
	return ""
}

// isFileName says whether a name stays in its folder.
func isFileName(name string) bool {
	return name != "." && name != ".." && !strings.ContainsAny(name, "/\\\x00")
}

// Append adds the manifest's text to dst.
func (m *Manifest) Append(dst []byte) []byte {
	for _, p := range m.all() {
		dst = append(append(append(dst, "file "...), quoted(p.Name)...), " seq "...)
		dst = strconv.AppendInt(dst, p.Seq, 10)
		dst = append(append(dst, " type "...), byte(p.Kind), '\n')
	}
	return dst
}

// all are the parts in the order of the text.
func (m *Manifest) all() []Part {
	var list []Part
	if m.Base != nil {
		list = append(list, *m.Base)
	}
	return append(append(list, m.History...), m.Incrs...)
}

// Parts are those that hold the data, in the order of loading.
func (m *Manifest) Parts() []Part {
	var list []Part
	if m.Base != nil {
		list = append(list, *m.Base)
	}
	return append(list, m.Incrs...)
}

// quoted is a name as it reads back.
func quoted(name string) string {
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '\'' {
			return config.Quote(name)
		}
	}
	return name
}

// clone copies the manifest, for a change that may fail.
func (m *Manifest) clone() *Manifest {
	c := *m
	if m.Base != nil {
		base := *m.Base
		c.Base = &base
	}
	c.History, c.Incrs = slices.Clone(m.History), slices.Clone(m.Incrs)
	return &c
}

// addBase makes place for a new base; the one before is history.
func (m *Manifest) addBase(name string, isRDB bool) Part {
	if m.Base != nil {
		m.History = append([]Part{{m.Base.Name, m.Base.Seq, History}}, m.History...)
	}
	form := "aof"
	if isRDB {
		form = "rdb"
	}
	m.baseSeq++
	m.Base = &Part{fmt.Sprintf("%s.%d.base.%s", name, m.baseSeq, form), m.baseSeq, Base}
	return *m.Base
}

// addIncr makes place for a new increment.
func (m *Manifest) addIncr(name string) Part {
	m.incrSeq++
	p := Part{fmt.Sprintf("%s.%d.incr.aof", name, m.incrSeq), m.incrSeq, Incr}
	m.Incrs = append(m.Incrs, p)
	return p
}

// retire makes history of the increments before one.
func (m *Manifest) retire(before int64) {
	var kept []Part
	for _, p := range m.Incrs {
		if p.Seq >= before {
			kept = append(kept, p)
			continue
		}
		p.Kind = History
		m.History = append([]Part{p}, m.History...)
	}
	m.Incrs = kept
}
