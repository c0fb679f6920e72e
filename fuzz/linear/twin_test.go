package linear

import (
	"slices"
	"strconv"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/sleipnirdb/sleipnir/internal/client"
)

// keyCount is how many keys a history is about.
const keyCount = 4

var keyNames = keysOver(keyCount, 2)

// data is what the naive twin holds. It is comparable: that is how the checker
// recognises states.
type data struct {
	value  [keyCount]string
	exists [keyCount]bool
}

func indexOf(key string) int { return slices.Index(keyNames, key) }

// unknown is the reply to a request whose client went away.
const unknown = "?"

// unit is what takes effect at one point: a command, or a transaction.
type unit struct {
	commands [][]string
	exec     bool
	// guard is what a watched key held (GET's reply) when a transaction was
	// begun: EXEC fails, or finds it so.
	guard, guarded string
}

func (u *unit) String() string {
	lines := make([]string, len(u.commands))
	for i, cmd := range u.commands {
		lines[i] = strings.Join(cmd, " ")
	}
	text := strings.Join(lines, "; ")
	if u.exec {
		text = "EXEC {" + text + "}"
	}
	if u.guarded != "" {
		text = "IF " + u.guarded + "=" + u.guard + " " + text
	}
	return text
}

// model is the twin as porcupine wants it.
var model = porcupine.Model{
	Init: func() any { return data{} },
	Step: func(state, input, output any) (bool, any) {
		d := state.(data)
		u := input.(*unit)
		got := output.(string)
		if u.guarded != "" {
			if got == "nil*" {
				return true, state
			}
			if got != unknown && d.reply([]string{"GET", u.guarded}) != u.guard {
				return false, state
			}
			if got == unknown && d.reply([]string{"GET", u.guarded}) != u.guard {
				return true, state
			}
		}
		replies := make([]string, len(u.commands))
		for i, cmd := range u.commands {
			replies[i] = d.reply(cmd)
		}
		want := strings.Join(replies, " ")
		if u.exec {
			want = "[" + want + "]"
		}
		return got == unknown || got == want, d
	},
	DescribeOperation: func(input, output any) string {
		return input.(*unit).String() + " -> " + output.(string)
	},
}

func bulk(s string) string { return client.Quote(s) }

// reply carries out a command and returns its reply in Value.String's form.
func (d *data) reply(cmd []string) string {
	if reply, ok := d.queueReply(cmd); ok {
		return reply
	}
	switch cmd[0] {
	case "MSET", "MSETNX":
		return d.mset(cmd)
	case "MGET":
		texts := make([]string, 0, len(cmd)-1)
		for _, key := range cmd[1:] {
			texts = append(texts, d.get(indexOf(key)))
		}
		return "[" + strings.Join(texts, " ") + "]"
	case "DEL", "EXISTS":
		n := 0
		for _, key := range cmd[1:] {
			if i := indexOf(key); d.exists[i] {
				n++
				if cmd[0] == "DEL" {
					d.drop(i)
				}
			}
		}
		return ":" + strconv.Itoa(n)
	case "FLUSHALL", "FLUSHDB":
		*d = data{}
		return "+OK"
	case "DBSIZE":
		n := 0
		for _, there := range d.exists {
			if there {
				n++
			}
		}
		return ":" + strconv.Itoa(n)
	case "KEYS":
		var texts []string
		for i, there := range d.exists {
			if there {
				texts = append(texts, bulk(keyNames[i]))
			}
		}
		slices.Sort(texts)
		return "[" + strings.Join(texts, " ") + "]"
	case "RENAME":
		return d.rename(indexOf(cmd[1]), indexOf(cmd[2]))
	}
	return d.single(indexOf(cmd[1]), cmd)
}

func (d *data) get(i int) string {
	if !d.exists[i] {
		return "nil"
	}
	return bulk(d.value[i])
}

func (d *data) set(i int, value string) { d.value[i], d.exists[i] = value, true }

func (d *data) drop(i int) { d.value[i], d.exists[i] = "", false }

func (d *data) mset(cmd []string) string {
	if cmd[0] == "MSETNX" {
		for i := 1; i < len(cmd); i += 2 {
			if d.exists[indexOf(cmd[i])] {
				return ":0"
			}
		}
	}
	for i := 1; i < len(cmd); i += 2 {
		d.set(indexOf(cmd[i]), cmd[i+1])
	}
	if cmd[0] == "MSETNX" {
		return ":1"
	}
	return "+OK"
}

func (d *data) rename(from, to int) string {
	if !d.exists[from] {
		return "-ERR no such key"
	}
	value := d.value[from]
	d.drop(from)
	d.set(to, value)
	return "+OK"
}

func (d *data) single(i int, cmd []string) string {
	switch cmd[0] {
	case "GET":
		return d.get(i)
	case "SET":
		d.set(i, cmd[2])
		return "+OK"
	case "SETNX":
		if d.exists[i] {
			return ":0"
		}
		d.set(i, cmd[2])
		return ":1"
	case "GETDEL":
		was := d.get(i)
		d.drop(i)
		return was
	case "APPEND":
		d.set(i, d.value[i]+cmd[2])
		return ":" + strconv.Itoa(len(d.value[i]))
	case "INCR":
		n := int64(0)
		if d.exists[i] {
			var err error
			if n, err = strconv.ParseInt(d.value[i], 10, 64); err != nil || strconv.FormatInt(n, 10) != d.value[i] {
				return "-ERR value is not an integer or out of range"
			}
		}
		d.set(i, strconv.FormatInt(n+1, 10))
		return ":" + d.value[i]
	}
	panic("twin: unknown command " + cmd[0])
}
