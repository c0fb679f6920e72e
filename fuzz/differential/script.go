package differential

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/sleipnirdb/sleipnir/internal/client"
)

// mainConn is the connection that a step uses unless it names another.
const mainConn = "main"

// Script is a file of testdata. A line is a command; its words are quoted as for redis-cli, and
// "x"*1000 repeats. `#` begins a comment line. A line that begins with `!` is a directive.
//
// For the whole file, at its head:
//
//	!resp2, !resp3        run it in this protocol only
//	!server --name value  start servers of its own with these arguments
//
// For the next command only:
//
//	!sort                 the reply's elements may come in any order
//	!approx N             numbers in the reply may differ by N
//	!kind                 only the reply's type is compared
//	!match REGEXP         both replies (as one line) match
//	!skip-compare         the reply is read and not compared
//	!noreply              no reply comes
//	!end-of-input         the client sends nothing after this; all that comes until the server closes is compared
//	!replies N            N replies come
//	!scan                 a SCAN that is followed to its end
//	!let NAME             ${NAME} in later commands stands for the reply's text, on each side its own
//	!conn NAME            use this connection; the first use opens it
//	!only-valkey REPLY    not sent to the reference, which is older; Sleipnir must answer this
//	!reference-only       sent to the reference only, to keep the two in step
//
// In place of a command:
//
//	!raw "BYTES"          sends bytes and reads one reply; with "" it reads what comes by itself
//	!end NAME             closes a connection from the client's side
//	!blocked N            waits until N clients are blocked
type Script struct {
	Name   string
	Protos []int
	Server []string
	Steps  []Step
}

// LoadScripts reads all scripts of a folder.
func LoadScripts(dir string) ([]Script, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	var scripts []Script
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		s, err := ParseScript(strings.TrimSuffix(filepath.Base(name), ".txt"), string(text))
		if err != nil {
			return nil, err
		}
		scripts = append(scripts, s)
	}
	return scripts, nil
}

// ParseScript reads one script.
func ParseScript(name, text string) (Script, error) {
	p := parser{script: Script{Name: name, Protos: []int{2, 3}}}
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		p.next.Where = fmt.Sprintf("%s.txt:%d", name, n)
		if err := p.line(strings.TrimSpace(lines.Text())); err != nil {
			return p.script, fmt.Errorf("%s: %w", p.next.Where, err)
		}
	}
	return p.script, lines.Err()
}

type parser struct {
	script Script
	next   Step // the step that directives describe
}

func (p *parser) line(line string) error {
	if line == "" || line[0] == '#' {
		return nil
	}
	if line[0] == '!' {
		name, rest, _ := strings.Cut(line, " ")
		return p.directive(name, strings.TrimSpace(rest))
	}
	words, err := client.Words(line)
	if err != nil {
		return err
	}
	p.next.Args = words
	p.add()
	return nil
}

func (p *parser) add() {
	if p.next.Conn == "" {
		p.next.Conn = mainConn
	}
	p.script.Steps = append(p.script.Steps, p.next)
	p.next = Step{}
}

func (p *parser) directive(name, rest string) (err error) {
	switch name {
	case "!resp2":
		p.script.Protos = []int{2}
	case "!resp3":
		p.script.Protos = []int{3}
	case "!server":
		p.script.Server, err = client.Words(rest)
	case "!sort":
		p.next.Mode = Sorted
	case "!approx":
		p.next.Mode = Approx
		p.next.Within, err = strconv.ParseFloat(rest, 64)
	case "!kind":
		p.next.Mode = SameKind
	case "!match":
		p.next.Mode = Matches
		p.next.Pattern, err = regexp.Compile(rest)
	case "!skip-compare":
		p.next.Mode = Skip
	case "!end-of-input":
		p.next.Mode = ToTheEnd
	case "!noreply":
		p.next.Mode = NoReply
	case "!replies":
		p.next.Pushes, err = strconv.Atoi(rest)
	case "!scan":
		p.next.Mode = FullScan
	case "!let":
		p.next.Let, p.next.Mode = rest, SameKind
	case "!conn":
		p.next.Conn = rest
	case "!only-valkey":
		var v client.Value
		v, err = client.Parse(rest)
		p.next.Only, p.next.Want = "sleipnir", &v
	case "!reference-only":
		p.next.Only = "reference"
	case "!raw":
		err = p.raw(rest)
	case "!blocked":
		p.next.Mode = untilBlocked
		p.next.Pushes, err = strconv.Atoi(rest)
		p.add()
	case "!end":
		p.next.Conn, p.next.Mode = rest, endConn
		p.add()
	default:
		err = fmt.Errorf("unknown directive %s", name)
	}
	return err
}

// The modes of steps that aren't commands.
const (
	endConn      = NoReply + 100 // closes a connection
	untilBlocked = NoReply + 101 // waits until so many clients are blocked as Pushes says
)

func (p *parser) raw(rest string) error {
	words, err := client.Words(rest)
	if err != nil {
		return err
	}
	p.next.Raw = strings.Join(words, "")
	p.add()
	return nil
}
