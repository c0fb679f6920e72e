package launch

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrNoProgram says that a program's folder holds no code yet.
var ErrNoProgram = errors.New("there is no code for this program")

// Build compiles a program of this module, named by its folder from the root (cmd/sleipnir-server),
// into dir and returns the path of the binary. Under -race the program is built with -race too.
func Build(folder, dir string) (string, error) {
	root, err := ModuleRoot()
	if err != nil {
		return "", err
	}
	if !hasProgram(filepath.Join(root, folder)) {
		return "", fmt.Errorf("%s: %w", folder, ErrNoProgram)
	}
	out := filepath.Join(dir, filepath.Base(folder))
	args := []string{"build", "-buildvcs=false", "-o", out}
	if Race {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "./"+filepath.ToSlash(folder))...)
	cmd.Dir = root
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", folder, err, text)
	}
	return out, nil
}

// ModuleRoot is the folder of go.mod above the working directory.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = up
	}
}

func hasProgram(dir string) bool {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return false
	}
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") {
			return true
		}
	}
	return false
}
