// Package report keeps BENCHMARKS.md: a preface and sections, each of which a program renews on its own.
package report

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// Section is a part of the document: one program's figures of one kind.
type Section struct {
	Name  string // between the markers, one word
	Title string
	About string // where the figures come from
	Body  string
}

// preface is the text above the sections of BENCHMARKS.md.
const preface = `# Benchmarks

Figures of Sleipnir against a reference server. ` + "`make bench`" + ` takes them anew; each section says where and how.

## How to read them

- A **ratio** is ours divided by the reference's. Both servers are started, filled and measured in turn in each round, in
  alternating order, one idling while the other works; the ratio is the median of the rounds' ratios. Ratios carry over to other machines, raw figures don't.
- The **raw columns** are medians over the rounds and for orientation only: the load generator, and whatever else the machine
  does, share the cores with the server.
- **CPU per command** is the processor time of all the server's threads, divided by the replies of the same window.
- **Latency** at a fixed rate counts from the time at which the request was due, not from when it was sent: a server that stalls
  pays for every request that falls into the stall.
- The work, if not said otherwise: 16-byte keys and values, 100,000 keys that all exist, drawn uniformly, 50 connections, TCP on
  the loopback, one generator thread. The reference runs without persistence, as Sleipnir does.
- **pass** and **miss** compare with the bar that the project set itself.

Two identical binaries must give ratios near 1: ` + "`SLEIPNIR=$(which redis-server) go run ./bench/compare -out \"\"`" + `.
` + "`make bench-scale`" + ` adds the curve over loops, ` + "`go run ./bench/sim -out BENCHMARKS.md`" + ` the prediction for more cores than were at hand.
`

func begin(name string) string { return "<!-- begin " + name + " -->\n" }
func end(name string) string   { return "<!-- end " + name + " -->\n" }

func (s Section) text() string {
	return begin(s.Name) + "## " + s.Title + "\n\n" + s.About + "\n\n" + strings.TrimSpace(s.Body) + "\n" + end(s.Name)
}

// Renew writes the sections into the file at path: each in the place of the one of that name, or at the end. Other sections
// stay as they are.
func Renew(path string, sections ...Section) error {
	b, err := os.ReadFile(path) //nolint:gosec // the caller's own file
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, []byte(renewed(string(b), sections)), 0o644) //nolint:gosec // a document
}

func renewed(text string, sections []Section) string {
	// Everything above the first section is the preface.
	if i := strings.Index(text, "<!-- begin "); i >= 0 {
		text = preface + "\n" + text[i:]
	} else {
		text = preface
	}
	for _, s := range sections {
		from := strings.Index(text, begin(s.Name))
		to := strings.Index(text, end(s.Name))
		if from >= 0 && to > from {
			text = text[:from] + s.text() + text[to+len(end(s.Name)):]
			continue
		}
		text += "\n" + s.text()
	}
	return text
}
