package geocmd

import (
	"slices"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/geohash"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

const (
	errMember   command.Error = "ERR could not decode requested zset member"
	errRadius   command.Error = "ERR need numeric radius"
	errWidth    command.Error = "ERR need numeric width"
	errHeight   command.Error = "ERR need numeric height"
	errNegative command.Error = "ERR radius cannot be negative"
	errNegBox   command.Error = "ERR height or width cannot be negative"
	errCount    command.Error = "ERR COUNT must be > 0"
	errAny      command.Error = "ERR the ANY argument requires COUNT argument"
	errVertices command.Error = "ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"
)

// variant is the command of the family.
type variant uint8

const (
	byPosition variant = 1 << iota // GEORADIUS
	byMember                       // GEORADIUSBYMEMBER
	mayStore                       // has STORE and STOREDIST
	searches                       // GEOSEARCH
	isStore                        // GEOSEARCHSTORE
)

func georadius(c *command.Call) error { return run(c, byPosition|mayStore) }

func georadiusRO(c *command.Call) error { return run(c, byPosition) }

func georadiusbymember(c *command.Call) error { return run(c, byMember|mayStore) }

func georadiusbymemberRO(c *command.Call) error { return run(c, byMember) }

func geosearch(c *command.Call) error { return run(c, searches) }

func geosearchstore(c *command.Call) error { return run(c, searches|isStore) }

// form is what is looked at around the center.
type form uint8

const (
	noForm form = iota
	byRadius
	byBox
	byPolygon
)

// query is a call of one of the commands.
type query struct {
	variant
	zset   object.ZSet
	exists bool // the key is there

	center        position
	hasMember     bool
	hasPosition   bool
	form          form
	width, height float64 // of a box, or width is the radius
	vertices      []geohash.Vertex
	unit          float64 // in meters

	withDist, withHash, withCoord bool

	storeKey  []byte
	storeDist bool // distances are the scores of what is stored

	count      int64 // 0: all
	any        bool
	isSorted   bool
	isFarFirst bool
}

func run(c *command.Call, v variant) error {
	q := query{variant: v, unit: 1}
	at := 1
	if v&isStore != 0 {
		q.storeKey, at = c.Args[1], 2
	}
	var err error
	if q.zset, q.exists, err = found(c, c.Args[at]); err != nil {
		return err
	}
	options, err := q.parseHead(c.Args[at+1:])
	if err != nil {
		return err
	}
	if err := q.parseOptions(options); err != nil {
		return err
	}
	if err := q.check(c); err != nil {
		return err
	}
	if !q.exists {
		if q.storeKey != nil {
			return q.store(c, nil)
		}
		c.W.Array(0)
		return nil
	}
	if q.storeKey != nil {
		r := q.search(result{})
		return q.store(c, &r)
	}
	q.answer(c)
	return nil
}

// answer searches and writes what was found. It stays on the stack if it's little.
func (q *query) answer(c *command.Call) {
	var places [64]place
	var text [1024]byte
	r := q.search(result{places[:0], text[:0]})
	q.write(c, &r)
}

// parseHead reads what has a fixed place, and returns the options.
func (q *query) parseHead(args [][]byte) (options [][]byte, err error) {
	switch {
	case q.variant&byPosition != 0:
		if q.center, err = parsePosition(args); err != nil {
			return nil, err
		}
		q.form = byRadius
		return args[4:], q.parseRadius(args[2:])
	case q.variant&byMember != 0:
		q.form = byRadius
		if !q.exists {
			return args[3:], nil
		}
		if err := q.parseMember(args[0]); err != nil {
			return nil, err
		}
		return args[3:], q.parseRadius(args[1:])
	}
	return args, nil
}

func (q *query) parseMember(member []byte) error {
	if !q.exists {
		return nil
	}
	score, ok := q.zset.Score(member)
	if !ok {
		return errMember
	}
	q.center.lon, q.center.lat = geohash.Position(score)
	return nil
}

func (q *query) parseRadius(args [][]byte) (err error) {
	var ok bool
	if q.width, ok = command.ParseFloat(args[0]); !ok {
		return errRadius
	}
	if q.width < 0 {
		return errNegative
	}
	q.unit, err = parseUnit(args[1])
	return err
}

func (q *query) parseBox(args [][]byte) (err error) {
	var ok bool
	if q.width, ok = command.ParseFloat(args[0]); !ok {
		return errWidth
	}
	if q.height, ok = command.ParseFloat(args[1]); !ok {
		return errHeight
	}
	if q.width < 0 || q.height < 0 {
		return errNegBox
	}
	q.unit, err = parseUnit(args[2])
	return err
}

// parsePolygon reads the number of vertices and these, and returns how many arguments that were.
func (q *query) parsePolygon(args [][]byte) (int, error) {
	n, ok := command.ParseInt(args[0])
	switch {
	case !ok:
		return 0, command.ErrNotInt
	case n < 3:
		return 0, errVertices
	case n > int64(len(args)-1)/2:
		return 0, command.ErrSyntax
	}
	q.vertices = make([]geohash.Vertex, n)
	for i := range q.vertices {
		p, err := parsePosition(args[1+2*i:])
		if err != nil {
			return 0, err
		}
		q.vertices[i] = geohash.Vertex{Lon: p.lon, Lat: p.lat}
	}
	return 1 + 2*int(n), nil
}

func (q *query) parseOptions(args [][]byte) error {
	for len(args) > 0 {
		n, err := q.parseOption(args[0], args[1:])
		if err != nil {
			return err
		}
		args = args[1+n:]
	}
	return nil
}

// parseOption reads one option and returns how many of the arguments behind it belong to it.
func (q *query) parseOption(arg []byte, rest [][]byte) (int, error) {
	switch {
	case command.Is(arg, "withdist"):
		q.withDist = true
	case command.Is(arg, "withhash"):
		q.withHash = true
	case command.Is(arg, "withcoord"):
		q.withCoord = true
	case command.Is(arg, "any"):
		q.any = true
	case command.Is(arg, "asc"):
		q.isSorted, q.isFarFirst = true, false
	case command.Is(arg, "desc"):
		q.isSorted, q.isFarFirst = true, true
	case len(rest) > 0 && command.Is(arg, "count"):
		var ok bool
		if q.count, ok = command.ParseInt(rest[0]); !ok {
			return 0, command.ErrNotInt
		}
		if q.count <= 0 {
			return 0, errCount
		}
		return 1, nil
	case q.variant&searches != 0:
		return q.parseShape(arg, rest)
	case q.variant&mayStore != 0 && len(rest) > 0 && (command.Is(arg, "store") || command.Is(arg, "storedist")):
		q.storeKey, q.storeDist = rest[0], len(arg) > len("store")
		return 1, nil
	default:
		return 0, command.ErrSyntax
	}
	return 0, nil
}

// parseShape is parseOption for those that only GEOSEARCH and GEOSEARCHSTORE have.
func (q *query) parseShape(arg []byte, rest [][]byte) (n int, err error) {
	has := func(word string, n int) bool { return len(rest) >= n && command.Is(arg, word) }
	isPolygon := q.form == byPolygon
	switch {
	case q.variant&isStore != 0 && command.Is(arg, "storedist"):
		q.storeDist = true
	case has("frommember", 1) && !q.hasPosition && !isPolygon:
		q.hasMember, n = true, 1
		err = q.parseMember(rest[0])
	case has("fromlonlat", 2) && !q.hasMember && !isPolygon:
		q.hasPosition, n = true, 2
		q.center, err = parsePosition(rest)
	case has("byradius", 2) && q.form != byBox && !isPolygon:
		q.form, n = byRadius, 2
		err = q.parseRadius(rest)
	case has("bybox", 3) && q.form != byRadius && !isPolygon:
		q.form, n = byBox, 3
		err = q.parseBox(rest)
	case has("bypolygon", 1) && (q.form == noForm || isPolygon) && !q.hasMember && !q.hasPosition:
		q.form = byPolygon
		n, err = q.parsePolygon(rest)
	default:
		err = command.ErrSyntax
	}
	return n, err
}

// check looks for options that are missing or contradict each other.
func (q *query) check(c *command.Call) error {
	isSearch := q.variant&searches != 0
	switch {
	case q.storeKey != nil && (q.withDist || q.withHash || q.withCoord):
		what := "STORE option in GEORADIUS"
		if q.variant&isStore != 0 {
			what = "GEOSEARCHSTORE"
		}
		return command.Error("ERR " + what + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
	case isSearch && !q.hasMember && !q.hasPosition && q.form != byPolygon:
		return command.Error("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + command.Echo(c.Args[0]))
	case isSearch && q.form == noForm:
		return command.Error("ERR exactly one of BYRADIUS, BYBOX and BYPOLYGON can be specified for " + command.Echo(c.Args[0]))
	case q.any && q.count == 0:
		return errAny
	}
	return nil
}

// shape returns what the query asks for, in meters.
func (q *query) shape() geohash.Shape {
	switch q.form {
	case byBox:
		return geohash.Box(q.center.lon, q.center.lat, q.width*q.unit, q.height*q.unit)
	case byPolygon:
		return geohash.Polygon(q.vertices)
	default:
		return geohash.Circle(q.center.lon, q.center.lat, q.width*q.unit)
	}
}

// place is a member that was found.
type place struct {
	meters   float64 // from the center
	score    float64
	from, to int // of the member, in result.text
}

// result is what was found. Its members are copies. It's handed on by value: what is stored through a pointer would be moved to the heap.
type result struct {
	places []place
	text   []byte
}

func (r *result) member(p *place) []byte { return r.text[p.from:p.to] }

// search adds what is in the shape to r, in order, no more than wanted.
func (q *query) search(r result) result {
	shape := q.shape()
	var local [9]geohash.Cell
	for _, cell := range shape.Cells(local[:0]) {
		if r = q.searchCell(r, &shape, cell); q.hasEnough(&r) {
			break
		}
	}
	if q.isSorted || q.count > 0 && !q.any {
		r = q.sorted(r)
	}
	if q.count > 0 && int64(len(r.places)) > q.count {
		r.places = r.places[:q.count]
	}
	return r
}

// hasEnough says whether nothing more need be found.
func (q *query) hasEnough(r *result) bool { return q.any && int64(len(r.places)) >= q.count }

// searchCell adds what is in the shape and the cell.
func (q *query) searchCell(r result, shape *geohash.Shape, cell geohash.Cell) result {
	low, high := cell.Range()
	for cur := q.zset.WalkScores(object.ScoreRange{Min: low, Max: high, MaxOpen: true}); cur.Next(); {
		score := cur.Score()
		meters, ok := shape.Find(score)
		if !ok {
			continue
		}
		from := len(r.text)
		r.text = append(r.text, cur.Member()...)
		r.places = append(r.places, place{meters, score, from, len(r.text)})
		if q.hasEnough(&r) {
			break
		}
	}
	return r
}

// fewPlaces are sorted where they are.
const fewPlaces = 16

// sorted orders places by distance; equal ones stay as they were found.
func (q *query) sorted(r result) result {
	if len(r.places) > fewPlaces {
		many := make([]place, len(r.places))
		copy(many, r.places)
		slices.SortStableFunc(many, q.compare)
		r.places = many
		return r
	}
	for i := range r.places {
		for k := i; k > 0 && q.compare(r.places[k], r.places[k-1]) < 0; k-- {
			r.places[k], r.places[k-1] = r.places[k-1], r.places[k]
		}
	}
	return r
}

func (q *query) compare(x, y place) int {
	if q.isFarFirst {
		x, y = y, x
	}
	switch {
	case x.meters < y.meters:
		return -1
	case x.meters > y.meters:
		return 1
	}
	return 0
}
