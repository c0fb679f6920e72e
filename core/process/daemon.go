package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// A Go process can't fork: its threads would not come along. To go to the background the server starts itself once more, in
// a session of its own and without a terminal, and then exits. The child knows by a variable in its environment that it
// is in the background, and takes the variable away so that its own children don't inherit it.

const backgroundMark = "SLEIPNIR_IN_BACKGROUND"

// InBackground tells, once, whether this process was started by Daemonize.
func InBackground() bool {
	_, marked := os.LookupEnv(backgroundMark)
	_ = os.Unsetenv(backgroundMark)
	return marked
}

// Daemonize starts this program again in the background with the same arguments. stdin is what it will find on its standard
// input: the configuration that this process has read from there already. The caller exits after it.
//
// The working directory is the one this process was started in, not the one that `dir` has set since: the child reads the
// same configuration by the same relative names. So startDir must be taken before the configuration is loaded.
func Daemonize(startDir string, stdin []byte) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("daemonize: %w", err)
	}
	cmd := exec.Command(self, os.Args[1:]...) // #nosec G204 G702 -- it is this program
	cmd.Args[0] = os.Args[0]
	cmd.Dir = startDir
	cmd.Env = append(os.Environ(), backgroundMark+"=1")
	cmd.SysProcAttr = detached()
	if stdin == nil {
		err = cmd.Start()
	} else {
		err = startWithInput(cmd, stdin)
	}
	if err != nil {
		return fmt.Errorf("daemonize: %w", err)
	}
	return cmd.Process.Release()
}

// startWithInput starts a program and returns when it has read its input, or ended.
func startWithInput(cmd *exec.Cmd, input []byte) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdin = r
	err = cmd.Start()
	_ = r.Close()
	if err == nil {
		_, err = w.Write(input)
	}
	return errors.Join(err, w.Close())
}
