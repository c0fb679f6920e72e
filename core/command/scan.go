package command

import "strconv"

const errCursor Error = "ERR invalid cursor"

// ParseCursor reads the cursor of a SCAN command.
func ParseCursor(arg []byte) (uint64, error) {
	cursor, err := strconv.ParseUint(string(arg), 10, 64)
	if err != nil {
		return 0, errCursor
	}
	return cursor, nil
}

const (
	defaultScanCount = 10
	maxScanCount     = 1 << 30
)

const (
	errNoValues Error = "ERR NOVALUES option can only be used in HSCAN"
	errNoScores Error = "ERR NOSCORES option can only be used in ZSCAN"
)

// ScanOptions are the options of HSCAN, SSCAN and ZSCAN.
type ScanOptions struct {
	Count   int
	Pattern []byte // nil: all
	Bare    bool   // NOVALUES or NOSCORES
}

// ParseScanOptions reads the options. bare is the name of the one for which Bare stands: "novalues", "noscores" or none.
func ParseScanOptions(args [][]byte, bare string) (ScanOptions, error) {
	o := ScanOptions{Count: defaultScanCount}
	for i := 0; i < len(args); i++ {
		more := i+1 < len(args)
		switch arg := args[i]; {
		case more && Is(arg, "count"):
			i++
			n, ok := ParseInt(args[i])
			if !ok {
				return o, ErrNotInt
			}
			if n < 1 {
				return o, ErrSyntax
			}
			o.Count = int(min(n, maxScanCount))
		case more && Is(arg, "match"):
			i++
			if o.Pattern = args[i]; string(o.Pattern) == "*" {
				o.Pattern = nil
			}
		case bare != "" && Is(arg, bare):
			o.Bare = true
		case Is(arg, "novalues"):
			return o, errNoValues
		case Is(arg, "noscores"):
			return o, errNoScores
		default:
			return o, ErrSyntax
		}
	}
	return o, nil
}
