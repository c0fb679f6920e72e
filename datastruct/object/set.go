package object

// Set is the view of an entry that holds a set.
type Set struct {
	Entry
	env *Env
}

// AsSet returns the view of an entry that holds a set.
func (e Entry) AsSet(env *Env) Set { return Set{e, env} }
