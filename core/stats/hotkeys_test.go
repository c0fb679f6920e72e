package stats

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestHotKeys compares the summary with exact counts: the promises of the
// algorithm hold whatever the order, also after a merge.
func TestHotKeys(t *testing.T) {
	const seed, places, keys, uses = 7, 16, 500, 50_000
	rnd := rand.New(rand.NewPCG(seed, seed)) // #nosec G404 -- a test
	parts := [...]*HotKeys{NewHotKeys(places), NewHotKeys(places), NewHotKeys(places)}
	exact := map[string]uint64{}
	for range uses {
		k := int(float64(keys) * rnd.Float64() * rnd.Float64() * rnd.Float64() * rnd.Float64())
		key := fmt.Sprintf("k%d", k)
		parts[rnd.IntN(len(parts))].Seen(k%2, []byte(key))
		exact[key]++
	}
	all := NewHotKeys(places)
	for _, p := range parts {
		all.Merge(p)
	}
	if all.Total != uses {
		t.Fatalf("seed %d: %d uses counted, want %d", seed, all.Total, uses)
	}
	known := map[string]bool{}
	for i, k := range all.Top() {
		known[k.Key] = true
		if want := exact[k.Key]; k.Count < k.Error || k.Count-k.Error > want {
			t.Errorf("%s: %d to %d uses, it had %d", k.Key, k.Count-k.Error, k.Count, want)
		}
		if i == 0 && k.Key != "k0" {
			t.Errorf("the hottest key is %s, want k0", k.Key)
		}
	}
	for key, n := range exact {
		if n > uses/4 && !known[key] {
			t.Errorf("%s had %d of %d uses and isn't known", key, n, uses)
		}
	}
	all.Forget(0)
	for _, k := range all.Top() {
		if k.DB == 0 {
			t.Errorf("%s is still known", k.Key)
		}
	}
	if all.Forget(-1); len(all.Top()) != 0 || all.Total != 0 {
		t.Error("something is left")
	}
}

func TestHotKeysAllocate(t *testing.T) {
	h, key := NewHotKeys(4), []byte("key")
	h.Seen(1, key)
	if n := testing.AllocsPerRun(100, func() { h.Seen(1, key) }); n != 0 {
		t.Errorf("%v allocations for a known key", n)
	}
}
