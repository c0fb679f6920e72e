package object

// ZSet is the view of an entry that holds a sorted set.
type ZSet struct {
	Entry
	env *Env
}

// AsZSet returns the view of an entry that holds a sorted set.
func (e Entry) AsZSet(env *Env) ZSet { return ZSet{e, env} }
