package dispatch_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

// program is a script that stands in for those of a language: "script HOW command ; command …". It answers an array of what each
// command of it answers.
//
// HOW are letters: p proved (it holds the partitions of its keys only), r read-only, o may use memory that is short, u untold, 3 RESP3, f a function.
// Besides commands it knows: "suspend" goes on elsewhere if it may; "last" takes some
// ms; "hold" says that it runs and waits, interrupted, for release.
type program struct {
	command.Script
	left  [][][]byte
	reply []byte
	count int
}

// script is the row. Its rows are looked up in the bed's table.
func (b *bed) scriptCommands() []command.Command {
	route := func(c *command.Call, m *partition.Mask) {
		if !strings.Contains(string(c.Args[1]), "p") {
			m.Fill(c.Set.Len())
			return
		}
		for _, args := range commandsOf(c.Args[2:]) {
			if cmd, err := b.table.Find(args); err == nil {
				keys, _ := cmd.AppendKeys(args, nil)
				for _, k := range keys {
					m.Add(c.Set.Of(crc.Slot(args[k.Pos])))
				}
			}
		}
	}
	effective := func(args [][]byte) command.Flags {
		flags := command.NoScript | command.MayReplicate | command.RunsScript
		if strings.Contains(string(args[1]), "w") {
			flags |= command.Write | command.DenyOOM
		}
		return flags
	}
	return []command.Command{{
		Name: "script", Arity: -3, Flags: command.NoScript | command.MayReplicate | command.RunsScript, Effective: effective,
		Scope: command.ScopeRoute, Route: route, Run: b.script,
	}, {
		Name: "scriptkill", Arity: 2, Flags: command.NoScript | command.AllowBusy, Run: func(c *command.Call) error {
			if err := b.d.KillScript(string(c.Args[1]) == "function"); err != nil {
				return err
			}
			c.W.OK()
			return nil
		},
	}}
}

func commandsOf(words [][]byte) (all [][][]byte) {
	for len(words) > 0 {
		n := slices.IndexFunc(words, func(w []byte) bool { return string(w) == ";" })
		if n < 0 {
			return append(all, words)
		}
		all, words = append(all, words[:n]), words[n+1:]
	}
	return all
}

func (b *bed) script(c *command.Call) error {
	var p *program
	if c.Resumed {
		p = c.Session.Script.(*program)
	} else {
		how := string(c.Args[1])
		p = &program{left: commandsOf(slices.Clone(c.Args[2:]))}
		p.DB, p.Name = c.Session.DB, "test"
		p.ReadOnly, p.AllowOOM, p.Untold = strings.Contains(how, "r"), strings.Contains(how, "o"), strings.Contains(how, "u")
		p.W.Resp3, p.IsFunction = strings.Contains(how, "3"), strings.Contains(how, "f")
	}
	err := b.proceed(c, p)
	if err == command.Suspended {
		c.Session.Script = p
		return err
	}
	c.Session.Script = nil
	c.Nested.EndScript(&p.Script)
	if err != nil {
		return err
	}
	c.W.Array(p.count)
	c.W.B = append(c.W.B, p.reply...)
	return nil
}

func (b *bed) proceed(c *command.Call, p *program) error {
	for len(p.left) > 0 {
		args := p.left[0]
		p.left = p.left[1:]
		switch string(args[0]) {
		case "suspend":
			if c.MaySuspend() {
				return command.Suspended
			}
			continue
		case "last":
			for until := time.Now().Add(3 * time.Millisecond); time.Now().Before(until); {
				if err := c.Nested.Interrupt(c, &p.Script); err != nil {
					return err
				}
			}
			continue
		case "hold":
			b.entered <- struct{}{}
			for isOver := false; !isOver; {
				select {
				case <-b.release:
					isOver = true
				case <-time.After(time.Millisecond):
					if err := c.Nested.Interrupt(c, &p.Script); err != nil {
						return err
					}
				}
			}
			continue
		}
		if c.Resumed {
			if err := c.Nested.Interrupt(c, &p.Script); err != nil {
				return err
			}
		}
		p.count++
		if err := c.Nested.RunScripted(c, &p.Script, args); err != nil {
			p.reply = append(append(append(p.reply, '-'), err.Error()...), "\r\n"...)
			continue
		}
		p.reply = append(p.reply, p.W.B...)
	}
	return nil
}

// TestScripted runs commands in a script.
func TestScripted(t *testing.T) {
	for _, test := range []struct{ name, send, want string }{
		{"empty", "script p ping", "[+PONG]"},
		{"writes and reads", "script p set a 1 ; incr a ; get a|get a", `[+OK :2 "2"]|"2"`},
		{"all", "script - set a 1 ; set b 2 ; mget a b", `[+OK +OK ["1" "2"]]`},
		{"unknown", "script p nonsense a", "[-ERR Unknown command called from script]"},
		{"unknown subcommand", "script p object nonsense a", "[-ERR Unknown command called from script]"},
		{"arity", "script p get", "[-ERR Wrong number of args calling command from script]"},
		{"not from scripts", "script p multi ; script p ping", "[-ERR This Redis command is not allowed from script -ERR This Redis command is not allowed from script]"},
		{"read-only", "script pr set a 1 ; get a", "[-ERR Write commands are not allowed from read-only scripts. nil]"},
		{"failing", "script p set a x ; incr a ; get a", `[+OK -ERR value is not an integer or out of range "x"]`},
		{"database", "script - select 3 ; set a 1 ; get a|get a|select 3|get a", `[+OK +OK "1"]|nil|+OK|"1"`},
		{"RESP3", "script p3 get a", "[_]"},
		{"in a transaction", "multi|script p set a 1 ; get a|script - set b 1|get b|exec", `+OK|+QUEUED|+QUEUED|+QUEUED|[[+OK "1"] [+OK] "1"]`},
		{"suspended", "script p set a 1 ; suspend ; incr a ; suspend ; get a|get a", `[+OK :2 "2"]|"2"`},
		{"all suspended", "script - set a 1 ; suspend ; set b 2 ; suspend ; mget a b|mget a b", `[+OK +OK ["1" "2"]]|["1" "2"]`},
		{"no keys suspended", "script p suspend ; ping|ping", `[+PONG]|+PONG`},
		{"suspended in a transaction", "multi|set a 1|script - suspend ; get a|exec", `+OK|+QUEUED|+QUEUED|[+OK ["1"]]`},
		{"silent", "client reply skip|script p set a 1 ; suspend|get a", `"1"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBed(t, 2, 8)
			p := b.dial()
			p.send(strings.Split(test.send, "|")...)
			p.want(strings.Split(test.want, "|")...)
		})
	}
}

// TestScriptedGate looks at what the state of the process allows to scripts.
func TestScriptedGate(t *testing.T) {
	b := newBed(t, 1, 4)
	p := b.dial()
	b.d.EachLoop(func(*dispatch.Executor) { b.d.Memory = noRoom{} })
	b.d.SetGate(dispatch.GateMemory, true)
	const oom = "OOM command not allowed when used memory > 'maxmemory'."
	p.ask("script p set a 1 ; get a", "[-"+oom+" nil]")
	p.ask("script po set a 1 ; get a", `[+OK "1"]`)
	p.ask("script pw get a", "-"+oom)
	p.ask("multi", "+OK")
	p.ask("script p set a 2 ; get a", "+QUEUED")
	p.ask("exec", "[[-"+oom+` "1"]]`)
	p.ask("script p del a ; set a 3", "[:1 +OK]") // it has begun to write
	b.d.SetGate(dispatch.GateMemory, false)
	p.ask("script p set a 4", "[+OK]")

	b.d.RefuseWrites("MISCONF no")
	p.ask("script p get a ; set a 5", `["4" -MISCONF no]`)
	b.d.RefuseWrites("")
}

type noRoom struct{}

func (noRoom) MakeRoom(*dispatch.Executor) bool { return false }

// TestScriptedEffects reads the journal: a script is one unit, wherever it ran.
func TestScriptedEffects(t *testing.T) {
	for _, test := range []struct{ name, send, want string }{
		{"one", "script p set a 1 ; get a", "SELECT 0|SET a 1"},
		{"several", "script p set a 1 ; incr a", "MULTI|SELECT 0|SET a 1|INCR a|EXEC"},
		{"suspended", "script - set a 1 ; suspend ; set b 1 ; suspend ; set c 1", "MULTI|SELECT 0|SET a 1|SET b 1|SET c 1|EXEC"},
		{"database", "script - select 3 ; set a 1", "SELECT 3|SET a 1"},
		{"untold", "script pu set a 1", ""},
		{"in a transaction", "multi|script p set a 1|set b 1|exec", "MULTI|SELECT 0|SET a 1|SET b 1|EXEC"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBed(t, 2, 8)
			d := newDisk(b)
			b.d.SetAlways(false)
			p := b.dial()
			p.send(strings.Split(test.send, "|")...)
			for range strings.Split(test.send, "|") {
				if _, _, err := p.Read(); err != nil {
					t.Fatal(err)
				}
			}
			p.ask("select 15", "+OK")
			p.ask("set end 1", "+OK")
			d.written("end")
			d.mu.Lock()
			got := strings.ToUpper(commandsIn(d.text))
			d.mu.Unlock()
			want := strings.TrimPrefix(test.want+"|SELECT 15|SET end 1", "|")
			if got != strings.ToUpper(want) {
				t.Errorf("%s: journal has\n%s, want\n%s", test.send, got, want)
			}
		})
	}
}

// commandsIn turns a stream of commands to words.
func commandsIn(text []byte) string {
	var b strings.Builder
	for i, line := range strings.Split(string(text), "\r\n") {
		switch {
		case strings.HasPrefix(line, "*"):
			if i > 0 {
				b.WriteByte('|')
			}
		case line != "" && line[0] != '$':
			if s := b.String(); s != "" && s[len(s)-1] != '|' {
				b.WriteByte(' ')
			}
			b.WriteString(line)
		}
	}
	return b.String()
}
