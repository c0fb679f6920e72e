package command

const (
	errExpireNX Error = "ERR NX and XX, GT or LT options at the same time are not compatible"
	errExpireGT Error = "ERR GT and LT options at the same time are not compatible"
)

// Condition is what the options of EXPIRE and HEXPIRE, and of their kin, ask of
// the expiry that is there. The zero value asks nothing.
type Condition struct{ nx, xx, gt, lt bool }

// Parse reads the options.
func (o *Condition) Parse(args [][]byte) error {
	for _, arg := range args {
		switch {
		case Is(arg, "nx"):
			o.nx = true
		case Is(arg, "xx"):
			o.xx = true
		case Is(arg, "gt"):
			o.gt = true
		case Is(arg, "lt"):
			o.lt = true
		default:
			return Error("ERR Unsupported option " + Echo(arg))
		}
	}
	if o.nx && (o.xx || o.gt || o.lt) {
		return errExpireNX
	}
	if o.gt && o.lt {
		return errExpireGT
	}
	return nil
}

// Allows tells whether an expiry may go from old (0: none) to at. No expiry
// counts as an infinite one.
func (o *Condition) Allows(old, at int64) bool {
	switch {
	case o.nx && old != 0, o.xx && old == 0:
		return false
	case o.gt && (old == 0 || at <= old):
		return false
	case o.lt && old != 0 && at >= old:
		return false
	}
	return true
}
