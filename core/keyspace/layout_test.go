package keyspace

import (
	"reflect"
	"testing"
)

// TestLayout holds what the look-up counts on: that its fields are on one cache line of DB and of Space each.
func TestLayout(t *testing.T) {
	db, space := reflect.TypeFor[DB](), reflect.TypeFor[Space]()
	if n := db.Size(); n != sizeDB {
		t.Errorf("a DB has %d bytes, want %d", n, sizeDB)
	}
	s := newSpace(t, nil)
	if at := reflect.ValueOf(s.DB(0)).Pointer(); at%cacheLine != 0 {
		t.Errorf("a DB lies at %#x, not at the start of a cache line", at)
	}
	if f, _ := db.FieldByName("seed"); f.Offset+f.Type.Size() > cacheLine {
		t.Errorf("the seed lies at offset %d", f.Offset)
	}
	if f, _ := space.FieldByName("stats"); f.Offset+8 > cacheLine {
		t.Errorf("the hits lie at offset %d", f.Offset)
	}
}
