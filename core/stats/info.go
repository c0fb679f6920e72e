package stats

import (
	"fmt"
	"strconv"
	"strings"
)

// Info gathers the text of INFO: sections with their fields. Not for several
// goroutines at once.
type Info struct {
	wanted     map[string]bool
	all        bool
	everything bool
	text       strings.Builder
}

// defaultSections are those of INFO without arguments.
var defaultSections = [...]string{
	"server", "clients", "memory", "persistence", "stats", "replication", "cpu",
	"module_list", "errorstats", "cluster", "keyspace",
}

// NewInfo returns an INFO of the named sections, in any case; the default ones
// without names. "default", "all" and "everything" stand for several.
func NewInfo(sections ...string) *Info {
	n := &Info{wanted: make(map[string]bool)}
	if len(sections) == 0 {
		sections = []string{"default"}
	}
	for _, s := range sections {
		switch s = strings.ToLower(s); s {
		case "default":
			for _, d := range defaultSections {
				n.wanted[d] = true
			}
		case "all":
			n.all = true
		case "everything":
			n.all, n.everything = true, true
		default:
			n.wanted[s] = true
		}
	}
	return n
}

// Section begins a section if it is wanted, by any of its names in lower case,
// and says whether it is.
func (n *Info) Section(title string, names ...string) bool {
	wanted := n.all
	for _, name := range names {
		wanted = wanted || n.wanted[name]
	}
	if !wanted {
		return false
	}
	n.begin(title)
	return true
}

// Extra begins a section that only its name, not "all", asks for.
func (n *Info) Extra(title, name string) bool {
	if !n.wanted[name] {
		return false
	}
	n.begin(title)
	return true
}

func (n *Info) begin(title string) {
	if n.text.Len() > 0 {
		n.text.WriteString("\r\n")
	}
	n.text.WriteString("# " + title + "\r\n")
}

// Str writes a field.
func (n *Info) Str(name, value string) {
	n.text.WriteString(name)
	n.text.WriteByte(':')
	n.text.WriteString(value)
	n.text.WriteString("\r\n")
}

// Int writes a field that is a number.
func (n *Info) Int(name string, value int64) { n.Str(name, strconv.FormatInt(value, 10)) }

// Uint writes a field that is a count.
func (n *Info) Uint(name string, value uint64) { n.Str(name, strconv.FormatUint(value, 10)) }

// Bool writes a field that is 0 or 1.
func (n *Info) Bool(name string, value bool) {
	if value {
		n.Str(name, "1")
		return
	}
	n.Str(name, "0")
}

// Ratio writes a field with two decimals.
func (n *Info) Ratio(name string, value float64) {
	n.Str(name, strconv.FormatFloat(value, 'f', 2, 64))
}

// Percent writes a field with two decimals and a percent sign.
func (n *Info) Percent(name string, value float64) {
	n.Str(name, strconv.FormatFloat(value, 'f', 2, 64)+"%")
}

// Seconds writes a time with six decimals.
func (n *Info) Seconds(name string, nanos int64) {
	n.Str(name, fmt.Sprintf("%d.%06d", nanos/1e9, nanos%1e9/1e3))
}

// Bytes writes a field and the same for people, as name_human.
func (n *Info) Bytes(name string, value int64) {
	n.Int(name, value)
	n.Str(name+"_human", Human(value))
}

// String returns the text.
func (n *Info) String() string { return n.text.String() }

// Human writes a number of bytes as INFO does: 1.50K, 2.00M.
func Human(n int64) string {
	units := [...]string{"K", "M", "G", "T", "P"}
	if n < 1024 {
		return strconv.FormatInt(n, 10) + "B"
	}
	f := float64(n) / 1024
	for _, u := range units {
		if f < 1024 || u == "P" {
			return strconv.FormatFloat(f, 'f', 2, 64) + u
		}
		f /= 1024
	}
	return ""
}

// SafeName replaces what would break INFO's lines.
func SafeName(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '#', ':', '\n', '\r':
			return '_'
		}
		return r
	}, s)
}
