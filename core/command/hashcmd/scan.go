package hashcmd

import (
	"slices"
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
	"github.com/sleipnirdb/sleipnir/internal/glob"
	"github.com/sleipnirdb/sleipnir/net/resp"
)

// emptySteps is how many buckets a call of HSCAN looks into for each field that is asked for.
const emptySteps = 10

func hscan(c *command.Call) error {
	cursor, err := command.ParseCursor(c.Args[2])
	if err != nil {
		return err
	}
	h, ok, err := find(c)
	if err != nil {
		return err
	}
	var o command.ScanOptions
	if ok {
		if o, err = command.ParseScanOptions(c.Args[3:], "novalues"); err != nil {
			return err
		}
		if c.IsLong(min(o.Count, h.Len())) {
			return command.TooLong
		}
	}
	c.W.Array(2)
	start, words, visited := len(c.W.B), 0, 0
	var number [maxInt]byte
	visit := func(field, value packed.Value) {
		visited++
		if o.Pattern != nil {
			text := field.Bytes
			if field.IsInt {
				text = field.AppendTo(number[:0])
			}
			if !glob.Match(o.Pattern, text, false) {
				return
			}
		}
		command.Bulk(c.W, field)
		words++
		if !o.Bare {
			command.Bulk(c.W, value)
			words++
		}
	}
	if !ok {
		cursor = 0
	}
	for steps := o.Count * emptySteps; ok && steps > 0 && visited < o.Count; steps-- {
		if cursor = h.Scan(cursor, visit); cursor == 0 {
			break
		}
	}
	putCursor(c.W, start, cursor, words)
	return nil
}

// putCursor puts the cursor, which is only known after the words of a scan's reply, and the head of their array in front of them.
func putCursor(w *resp.Writer, start int, cursor uint64, words int) {
	head := resp.Writer{Resp3: w.Resp3}
	head.BulkString(strconv.FormatUint(cursor, 10))
	head.Array(words)
	w.B = slices.Insert(w.B, start, head.B...)
}
