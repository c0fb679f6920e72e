package command

import "strconv"

const errCursor Error = "ERR invalid cursor"

// ParseCursor reads the cursor of SCAN and its kin.
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

// ScanOptions are those of HSCAN, SSCAN and ZSCAN.
type ScanOptions struct {
	Count    int
	Pattern  []byte // nil: all
	OnlyKeys bool   // NOVALUES, NOSCORES
}

// Parse reads the options, those behind the cursor. own is NOVALUES for HSCAN, NOSCORES for ZSCAN, in lower case.
func (o *ScanOptions) Parse(args [][]byte, own string) error {
	o.Count = defaultScanCount
	for i := 0; i < len(args); i++ {
		hasValue := i+1 < len(args)
		switch arg := args[i]; {
		case hasValue && Is(arg, "count"):
			i++
			n, ok := ParseInt(args[i])
			if !ok {
				return ErrNotInt
			}
			if n < 1 {
				return ErrSyntax
			}
			o.Count = int(min(n, maxScanCount))
		case hasValue && Is(arg, "match"):
			i++
			if o.Pattern = args[i]; string(o.Pattern) == "*" {
				o.Pattern = nil
			}
		case own != "" && Is(arg, own):
			o.OnlyKeys = true
		case Is(arg, "novalues"):
			return Error("ERR NOVALUES option can only be used in HSCAN")
		case Is(arg, "noscores"):
			return Error("ERR NOSCORES option can only be used in ZSCAN")
		default:
			return ErrSyntax
		}
	}
	return nil
}
