//go:build !race && !arenaheap && !arenadebug && !invariants

package arena

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// rss returns what the system says about the range: bytes resident, and how many of them in huge pages.
func rss(t testing.TB, r *Range) (resident, huge int64) {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	from := uint64(uintptr(r.base))
	inside := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var lo, hi uint64
		var n int64
		line := lines.Text()
		if k, _ := fmt.Sscanf(line, "%x-%x ", &lo, &hi); k == 2 && !strings.HasPrefix(line, "A") {
			inside = hi > from && lo < from+uint64(r.size)
		}
		if k, _ := fmt.Sscanf(line, "Rss: %d kB", &n); k == 1 && inside {
			resident += n << 10
		}
		if k, _ := fmt.Sscanf(line, "AnonHugePages: %d kB", &n); k == 1 && inside {
			huge += n << 10
		}
	}
	return resident, huge
}

// partitions is a range with an arena for each of 64 partitions.
type partitions struct {
	t      testing.TB
	r      *Range
	arenas [64]*Arena
}

func newPartitions(t testing.TB) *partitions {
	t.Helper()
	r, err := NewRange(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	p := &partitions{t: t, r: r}
	for i := range p.arenas {
		p.arenas[i] = New(r)
	}
	return p
}

// figures reports used, committed and resident bytes.
func (p *partitions) figures(what string) (used, committed, resident int64) {
	for _, a := range p.arenas {
		used += a.Used()
		committed += a.Committed()
	}
	resident, huge := rss(p.t, p.r)
	const mb = 1e6
	p.t.Logf("%-28s used %7.2f MB, committed %7.2f (%+.1f %%), resident %7.2f (%+.1f %%), of it huge %.1f, handed %.1f", what,
		float64(used)/mb, float64(committed)/mb, 100*(float64(committed)/float64(used)-1),
		float64(resident)/mb, 100*(float64(resident)/float64(used)-1), float64(huge)/mb, float64(p.r.Handed())/mb)
	return used, committed, resident
}

// put allocates and writes to every OS page of the block.
func put(a *Arena, n int, p Purpose) Ref {
	ref := a.Alloc(n, p)
	b := a.Bytes(ref, n)
	for i := 0; i < n; i += osPageBytes {
		b[i] = 1
	}
	b[n-1] = 1
	return ref
}

func TestFewBlocksCostLittle(t *testing.T) {
	p := newPartitions(t)
	for _, a := range p.arenas {
		for i := range 40 {
			put(a, 16<<(i%5), PurposeEntry)
		}
	}
	if _, _, resident := p.figures("40 blocks of 5 sizes each"); resident > 4<<20 {
		t.Errorf("64 small arenas take %d bytes", resident)
	}
}

func TestResidentAgreesWithUsed(t *testing.T) {
	count := 1_000_000
	if testing.Short() {
		count = 300_000
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	t.Run("one size", func(t *testing.T) {
		p := newPartitions(t)
		for range count {
			put(p.arenas[rnd.IntN(64)], 40, PurposeEntry)
		}
		used, committed, resident := p.figures("blocks of 40")
		// The share of a huge page that an arena takes at once, 32 KiB, is 5 % of what each of them has.
		if float64(committed) > 1.055*float64(used) && !testing.Short() {
			t.Errorf("more than 5.5 %% of what is committed is unused")
		}
		if float64(resident) > 1.1*float64(used) {
			t.Errorf("resident memory is more than 10 %% over what is used")
		}
	})
	t.Run("entries, tables, some values", func(t *testing.T) {
		p := newPartitions(t)
		type block struct {
			a   *Arena
			ref Ref
		}
		var blocks []block
		for i := range count {
			a := p.arenas[rnd.IntN(64)]
			n := 40 + 8*rnd.IntN(4)
			if i%500 == 0 {
				put(a, 4096, PurposeTable)
			}
			if i%1000 == 0 {
				put(a, 1000+rnd.IntN(20000), PurposeValue)
			}
			blocks = append(blocks, block{a, put(a, n, PurposeEntry)})
		}
		used, _, resident := p.figures("mixed")
		if float64(resident) > 1.1*float64(used) {
			t.Errorf("resident memory is more than 10 %% over what is used")
		}
		trim := func() {
			for _, a := range p.arenas {
				drain(a)
			}
		}
		trim()
		p.figures("the same, trimmed")
		for i, b := range blocks {
			if i < len(blocks)*9/10 {
				b.a.Free(b.ref, PurposeEntry)
			}
		}
		p.figures("oldest 90 % freed")
		trim()
		if used, _, resident = p.figures("trimmed"); float64(resident) > 1.5*float64(used) {
			t.Errorf("resident memory is %d, used %d after Trim", resident, used)
		}
		for _, a := range p.arenas {
			for a.Dispose(100) {
			}
		}
		if _, _, resident = p.figures("disposed"); resident > 2<<20 {
			t.Errorf("%d bytes resident after all was disposed", resident)
		}
	})
}
