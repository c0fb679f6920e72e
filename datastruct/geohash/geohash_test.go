package geohash

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestEncode compares with scores and texts of the reference.
func TestEncode(t *testing.T) {
	tests := []struct {
		lon, lat float64
		bits     uint64
		text     string
	}{
		{13.361389, 38.115556, 3479099956230698, "sqc8b49rny0"},
		{15.087269, 37.502669, 3479447370796909, "sqdtr74hyu0"},
		{0, 0, 3377699720527872, "s0000000000"},
	}
	for _, tt := range tests {
		c := Encode(tt.lon, tt.lat, MaxStep)
		if c.Bits != tt.bits {
			t.Errorf("Encode(%v, %v) = %d, want %d", tt.lon, tt.lat, c.Bits, tt.bits)
		}
		lon, lat := Position(float64(c.Bits))
		if got := string(AppendText(nil, lon, lat)); got != tt.text {
			t.Errorf("text of %v, %v is %s, want %s", tt.lon, tt.lat, got, tt.text)
		}
		if math.Abs(lon-tt.lon) > 1e-5 || math.Abs(lat-tt.lat) > 1e-5 {
			t.Errorf("position of %v, %v is %v, %v", tt.lon, tt.lat, lon, lat)
		}
	}
}

func TestSpread(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		x, y := r.Uint32(), r.Uint32()
		u := spread(x) | spread(y)<<1
		if gather(u) != x || gather(u>>1) != y {
			t.Fatalf("%#x, %#x became %#x, %#x", x, y, gather(u), gather(u>>1))
		}
	}
}

// TestMove walks around the map and across its edges.
func TestMove(t *testing.T) {
	for step := uint(1); step <= MaxStep; step++ {
		n := uint32(1) << step
		for _, x := range []uint32{0, 1, n / 2, n - 1} {
			for _, d := range around {
				c := Cell{spread(x) | spread(n-1-x)<<1, step}.move(d[0], d[1])
				wantX, wantY := (n-1-x+uint32(d[0]))%n, (x+uint32(d[1]))%n
				if gather(c.Bits>>1) != wantX || gather(c.Bits) != wantY {
					t.Fatalf("step %d: %d, %d moved by %v is %d, %d", step, n-1-x, x, d, gather(c.Bits>>1), gather(c.Bits))
				}
			}
		}
	}
}

// TestCellsCover checks that what is in a shape is found: in one of the cells to be searched, and through the window.
func TestCellsCover(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		lon, lat := 340*r.Float64()-170, 130*r.Float64()-65
		size := math.Pow(10, 1+5*r.Float64())
		s := Circle(lon, lat, size)
		switch r.IntN(3) {
		case 0:
			s = Box(lon, lat, size, size*r.Float64())
		case 1:
			s = Polygon([]Vertex{{lon, lat}, {lon + r.Float64(), lat + r.Float64()}, {lon - r.Float64(), lat + r.Float64()}})
		}
		var local [maxCells]Cell
		cells := s.Cells(local[:0])
		for range 50 {
			a := s.bounds
			x, y := a.MinLon+r.Float64()*(a.MaxLon-a.MinLon), a.MinLat+r.Float64()*(a.MaxLat-a.MinLat)
			if x < MinLon || x > MaxLon || y < MinLat || y > MaxLat {
				continue
			}
			score := float64(Encode(x, y, MaxStep).Bits)
			meters, ok := s.Contains(Position(score))
			if m, found := s.Find(score); found != ok || m != meters {
				t.Fatalf("%+v: %v, %v is inside %v, the window says %v", s, x, y, ok, found)
			}
			if ok && !isIn(cells, score) {
				t.Fatalf("%+v: %v, %v is inside, but in none of %v", s, x, y, cells)
			}
		}
	}
}

func isIn(cells []Cell, score float64) bool {
	for _, c := range cells {
		if low, high := c.Range(); low <= score && score < high {
			return true
		}
	}
	return false
}

func TestDistance(t *testing.T) {
	// From the reference's documentation, to its four decimals.
	lon1, lat1 := Position(3479099956230698)
	lon2, lat2 := Position(3479447370796909)
	if got := Distance(lon1, lat1, lon2, lat2); math.Abs(got-166274.1516) > 1e-4 {
		t.Errorf("%v", got)
	}
	if got := Distance(lon1, lat1, lon1, lat1); got != 0 {
		t.Errorf("%v from a place to itself", got)
	}
}
