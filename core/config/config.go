// Package config holds what the server was told: every directive of Valkey's configuration and the few of our own.
//
// A directive is declared once, as a row of the table in directives.go: name, kind, default, range, flags. The parser of
// the configuration file and of the command line, CONFIG GET, CONFIG SET and CONFIG REWRITE are derived from the rows.
//
// # Reading and writing
//
// A Config keeps one value per directive. Readers (Int, Bool, Str and the typed accessors) take no lock and allocate nothing:
// a number is one atomic load, a text is one more. Hot paths may keep what they read and compare Version, which moves on
// with every change.
//
// Writers are serialised by one mutex. Set parses all its arguments before it stores the first, so a reader never sees
// half of a refused CONFIG SET; then it runs the apply hooks, and when one of them refuses it stores the old values again and
// runs the hooks once more. Hooks run under the mutex: they may read the Config, but must not write it, nor wait for
// somebody who does.
//
// # Values
//
// A stored value is immutable and has three faces: num (what Int answers), text (what CONFIG GET answers) and, for lists,
// list (what the typed accessors answer). Percentages are negative numbers, as in Valkey: `maxmemory-clients 5%` is -5.
package config

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// value is what a directive is set to. It is never changed once it is stored.
type value struct {
	num  int64
	text string
	list any // the parsed form of a special directive; its type is the accessor's
}

// System is the part of the operating system that loading a configuration touches. Tests and fuzzers give their own.
type System struct {
	Open   func(name string) ([]byte, error)
	Glob   func(pattern string) ([]string, error)
	Chdir  func(dir string) error
	Getwd  func() (string, error)
	Append func(name string) error // tells whether the log file can be opened for appending
}

// Config is the configuration of one server. Make it with New.
type Config struct {
	nums    [idCount]atomic.Int64
	vals    [idCount]atomic.Pointer[value]
	version atomic.Uint64

	mu      sync.Mutex // serialises writers; guards hooks, sources and warn
	hooks   []hook
	sources map[string]func() [][]string // CONFIG REWRITE: the lines of a directive that another room owns
	warn    func(text string)

	// What follows is written before the server runs and only read afterwards, without a lock.
	sys          System
	checks       Checks
	given        [idCount]bool // set by the file or the command line
	file         string        // absolute path of the configuration file, "" without one
	sentinel     bool
	users        [][]string
	modules      [][]string
	renames      [][2]string
	moduleValues [][2]string
	sentinels    []SentinelLine
	ignored      []string
}

// hook is an apply function with the directives whose change calls it.
type hook struct {
	apply func() error
	ids   []ID
}

// Checks are the answers of other rooms that loading needs. A nil one accepts everything.
type Checks struct {
	// Rename tells whether command from can be renamed to to ("" removes it).
	Rename func(from, to string) error
	// User declares an ACL user; args are its name and its rules. On error it tells which rule, counted from 0, is to blame.
	// (The report then shows the word two before it, as the reference does.)
	User func(args []string) (rule int, err error)
}

// New returns a configuration with every directive at its default.
func New() *Config {
	return NewOn(System{
		Open: os.ReadFile, Glob: filepath.Glob, Chdir: os.Chdir, Getwd: os.Getwd,
		Append: func(name string) error {
			f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) // #nosec G302 G304 -- name and mode are the log's
			if err != nil {
				return err
			}
			return f.Close()
		},
	})
}

// NewOn is New on a given system.
func NewOn(sys System) *Config {
	c := &Config{sys: sys, warn: func(string) {}, sources: map[string]func() [][]string{}}
	for id := range idCount {
		d := &directives[id]
		v, err := d.parse(c, d.defaultArgs(), nil, false)
		if err != nil {
			panic("config: default of " + d.Name + ": " + err.Error())
		}
		c.store(id, v)
	}
	c.version.Store(1)
	return c
}

// usableCores is the number of threads that can run at once: affinity and cgroup limits count.
func usableCores() int64 {
	return int64(min(runtime.GOMAXPROCS(0), maxIOThreads))
}

// Int returns the number that a directive is set to; an enum answers with its constant, a percentage with minus the percents.
func (c *Config) Int(id ID) int64 { return c.nums[id].Load() }

// Uint is Int for the directives whose range goes beyond an int64.
func (c *Config) Uint(id ID) uint64 { return unsignedOf(c.nums[id].Load()) }

// Bool tells whether a yes/no directive is set to yes.
func (c *Config) Bool(id ID) bool { return c.nums[id].Load() != 0 }

// Str returns a directive's value as CONFIG GET shows it.
func (c *Config) Str(id ID) string { return c.vals[id].Load().text }

// Version moves on with every change. Whoever keeps values compares it to know that they are stale.
func (c *Config) Version() uint64 { return c.version.Load() }

// File returns the absolute path of the configuration file, "" when the server runs without one.
func (c *Config) File() string { return c.file }

// Sentinel tells whether the server was started as a sentinel.
func (c *Config) Sentinel() bool { return c.sentinel }

// SetSentinel makes the parser accept sentinel directives. It is called before the configuration is loaded.
func (c *Config) SetSentinel(on bool) { c.sentinel = on }

// SetChecks plugs in the rooms that loading must ask. It is called before the configuration is loaded.
func (c *Config) SetChecks(k Checks) { c.checks = k }

// OnWarning sets who is told when a value is accepted but looks wrong.
func (c *Config) OnWarning(warn func(text string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.warn = warn
}

// OnApply calls apply after CONFIG SET changed the directive, or any of the others given with it; once, however many of
// them changed. An error refuses the whole CONFIG SET, with its text in the reply; then the old values are stored again and
// apply is called once more.
//
// apply runs under the Config's mutex: it may read, but must not call a method that writes, nor wait for another goroutine
// that may.
func (c *Config) OnApply(id ID, apply func() error, others ...ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hooks = append(c.hooks, hook{apply: apply, ids: append([]ID{id}, others...)})
}

// OnRewrite makes CONFIG REWRITE write the lines of a directive that another room owns (`user`, `loadmodule`). Each line is
// given as its words after the directive's name. Without a source the lines in the file are left as they are.
func (c *Config) OnRewrite(directive string, lines func() [][]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sources[directive] = lines
}

// Assign sets a directive from inside the server, as REPLICAOF and the file limit do: immutable ones too, without apply hooks.
func (c *Config) Assign(id ID, args ...string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, err := directives[id].parse(c, args, c.vals[id].Load(), false)
	if err != nil {
		return err
	}
	c.store(id, v)
	c.version.Add(1)
	return nil
}

// store publishes a value. The number goes last: who reads it finds a text at least as new.
func (c *Config) store(id ID, v *value) {
	c.vals[id].Store(v)
	c.nums[id].Store(v.num)
}

// Given tells whether the file or the command line set the directive.
func (c *Config) Given(id ID) bool { return c.given[id] }

// Databases returns how many databases there are; a cluster has its own directive for it.
func (c *Config) Databases() int {
	if c.Bool(ClusterEnabled) {
		return int(c.Int(ClusterDatabases))
	}
	return int(c.Int(Databases))
}

// minClientMemory is the least that maxmemory-clients is taken for.
const minClientMemory = 128 << 10

// ClientMemory returns how much memory all clients together may use, maxmemory-clients; ok is false without a limit.
func (c *Config) ClientMemory() (bytes uint64, ok bool) {
	n, all := c.Int(MaxMemoryClients), c.Uint(MaxMemory)
	switch {
	case n > 0:
		bytes = unsignedOf(n)
	case n < 0 && all > 0:
		bytes = all/100*unsignedOf(-n) + all%100*unsignedOf(-n)/100
	default:
		return 0, false
	}
	return max(bytes, minClientMemory), true
}

// Users returns the `user` directives in order: each is the user's name and its rules. The caller must not change the slice;
// the same holds for the next ones.
func (c *Config) Users() [][]string { return c.users }

// Modules returns the `loadmodule` directives in order: each is a path and its arguments.
func (c *Config) Modules() [][]string { return c.modules }

// Renames returns the `rename-command` directives in order: each is the old and the new name.
func (c *Config) Renames() [][2]string { return c.renames }

// ModuleValues returns the directives of modules (`name.directive value`), the last value of each, in order of first mention.
func (c *Config) ModuleValues() [][2]string { return c.moduleValues }

// SentinelLines returns the `sentinel` directives in order.
func (c *Config) SentinelLines() []SentinelLine { return c.sentinels }

// Lookup finds a directive by its name or its alias, whatever the case.
func Lookup(name string) (ID, bool) {
	n, ok := names[strings.ToLower(name)]
	return n.id, ok
}

// Row returns the declaration of a directive.
func Row(id ID) *Directive { return &directives[id] }

// All returns every directive, in the order of their names.
func All() []ID {
	ids := make([]ID, idCount)
	for i := range ids {
		ids[i] = ID(i)
	}
	return ids
}

// IsSensitive tells whether the value of the named directive must not be shown in logs, SLOWLOG or MONITOR.
func IsSensitive(name string) bool {
	id, ok := Lookup(name)
	return ok && directives[id].Flags&Sensitive != 0
}
