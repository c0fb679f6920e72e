package geohash

import "math"

// Shape is a part of the map. The zero value is none: use Circle, Box or Polygon.
type Shape struct {
	kind          kind
	lon, lat      float64 // the center
	radius        float64 // of a circle, in meters
	width, height float64 // of a box, in meters
	vertices      []Vertex
	bounds        Area // about the shape
	window        window

	lonRadians, latRadians, cosLat float64 // of the center
	reach                          float64 // of a circle: no position with a larger haversine is inside
}

// window is a part of the map in cells of MaxStep, from min to max. Whatever is inside a shape is inside its window: it's
// two comparisons of integers to know that most of what is not, is not.
type window struct{ minX, maxX, minY, maxY uint32 }

var wholeMap = window{0, math.MaxUint32, 0, math.MaxUint32}

// What bounds may be trusted as a window: those of shapes that reach around neither a pole nor the date line, after a margin for
// what the earth's curvature adds to a box.
const (
	windowLat    = 70
	windowMeters = 1e6
	windowMargin = 0.02
)

// makeWindow finds the window of a shape that has its bounds and reaches so many meters away from its center.
func (s *Shape) makeWindow(meters float64) {
	s.window = wholeMap
	b := s.bounds
	dLon, dLat := (b.MaxLon-b.MinLon)*windowMargin, (b.MaxLat-b.MinLat)*windowMargin
	b = Area{b.MinLon - dLon, b.MaxLon + dLon, b.MinLat - dLat, b.MaxLat + dLat}
	if meters < windowMeters && b.MinLon > MinLon && b.MaxLon < MaxLon && b.MinLat > -windowLat && b.MaxLat < windowLat {
		low, high := Encode(b.MinLon, b.MinLat, MaxStep).Bits, Encode(b.MaxLon, b.MaxLat, MaxStep).Bits
		s.window = window{gather(low >> 1), gather(high>>1) + 1, gather(low), gather(high) + 1}
	}
}

// holds says whether the position of a stored number may be in the shape.
func (w *window) holds(bits uint64) bool {
	x, y := gather(bits>>1), gather(bits)
	return x >= w.minX && x <= w.maxX && y >= w.minY && y <= w.maxY
}

type kind uint8

const (
	circle kind = iota
	box
	polygon
)

// Vertex is a corner of a polygon.
type Vertex struct{ Lon, Lat float64 }

// Circle is what is at most radius meters away from a position.
func Circle(lon, lat, radius float64) Shape {
	s := Shape{kind: circle, lon: lon, lat: lat, radius: radius, bounds: boundsOf(lon, lat, radius, radius)}
	s.lonRadians, s.latRadians = radians(lon), radians(lat)
	s.cosLat = math.Cos(s.latRadians)
	half := math.Sin(min(radius/(2*EarthRadius), math.Pi/2))
	s.reach = half*half*(1+slack) + slack*slack
	s.makeWindow(radius)
	return s
}

// slack is what rounding may make out of a haversine, and more.
const slack = 1e-9

// Box is what is at most half of width and height meters away from a position, along the parallel and the meridian.
func Box(lon, lat, width, height float64) Shape {
	s := Shape{kind: box, lon: lon, lat: lat, width: width, height: height}
	s.bounds = boundsOf(lon, lat, width/2, height/2)
	s.makeWindow(max(width, height))
	return s
}

// Polygon is what is inside a polygon on the map, whose last vertex is joined to the first. Its center is the mean of the vertices,
// of which there are some.
//
// The shape keeps vertices.
func Polygon(vertices []Vertex) Shape {
	s := Shape{kind: polygon, vertices: vertices}
	b := Area{math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)}
	for _, v := range vertices {
		b = Area{min(b.MinLon, v.Lon), max(b.MaxLon, v.Lon), min(b.MinLat, v.Lat), max(b.MaxLat, v.Lat)}
		s.lon += v.Lon
		s.lat += v.Lat
	}
	s.lon /= float64(len(vertices))
	s.lat /= float64(len(vertices))
	s.bounds = b
	s.makeWindow(0)
	return s
}

// boundsOf returns the area about what is so many meters away from a position. The side nearer to the pole is the longer one in degrees.
func boundsOf(lon, lat, width, height float64) Area {
	dLat := degrees(height / EarthRadius)
	edge := lat + dLat
	if lat < 0 {
		edge = lat - dLat
	}
	dLon := degrees(width / EarthRadius / math.Cos(radians(edge)))
	return Area{lon - dLon, lon + dLon, lat - dLat, lat + dLat}
}

// Find says whether what a score stands for is inside, and how many meters it is away from the center if it is.
func (s *Shape) Find(score float64) (meters float64, ok bool) {
	if !s.window.holds(uint64(int64(score))) {
		return 0, false
	}
	return s.Contains(Position(score))
}

// Contains says whether a position is inside, and how many meters it is away from the center if it is.
func (s *Shape) Contains(lon, lat float64) (meters float64, ok bool) {
	switch s.kind {
	case circle:
		return s.inCircle(lon, lat)
	case box:
		if latDistance(lat, s.lat) > s.height/2 || Distance(lon, lat, s.lon, lat) > s.width/2 {
			return 0, false
		}
	case polygon:
		if !s.inPolygon(lon, lat) {
			return 0, false
		}
	}
	return Distance(s.lon, s.lat, lon, lat), true
}

func (s *Shape) inCircle(lon, lat float64) (meters float64, ok bool) {
	v := math.Sin((radians(lon) - s.lonRadians) / 2)
	if v == 0 {
		meters = latDistance(s.lat, lat)
		return meters, meters <= s.radius
	}
	a := haversine(v, s.latRadians, s.cosLat, radians(lat))
	if a > s.reach {
		return 0, false
	}
	meters = arc(a)
	return meters, meters <= s.radius
}

// inPolygon counts the sides that a ray to the east crosses: from inside it's an odd number.
func (s *Shape) inPolygon(lon, lat float64) bool {
	isInside := false
	last := s.vertices[len(s.vertices)-1]
	for _, v := range s.vertices {
		if (v.Lat > lat) != (last.Lat > lat) && lon < (last.Lon-v.Lon)*(lat-v.Lat)/(last.Lat-v.Lat)+v.Lon {
			isInside = !isInside
		}
		last = v
	}
	return isInside
}

// extent returns the distance from the center to what is farthest away, in meters.
func (s *Shape) extent() float64 {
	switch s.kind {
	case circle:
		return s.radius
	case box:
		return math.Sqrt(float64(s.width/2*(s.width/2)) + float64(s.height/2*(s.height/2)))
	}
	b := &s.bounds
	return max(Distance(s.lon, s.lat, b.MinLon, b.MaxLat), Distance(s.lon, s.lat, b.MaxLon, b.MaxLat),
		Distance(s.lon, s.lat, b.MinLon, b.MinLat), Distance(s.lon, s.lat, b.MaxLon, b.MinLat))
}

// mercatorMax is half the side of the map in meters.
const mercatorMax = 20037726.37

// step returns that of cells of which nine cover a shape of so many meters about a latitude, as a rule.
func step(meters, lat float64) uint {
	if meters == 0 {
		return MaxStep
	}
	n := 1
	for ; meters < mercatorMax; meters *= 2 {
		n++
	}
	n -= 2
	if away := math.Abs(lat); away > 80 {
		n -= 2
	} else if away > 66 {
		n--
	}
	return uint(min(max(n, 1), MaxStep))
}

// maxCells is the number of cells that cover a shape: a middle one and those around it.
const maxCells = 9

// around is the way to the cells around the middle, in the order in which they are searched.
var around = [maxCells][2]int{{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}}

// Cells appends the cells to be searched for what is inside the shape.
func (s *Shape) Cells(dst []Cell) []Cell {
	n := step(s.extent(), s.lat)
	middle := Encode(s.lon, s.lat, n)
	if n > 1 && !s.isCovered(middle) {
		n--
		middle = Encode(s.lon, s.lat, n)
	}
	a := middle.Decode()
	var last Cell // the one of those around that came before
	for i, d := range around {
		if n >= 2 && s.isUseless(&a, d[0], d[1]) {
			continue
		}
		// If cells are large, some are the same. Like the reference we notice that only where they follow each other.
		c := middle.move(d[0], d[1])
		if i > 0 {
			if c == last {
				continue
			}
			last = c
		}
		dst = append(dst, c)
	}
	return dst
}

// isCovered says whether the nine cells about the middle reach as far as the shape.
func (s *Shape) isCovered(middle Cell) bool {
	north, south := middle.move(0, 1).Decode(), middle.move(0, -1).Decode()
	east, west := middle.move(1, 0).Decode(), middle.move(-1, 0).Decode()
	// Bounds of shapes that reach around a pole may be no numbers: then they are no reason for larger cells.
	return !(north.MaxLat < s.bounds.MaxLat || south.MinLat > s.bounds.MinLat ||
		east.MaxLon < s.bounds.MaxLon || west.MinLon > s.bounds.MinLon)
}

// isUseless says whether the shape doesn't reach out of the middle cell to a neighbour.
func (s *Shape) isUseless(middle *Area, dx, dy int) bool {
	return dy < 0 && middle.MinLat < s.bounds.MinLat || dy > 0 && middle.MaxLat > s.bounds.MaxLat ||
		dx < 0 && middle.MinLon < s.bounds.MinLon || dx > 0 && middle.MaxLon > s.bounds.MaxLon
}
