package hll

// skip passes over whole runs that end before register index, from the run at byte at with its first register on. It returns where the next
// run begins, and the one before that. It stops some runs short of the one that holds the register.
//
//go:noescape
func skip(b []byte, at, first, index int) (newAt, newFirst, prev int)
