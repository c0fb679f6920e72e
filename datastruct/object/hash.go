package object

// Hash is the view of an entry that holds a hash.
type Hash struct {
	Entry
	env *Env
}

// AsHash returns the view of an entry that holds a hash.
func (e Entry) AsHash(env *Env) Hash { return Hash{e, env} }
