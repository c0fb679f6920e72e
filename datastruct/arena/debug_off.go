//go:build !arenadebug && !invariants && !race

package arena

// debug tells whether this build checks the use of blocks; see debug_on.go.
const debug = false

func (a *Arena) debugAlloc(Ref, int, Purpose) {}
func (a *Arena) debugFree(Ref, Purpose)       {}
func (a *Arena) debugReuse(Ref, int)          {}
func (a *Arena) debugCarve(Ref, int)          {}
func (a *Arena) debugForget(Ref, int)         {}
func (a *Arena) debugLive(Ref, int)           {}

// Generation returns 0 in this build.
func (a *Arena) Generation(Ref) int { return 0 }
