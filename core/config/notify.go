package config

import (
	"strings"
)

// The classes of keyspace events, as bits of Int(NotifyKeyspaceEvents). The numbers are those of the module API.
//
//	bit  0 1 2 3 4 5 6 7 8 9 10 11 13 14
//	char K E g $ l s h z x e t  m  d  n
const (
	NotifyKeyspace int64 = 1 << 0
	NotifyKeyevent int64 = 1 << 1
	NotifyGeneric  int64 = 1 << 2
	NotifyString   int64 = 1 << 3
	NotifyList     int64 = 1 << 4
	NotifySet      int64 = 1 << 5
	NotifyHash     int64 = 1 << 6
	NotifyZSet     int64 = 1 << 7
	NotifyExpired  int64 = 1 << 8
	NotifyEvicted  int64 = 1 << 9
	NotifyStream   int64 = 1 << 10
	NotifyKeyMiss  int64 = 1 << 11
	NotifyModule   int64 = 1 << 13
	NotifyNew      int64 = 1 << 14

	// NotifyAll is what `A` stands for: everything but K, E, m and n.
	NotifyAll = NotifyGeneric | NotifyString | NotifyList | NotifySet | NotifyHash | NotifyZSet | NotifyExpired |
		NotifyEvicted | NotifyStream | NotifyModule
)

// notifyChars pairs the characters with their bits, in the order in which the canonical form writes them.
var notifyChars = []struct {
	char byte
	bit  int64
}{
	{'g', NotifyGeneric}, {'$', NotifyString}, {'l', NotifyList}, {'s', NotifySet}, {'h', NotifyHash}, {'z', NotifyZSet},
	{'x', NotifyExpired}, {'e', NotifyEvicted}, {'t', NotifyStream}, {'d', NotifyModule}, {'n', NotifyNew},
	{'K', NotifyKeyspace}, {'E', NotifyKeyevent}, {'m', NotifyKeyMiss},
}

// notifyClasses is notify-keyspace-events.
var notifyClasses = &custom{
	parse: func(_ *Config, args []string, _ *value, _ bool) (*value, error) {
		if len(args) != 1 {
			return nil, errWords
		}
		bits, ok := ParseNotify(args[0])
		if !ok {

			return nil, refusal("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
		}
		return &value{num: bits, text: FormatNotify(bits)}, nil
	},
	write: func(v *value) []configLine {
		text := v.text
		if v.num&NotifyNew != 0 && !strings.Contains(text, "n") {
			text += "n" // what the canonical form leaves out must survive a restart
		}
		return []configLine{{Quote(text), v.num != 0}}
	},
}

// ParseNotify reads classes of keyspace events.
func ParseNotify(s string) (bits int64, ok bool) {
next:
	for i := 0; i < len(s); i++ {
		if s[i] == 'A' {
			bits |= NotifyAll
			continue
		}
		for _, n := range notifyChars {
			if n.char == s[i] {
				bits |= n.bit
				continue next
			}
		}
		return 0, false
	}
	return bits, true
}

// FormatNotify writes classes of keyspace events in the canonical form.
func FormatNotify(bits int64) string {
	var b strings.Builder
	all := bits&NotifyAll == NotifyAll
	if all {
		b.WriteByte('A')
	}
	for _, n := range notifyChars {
		covered := all && n.bit&(NotifyAll|NotifyNew) != 0 // with A, the reference leaves n out as well
		if bits&n.bit != 0 && !covered {
			b.WriteByte(n.char)
		}
	}
	return b.String()
}
