package config

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// maxIncludeDepth bounds how deep files may include files: a file that includes itself ends here.
const maxIncludeDepth = 16

// LineError is a line of the configuration that was refused.
type LineError struct {
	Line   int    // from 1; 0 when no single line is to blame
	Text   string // the line without the blanks around it
	Reason string
}

// Error is the text for the program's own messages; Report makes the one for people.
func (e *LineError) Error() string {
	return fmt.Sprintf("configuration line %d %q: %s", e.Line, e.Text, e.Reason)
}

// Report is what is written to stderr before the server exits.
func (e *LineError) Report(version string) string {
	where := ""
	if e.Line > 0 {
		where = fmt.Sprintf("Reading the configuration file, at line %d\n>>> '%s'\n", e.Line, e.Text)
	}
	return fmt.Sprintf("\n*** FATAL CONFIG FILE ERROR (Version %s) ***\n%s%s\n", version, where, e.Reason)
}

// OpenError is a configuration file that can't be read. It goes to the log.
type OpenError struct {
	Path string
	Err  error
}

func (e *OpenError) Error() string {
	return "Fatal error, can't open config file '" + e.Path + "': " + systemText(e.Err)
}

func (e *OpenError) Unwrap() error { return e.Err }

// SentinelLine is a `sentinel` directive, kept for the sentinel to parse.
type SentinelLine struct {
	Args []string // after the word sentinel
	Line int
	Text string
}

// Load takes over a configuration: the file (none if path is empty), then more text, line by line. The first wrong line ends
// it. It is called once, before the server runs. No apply hook is called.
func (c *Config) Load(path, more string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := loader{c: c}
	text, err := l.read(path)
	if err == nil {
		err = l.lines(text + more)
	}
	if err == nil {
		err = c.consistent()
	}
	c.version.Add(1)
	return err
}

// consistent checks what only the whole configuration shows.
func (c *Config) consistent() error {
	if name := c.Str(LogFile); name != "" {
		if err := c.sys.Append(name); err != nil {
			return &LineError{Reason: "Can't open the log file: " + systemText(err)}
		}
	}
	if c.Bool(ClusterEnabled) && c.Int(ReplicaOf) != 0 {
		return &LineError{Reason: "replicaof directive not allowed in cluster mode"}
	}
	return nil
}

// loader reads the lines of one Load.
type loader struct {
	c     *Config
	depth int
}

func (l *loader) read(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := l.c.sys.Open(path)
	if err != nil {
		return "", &OpenError{path, err}
	}
	return string(b), nil
}

// lines takes over a whole text.
func (l *loader) lines(text string) error {
	for n := 1; ; n++ {
		line, rest, more := strings.Cut(text, "\n")
		line, _, _ = strings.Cut(line, "\x00") // as the reference, which reads C strings
		line = strings.Trim(line, " \t\r\n")
		if line != "" && line[0] != '#' {
			if err := l.line(line, n); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		text = rest
	}
}

// line takes over one line. An error without a place gets this one; that of an included file has its own.
func (l *loader) line(line string, n int) error {
	words, err := SplitWords(line)
	if err != nil {
		return &LineError{n, line, "Unbalanced quotes in configuration line"}
	}
	if len(words) == 0 {
		return nil
	}
	err = l.directive(strings.ToLower(words[0]), words[1:], n, line)
	var placed *LineError
	var unopened *OpenError
	if err == nil || errors.As(err, &placed) || errors.As(err, &unopened) {
		return err
	}
	return &LineError{n, line, err.Error()}
}

func (l *loader) directive(name string, args []string, n int, line string) error {
	if e, ok := names[name]; ok {
		return l.set(e.id, args)
	}
	known, ignored := isFileOnly(name, len(args))
	switch {
	case ignored:
		l.c.ignored = append(l.c.ignored, name)
		return nil
	case known:
		return l.fileOnly(name, args)
	case strings.Contains(name, "."):
		return l.moduleValue(name, args)
	case name == "sentinel" && len(args) == 0:
		return nil // only says that this is a sentinel, which the command line told already
	case name == "sentinel" && !l.c.sentinel:
		return refusal("sentinel directive while not in sentinel mode")
	case name == "sentinel":
		l.c.sentinels = append(l.c.sentinels, SentinelLine{args, n, line})
		return nil
	}

	return refusal("Bad directive or wrong number of arguments")
}

// set gives a directive of the table its value. Several words may also come as one: --save "900 1".
func (l *loader) set(id ID, args []string) error {
	d := &directives[id]
	switch {
	case d.Flags&MultiArg == 0 && len(args) != 1:
		return errWords
	case d.Flags&MultiArg != 0 && len(args) == 1 && args[0] != "":
		words, err := SplitWords(args[0])
		if err != nil {
			return err
		}
		args = words
	}
	v, err := d.parse(l.c, args, l.c.vals[id].Load(), l.c.given[id])
	if err != nil {
		return err
	}
	l.c.store(id, v)
	l.c.given[id] = true
	return nil
}

// fileOnly are the directives that are no parameters: they can't be read or set at run time.
var fileOnly = [...]struct {
	name     string
	min, max int  // number of arguments
	ignored  bool // it has long had no effect
}{
	{"include", 1, 1, false},
	{"loadmodule", 1, maxLineWords, false},
	{"rename-command", 2, 2, false},
	{"user", 1, maxLineWords, false},
	{"list-max-ziplist-entries", 1, 1, true},
	{"list-max-ziplist-value", 1, 1, true},
	{"lua-replicate-commands", 1, 1, true},
	{"io-threads-do-reads", 1, 1, true},
}

// maxLineWords stands for "any number".
const maxLineWords = math.MaxInt

// isFileOnly tells whether name is such a directive, and takes so many arguments.
func isFileOnly(name string, args int) (known, ignored bool) {
	for _, f := range fileOnly {
		if f.name == name && args >= f.min && args <= f.max {
			return true, f.ignored
		}
	}
	return false, false
}

func (l *loader) fileOnly(name string, args []string) error {
	switch name {
	case "include":
		return l.include(args[0])
	case "rename-command":
		return l.rename(args[0], args[1])
	case "user":
		return l.user(args)
	default:
		l.c.modules = append(l.c.modules, args)
		return nil
	}
}

// include loads another file, or all that match a pattern; a pattern may match none.
func (l *loader) include(path string) error {
	if l.depth == maxIncludeDepth {
		return fmt.Errorf("include directives are nested deeper than %d", maxIncludeDepth)
	}
	paths := []string{path}
	if strings.ContainsAny(path, "*?[") {
		paths, _ = l.c.sys.Glob(path) // a bad pattern matches nothing, as in the reference
	}
	l.depth++
	defer func() { l.depth-- }()
	for _, path := range paths {
		text, err := l.read(path)
		if err == nil {
			err = l.lines(text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) rename(from, to string) error {
	if check := l.c.checks.Rename; check != nil {
		if err := check(from, to); err != nil {
			return err
		}
	}
	l.c.renames = append(l.c.renames, [2]string{from, to})
	return nil
}

func (l *loader) user(args []string) error {
	if check := l.c.checks.User; check != nil {
		if rule, err := check(args); err != nil {
			words := append([]string{"user"}, args...)
			return refusal("Error in user declaration '" + words[rule] + "': " + err.Error())
		}
	}
	l.c.users = append(l.c.users, args)
	return nil
}

func (l *loader) moduleValue(name string, args []string) error {
	if len(args) == 0 {
		return refusal("Module config specified without value")
	}
	pair := [2]string{name, strings.Join(args, " ")}
	for i := range l.c.moduleValues {
		if l.c.moduleValues[i][0] == name {
			l.c.moduleValues[i] = pair
			return nil
		}
	}
	l.c.moduleValues = append(l.c.moduleValues, pair)
	return nil
}

// Remark is a directive that was given but does nothing here, or something else, and what the log says about it.
type Remark struct {
	Name, Note string
}

// Remarks returns what start-up logs once about the given directives.
func (c *Config) Remarks() []Remark {
	var list []Remark
	for id := range idCount {
		if d := &directives[id]; d.Note != "" && c.given[id] {
			list = append(list, Remark{d.Name, d.Note})
		}
	}
	for _, name := range c.ignored {
		list = append(list, Remark{name, "it is deprecated and has no effect"})
	}
	return list
}
