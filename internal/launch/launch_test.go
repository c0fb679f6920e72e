package launch

import (
	"context"
	"errors"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestStartAndStopReference(t *testing.T) {
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server isn't installed")
	}
	s, err := Start(Options{Binary: binary, Dir: t.TempDir(), Args: []string{"--save", ""}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Dial(5 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := c.Do("ECHO", "x"); err != nil || v.Text != "x" {
		t.Errorf("ECHO: %v, %v", v, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if _, err := s.Log.WaitFor(ctx, regexp.MustCompile("Ready to accept"), 0); err != nil {
		t.Error(err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := s.Log.WaitFor(ctx, regexp.MustCompile("never printed"), 0); err == nil {
		t.Error("a line that was never printed was found")
	}
}

func TestStartTellsWhy(t *testing.T) {
	binary, err := exec.LookPath("false")
	if err != nil {
		t.Skip("there is no program named false")
	}
	_, err = Start(Options{Binary: binary, Dir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "before it was ready") {
		t.Errorf("got %v", err)
	}
}

func TestBuildWithoutCode(t *testing.T) {
	if _, err := Build("internal/launch/testdata", t.TempDir()); !errors.Is(err, ErrNoProgram) {
		t.Errorf("got %v, want ErrNoProgram", err)
	}
}
