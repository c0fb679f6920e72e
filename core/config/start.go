package config

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Build says which program this is.
type Build struct {
	Name    string // "Sleipnir"
	Version string
	Commit  string // short hash, "00000000" if unknown
	Dirty   bool
	ID      uint64
}

// Streams are the standard streams of the program, and its log for the time before the log is configured.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Notice   func(text string)
	Warning  func(text string)
}

// Start does all that the command line asks for before a server runs. It prints the version or the help, or loads the
// configuration into c. Unless serve is true the program exits with the code.
func Start(c *Config, args []string, s Streams, b Build) (serve bool, code int) {
	v := ParseArgs(args)
	switch v.Action {
	case ActionVersion:
		fmt.Fprintln(s.Out, b.Line())
		return false, 0
	case ActionHelp:
		fmt.Fprint(s.Err, usage(b.Name))
		return false, 1
	case ActionTestMemory:
		return false, testMemory(v, s, b)
	case ActionCheckSystem:
		fmt.Fprintln(s.Out, "This server does not depend on the kernel settings that --check-system looks for.")
		return false, 0
	}
	if err := c.loadInvocation(v, s); err != nil {
		report(err, s, b)
		return false, 1
	}
	return true, 0
}

// Line is the answer to --version.
func (b Build) Line() string {
	return fmt.Sprintf("%s server v=%s sha=%s:%d malloc=arena bits=64 build=%x", b.Name, b.Version, b.Commit, b2i(b.Dirty), b.ID)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c *Config) loadInvocation(v Invocation, s Streams) error {
	if v.Sentinel {
		c.SetSentinel(true)
	}
	var more strings.Builder
	if v.Stdin {
		if s.Notice != nil {
			s.Notice("Reading config from stdin")
		}
		if _, err := io.Copy(&more, s.In); err != nil {
			return &OpenError{"-", err}
		}
	}
	if v.File != "" {
		if err := c.setFile(v.File); err != nil {
			return err
		}
	}
	if v.Options != "" {
		more.WriteString("\n" + v.Options)
	}
	return c.Load(c.File(), more.String())
}

// setFile remembers the file for CONFIG REWRITE. Its path is made absolute before `dir` can change what it means.
func (c *Config) setFile(path string) error {
	if !filepath.IsAbs(path) {
		wd, err := c.sys.Getwd()
		if err != nil {
			return &OpenError{path, err}
		}
		path = filepath.Join(wd, path)
	}
	c.file = path
	return nil
}

func report(err error, s Streams, b Build) {
	var line *LineError
	switch {
	case errors.As(err, &line):
		fmt.Fprint(s.Err, line.Report(b.Version))
	case s.Warning != nil:
		s.Warning(err.Error())
	default:
		fmt.Fprintln(s.Err, err)
	}
}

func testMemory(v Invocation, s Streams, b Build) int {
	if v.Megabytes <= 0 {
		fmt.Fprintf(s.Err, "Please specify the amount of memory to test in megabytes.\nExample: ./%s-server --test-memory 4096\n\n",
			strings.ToLower(b.Name))
		return 1
	}
	fmt.Fprintln(s.Out, "This server has no memory test. To test the machine's memory use memtester or memtest86+.")
	return 0
}

func usage(name string) string {
	const text = `Usage: ./NAME-server [/path/to/valkey.conf] [options] [-]
       ./NAME-server - (read config from stdin)
       ./NAME-server -v or --version
       ./NAME-server -h or --help
       ./NAME-server --test-memory <megabytes>
       ./NAME-server --check-system

Examples:
       ./NAME-server (run the server with default conf)
       echo 'maxmemory 128mb' | ./NAME-server -
       ./NAME-server /etc/valkey/6379.conf
       ./NAME-server --port 7777
       ./NAME-server --port 7777 --replicaof 127.0.0.1 8888
       ./NAME-server /etc/valkey.conf --loglevel verbose -
       ./NAME-server /etc/valkey.conf --loglevel verbose

Sentinel mode:
       ./NAME-server /etc/sentinel.conf --sentinel
`
	return strings.ReplaceAll(text, "NAME", strings.ToLower(name))
}
