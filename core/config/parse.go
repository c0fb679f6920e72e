package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// errWords is the reason when a directive has the wrong number of words.
const errWords = refusal("wrong number of arguments")

// maxReasonBytes bounds the text of an enum's error, as the reference's buffer does.
const maxReasonBytes = 255

// parse makes a value of the words that follow the directive's name.
func (d *Directive) parse(c *Config, args []string, prev *value, loading bool) (*value, error) {
	if d.Kind == KindCustom {
		return d.custom.parse(c, args, prev, loading)
	}
	if d.Kind != KindEnums && len(args) != 1 {
		return nil, errWords
	}
	v, err := d.parsePlain(args)
	if err == nil && d.valid != nil {
		err = d.valid(v)
	}
	return v, err
}

func (d *Directive) parsePlain(args []string) (*value, error) {
	switch d.Kind {
	case KindBool:
		return parseBool(args[0])
	case KindInt:
		return d.parseNumber(args[0])
	case KindEnum, KindEnums:
		return d.parseEnum(args)
	default:
		return &value{text: args[0]}, nil
	}
}

func parseBool(s string) (*value, error) {
	switch {
	case strings.EqualFold(s, "yes"):
		return &value{num: 1, text: "yes"}, nil
	case strings.EqualFold(s, "no"):
		return &value{num: 0, text: "no"}, nil
	}
	return nil, refusal("argument must be 'yes' or 'no'")
}

func yesText(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (d *Directive) parseEnum(args []string) (*value, error) {
	var bits int64
	for _, arg := range args {
		i := d.choiceIndex(arg)
		if i < 0 {
			return nil, d.enumError()
		}
		bits |= d.Choices[i].Value
	}
	if len(args) == 0 {
		return nil, d.enumError()
	}
	return &value{num: bits, text: d.enumText(bits)}, nil
}

func (d *Directive) choiceIndex(word string) int {
	for i := range d.Choices {
		if strings.EqualFold(word, d.Choices[i].Name) {
			return i
		}
	}
	return -1
}

func (d *Directive) enumError() error {
	list := make([]string, len(d.Choices))
	for i := range d.Choices {
		list[i] = d.Choices[i].Name
	}
	reason := "argument(s) must be one of the following: " + strings.Join(list, ", ")
	return refusal(reason[:min(len(reason), maxReasonBytes)])
}

// enumText writes an enum's value. Of two words with one meaning the first is shown.
func (d *Directive) enumText(bits int64) string {
	for _, ch := range d.Choices {
		if ch.Value == bits {
			return ch.Name
		}
	}
	var list []string
	for _, ch := range d.Choices {
		if ch.Value != 0 && bits&ch.Value == ch.Value {
			list = append(list, ch.Name)
			bits &^= ch.Value
		}
	}
	return strings.Join(list, " ")
}

func (d *Directive) parseNumber(s string) (*value, error) {
	n, err := d.scanNumber(s)
	if err != nil {
		return nil, err
	}
	if err := d.inRange(n); err != nil {
		return nil, err
	}
	if d.low != 0 || d.high != 0 {
		n = max(d.low, min(n, d.high))
	}
	return &value{num: n, text: d.formatNumber(n)}, nil
}

func (d *Directive) scanNumber(s string) (int64, error) {
	switch {
	case d.Flags&Memory != 0:
		return d.scanMemory(s)
	case d.Flags&Octal != 0:
		if n, err := strconv.ParseInt(s, 8, 64); err == nil && s[0] != '+' {
			return n, nil
		}
		return 0, refusal("argument couldn't be parsed as an octal number")
	}
	n, ok := parseDecimal(s)
	if !ok {
		return 0, refusal("argument couldn't be parsed into an integer")
	}
	return n, nil
}

func (d *Directive) scanMemory(s string) (int64, error) {
	if n, ok := parseMemory(s); ok {
		if d.Flags&Unsigned == 0 && n > math.MaxInt64 {
			return 0, d.rangeError()
		}
		return signedOf(n), nil
	}
	if d.Flags&Percent != 0 {
		if n, ok := parseDecimal(strings.TrimSuffix(s, "%")); ok && n >= 0 && strings.HasSuffix(s, "%") {
			return -n, nil
		}
		return 0, refusal("argument must be a memory or percent value")
	}
	if n, ok := parseDecimal(s); ok && n < 0 && n >= d.Min && d.Flags&Unsigned == 0 {
		return n, nil
	}
	return 0, refusal("argument must be a memory value")
}

func (d *Directive) inRange(n int64) error {
	switch {
	case d.Flags&Unsigned != 0:
		if u := unsignedOf(n); u < unsignedOf(d.Min) || u > unsignedOf(d.Max) {
			return d.rangeError()
		}
	case d.Flags&Percent != 0 && n < 0:
		if n < d.Min {
			return fmt.Errorf("percentage argument must be less or equal to %d", -d.Min)
		}
	case n < d.Min || n > d.Max:
		return d.rangeError()
	}
	return nil
}

func (d *Directive) rangeError() error {
	switch {
	case d.Flags&Octal != 0:
		return fmt.Errorf("argument must be between %o and %o inclusive", d.Min, d.Max)
	case d.Flags&Unsigned != 0:
		return fmt.Errorf("argument must be between %d and %d inclusive", unsignedOf(d.Min), unsignedOf(d.Max))
	}
	return fmt.Errorf("argument must be between %d and %d inclusive", d.Min, d.Max)
}

// formatNumber writes a number as CONFIG GET shows it.
func (d *Directive) formatNumber(n int64) string {
	switch {
	case d.Flags&Percent != 0 && n < 0:
		return strconv.FormatInt(-n, 10) + "%"
	case d.Flags&Octal != 0:
		return strconv.FormatUint(unsignedOf(n), 8)
	case d.Flags&Unsigned != 0:
		return strconv.FormatUint(unsignedOf(n), 10)
	}
	return strconv.FormatInt(n, 10)
}

// A value's number is an int64. Unsigned ones use all its bits; these two make the one of the other.

func unsignedOf(n int64) uint64 { return uint64(n) } // #nosec G115 -- the bits are meant
func signedOf(n uint64) int64   { return int64(n) }  // #nosec G115 -- the bits are meant

// parseDecimal reads a number strictly: no plus, no leading zeros, no spaces.
func parseDecimal(s string) (int64, bool) {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || digits[0] < '0' || digits[0] > '9' || (digits[0] == '0' && s != "0") {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// memoryUnits are the units of sizes: those with a b count in powers of 1024.
var memoryUnits = map[string]uint64{
	"": 1, "b": 1,
	"k": 1000, "kb": 1 << 10,
	"m": 1000 * 1000, "mb": 1 << 20,
	"g": 1000 * 1000 * 1000, "gb": 1 << 30,
}

// parseMemory reads a size with an optional unit. No digits at all are zero, as in Valkey: `--maxmemory ""` comes from scripts
// whose variable is empty. What doesn't fit 64 bits is refused, where Valkey would wrap around.
func parseMemory(s string) (uint64, bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	unit, ok := memoryUnits[strings.ToLower(s[i:])]
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint("0"+s[:i], 10, 64)
	if err != nil || n > math.MaxUint64/unit {
		return 0, false
	}
	return n * unit, true
}

// formatMemory writes a size with the largest unit that divides it.
func formatMemory(n uint64) string {
	switch {
	case n == 0:
	case n%(1<<30) == 0:
		return strconv.FormatUint(n>>30, 10) + "gb"
	case n%(1<<20) == 0:
		return strconv.FormatUint(n>>20, 10) + "mb"
	case n%(1<<10) == 0:
		return strconv.FormatUint(n>>10, 10) + "kb"
	}
	return strconv.FormatUint(n, 10)
}

// parseLoose reads a number as C's strtoll: leading blanks and a plus are fine, and no digits at all are zero. rest is what
// follows the number. A number out of range is moved to the nearest.
func parseLoose(s string) (n int64, rest string) {
	t := strings.TrimLeft(s, " \t\n\v\f\r")
	i := 0
	if i < len(t) && (t[i] == '-' || t[i] == '+') {
		i++
	}
	first := i
	for i < len(t) && t[i] >= '0' && t[i] <= '9' {
		i++
	}
	if i == first {
		return 0, s
	}
	n, _ = strconv.ParseInt(t[:i], 10, 64) // saturates on overflow
	return n, t[i:]
}
