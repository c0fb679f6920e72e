package process

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
)

// OOMScore sets how likely the kernel's out-of-memory killer takes this process. It remembers the score from before, to add
// to it and to restore it. Where there is no such score, Apply fails when it is asked to change it.
type OOMScore struct {
	path string

	mu      sync.Mutex // guards what follows
	changed bool
	base    int
}

// The range of the kernel's score.
const (
	minOOMScore = -1000
	maxOOMScore = 1000
)

// errOOMScore is the text for CONFIG SET; the log has the reason.
const errOOMScore = reply("Failed to set current oom_score_adj. Check server logs.")

type reply string

func (r reply) Error() string { return string(r) }

// NewOOMScore returns the score of this process.
func NewOOMScore() *OOMScore { return &OOMScore{path: "/proc/self/oom_score_adj"} }

// Apply sets the score to value, or adds value to the one from before if relative.
func (o *OOMScore) Apply(value int, relative bool, log Log) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.changed {
		base, err := o.read()
		if err != nil {
			log.Warningf("Unable to read oom_score_adj: %v", err)
			return errOOMScore
		}
		o.base, o.changed = base, true
	}
	if relative {
		value += o.base
	}
	return o.write(max(minOOMScore, min(value, maxOOMScore)), log)
}

// Restore sets the score that the process had at first, if Apply ever changed it.
func (o *OOMScore) Restore(log Log) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.changed {
		return nil
	}
	o.changed = false
	return o.write(o.base, log)
}

func (o *OOMScore) read() (int, error) {
	b, err := os.ReadFile(o.path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(b)))
}

func (o *OOMScore) write(value int, log Log) error {
	f, err := os.OpenFile(o.path, os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(strconv.Itoa(value) + "\n")
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		log.Warningf("Unable to write oom_score_adj: %v", err)
		return errOOMScore
	}
	return nil
}
