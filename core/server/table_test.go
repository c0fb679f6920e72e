package server

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/command/commanddocs"
)

// fact is what the reference says of one command, brought up to version 9.1.
type fact struct {
	name, group, since string
	arity              int
	flags, acl, tips   []string
	keys               []string
	positions          string
	movable            bool
	deprecated         string
}

// facts reads testdata/commands.tsv. The column delta_in_9.1 corrects the row
// that an older version had.
func facts(t *testing.T) []fact {
	t.Helper()
	b, err := os.ReadFile("testdata/commands.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var list []fact
	for line := range strings.Lines(string(b)) {
		col := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(col) < 13 || !slices.Contains([]string{"command", "subcommand", "container"}, col[7]) {
			continue
		}
		f := fact{
			name: strings.ToLower(strings.Replace(col[0], " ", "|", 1)), group: col[1], since: col[2],
			flags: words(col[4], ","), acl: words(col[5], ","), keys: words(col[6], ";"), tips: words(col[8], ","), deprecated: col[10],
		}
		f.arity, _ = strconv.Atoi(col[3])
		f.positions, f.movable = strings.CutSuffix(col[9], ",movablekeys")
		f.correct(col[12])
		list = append(list, f)
	}
	return list
}

func (f *fact) correct(delta string) {
	for _, d := range strings.Fields(delta) {
		switch {
		case d == "undeprecated":
			f.deprecated = ""
		case strings.HasPrefix(d, "flags:+"):
			f.flags = append(f.flags, d[len("flags:+"):])
		case strings.HasPrefix(d, "flags:-"):
			f.flags = slices.DeleteFunc(f.flags, func(s string) bool { return s == d[len("flags:-"):] })
		case strings.HasPrefix(d, "arity:"):
			_, to, _ := strings.Cut(d, "->")
			f.arity, _ = strconv.Atoi(to)
		}
	}
}

func words(s, by string) []string {
	var list []string
	for _, w := range strings.Split(s, by) {
		if w = strings.TrimSpace(w); w != "" {
			list = append(list, w)
		}
	}
	return list
}

// unlike are the accepted differences between a row and its fact: "name field"
// with the reason.
var unlike = map[string]string{
	"bitfield keys": "the same flags in another order",
}

// extra are rows that the facts don't have.
var extra = map[string]string{
	"hotkeys": of92, "hotkeys|get": of92, "hotkeys|reset": of92, "hotkeys|help": of92,
}

const of92 = "Valkey has it from 9.2 on"

// TestRows compares every row with the reference's.
func TestRows(t *testing.T) {
	s := testServer(t)
	known := make(map[string]bool)
	missing := 0
	for _, f := range facts(t) {
		known[f.name] = true
		cmd := s.Table.Resolve(f.name)
		if cmd == nil {
			missing++
			t.Logf("not there yet: %s (%s)", f.name, f.group)
			continue
		}
		f.compare(t, cmd)
	}
	t.Logf("%d of %d commands are there", len(known)-missing, len(known))
	for _, cmd := range s.Table.Rows() {
		if !known[cmd.Full] && extra[cmd.Full] == "" {
			t.Errorf("%s: the reference has no such command", cmd.Full)
		}
	}
}

// TestDocs wants arguments in COMMAND DOCS for each row that takes any, and a row, here or in the facts, for each line of arguments.
func TestDocs(t *testing.T) {
	s := testServer(t)
	for _, cmd := range s.Table.Rows() {
		words := 1
		if cmd.Container != nil {
			words = 2
		}
		args := commanddocs.Arguments(cmd.Full)
		if takes := cmd.Arity != words && len(cmd.Sub) == 0 && !undocumented[cmd.Full]; takes != (len(args) > 0) {
			t.Errorf("%s: arity %d, %d arguments in the docs", cmd.Full, cmd.Arity, len(args))
		}
		for i := range args {
			if args[i].KeySpec >= len(cmd.Keys) {
				t.Errorf("%s: argument %s: there is no key specification %d", cmd.Full, args[i].Name, args[i].KeySpec)
			}
		}
	}
	known := make(map[string]bool)
	for _, f := range facts(t) {
		known[f.name] = true
	}
	for _, full := range commanddocs.Names() {
		if !known[full] {
			t.Errorf("the docs have %s, which is no command", full)
		}
	}
}

// undocumented are rows whose arguments aren't told, in Valkey neither.
var undocumented = map[string]bool{"quit": true, "debug": true}

func (f *fact) compare(t *testing.T, cmd *command.Command) {
	t.Helper()
	check := func(field string, got, want any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) && unlike[f.name+" "+field] == "" {
			t.Errorf("%s: %s is %v, want %v", f.name, field, got, want)
		}
	}
	flags := cmd.Flags.Names()
	movable := slices.Contains(flags, "movablekeys")
	check("group", cmd.Group, strings.ReplaceAll(f.group, "_", "-"))
	check("since", cmd.Since, f.since)
	check("arity", cmd.Arity, f.arity)
	check("flags", sorted(without(flags, "movablekeys")), sorted(without(f.flags, "movablekeys")))
	check("categories", sorted(cmd.ACL.Names()), sorted(f.acl))
	check("tips", sorted(cmd.Tips), sorted(f.tips))
	check("keys", specs(cmd), f.keys)
	check("positions", fmt.Sprintf("%d,%d,%d", cmd.First, cmd.Last, cmd.Step), f.positions)
	check("movable", movable, f.movable)
	check("deprecated", cmd.DeprecatedSince, f.deprecated)
	if cmd.Summary == "" {
		t.Errorf("%s: no summary", f.name)
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

func without(list []string, word string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == word })
}

// specs writes a row's key specifications as the facts do.
func specs(cmd *command.Command) []string {
	var list []string
	for i := range cmd.Keys {
		s := &cmd.Keys[i]
		access, flags := "-", s.Flags.Names()
		if len(flags) > 0 && len(flags[0]) == 2 {
			access, flags = flags[0], flags[1:]
		}
		text := access
		if len(flags) > 0 {
			text += ":" + strings.Join(flags, ",")
		}
		switch s.Begin {
		case command.BeginIndex:
			text += fmt.Sprintf("@%d", s.Index)
		case command.BeginKeyword:
			text += fmt.Sprintf("@keyword(%s,%d)", s.Keyword, s.Index)
		default:
			text += "@unknown"
		}
		switch s.Find {
		case command.FindRange:
			text += fmt.Sprintf(":range(%d,%d,%d)", s.Last, s.Step, s.Limit)
		case command.FindKeyNum:
			text += fmt.Sprintf(":keynum(%d,%d,%d)", s.KeyNumIndex, s.FirstKey, s.Step)
		default:
			text += ":unknown"
		}
		list = append(list, text)
	}
	return list
}
