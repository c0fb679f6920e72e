package linear

import (
	"strconv"
	"strings"
)

// Lists, and commands that wait for them. The twin keeps a list as its elements, joined by commas; strings and lists are
// never in one history.

// waitSeconds is how long commands wait at most: long enough to be served in between, as a rule.
const waitSeconds = "0.003"

var queueWords = []string{"LPUSH", "RPUSH", "RPUSH", "LPOP", "RPOP", "LLEN", "LRANGE", "BLPOP", "BLPOP", "BRPOP", "BLMOVE", "BLMOVE",
	"RPOPLPUSH", "RENAME", "DEL", "EXEC"}

// queueSimple may stand in a transaction.
var queueSimple = []string{"LPUSH", "RPUSH", "RPUSH", "LPOP", "LLEN", "RPOPLPUSH"}

// queueCommand draws a command on lists; ok is false for other words.
func (rec *recorder) queueCommand(word string) (cmd []string, ok bool) {
	switch word {
	case "LPUSH", "RPUSH":
		rec.pushed++
		return []string{word, rec.key(), strconv.Itoa(rec.id*1000 + rec.pushed)}, true
	case "LPOP", "RPOP", "LLEN":
		return []string{word, rec.key()}, true
	case "LRANGE":
		return []string{word, rec.key(), "0", "-1"}, true
	case "BLPOP", "BRPOP":
		cmd = []string{word}
		for range 1 + rec.r.IntN(3) {
			cmd = append(cmd, rec.key())
		}
		return append(cmd, waitSeconds), true
	case "BLMOVE":
		return []string{word, rec.key(), rec.key(), "LEFT", "RIGHT", waitSeconds}, true
	case "RPOPLPUSH":
		return []string{word, rec.key(), rec.key()}, true
	}
	return nil, false
}

func (d *data) elements(i int) []string {
	if !d.exists[i] {
		return nil
	}
	return strings.Split(d.value[i], ",")
}

func (d *data) setElements(i int, list []string) {
	d.value[i], d.exists[i] = strings.Join(list, ","), len(list) > 0
}

func (d *data) push(i int, isLeft bool, v string) int {
	list := d.elements(i)
	if isLeft {
		list = append([]string{v}, list...)
	} else {
		list = append(list, v)
	}
	d.setElements(i, list)
	return len(list)
}

func (d *data) pop(i int, isLeft bool) (v string, ok bool) {
	list := d.elements(i)
	if len(list) == 0 {
		return "", false
	}
	if isLeft {
		v, list = list[0], list[1:]
	} else {
		v, list = list[len(list)-1], list[:len(list)-1]
	}
	d.setElements(i, list)
	return v, true
}

// queueReply carries out a command on lists; ok is false for other commands.
func (d *data) queueReply(cmd []string) (reply string, ok bool) {
	isLeft := strings.Contains(cmd[0], "LP") // LPUSH, LPOP, BLPOP
	switch cmd[0] {
	case "LPUSH", "RPUSH":
		return ":" + strconv.Itoa(d.push(indexOf(cmd[1]), isLeft, cmd[2])), true
	case "LPOP", "RPOP":
		if v, ok := d.pop(indexOf(cmd[1]), isLeft); ok {
			return bulk(v), true
		}
		return "nil", true
	case "LLEN":
		return ":" + strconv.Itoa(len(d.elements(indexOf(cmd[1])))), true
	case "LRANGE":
		texts := []string{}
		for _, v := range d.elements(indexOf(cmd[1])) {
			texts = append(texts, bulk(v))
		}
		return "[" + strings.Join(texts, " ") + "]", true
	case "BLPOP", "BRPOP":
		for _, key := range cmd[1 : len(cmd)-1] {
			if v, ok := d.pop(indexOf(key), isLeft); ok {
				return "[" + bulk(key) + " " + bulk(v) + "]", true
			}
		}
		return "nil*", true
	case "BLMOVE", "RPOPLPUSH":
		isMove := cmd[0] == "BLMOVE"
		v, ok := d.pop(indexOf(cmd[1]), isMove)
		switch {
		case ok:
		case isMove:
			return "nil*", true // a wait that ended
		default:
			return "nil", true
		}
		d.push(indexOf(cmd[2]), !isMove, v)
		return bulk(v), true
	}
	return "", false
}
