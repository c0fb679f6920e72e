package object

// List is the view of an entry that holds a list.
type List struct {
	Entry
	env *Env
}

// AsList returns the view of an entry that holds a list.
func (e Entry) AsList(env *Env) List { return List{e, env} }
