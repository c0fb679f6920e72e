package object

// Stream is the view of an entry that holds a stream.
type Stream struct {
	Entry
	env *Env
}

// AsStream returns the view of an entry that holds a stream.
func (e Entry) AsStream(env *Env) Stream { return Stream{e, env} }
