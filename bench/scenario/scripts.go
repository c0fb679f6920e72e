package scenario

import (
	"crypto/sha1" // #nosec G505 -- EVALSHA's name of a script
	"encoding/hex"
)

// Scripts are workloads of EVALSHA.
func Scripts() []Scenario {
	all := []Scenario{
		{Name: "script-get", Summary: "a script of one call", Fill: setValue, Scripts: []string{
			"return redis.call('get', KEYS[1])"}},
		{Name: "script-additions", Summary: "a script that adds 1,000 times and reads a key", Fill: setValue, Scripts: []string{
			"local n = 0 for i = 1, 1000 do n = n + i end redis.call('get', KEYS[1]) return n"}},
		{Name: "script-strings", Summary: "a script that makes a table of 200 strings", Fill: setValue, Scripts: []string{
			"local t = {} for i = 1, 200 do t[i] = 'item:' .. i end redis.call('get', KEYS[1]) return #t"}},
		{Name: "script-unproved", Summary: "a script of one call of which nobody knows the key", Fill: setValue, Scripts: []string{
			"return redis.call('get', '' .. KEYS[1])"}},
	}
	for i := range all {
		s := &all[i]
		s.Commands = one("EVALSHA " + shaOf(s.Scripts[0]) + " 1 {key}")
	}
	return all
}

func shaOf(script string) string {
	sum := sha1.Sum([]byte(script)) // #nosec G401 -- as above
	return hex.EncodeToString(sum[:])
}
