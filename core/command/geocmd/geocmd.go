// Package geocmd holds the commands of the geo group: positions on earth, kept in a sorted set with geohashes as scores.
package geocmd

import (
	"math"
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/geohash"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// Commands returns the rows of the geo group.
func Commands() []command.Command {
	const (
		read    = command.RO | command.Access
		write   = command.OW | command.Update
		growing = command.Write | command.DenyOOM
		perItem = "O(1) for each member requested."
		radius  = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index."
		shape   = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is the number of items inside the shape"
	)
	spec := func(specs ...command.KeySpec) []command.KeySpec { return specs }
	first := spec(command.Key(1, read))
	stores := func(from int) []command.KeySpec {
		return spec(command.Key(1, read), command.AfterKeyword("STORE", from, 0, 1, 0, write),
			command.AfterKeyword("STOREDIST", from, 0, 1, 0, write))
	}
	rows := []command.Command{
		{Name: "geoadd", Arity: -5, Flags: growing, Keys: spec(command.Key(1, command.RW|command.Update)), Since: "3.2.0",
			Complexity: "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
			Summary:    "Adds one or more members to a geospatial index. The key is created if it doesn't exist.", Run: geoadd},
		{Name: "geopos", Arity: -2, Flags: command.ReadOnly, Keys: first, Since: "3.2.0", Complexity: perItem,
			Summary: "Returns the longitude and latitude of members from a geospatial index.", Run: geopos},
		{Name: "geodist", Arity: -4, Flags: command.ReadOnly, Keys: first, Since: "3.2.0", Complexity: "O(1)",
			Summary: "Returns the distance between two members of a geospatial index.", Run: geodist},
		{Name: "geohash", Arity: -2, Flags: command.ReadOnly, Keys: first, Since: "3.2.0", Complexity: perItem,
			Summary: "Returns members from a geospatial index as geohash strings.", Run: geohashes},
		{Name: "geosearch", Arity: -7, Flags: command.ReadOnly, Keys: first, Since: "6.2.0", Complexity: shape,
			Summary: "Queries a geospatial index for members inside an area of a box, a circle or a polygon.", Run: geosearch},
		{Name: "geosearchstore", Arity: -8, Flags: growing, Keys: spec(command.Key(1, write), command.Key(2, read)), Since: "6.2.0", Complexity: shape,
			Summary: "Queries a geospatial index for members inside an area of a box, a circle or a polygon, optionally stores the result.", Run: geosearchstore},
		{Name: "georadius", Arity: -6, Flags: growing, Keys: stores(6), FindKeys: findRadiusKeys, Since: "3.2.0", Complexity: radius,
			Summary: "Queries a geospatial index for members within a distance from a coordinate, optionally stores the result.", Run: georadius},
		{Name: "georadius_ro", Arity: -6, Flags: command.ReadOnly, Keys: first, Since: "3.2.10", Complexity: radius,
			Summary: "Returns members from a geospatial index that are within a distance from a coordinate.", Run: georadiusRO},
		{Name: "georadiusbymember", Arity: -5, Flags: growing, Keys: stores(5), FindKeys: findMemberKeys, Since: "3.2.0", Complexity: radius,
			Summary: "Queries a geospatial index for members within a distance from a member, optionally stores the result.", Run: georadiusbymember},
		{Name: "georadiusbymember_ro", Arity: -5, Flags: command.ReadOnly, Keys: first, Since: "3.2.10", Complexity: radius,
			Summary: "Returns members from a geospatial index that are within a distance from a member.", Run: georadiusbymemberRO},
	}
	for i := range rows {
		rows[i].Group = "geo"
		rows[i].ACL = command.CatGeo
	}
	return rows
}

// found looks a sorted set up for reading. ok is false if the key is missing.
func found(c *command.Call, key []byte) (z object.ZSet, ok bool, err error) {
	db, e, err := c.Find(key, object.TypeZSet)
	return db.ZSet(e), e.Exists(), err
}

// position is a place on earth, in degrees.
type position struct{ lon, lat float64 }

// parsePosition reads longitude and latitude.
func parsePosition(args [][]byte) (p position, err error) {
	var okLon, okLat bool
	if p.lon, okLon = command.ParseFloat(args[0]); !okLon {
		return p, command.ErrNotFloat
	}
	if p.lat, okLat = command.ParseFloat(args[1]); !okLat {
		return p, command.ErrNotFloat
	}
	if p.lon < geohash.MinLon || p.lon > geohash.MaxLon || p.lat < geohash.MinLat || p.lat > geohash.MaxLat {
		text := appendFixed([]byte("ERR invalid longitude,latitude pair "), p.lon)
		return p, command.Error(appendFixed(append(text, ','), p.lat))
	}
	return p, nil
}

// appendFixed appends a number with six decimals.
func appendFixed(dst []byte, f float64) []byte {
	if math.IsInf(f, 0) {
		return resp.AppendDouble(dst, f)
	}
	return strconv.AppendFloat(dst, f, 'f', 6, 64)
}

// addOptions are those of GEOADD.
type addOptions struct {
	how         object.AddFlags
	showChanged bool
}

// parse returns the arguments behind the options: longitude, latitude, member, longitude …
func (o *addOptions) parse(args [][]byte) ([][]byte, error) {
	for len(args) > 0 {
		switch {
		case command.Is(args[0], "nx"):
			o.how |= object.AddNX
		case command.Is(args[0], "xx"):
			o.how |= object.AddXX
		case command.Is(args[0], "ch"):
			o.showChanged = true
		default:
			if len(args)%3 != 0 || o.how == object.AddNX|object.AddXX {
				return nil, command.ErrSyntax
			}
			return args, nil
		}
		args = args[1:]
	}
	return nil, command.ErrSyntax
}

func geoadd(c *command.Call) error {
	var o addOptions
	args, err := o.parse(c.Args[2:])
	if err != nil {
		return err
	}
	longest := 0
	for i := 0; i < len(args); i += 3 {
		if _, err := parsePosition(args[i:]); err != nil {
			return err
		}
		longest = max(longest, len(args[i+2]))
	}
	key := c.Args[1]
	db, e, err := c.FindWrite(key, object.TypeZSet)
	if err != nil {
		return err
	}
	if !e.Exists() {
		if o.how&object.AddXX != 0 {
			c.W.Int(0)
			return nil
		}
		if e, err = command.Create(db, key, object.TypeZSet); err != nil {
			return err
		}
	}
	z := db.ZSet(e)
	z.Prepare(len(args)/3, longest)
	added, updated, err := addAll(z, args, o.how)
	if added+updated > 0 {
		propagateAdd(c, args)
		c.Dirty += added + updated
		db.Changed(e)
		db.Notify(keyspace.ClassZSet, "zadd", key)
	} else if z.Len() == 0 {
		db.Remove(e) // there was no memory for the first member
	}
	if err != nil {
		return err
	}
	if o.showChanged {
		added += updated
	}
	c.W.Int(added)
	return nil
}

// propagateAdd gives the journal the form of ZADD, with the same options and the scores that the positions have.
func propagateAdd(c *command.Call, args [][]byte) {
	if !c.Propagates() {
		return
	}
	words := append([][]byte{[]byte("ZADD")}, c.Args[1:len(c.Args)-len(args)]...)
	for i := 0; i < len(args); i += 3 {
		p, err := parsePosition(args[i:])
		if err != nil {
			return
		}
		words = append(words, strconv.AppendUint(nil, geohash.Encode(p.lon, p.lat, geohash.MaxStep).Bits, 10), args[i+2])
	}
	c.PropagateList(words)
}

// addAll adds longitude, latitude, member, longitude …, which have been checked.
func addAll(z object.ZSet, args [][]byte, how object.AddFlags) (added, updated int64, err error) {
	for i := 0; i < len(args); i += 3 {
		p, err := parsePosition(args[i:])
		if err != nil {
			return added, updated, err
		}
		score := float64(geohash.Encode(p.lon, p.lat, geohash.MaxStep).Bits)
		switch _, result := z.Add(args[i+2], score, how); result {
		case object.AddNew:
			added++
		case object.AddUpdated:
			updated++
		case object.AddNoMemory:
			return added, updated, command.ErrOOM
		default:
		}
	}
	return added, updated, nil
}

func geopos(c *command.Call) error {
	z, ok, err := found(c, c.Args[1])
	if err != nil {
		return err
	}
	c.W.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		score, has := 0.0, false
		if ok {
			score, has = z.Score(member)
		}
		if !has {
			c.W.NullArray()
			continue
		}
		lon, lat := geohash.Position(score)
		c.W.Array(2)
		writeDegrees(c, lon)
		writeDegrees(c, lat)
	}
	return nil
}

func geohashes(c *command.Call) error {
	z, ok, err := found(c, c.Args[1])
	if err != nil {
		return err
	}
	c.W.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		score, has := 0.0, false
		if ok {
			score, has = z.Score(member)
		}
		if !has {
			c.W.Null()
			continue
		}
		lon, lat := geohash.Position(score)
		var text [geohash.TextLen]byte
		c.W.Bulk(geohash.AppendText(text[:0], lon, lat))
	}
	return nil
}

func geodist(c *command.Call) error {
	meters := 1.0
	switch len(c.Args) {
	case 4:
	case 5:
		var err error
		if meters, err = parseUnit(c.Args[4]); err != nil {
			return err
		}
	default:
		return command.ErrSyntax
	}
	z, ok, err := found(c, c.Args[1])
	if err != nil {
		return err
	}
	if ok {
		x, hasX := z.Score(c.Args[2])
		y, hasY := z.Score(c.Args[3])
		if hasX && hasY {
			lon1, lat1 := geohash.Position(x)
			lon2, lat2 := geohash.Position(y)
			writeDistance(c, geohash.Distance(lon1, lat1, lon2, lat2)/meters)
			return nil
		}
	}
	c.W.Null()
	return nil
}

// findRadiusKeys and findMemberKeys find the destination that the handler takes: the last one, where there are several.
func findRadiusKeys(args [][]byte, dst []command.KeyRef) ([]command.KeyRef, error) {
	return findStore(args, 6, dst), nil // behind key, longitude, latitude, radius and unit
}

func findMemberKeys(args [][]byte, dst []command.KeyRef) ([]command.KeyRef, error) {
	return findStore(args, 5, dst), nil // behind key, member, radius and unit
}

func findStore(args [][]byte, from int, dst []command.KeyRef) []command.KeyRef {
	dst = append(dst, command.KeyRef{Pos: 1, Flags: command.RO | command.Access})
	store := 0
	for i := from; i+1 < len(args); i++ {
		switch {
		case command.Is(args[i], "count"):
			i++
		case command.Is(args[i], "store"), command.Is(args[i], "storedist"):
			i++
			store = i
		}
	}
	if store > 0 {
		dst = append(dst, command.KeyRef{Pos: store, Flags: command.OW | command.Update})
	}
	return dst
}
