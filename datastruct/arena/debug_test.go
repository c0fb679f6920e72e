//go:build arenadebug || invariants || race

package arena

import (
	"strings"
	"testing"
)

func TestDebugChecks(t *testing.T) {
	tests := []struct {
		name string
		do   func(a *Arena, ref Ref)
		want string
	}{
		{"double free", func(a *Arena, ref Ref) { a.Free(ref, PurposeEntry); a.Free(ref, PurposeEntry) }, "no living block"},
		{"free of inside", func(a *Arena, ref Ref) { a.Free(ref+1, PurposeEntry) }, "no living block"},
		{"free of none", func(a *Arena, _ Ref) { a.Free(0, PurposeEntry) }, "no living block"},
		{"wrong purpose", func(a *Arena, ref Ref) { a.Free(ref, PurposeTable) }, "allocated for entry"},
		{"write after free", func(a *Arena, ref Ref) {
			b := a.Bytes(ref, 40)
			a.Free(ref, PurposeEntry)
			b[20] = 1
			a.Alloc(40, PurposeEntry)
		}, "written at byte 20"},
		{"view after free", func(a *Arena, ref Ref) { a.Free(ref, PurposeEntry); a.Ptr(ref) }, "no living block"},
		{"view too long", func(a *Arena, ref Ref) { a.Bytes(ref, 41) }, "view of 41"},
		{"view of nothing", func(a *Arena, _ Ref) { a.Bytes(0, 1) }, "no living block"},
		{"view after dispose", func(a *Arena, ref Ref) { a.Dispose(100); a.Ptr(ref) }, "no living block"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newTestArena(t, 4<<20)
			ref := a.Alloc(40, PurposeEntry)
			defer func() {
				got, _ := recover().(string)
				if !strings.Contains(got, tt.want) {
					t.Errorf("panic %q, want %q", got, tt.want)
				}
			}()
			tt.do(a, ref)
		})
	}
}

func TestGeneration(t *testing.T) {
	a := newTestArena(t, 4<<20)
	ref := a.Alloc(40, PurposeEntry)
	was := a.Generation(ref)
	a.Free(ref, PurposeEntry)
	if again := a.Alloc(40, PurposeEntry); again != ref || a.Generation(again) == was {
		t.Errorf("block %#x again %#x, generation %d then %d", ref, again, was, a.Generation(again))
	}
}

func TestInsideViews(t *testing.T) {
	a := newTestArena(t, 4<<20)
	ref := a.Alloc(4096, PurposeTable)
	if got := len(a.Bytes(ref+500, 96)); got != 96 {
		t.Errorf("inner view has %d bytes", got)
	}
	large := a.Alloc(20000, PurposeValue)
	a.Bytes(large, 20000)
}
