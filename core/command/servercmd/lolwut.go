package servercmd

import (
	"math/rand/v2"
	"strings"

	"github.com/sleipnirdb/sleipnir/core/command"
)

// Size of the picture.
const (
	runesWide = 46
	runesHigh = 6
)

// lolwut draws a night over the fjord, another one each time: stars, hills,
// and the eight-legged horse on its way.
func (g *group) lolwut(c *command.Call) error {
	if len(c.Args) >= 3 && command.Is(c.Args[1], "version") {
		if _, ok := command.ParseInt(c.Args[2]); !ok {
			return command.ErrNotInt
		}
	}
	c.W.Verbatim("txt", night()+"\nSleipnir ver. "+g.Version+"\n")
	return nil
}

// horse runs to the right; its legs are one too many for every count.
var horse = [...]string{
	`            ,--,^ `,
	`  ~~.______/  o \_`,
	`  /   Sleipnir  |'`,
	` /\ /|_/\_|\ /\_/ `,
	`/ // // \\ \\ \\ \`,
}

func night() string {
	lines := make([][]byte, runesHigh+len(horse))
	for y := range lines {
		lines[y] = []byte(strings.Repeat(" ", runesWide))
		for x := range lines[y] {
			// #nosec G404 -- stars
			if y < runesHigh && rand.IntN(14+6*y) == 0 {
				lines[y][x] = "..'*+"[rand.IntN(5)]
			}
		}
	}
	at := rand.IntN(runesWide - len(horse[0])) // #nosec G404
	for y, part := range horse {
		copy(lines[runesHigh+y][at:], part)
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	b.WriteString(strings.Repeat("^", runesWide) + "\n")
	return b.String()
}
