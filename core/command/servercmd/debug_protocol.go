package servercmd

import "github.com/sleipnirdb/sleipnir/core/command"

// debugProtocol replies with a value of the type asked for.
func (g *group) debugProtocol(c *command.Call) error {
	w := c.W
	three := func() {
		for i := range int64(3) {
			w.Int(i)
		}
	}
	switch name := c.Args[2]; {
	case command.Is(name, "string"):
		w.BulkString("Hello World")
	case command.Is(name, "integer"):
		w.Int(12345)
	case command.Is(name, "double"):
		w.Double(3.141)
	case command.Is(name, "bignum"):
		w.BigNumber("1234567999999999999999999999999999999")
	case command.Is(name, "null"):
		w.Null()
	case command.Is(name, "array"):
		w.Array(3)
		three()
	case command.Is(name, "set"):
		w.Set(3)
		three()
	case command.Is(name, "map"):
		w.Map(3)
		for i := range int64(3) {
			w.Int(i)
			w.Bool(i == 1)
		}
	case command.Is(name, "attrib"):
		if w.Resp3 {
			w.Attribute(1)
			w.BulkString("key-popularity")
			w.Array(2)
			w.BulkString("key:123")
			w.Int(90)
		}
		w.BulkString("Some real reply following the attribute")
	case command.Is(name, "push"):
		if !w.Resp3 {
			return command.Error("ERR RESP2 is not supported by this command")
		}
		w.Push(2)
		w.BulkString("server-cpu-usage")
		w.Int(42)
		w.BulkString("Some real reply following the push reply")
	case command.Is(name, "true"):
		w.Bool(true)
	case command.Is(name, "false"):
		w.Bool(false)
	case command.Is(name, "verbatim"):
		w.Verbatim("txt", "This is a verbatim\nstring")
	default:
		return command.Error("ERR Wrong protocol type name. Please use one of the following: " +
			"string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false")
	}
	return nil
}
