package geocmd

import (
	"bytes"
	"math"
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
)

const errUnit command.Error = "ERR unsupported unit provided. please use M, KM, FT, MI"

// parseUnit returns the meters of a unit.
func parseUnit(arg []byte) (meters float64, err error) {
	switch {
	case command.Is(arg, "m"):
		return 1, nil
	case command.Is(arg, "km"):
		return 1000, nil
	case command.Is(arg, "ft"):
		return 0.3048, nil
	case command.Is(arg, "mi"):
		return 1609.34, nil
	}
	return 0, errUnit
}

// writeDegrees writes a coordinate with 17 decimals, less the zeros at the end.
func writeDegrees(c *command.Call, f float64) {
	const decimals = 17
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], f, 'f', decimals, 64)
	text = bytes.TrimSuffix(bytes.TrimRight(text, "0"), []byte("."))
	if string(text) == "-0" {
		text = text[1:]
	}
	c.W.DoubleText(text)
}

// writeDistance writes a distance with four decimals.
func writeDistance(c *command.Call, d float64) {
	const scale = 10000
	n := int64(math.RoundToEven(d * scale))
	var buf [32]byte
	text := strconv.AppendInt(buf[:0], n/scale, 10)
	f := n % scale
	c.W.Bulk(append(text, '.', digit(f/1000), digit(f/100), digit(f/10), digit(f)))
}

// digit returns the last digit of n.
func digit(n int64) byte { return '0' + byte(n%10) }
