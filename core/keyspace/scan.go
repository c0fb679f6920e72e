package keyspace

// Scan visits a few keys from cursor on and returns the cursor to go on with, 0 at the end; 0 is also the start. A key that is there from the
// first call to the last is visited at least once, whatever happens in between. It visits at least count
// table slots' worth of keys, unless it reaches the end, and skips (and removes) keys whose time has come.
//
// The visitor may not change the database.
func (d *DB) Scan(cursor uint64, count int, visit func(Entry)) (next uint64) { panic("not yet") }

// Random returns a key chosen fairly among those whose time hasn't come, for RANDOMKEY.
func (d *DB) Random() Entry { panic("not yet") }
