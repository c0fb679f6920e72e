package crash

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sleipnirdb/sleipnir/internal/client"
)

// readers are how each kind of key is read.
var readers = map[byte][]string{
	't': {"GET"}, 'c': {"GET"}, 'f': {"GET"}, 'l': {"LRANGE", "0", "-1"}, 'h': {"HGETALL"}, 's': {"SMEMBERS"}, 'z': {"ZRANGE", "0", "-1", "WITHSCORES"},
}

// read takes everything that the writers' keys hold. A key that isn't theirs is an error.
func read(c *client.Conn, writers []*writer) (twin, error) {
	found := twin{}
	for _, w := range writers {
		for _, key := range w.keys() {
			o, err := readKey(c, key)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			if o != nil {
				found[key] = o
			}
		}
	}
	v, err := c.Do("DBSIZE")
	if err == nil && v.Text != strconv.Itoa(len(found)) {
		err = fmt.Errorf("DBSIZE is %s, but the writers have %d keys", v, len(found))
	}
	return found, err
}

func readKey(c *client.Conn, key string) (*object, error) {
	kind := strings.Split(key, ":")[1][0]
	how := readers[kind]
	v, err := c.Do(append([]string{how[0], key}, how[1:]...)...)
	if err != nil || v.IsNil() {
		return nil, err
	}
	if v.IsError() {
		return nil, errRefused(v.Text)
	}
	o := &object{fields: map[string]string{}}
	switch kind {
	case 'l':
		for _, e := range v.Elems {
			o.items = append(o.items, e.Text)
		}
	case 's':
		for _, e := range v.Elems {
			o.fields[e.Text] = ""
		}
	case 'h', 'z':
		for i := 0; i+1 < len(v.Elems); i += 2 {
			o.fields[v.Elems[i].Text] = v.Elems[i+1].Text
		}
	default:
		o.items = []string{v.Text}
	}
	if len(o.items)+len(o.fields) == 0 {
		return nil, nil
	}
	v, err = c.Do("TTL", key)
	o.timed = !strings.HasPrefix(v.Text, "-")
	return o, err
}
