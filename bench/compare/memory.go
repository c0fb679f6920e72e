package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/sleipnirdb/sleipnir/bench/load"
	"github.com/sleipnirdb/sleipnir/bench/target"
)

// memoryPart counts bytes per key of four shapes: the growth of used_memory from the empty server. The server's resident
// memory must agree with used_memory, so nothing is hidden from the count; how their growth agrees is shown too, for
// there the process's fixed costs don't help. It is deterministic enough for one round.
func memoryPart(o *options) ([]row, error) {
	shapes := []struct {
		name, fill string
		bound      float64
	}{
		{"16 B value", "SET {key} {value:16}", 60},
		{"16 B value and a time to live", "SET {key} {value:16} EX 100000", 84},
		{"100 B value", "SET {key} {value:100}", 144},
		{"integer value", "SET {key} {num:8}", 48},
	}
	var rows []row
	for _, shape := range shapes {
		var used, rss, agree [2]float64
		for i, side := range o.sides() {
			grown, err := o.grow(side, shape.fill)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", side.name, shape.name, err)
			}
			used[i], rss[i], agree[i] = grown.used, grown.rss, grown.agree
		}
		rows = append(rows,
			row{figure: "bytes per key, 16 B key and " + shape.name, unit: "B", quotient: quotient{ours: used[0], ref: used[1], ratio: used[0] / used[1]}, bars: oursAtMost(shape.bound)},
			row{figure: "… resident memory to used memory", unit: "×", quotient: quotient{ours: agree[0], ref: agree[1], ratio: -1},
				bars: []bar{{bound: 1.1, absolute: true}, {bound: 0.9, absolute: true, least: true}}},
			row{figure: "… growth of the one to growth of the other", unit: "×", quotient: quotient{ours: rss[0] / used[0], ref: rss[1] / used[1], ratio: -1}})
		fmt.Fprintln(os.Stderr, "memory:", shape.name)
	}
	return rows, nil
}

// growth is bytes per key, and in the end how much resident memory there is to a byte of used memory.
type growth struct{ used, rss, agree float64 }

func (o *options) grow(side side, fill string) (growth, error) {
	s, err := side.start()
	if err != nil {
		return growth{}, err
	}
	defer s.Stop()
	used0, rss0, err := settled(s)
	if err != nil {
		return growth{}, err
	}
	if err := insert(s, fill, o.keys); err != nil {
		return growth{}, err
	}
	if got, err := s.Ask("DBSIZE"); err != nil || got != strconv.Itoa(o.keys) {
		return growth{}, fmt.Errorf("DBSIZE is %s after %d keys (%w)", got, o.keys, err)
	}
	used1, rss1, err := settled(s)
	n := float64(o.keys)
	return growth{(used1 - used0) / n, (rss1 - rss0) / n, rss1 / used1}, err
}

// inserting is the load that makes n keys in order over one connection.
func inserting(s *target.Server, fill string, n int) (load.Config, error) {
	t, err := load.Compile(fill, load.Shape{})
	return load.Config{Dial: s.Dial(), Mix: []load.Weighted{{Template: t}}, Conns: 1, Pipeline: 64, Requests: int64(n),
		Keys: load.Keys{Count: uint64(n), Dist: load.Sequential}}, err // #nosec G115 -- n is positive
}

func insert(s *target.Server, fill string, n int) error {
	cfg, err := inserting(s, fill, n)
	if err != nil {
		return err
	}
	f, err := load.Do(cfg)
	if err == nil && f.Errors > 0 {
		err = fmt.Errorf("%d errors, the first: %s", f.Errors, f.FirstErr)
	}
	return err
}

// settled reads the memory once it has stopped changing: background work such as an incremental rehash
// comes to its end.
func settled(s *target.Server) (used, rss float64, err error) {
	const look, calm, limit = 100 * time.Millisecond, 0.001, 50
	last := -1.0
	for range limit {
		time.Sleep(look)
		info, err := s.Info()
		if err != nil {
			return 0, 0, err
		}
		r, err := s.RSS()
		if err != nil {
			return 0, 0, err
		}
		used, _ = info.Number("used_memory")
		rss = float64(r)
		if sum := used + rss; last > 0 && sum > last*(1-calm) && sum < last*(1+calm) {
			break
		} else {
			last = sum
		}
	}
	return used, rss, nil
}
