package config

import (
	"strconv"
	"strings"
)

// ID names a directive. Its constants stand in directives.go.
type ID int

// Kind says what a directive's value is.
type Kind uint8

// The kinds of values.
const (
	KindBool   Kind = iota // yes or no
	KindInt                // a number; Memory, Percent and Octal say how it is written
	KindEnum               // one of a few words
	KindEnums              // several of a few words
	KindText               // any text
	KindCustom             // parsed and written by functions of its own
)

// Flags of a directive. The first ones are Valkey's; those from Unsigned on say more about the kind.
type Flags uint16

// The flags.
const (
	Immutable   Flags = 1 << iota // CONFIG SET refuses it
	Sensitive                     // never shown in logs
	Hidden                        // CONFIG GET finds it by its exact name only
	Protected                     // CONFIG SET needs enable-protected-configs
	Debug                         // part of a crash report
	MultiArg                      // takes several words
	DenyLoading                   // CONFIG SET refuses it while data is being loaded
	Volatile                      // applied even if set to what it was: it names a file whose content may have changed
	Unsigned                      // the range is one of uint64
	Memory                        // takes units: 1kb, 2m
	Percent                       // takes percents, stored as negative numbers
	Octal                         // written in octal
	NullEmpty                     // the empty text means "none": CONFIG REWRITE drops the line
)

// Choice is a word of an enum and its constant.
type Choice struct {
	Name  string
	Value int64
}

// Directive is the declaration of a directive: a row of the table.
type Directive struct {
	Name    string
	Alias   string // an older name that means the same
	Kind    Kind
	Flags   Flags
	Default string // as it would be written in a file
	Min     int64  // of KindInt; of Unsigned ones the bits of a uint64
	Max     int64
	Choices []Choice
	Note    string // told once at the start if the directive is used: it has no effect here, or another one

	low, high int64 // KindInt: accepted values outside are moved to the nearest; both 0 = all are kept
	valid     func(v *value) error
	custom    *custom
}

// custom is the behaviour of a KindCustom directive.
type custom struct {
	// parse reads the words. While a file is loaded, prev is what the earlier lines made, and loading tells whether there
	// were any.
	parse func(c *Config, args []string, prev *value, loading bool) (*value, error)
	// write gives the lines of the value for CONFIG REWRITE, each without the directive's name; nil drops them from the
	// file. A line without force is only written if the file has it already.
	write func(v *value) []configLine
	// undo takes back what parse did outside the Config.
	undo func(c *Config, prev *value)
	// same makes CONFIG SET skip the apply hooks when the value did not change.
	same bool
}

// configLine is what follows a directive's name in a line of the file.
type configLine struct {
	text  string
	force bool
}

func yesno(name string, def bool) Directive {
	return Directive{Name: name, Kind: KindBool, Default: yesText(def)}
}

func text(name, def string) Directive {
	return Directive{Name: name, Kind: KindText, Default: def}
}

func optional(name string) Directive {
	return Directive{Name: name, Kind: KindText, Flags: NullEmpty}
}

func enum(name, def string, choices []Choice) Directive {
	return Directive{Name: name, Kind: KindEnum, Default: def, Choices: choices}
}

func enumSet(name, def string, choices []Choice) Directive {
	return Directive{Name: name, Kind: KindEnums, Flags: MultiArg, Default: def, Choices: choices}
}

func integer(name string, def, low, high int64) Directive {
	return Directive{Name: name, Kind: KindInt, Default: strconv.FormatInt(def, 10), Min: low, Max: high}
}

func unsigned(name string, def, low, high uint64) Directive {
	d := integer(name, signedOf(def), signedOf(low), signedOf(high))
	return d.flags(Unsigned)
}

func memory(name string, def, low, high int64) Directive {
	return integer(name, def, low, high).flags(Memory)
}

func unsignedMemory(name string, def, low, high uint64) Directive {
	return unsigned(name, def, low, high).flags(Memory)
}

func memoryOrPercent(name string, def, low, high int64) Directive {
	return memory(name, def, low, high).flags(Percent)
}

func octal(name string, def, low, high uint64) Directive {
	return unsigned(name, def, low, high).flags(Octal)
}

func special(name, def string, c *custom) Directive {
	return Directive{Name: name, Kind: KindCustom, Default: def, custom: c}
}

func (d Directive) flags(f Flags) Directive      { d.Flags |= f; return d }
func (d Directive) alias(name string) Directive  { d.Alias = name; return d }
func (d Directive) note(note string) Directive   { d.Note = note; return d }
func (d Directive) clamp(lo, hi int64) Directive { d.low, d.high = lo, hi; return d }

func (d Directive) check(valid func(v *value) error) Directive { d.valid = valid; return d }

// Notes that several rows share.
const (
	noteNoEffect = "it tunes a mechanism that this server does not have"
	noteLazyFree = "memory is always freed in the background here"
	noteNoFork   = "snapshots are taken without a child process here"
	noteBytes    = "strings are compared by their bytes here"
	noteGoTLS    = "the TLS library used here chooses it by itself"
)

// Limits of our own directives.
const (
	maxIOThreads  = 256
	maxPartitions = 1024
	// maxBackoffMs bounds for how long attempts to authenticate are refused: an hour.
	maxBackoffMs = 3_600_000
)

// defaultArgs returns the default as the parser takes it.
func (d *Directive) defaultArgs() []string {
	switch {
	case d.Name == "io-threads":
		return []string{strconv.FormatInt(usableCores(), 10)}
	case d.Flags&MultiArg == 0:
		return []string{d.Default}
	default:
		return strings.Fields(d.Default)
	}
}

// entry is what a name of the configuration leads to.
type entry struct {
	id    ID
	name  string // the name as Valkey shows it: the alias if it was asked for by that
	alias bool
}

// names finds a directive by its name or alias in lower case. It is never changed.
var names = func() map[string]entry {
	m := make(map[string]entry, 2*idCount)
	for id := range idCount {
		d := &directives[id]
		m[d.Name] = entry{id: id, name: d.Name}
		if d.Alias != "" {
			m[d.Alias] = entry{id: id, name: d.Alias, alias: true}
		}
	}
	return m
}()
