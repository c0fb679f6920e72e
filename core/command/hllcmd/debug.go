package hllcmd

import (
	"encoding/binary"
	"fmt"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/datastruct/hll"
)

const (
	errNoKey     command.Error = "ERR The specified key does not exist"
	errNotSparse command.Error = "ERR HLL encoding is not sparse"
	errOnOff     command.Error = "ERR Argument must be ON or OFF"
)

func pfdebug(c *command.Call) error {
	sub, key := c.Args[1], c.Args[2]
	if command.Is(sub, "simd") {
		return pfdebugSIMD(c)
	}
	db := c.DB(key)
	s := sketch{db: db, e: db.FindWrite(key)}
	if !s.e.Exists() {
		return errNoKey
	}
	if err := check(s.e); err != nil {
		return err
	}
	if err := s.open(key); err != nil {
		return err
	}
	sparse := hll.Sparse(s.e.Bytes())
	switch {
	case command.Is(sub, "getreg"):
		return s.getreg(c, sparse)
	case command.Is(sub, "decode"):
		if !sparse {
			return errNotSparse
		}
		c.W.Bulk(hll.AppendRuns(nil, s.e.Bytes()))
	case command.Is(sub, "encoding"):
		c.W.Status(map[bool]string{false: "dense", true: "sparse"}[sparse])
	case command.Is(sub, "todense"):
		return s.todense(c, sparse)
	default:
		return command.Error("ERR Unknown PFDEBUG subcommand '" + command.Echo(sub) + "'")
	}
	return nil
}

// pfdebugSIMD takes the switch of Valkey's vector code and says what was asked for. Nothing is switched: there is one code for all.
func pfdebugSIMD(c *command.Call) error {
	switch {
	case command.Is(c.Args[2], "on"):
		c.W.Status("enabled")
	case command.Is(c.Args[2], "off"):
		c.W.Status("disabled")
	default:
		return errOnOff
	}
	return nil
}

// getreg lists the registers. As in Valkey the value is a dense one from then on.
func (s *sketch) getreg(c *command.Call, sparse bool) error {
	if sparse {
		if err := s.densify(); err != nil {
			return err
		}
		c.Dirty++
	}
	b := s.e.Bytes()
	c.W.Array(hll.Registers)
	for i := range hll.Registers {
		c.W.Int(int64(hll.DenseGet(b, i)))
	}
	return nil
}

func (s *sketch) todense(c *command.Call, sparse bool) error {
	if !sparse {
		c.W.Int(0)
		return nil
	}
	if err := s.densify(); err != nil {
		return err
	}
	c.Dirty++
	c.W.Int(1)
	return nil
}

// What PFSELFTEST does: elements are added to two values, one of which stays sparse as long as it can, and at each power of ten both must
// estimate the same, within six standard errors.
const (
	selfTestElements = 1_000_000
	selfTestSparse   = 3000
	standardError    = 1.04 / 128 // 1.04/√16384
	selfTestErrors   = 6
)

func pfselftest(c *command.Call) error {
	if err := selfTestRegisters(); err != nil {
		return err
	}
	if err := selfTestEstimates(); err != nil {
		return err
	}
	c.W.OK()
	return nil
}

// selfTestRegisters writes all registers of a dense value and reads them back.
func selfTestRegisters() error {
	b := make([]byte, hll.DenseBytes)
	for i := range hll.Registers {
		hll.DenseRaise(b, i, uint8(i*7)&63)
	}
	for i := range hll.Registers {
		if got, want := hll.DenseGet(b, i), uint8(i*7)&63; got != want {
			return command.Error(fmt.Sprintf("TESTFAILED Register %d should be %d but is %d", i, want, got))
		}
	}
	return nil
}

func selfTestEstimates() error {
	sparse, dense := make([]byte, hll.EmptyBytes), make([]byte, hll.DenseBytes)
	hll.Init(sparse)
	if err := hll.Densify(dense, sparse); err != nil {
		return errCorrupt
	}
	var element [8]byte
	check := 1
	for i := 1; i <= selfTestElements; i++ {
		binary.LittleEndian.PutUint64(element[:], uint64(i)*0x9e3779b97f4a7c15)
		index, rank := hll.Place(element[:])
		hll.DenseRaise(dense, index, rank)
		sparse = selfTestRaise(sparse, index, rank)
		if i != check {
			continue
		}
		one, err := hll.Estimate(sparse)
		two, _ := hll.Estimate(dense)
		if err != nil || one != two {
			return command.Error("TESTFAILED dense/sparse disagree")
		}
		off := max(int64(two)-int64(i), int64(i)-int64(two))
		if float64(off) > max(1, standardError*selfTestErrors*float64(i)) {
			return command.Error(fmt.Sprintf("TESTFAILED Too big error. card:%d abserr:%d", i, off))
		}
		check *= 10
	}
	return nil
}

// selfTestRaise raises a register of a value on the heap, and returns the value as it is then.
func selfTestRaise(b []byte, index int, rank uint8) []byte {
	if !hll.Sparse(b) {
		hll.DenseRaise(b, index, rank)
		return b
	}
	var edit hll.Edit
	verdict, err := hll.Plan(b, index, rank, selfTestSparse, &edit)
	switch {
	case err != nil || verdict == hll.Same:
		return b
	case verdict == hll.Dense:
		dense := make([]byte, hll.DenseBytes)
		if hll.Densify(dense, b) == nil {
			hll.DenseRaise(dense, index, rank)
		}
		return dense
	}
	size := len(b)
	b = append(b, make([]byte, max(edit.Growth(), 0))...)
	edit.Apply(b, size)
	return b[:size+edit.Growth()]
}
