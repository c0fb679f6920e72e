// Package geohash turns positions on earth into numbers that keep neighbours together, and says which numbers have to be
// looked at to find what lies in a shape.
//
// # Cells
//
// The map is cut in halves again and again, by longitude and by latitude in turn. A cell of step s is what s cuts in each
// direction leave; its bits say which half was taken: longitude in the odd bits, latitude in the even ones, the first cut
// highest. So all positions in a cell have numbers that begin alike, and are a range in a sorted set.
//
//	┌───────┬───────┐
//	│  0 1  │  1 1  │      step 1: longitude, latitude
//	├───────┼───────┤
//	│  0 0  │  1 0  │
//	└───────┴───────┘
//
// A position is kept as its cell of [MaxStep], a number of 52 bits, which a double holds exactly. The latitudes end
// where the square map of Mercator's projection does.
//
// # Precision
//
// Formulas are evaluated in the order, and with the constants, that the reference uses, as results are compared digit by
// digit. Products that are added to are rounded by a conversion first: some machines would fuse them otherwise.
package geohash

import "math"

// MaxStep is the number of cuts in each direction of a stored position.
const MaxStep = 26

// The map.
const (
	MinLon, MaxLon = -180.0, 180.0
	MinLat, MaxLat = -85.05112878, 85.05112878
)

// Cell is a cell of the map.
type Cell struct {
	Bits uint64
	Step uint
}

// Area is the extent of a cell.
type Area struct{ MinLon, MaxLon, MinLat, MaxLat float64 }

// Encode returns the cell of a step in which a position on the map lies.
func Encode(lon, lat float64, step uint) Cell {
	return encode(lon, lat, step, MinLat, MaxLat)
}

func encode(lon, lat float64, step uint, minLat, maxLat float64) Cell {
	y := (lat - minLat) / (maxLat - minLat)
	x := (lon - MinLon) / (MaxLon - MinLon)
	cells := float64(uint64(1) << step)
	return Cell{spread(uint32(y*cells)) | spread(uint32(x*cells))<<1, step}
}

// Decode returns the extent of the cell.
func (c Cell) Decode() Area {
	y, x := gather(c.Bits), gather(c.Bits>>1)
	cells := float64(uint64(1) << c.Step)
	const latScale, lonScale = MaxLat - MinLat, MaxLon - MinLon
	return Area{
		MinLat: MinLat + float64(float64(y)/cells*latScale),
		MaxLat: MinLat + float64(float64(y+1)/cells*latScale),
		MinLon: MinLon + float64(float64(x)/cells*lonScale),
		MaxLon: MinLon + float64(float64(x+1)/cells*lonScale),
	}
}

// Position returns the position that a score of a sorted set stands for: the middle of its cell.
func Position(score float64) (lon, lat float64) {
	a := Cell{uint64(int64(score)), MaxStep}.Decode()
	lon = min(max((a.MinLon+a.MaxLon)/2, MinLon), MaxLon)
	lat = min(max((a.MinLat+a.MaxLat)/2, MinLat), MaxLat)
	return lon, lat
}

// Range returns the scores of the positions in the cell: from low on, below high.
func (c Cell) Range() (low, high float64) {
	shift := 2 * (MaxStep - c.Step)
	return float64(c.Bits << shift), float64((c.Bits + 1) << shift)
}

// spread puts the bits of x into the even bits of the result.
func spread(x uint32) uint64 {
	u := uint64(x)
	u = (u | u<<16) & 0x0000ffff0000ffff
	u = (u | u<<8) & 0x00ff00ff00ff00ff
	u = (u | u<<4) & 0x0f0f0f0f0f0f0f0f
	u = (u | u<<2) & 0x3333333333333333
	return (u | u<<1) & evenBits
}

// gather is the inverse of spread, for any bits between.
func gather(u uint64) uint32 {
	u &= evenBits
	u = (u | u>>1) & 0x3333333333333333
	u = (u | u>>2) & 0x0f0f0f0f0f0f0f0f
	u = (u | u>>4) & 0x00ff00ff00ff00ff
	u = (u | u>>8) & 0x0000ffff0000ffff
	return uint32(u | u>>16)
}

const (
	evenBits = 0x5555555555555555
	oddBits  = evenBits << 1
)

// move returns the cell dx to the east and dy to the north, each -1, 0 or 1. The map is round in both directions.
func (c Cell) move(dx, dy int) Cell {
	x, y := c.Bits&oddBits, c.Bits&evenBits
	all := ^uint64(0) >> (64 - 2*c.Step)
	return Cell{stepOn(x, oddBits&all, dx) | stepOn(y, evenBits&all, dy), c.Step}
}

// stepOn adds d to a number whose bits stand in those of mask.
func stepOn(u, mask uint64, d int) uint64 {
	switch {
	case d > 0:
		return ((u | ^mask) + 1) & mask // the gaps pass the carry on
	case d < 0:
		return (u - 1) & mask
	}
	return u
}

// alphabet is the digits of the usual text of a geohash.
const alphabet = "0123456789bcdefghjkmnpqrstuvwxyz"

// TextLen is the length of a geohash as text.
const TextLen = 11

// AppendText appends the usual text of a geohash, whose map reaches to the poles. The last digit is always 0, as 52 bits
// make only ten and a bit.
func AppendText(dst []byte, lon, lat float64) []byte {
	c := encode(lon, lat, MaxStep, -90, 90)
	for shift := 2*MaxStep - 5; shift >= 0; shift -= 5 {
		dst = append(dst, alphabet[c.Bits>>shift&31])
	}
	return append(dst, alphabet[0])
}

// EarthRadius is in meters, as a mean.
const EarthRadius = 6372797.560856

const degree = math.Pi / 180

func radians(degrees float64) float64 { return degrees * degree }

func degrees(radians float64) float64 { return radians / degree }

// Distance returns the meters between two positions along a great circle.
func Distance(lon1, lat1, lon2, lat2 float64) float64 {
	v := math.Sin((radians(lon2) - radians(lon1)) / 2)
	if v == 0 {
		return latDistance(lat1, lat2)
	}
	lat := radians(lat1)
	return arc(haversine(v, lat, math.Cos(lat), radians(lat2)))
}

// haversine returns the square of the sine of half the angle between two positions. v is the sine of half the difference
// of their longitudes, cos1 the cosine of the first latitude.
func haversine(v, lat1, cos1, lat2 float64) float64 {
	u := math.Sin((lat2 - lat1) / 2)
	return float64(u*u) + float64(cos1*math.Cos(lat2)*v*v)
}

// arc returns the meters of an angle, of which it gets the haversine.
func arc(a float64) float64 { return 2 * EarthRadius * math.Asin(math.Sqrt(a)) }

// latDistance returns the meters between two positions of one longitude.
func latDistance(lat1, lat2 float64) float64 {
	return EarthRadius * math.Abs(radians(lat2)-radians(lat1))
}
