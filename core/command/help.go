package command

import "strings"

// Help writes the reply of a container's HELP: lines come in pairs of a
// subcommand's form and its description, indented by four spaces.
func Help(c *Call, lines ...string) {
	name := c.Cmd.Name
	if c.Cmd.Container != nil {
		name = c.Cmd.Container.Name
	}
	c.W.Array(len(lines) + 3)
	c.W.Status(strings.ToUpper(name) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
	for _, line := range lines {
		c.W.Status(line)
	}
	c.W.Status("HELP")
	c.W.Status("    Print this help.")
}

// SubcommandSyntax is the error for a subcommand that got more arguments than
// it takes.
func SubcommandSyntax(c *Call) error {
	return Error("ERR unknown subcommand or wrong number of arguments for '" + string(cut(c.Args[1], maxEchoedName)) +
		"'. Try " + strings.ToUpper(c.Cmd.Container.Name) + " HELP.")
}
