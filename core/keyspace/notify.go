package keyspace

// Class is a set of classes of keyspace events, with the bits of Valkey's notify-keyspace-events flags.
type Class uint32

// The classes, with the letter that the directive uses.
const (
	ClassKeyspace Class = 1 << iota // K: publish in __keyspace@<db>__ channels
	ClassKeyevent                   // E: publish in __keyevent@<db>__ channels
	ClassGeneric                    // g
	ClassString                     // $
	ClassList                       // l
	ClassSet                        // s
	ClassHash                       // h
	ClassZSet                       // z
	ClassExpired                    // x
	ClassEvicted                    // e
	ClassStream                     // t
	ClassKeyMiss                    // m, not in A
	ClassLoaded                     // for modules only, without a letter
	ClassModule                     // d
	ClassNew                        // n, not in A

	// ClassAll is what the letter A stands for.
	ClassAll = ClassGeneric | ClassString | ClassList | ClassSet | ClassHash | ClassZSet | ClassExpired | ClassEvicted |
		ClassStream | ClassModule
)

// classLetters are the letters in the order in which the directive's value is printed, behind A or what A stands for.
var classLetters = [...]struct {
	letter byte
	class  Class
}{
	{'g', ClassGeneric}, {'$', ClassString}, {'l', ClassList}, {'s', ClassSet}, {'h', ClassHash}, {'z', ClassZSet},
	{'x', ClassExpired}, {'e', ClassEvicted}, {'t', ClassStream}, {'d', ClassModule}, {'n', ClassNew},
	{'K', ClassKeyspace}, {'E', ClassKeyevent}, {'m', ClassKeyMiss},
}

// ParseClasses reads the value of notify-keyspace-events; ok is false if it has a letter that stands for nothing.
func ParseClasses(text string) (c Class, ok bool) {
next:
	for i := range len(text) {
		if text[i] == 'A' {
			c |= ClassAll
			continue
		}
		for _, l := range classLetters {
			if l.letter == text[i] {
				c |= l.class
				continue next
			}
		}
		return 0, false
	}
	return c, true
}

// String returns the value of notify-keyspace-events in the form that CONFIG GET answers with. As in Valkey, n isn't shown
// beside A.
func (c Class) String() string {
	var b []byte
	skip := Class(0)
	if c&ClassAll == ClassAll {
		b, skip = append(b, 'A'), ClassAll|ClassNew
	}
	for _, l := range classLetters {
		if c&l.class != 0 && skip&l.class == 0 {
			b = append(b, l.letter)
		}
	}
	return string(b)
}

// Follow says which of the silent happenings the Events hook wants to hear of.
type Follow uint8

const (
	// FollowModified asks for Modified: for client-side caching.
	FollowModified Follow = 1 << iota
)

// Events is told of what happens to keys. It is called under the lease, by whoever holds it, so it must neither block nor call back
// into the space. Keys are views that live as long as the call.
type Events interface {
	// Event is called for an event of a class that SetNotify enabled.
	Event(db int, class Class, event string, key []byte)
	// Modified is called under FollowModified for each change of a key, or for a whole database with a nil key. expired says that the key's time
	// had come, so that it is nobody's change.
	Modified(db int, key []byte, expired bool)
}

// SetNotify sets the classes of which Events is told: none unless K or E is among them, as then nobody could hear.
func (s *Space) SetNotify(c Class) {
	if c&(ClassKeyspace|ClassKeyevent) == 0 {
		c = 0
	}
	s.mask = c
}

// SetFollow sets which silent happenings Events is told of.
func (s *Space) SetFollow(f Follow) { s.follow = f }

// Notify tells of an event of a command, such as "set" or "expire", if its class is enabled.
func (d *DB) Notify(c Class, event string, key []byte) {
	if d.space.mask&c != 0 {
		d.notify(c, event, key)
	}
}

// Notifies says whether events of the class are wanted, for callers that would have work to do first.
func (d *DB) Notifies(c Class) bool { return d.space.mask&c != 0 }

//go:noinline
func (d *DB) notify(c Class, event string, key []byte) {
	if ev := d.space.events; ev != nil {
		ev.Event(d.number, c, event, key)
	}
}
