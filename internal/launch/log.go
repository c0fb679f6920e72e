package launch

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"sync"
)

// Log is what a server printed. Whoever waits for a line is woken by the line: nobody polls.
type Log struct {
	mu     sync.Mutex // guards all below
	text   bytes.Buffer
	ended  bool
	change chan struct{} // closed and replaced at each change
}

func newLog() *Log { return &Log{change: make(chan struct{})} }

// Write appends; the process's output comes here.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	l.signal()
	return len(p), nil
}

func (l *Log) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.signal()
}

func (l *Log) signal() {
	close(l.change)
	l.change = make(chan struct{})
}

// String is the text so far.
func (l *Log) String() string {
	text, _, _ := l.state()
	return text
}

func (l *Log) state() (string, bool, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String(), l.ended, l.change
}

// WaitFor waits until the text from offset on matches, and returns the end of the match.
func (l *Log) WaitFor(ctx context.Context, re *regexp.Regexp, offset int) (int, error) {
	for {
		text, ended, change := l.state()
		if m := re.FindStringIndex(text[min(offset, len(text)):]); m != nil {
			return min(offset, len(text)) + m[1], nil
		}
		if ended {
			return 0, fmt.Errorf("the process ended and never printed %q", re)
		}
		select {
		case <-change:
		case <-ctx.Done():
			return 0, fmt.Errorf("%q was not printed: %w", re, ctx.Err())
		}
	}
}
