package config

import (
	"math"
	"path/filepath"
	"strconv"
	"strings"
)

// The directives that are more than one word, and `dir`.

// maxBindAddrs is how many addresses `bind` takes.
const maxBindAddrs = 16

// Lists of addresses, "-" before one that may be missing.
var (
	bindAddrs = addresses("* -::*")
	rdmaAddrs = addresses("")
)

func addresses(def string) *custom {
	return &custom{
		parse: func(_ *Config, args []string, _ *value, _ bool) (*value, error) {
			if len(args) > maxBindAddrs {
				return nil, refusal("Too many bind addresses specified.")
			}
			if len(args) == 1 && args[0] == "" {
				args = nil
			}
			list := append([]string(nil), args...)
			return &value{num: int64(len(list)), text: strings.Join(list, " "), list: list}, nil
		},
		write: func(v *value) []configLine {
			switch v.text {
			case def:
				return nil
			case "":
				return []configLine{{`""`, true}}
			}
			return []configLine{{quoteWords(v.list.([]string)), true}}
		},
	}
}

// BindAddrs returns the addresses of `bind`. The caller must not change the slice.
func (c *Config) BindAddrs() []string { return c.vals[Bind].Load().list.([]string) }

// RDMABindAddrs returns the addresses of rdma-bind. The caller must not change the slice.
func (c *Config) RDMABindAddrs() []string { return c.vals[RDMABind].Load().list.([]string) }

// SavePoint is a pair of `save`: so many changes within so many seconds.
type SavePoint struct {
	Seconds int64
	Changes int64
}

// savePoints is `save`. In a file the first line replaces the default and the next ones add to it.
var savePoints = &custom{
	parse: func(_ *Config, args []string, prev *value, loading bool) (*value, error) {
		clear := len(args) == 1 && args[0] == ""
		if clear {
			args = nil
		}
		list, err := parseSavePoints(args)
		if err != nil {
			return nil, err
		}
		if loading && !clear && prev != nil {
			list = append(append([]SavePoint(nil), prev.list.([]SavePoint)...), list...)
		}
		words := make([]string, 0, 2*len(list))
		for _, p := range list {
			words = append(words, strconv.FormatInt(p.Seconds, 10), strconv.FormatInt(p.Changes, 10))
		}
		return &value{num: int64(len(list)), text: strings.Join(words, " "), list: list}, nil
	},
	write: func(v *value) []configLine {
		if v.text == "" {
			return []configLine{{`""`, true}}
		}
		return []configLine{{v.text, true}}
	},
}

func parseSavePoints(args []string) ([]SavePoint, error) {
	const errInvalid = refusal("Invalid save parameters")
	if len(args)%2 != 0 {
		return nil, errInvalid
	}
	list := make([]SavePoint, 0, len(args)/2)
	for i := 0; i < len(args); i += 2 {
		seconds, rest1 := parseLoose(args[i])
		changes, rest2 := parseLoose(args[i+1])
		if rest1 != "" || rest2 != "" || seconds < 1 || changes < 0 || changes > math.MaxInt32 {
			return nil, errInvalid
		}
		list = append(list, SavePoint{seconds, changes})
	}
	return list, nil
}

// SavePoints returns the pairs of `save`. The caller must not change the slice.
func (c *Config) SavePoints() []SavePoint { return c.vals[Save].Load().list.([]SavePoint) }

// The client classes of client-output-buffer-limit.
const (
	ClassNormal = iota
	ClassReplica
	ClassPubsub
	ClassCount
)

// OutputLimit bounds the output buffer of a class of clients: at once beyond Hard bytes, after Seconds beyond Soft bytes.
// 0 is no limit.
type OutputLimit struct {
	Hard, Soft uint64
	Seconds    int64
}

var outputDefaults = [ClassCount]OutputLimit{
	ClassReplica: {256 << 20, 64 << 20, 60},
	ClassPubsub:  {32 << 20, 8 << 20, 60},
}

// outputLimits is client-output-buffer-limit: the classes that aren't named keep what they have.
var outputLimits = &custom{
	parse: func(_ *Config, args []string, prev *value, _ bool) (*value, error) {
		if len(args)%4 != 0 {

			return nil, refusal("Wrong number of arguments in buffer limit configuration.")
		}
		limits := outputDefaults
		if prev != nil {
			limits = *prev.list.(*[ClassCount]OutputLimit)
		}
		for i := 0; i < len(args); i += 4 {
			class := clientClass(args[i])
			if class < 0 {

				return nil, refusal("Invalid client class specified in buffer limit configuration.")
			}
			limit, err := parseOutputLimit(args[i+1 : i+4])
			if err != nil {
				return nil, err
			}
			limits[class] = limit
		}
		return &value{text: outputText(&limits), list: &limits}, nil
	},
	write: func(v *value) []configLine {
		limits := v.list.(*[ClassCount]OutputLimit)
		var lines []configLine
		for class, l := range limits {
			name := [...]string{"normal", "replica", "pubsub"}[class]
			text := name + " " + formatMemory(l.Hard) + " " + formatMemory(l.Soft) + " " + strconv.FormatInt(l.Seconds, 10)
			lines = append(lines, configLine{text, l != outputDefaults[class]})
		}
		return lines
	},
}

func clientClass(name string) int {
	switch strings.ToLower(name) {
	case "normal":
		return ClassNormal
	case "slave", "replica":
		return ClassReplica
	case "pubsub":
		return ClassPubsub
	}
	return -1
}

func parseOutputLimit(args []string) (OutputLimit, error) {
	hard, ok1 := parseMemory(args[0])
	soft, ok2 := parseMemory(args[1])
	seconds, rest := parseLoose(args[2])
	if !ok1 || !ok2 || rest != "" || seconds < 0 || seconds > math.MaxInt32 {

		return OutputLimit{}, refusal("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
	}
	return OutputLimit{hard, soft, seconds}, nil
}

func outputText(limits *[ClassCount]OutputLimit) string {
	var words []string
	for class, l := range limits {
		words = append(words, [...]string{"normal", "slave", "pubsub"}[class],
			strconv.FormatUint(l.Hard, 10), strconv.FormatUint(l.Soft, 10), strconv.FormatInt(l.Seconds, 10))
	}
	return strings.Join(words, " ")
}

// OutputLimits returns client-output-buffer-limit by class. The caller must not change it.
func (c *Config) OutputLimits() *[ClassCount]OutputLimit {
	return c.vals[ClientOutputBufferLimit].Load().list.(*[ClassCount]OutputLimit)
}

// The process classes of oom-score-adj-values.
const (
	OOMPrimary = iota
	OOMReplica
	OOMChild
	oomClasses
)

var oomDefaults = [oomClasses]int{0, 200, 800}

var oomValues = &custom{
	same: true,
	parse: func(c *Config, args []string, _ *value, _ bool) (*value, error) {
		if len(args) != oomClasses {
			return nil, errWords
		}
		var list [oomClasses]int
		words := make([]string, oomClasses)
		for i, arg := range args {
			n, rest := parseLoose(arg)
			if rest != "" || n < -2000 || n > 2000 {

				return nil, refusal("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
			}
			list[i], words[i] = int(n), strconv.FormatInt(n, 10)
		}
		if list[OOMReplica] < list[OOMPrimary] || list[OOMChild] < list[OOMReplica] {
			c.warn("The oom-score-adj-values configuration may not work for non-privileged processes! " +
				"Please consult the documentation.")
		}
		return &value{text: strings.Join(words, " "), list: &list}, nil
	},
	write: func(v *value) []configLine {
		return []configLine{{v.text, *v.list.(*[oomClasses]int) != oomDefaults}}
	},
}

// OOMScores returns oom-score-adj-values: for a primary, a replica and a child process.
func (c *Config) OOMScores() [oomClasses]int {
	return *c.vals[OOMScoreAdjValues].Load().list.(*[oomClasses]int)
}

// percentiles is latency-tracking-info-percentiles.
var percentiles = &custom{
	parse: func(_ *Config, args []string, _ *value, _ bool) (*value, error) {
		if len(args) == 1 && args[0] == "" {
			args = nil
		}
		list := make([]float64, 0, len(args))
		words := make([]string, 0, len(args))
		for _, arg := range args {
			p, err := strconv.ParseFloat(arg, 64)
			switch {
			case err != nil || p != p || strings.ContainsRune(arg, '_'):

				return nil, refusal("Invalid latency-tracking-info-percentiles parameters")
			case p < 0 || p > 100:
				return nil, refusal("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
			}
			list = append(list, p)
			words = append(words, trimZeros(strconv.FormatFloat(p, 'f', 6, 64)))
		}
		return &value{num: int64(len(list)), text: strings.Join(words, " "), list: list}, nil
	},
	write: func(v *value) []configLine {
		if v.text == "" {
			return []configLine{{`""`, true}}
		}
		return []configLine{{v.text, true}}
	},
}

func trimZeros(s string) string { return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") }

// Percentiles returns latency-tracking-info-percentiles. The caller must not change the slice.
func (c *Config) Percentiles() []float64 {
	return c.vals[LatencyTrackingInfoPercentiles].Load().list.([]float64)
}

// primaryAddr is the parsed form of `replicaof`.
type primaryAddr struct {
	host string
	port int
}

var replicaOf = &custom{
	parse: func(_ *Config, args []string, prev *value, _ bool) (*value, error) {
		if len(args) == 0 && prev == nil {
			return &value{list: primaryAddr{}}, nil // the default
		}
		if len(args) != 2 {
			return nil, errWords
		}
		if strings.EqualFold(args[0], "no") && strings.EqualFold(args[1], "one") {
			return &value{list: primaryAddr{}}, nil
		}
		port, rest := parseLoose(args[1])
		if rest != "" || port < 0 || port > 65535 {
			return nil, refusal("Invalid primary port")
		}
		return &value{num: 1, text: args[0] + " " + strconv.FormatInt(port, 10), list: primaryAddr{args[0], int(port)}}, nil
	},
	write: func(v *value) []configLine {
		if v.num == 0 {
			return nil
		}
		p := v.list.(primaryAddr)
		return []configLine{{quoteWord(p.host) + " " + strconv.Itoa(p.port), true}}
	},
}

// Primary returns the server that `replicaof` names; ok is false when there is none.
func (c *Config) Primary() (host string, port int, ok bool) {
	v := c.vals[ReplicaOf].Load()
	p := v.list.(primaryAddr)
	return p.host, p.port, v.num != 0
}

// dirOption is `dir`: setting it changes the working directory of the process, and it shows where that is.
var dirOption = &custom{
	parse: func(c *Config, args []string, prev *value, _ bool) (*value, error) {
		switch {
		case len(args) != 1:
			return nil, errWords
		case args[0] == "":
			return nil, refusal("dir can't be empty")
		}
		if prev != nil || args[0] != "./" {
			if err := c.sys.Chdir(args[0]); err != nil {
				return nil, refusal(systemText(err))
			}
		}
		wd, err := c.sys.Getwd()
		if err != nil {
			wd = ""
		}
		return &value{text: filepath.Clean(wd)}, nil
	},
	write: func(v *value) []configLine { return []configLine{{Quote(v.text), true}} },
	undo: func(c *Config, prev *value) {
		if err := c.sys.Chdir(prev.text); err != nil {
			c.warn("Can't go back to the directory " + prev.text + ": " + systemText(err))
		}
	},
}
