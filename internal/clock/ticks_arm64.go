package clock

// counterConstant is true: the architecture wants the virtual counter to run at one rate.
func counterConstant() bool { return true }
