package streamcmd

import (
	"math"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/internal/unsafestr"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

const (
	errTwoTrims     command.Error = "ERR syntax error, MAXLEN and MINID options at the same time are not compatible"
	errMaxLen       command.Error = "ERR The MAXLEN argument must be >= 0."
	errLimit        command.Error = "ERR The LIMIT argument must be >= 0."
	errLimitNoTrim  command.Error = "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"
	errLimitExact   command.Error = "ERR syntax error, LIMIT cannot be used without the special ~ option"
	errNoTrim       command.Error = "ERR syntax error, XTRIM must be called with a trimming strategy"
	errZeroID       command.Error = "ERR The ID specified in XADD must be greater than 0-0"
	errExhausted    command.Error = "ERR The stream has exhausted the last possible ID, unable to add more items"
	errSmallID      command.Error = "ERR The ID specified in XADD is equal or smaller than the target stream top item"
	errLargeElement command.Error = "ERR Elements are too large to be stored"
)

// addition is what XADD and XTRIM are told in their options.
type addition struct {
	isApplied bool // what a file says: Valkey leaves the LIMIT there when it makes a trim exact
	noCreate  bool
	hasID     bool // an ID, not *
	isOpen    bool // of the form ms-*
	id        object.StreamID
	hasTrim   bool
	hasLimit  bool
	trim      object.StreamTrim
	trimAt    int   // position of the trim's number or ID
	limits    []int // positions of LIMIT
	nextField int   // position of what follows the ID
}

// parse reads options from the third argument on. XADD's end with the ID.
func (o *addition) parse(args [][]byte, isAdd bool) error {
	i := 2
	for ; i < len(args); i++ {
		var err error
		more := len(args) - 1 - i
		switch opt := args[i]; {
		case isAdd && string(opt) == "*":
			o.nextField = i + 1
			return o.check(isAdd)
		case more > 0 && command.Is(opt, "maxlen"):
			i, err = o.parseTrim(args, i, false)
		case more > 0 && command.Is(opt, "minid"):
			i, err = o.parseTrim(args, i, true)
		case more > 0 && command.Is(opt, "limit"):
			i++
			o.limits = append(o.limits, i-1)
			if o.trim.Limit, err = number(args[i], command.ErrNotInt); err == nil && o.trim.Limit < 0 {
				err = errLimit
			}
			o.hasLimit = true
		case isAdd && command.Is(opt, "nomkstream"):
			o.noCreate = true
		case isAdd:
			if o.id, o.isOpen, err = parseNewID(opt); err != nil {
				return err
			}
			o.hasID, o.nextField = true, i+1
			return o.check(isAdd)
		default:
			err = command.ErrSyntax
		}
		if err != nil {
			return err
		}
	}
	o.nextField = i + 1
	return o.check(isAdd)
}

// parseTrim reads MAXLEN or MINID at position i and returns its last position.
func (o *addition) parseTrim(args [][]byte, i int, byID bool) (int, error) {
	if o.hasTrim {
		return i, errTwoTrims
	}
	o.hasTrim, o.trim.ByID = true, byID
	i++
	if i+1 < len(args) && len(args[i]) == 1 && (args[i][0] == '~' || args[i][0] == '=') {
		o.trim.Approx = args[i][0] == '~'
		i++
	}
	o.trimAt = i
	if byID {
		var err error
		o.trim.MinID, err = parseID(args[i], 0)
		return i, err
	}
	n, err := number(args[i], command.ErrNotInt)
	if err == nil && n < 0 {
		err = errMaxLen
	}
	o.trim.MaxLen = uint64(n)
	return i, err
}

// check refuses options that don't go together.
func (o *addition) check(isAdd bool) error {
	if o.isApplied && o.hasTrim && !o.trim.Approx {
		o.trim.Limit, o.hasLimit = 0, false
	}
	switch {
	case o.trim.Limit != 0 && !o.hasTrim:
		return errLimitNoTrim
	case !isAdd && !o.hasTrim:
		return errNoTrim
	case o.hasLimit && !o.trim.Approx:
		return errLimitExact
	}
	return nil
}

// trimStream removes what the options say, and gives its event.
func (o *addition) trimStream(db *keyspace.DB, s object.Stream, key []byte) int64 {
	if o.trim.Approx && !o.hasLimit {
		o.trim.Limit = s.TrimLimit()
	}
	deleted := s.Trim(o.trim)
	if deleted > 0 {
		db.Notify(keyspace.ClassStream, "xtrim", key)
	}
	return deleted
}

// newID returns the ID of the next entry of a stream whose last one is given.
func (o *addition) newID(last object.StreamID, now int64) (object.StreamID, error) {
	id := o.id
	switch {
	case !o.hasID && uint64(now) > last.Ms:
		id = object.StreamID{Ms: uint64(now)}
	case !o.hasID:
		id, _ = last.Next()
	case o.isOpen && id.Ms == last.Ms:
		if last.Seq == math.MaxUint64 {
			return id, errSmallID
		}
		id = object.StreamID{Ms: last.Ms, Seq: last.Seq + 1}
	}
	if !last.Less(id) {
		return id, errSmallID
	}
	return id, nil
}

func xadd(c *command.Call) error {
	var o addition
	o.isApplied = c.Session.State&session.Applied != 0
	if err := o.parse(c.Args, true); err != nil {
		return err
	}
	if n := len(c.Args) - o.nextField; n < 2 || n%2 == 1 {
		return command.WrongArity(c.Cmd.Full)
	}
	if o.hasID && !o.isOpen && o.id.IsZero() {
		return errZeroID
	}
	key := c.Args[1]
	db := c.DB(key)
	s, ok, err := streamAt(db, db.FindWrite(key))
	if err != nil {
		return err
	}
	var last object.StreamID
	if ok {
		last = s.LastID()
	} else if o.noCreate {
		c.W.Null()
		return nil
	}
	if last == object.MaxStreamID {
		return errExhausted
	}
	id, err := o.newID(last, c.Now)
	if err != nil {
		return err
	}
	pairs := c.Args[o.nextField:]
	if total(pairs) > object.MaxStreamNode {
		return errLargeElement
	}
	if s, err = add(db, s, ok, key, id, pairs); err != nil {
		return err
	}
	o.finishAdd(c, db, s, id)
	return nil
}

// finishAdd replies with the ID of the new entry, trims, and tells of the change.
func (o *addition) finishAdd(c *command.Call, db *keyspace.DB, s object.Stream, id object.StreamID) {
	key := c.Args[1]
	writeID(c.W, id)
	db.Notify(keyspace.ClassStream, "xadd", key)
	c.Dirty++
	if o.hasTrim {
		o.trimStream(db, s, key)
	}
	db.Changed(s.Entry)
	if !o.hasID || o.isOpen || o.trim.Approx {
		o.propagate(c, s, o.nextField-1)
	}
}

func total(texts [][]byte) int {
	n := 0
	for _, t := range texts {
		n += len(t)
	}
	return n
}

// add appends an entry to a stream, which is created if it isn't there.
func add(db *keyspace.DB, s object.Stream, exists bool, key []byte, id object.StreamID, pairs [][]byte) (object.Stream, error) {
	var err error
	if !exists {
		if s, err = create(db, key); err != nil {
			return s, err
		}
	}
	if !s.Append(id, pairs) {
		if !exists {
			db.Remove(s.Entry)
		}
		return s, errNoSpace
	}
	return s, nil
}

// create adds a key with an empty stream.
func create(db *keyspace.DB, key []byte) (object.Stream, error) {
	e, err := command.Create(db, key, object.TypeStream)
	if err != nil {
		return object.Stream{}, err
	}
	s := db.Stream(e)
	if !s.Init() {
		db.Remove(e)
		return s, errNoSpace
	}
	return s, nil
}

// propagate gives the call on with the ID that the entry at position idAt got, and an approximate trim in terms of what it left.
// An idAt of 0 says that there is none.
//
// The texts stand behind the reply for as long as they are needed, so that nothing is allocated.
func (o *addition) propagate(c *command.Call, s object.Stream, idAt int) {
	if !c.Propagates() {
		return
	}
	args, end := c.Args, len(c.W.B)
	id, sign, number := args[idAt], args[max(o.trimAt-1, 0)], args[o.trimAt]
	if idAt > 0 {
		args[idAt] = scratch(c.W, s.LastID())
	}
	if o.trim.Approx {
		args[o.trimAt-1] = unsafestr.Bytes("=")
		if o.trim.ByID {
			args[o.trimAt] = scratch(c.W, s.EdgeID())
		} else {
			from := len(c.W.B)
			c.W.B = resp.AppendInt(c.W.B, int64(s.Len()))
			args[o.trimAt] = c.W.B[from:]
		}
	}
	c.PropagateList(o.withoutLimits(args))
	args[idAt], c.W.B = id, c.W.B[:end]
	if o.trim.Approx {
		args[o.trimAt-1], args[o.trimAt] = sign, number
	}
}

// withoutLimits returns the arguments without any LIMIT, which an exact trim may not have.
func (o *addition) withoutLimits(args [][]byte) [][]byte {
	if len(o.limits) == 0 {
		return args
	}
	words := make([][]byte, 0, len(args))
	from := 0
	for _, at := range o.limits {
		words = append(words, args[from:at]...)
		from = at + 2
	}
	return append(words, args[from:]...)
}

// scratch appends the text of an ID to what w holds, and returns it.
func scratch(w *resp.Writer, id object.StreamID) []byte {
	from := len(w.B)
	w.B = id.AppendTo(w.B)
	return w.B[from:]
}

func xtrim(c *command.Call) error {
	var o addition
	o.isApplied = c.Session.State&session.Applied != 0
	if err := o.parse(c.Args, false); err != nil {
		return err
	}
	key := c.Args[1]
	db := c.DB(key)
	s, ok, err := streamAt(db, db.FindWrite(key))
	if err != nil {
		return err
	}
	if !ok {
		c.W.Int(0)
		return nil
	}
	deleted := o.trimStream(db, s, key)
	if deleted > 0 {
		c.Dirty += deleted
		db.Changed(s.Entry)
		if o.trim.Approx {
			o.propagate(c, s, 0)
		}
	}
	c.W.Int(deleted)
	return nil
}

func xdel(c *command.Call) error {
	key := c.Args[1]
	db := c.DB(key)
	s, ok, err := streamAt(db, db.FindWrite(key))
	if err != nil {
		return err
	}
	if !ok {
		c.W.Int(0)
		return nil
	}
	var few [fewIDs]object.StreamID
	ids, err := parseIDs(c.Args[2:], few[:0])
	if err != nil {
		return err
	}
	deleted := int64(0)
	for _, id := range ids {
		if s.Delete(id) {
			deleted++
		}
	}
	if deleted > 0 {
		changed(c, db, s, "xdel", key, deleted)
	}
	c.W.Int(deleted)
	return nil
}

const (
	errSetSmall        command.Error = "ERR The ID specified in XSETID is smaller than the target stream top item"
	errSetDeleted      command.Error = "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"
	errSetSmallDeleted command.Error = "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id"
	errSetAdded        command.Error = "ERR entries_added must be positive"
	errSetAddedSmall   command.Error = "ERR The entries_added specified in XSETID is smaller than the target stream length"
)

func xsetid(c *command.Call) error {
	id, err := parseID(c.Args[2], 0)
	if err != nil {
		return err
	}
	added, deleted := int64(-1), object.StreamID{}
	for i := 3; i < len(c.Args); i += 2 {
		switch opt, more := c.Args[i], i+1 < len(c.Args); {
		case more && command.Is(opt, "entriesadded"):
			if added, err = number(c.Args[i+1], command.ErrNotInt); err == nil && added < 0 {
				err = errSetAdded
			}
		case more && command.Is(opt, "maxdeletedid"):
			if deleted, err = parseID(c.Args[i+1], 0); err == nil && id.Less(deleted) {
				err = errSetDeleted
			}
		default:
			err = command.ErrSyntax
		}
		if err != nil {
			return err
		}
	}
	key := c.Args[1]
	db := c.DB(key)
	s, ok, err := streamAt(db, db.FindWrite(key))
	if err != nil {
		return err
	}
	if !ok {
		return errNoKey
	}
	if err := checkSetID(s, id, added); err != nil {
		return err
	}
	s.SetLastID(id)
	if added != -1 {
		s.SetAdded(uint64(added))
	}
	if !deleted.IsZero() {
		s.SetMaxDeletedID(deleted)
	}
	c.W.OK()
	c.Dirty++
	db.Notify(keyspace.ClassStream, "xsetid", key)
	return nil
}

// checkSetID refuses an ID, or a number of entries added, that a stream has passed already.
func checkSetID(s object.Stream, id object.StreamID, added int64) error {
	if id.Less(s.MaxDeletedID()) {
		return errSetSmallDeleted
	}
	last, ok := s.LastEntryID()
	switch {
	case ok && id.Less(last):
		return errSetSmall
	case ok && added != -1 && int64(s.Len()) > added:
		return errSetAddedSmall
	}
	return nil
}
