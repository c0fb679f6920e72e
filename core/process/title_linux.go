package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// On Linux the title of a process, as `ps` shows it, is the memory that held its arguments. The kernel gives out that
// memory, and when its last byte is no NUL, goes on into the environment behind it up to the first NUL. So a title is written
// over both. The Go runtime's strings of arguments and environment lie in that same memory: CopyArguments moves them
// away first. The memory is reached through /proc/self/mem: no pointer is needed, and a
// system that doesn't allow it only keeps its old title.

// CopyArguments moves the program's arguments and environment to memory of their own and returns the arguments. It is called
// before anything keeps a part of them, if SetTitle will be called later.
func CopyArguments() []string {
	for i := range os.Args {
		os.Args[i] = strings.Clone(os.Args[i])
	}
	environ := os.Environ()
	for i := range environ {
		environ[i] = strings.Clone(environ[i])
	}
	os.Clearenv()
	for _, variable := range environ {
		if name, value, ok := strings.Cut(variable, "="); ok && name != "" {
			_ = os.Setenv(name, value) // it was valid before
		}
	}
	return os.Args
}

// titleArea is where the arguments and the environment of the process lie.
type titleArea struct {
	start, argEnd, end uint64
}

// SetTitle sets the title of this process. What doesn't fit the memory is cut. On other systems than Linux it does nothing.
func SetTitle(title string) error {
	area, err := findTitleArea()
	if err != nil {
		return fmt.Errorf("set process title: %w", err)
	}
	mem, err := os.OpenFile("/proc/self/mem", os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("set process title: %w", err)
	}
	defer func() { _ = mem.Close() }()
	size := area.end - area.start
	text := make([]byte, size) // NULs behind the title
	copy(text[:size-1], title)
	if _, err := mem.WriteAt(text, int64(area.start)); err != nil { // #nosec G115 -- user space is below 1<<63
		return fmt.Errorf("set process title: %w", err)
	}
	return nil
}

// Fields of /proc/self/stat, counted from 1 as in proc(5).
const (
	statArgStart = 48
	statArgEnd   = 49
	statEnvStart = 50
	statEnvEnd   = 51
)

func findTitleArea() (titleArea, error) {
	b, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return titleArea{}, err
	}
	// The second field is the program's name in parentheses, and may hold anything.
	i := bytes.LastIndexByte(b, ')')
	fields := bytes.Fields(b[i+1:])
	field := func(n int) uint64 {
		if i < 0 || n-3 >= len(fields) {
			return 0
		}
		v, _ := strconv.ParseUint(string(fields[n-3]), 10, 64)
		return v
	}
	area := titleArea{start: field(statArgStart), argEnd: field(statArgEnd), end: field(statArgEnd)}
	if field(statEnvStart) == area.argEnd {
		area.end = field(statEnvEnd)
	}
	if area.start == 0 || area.end <= area.start || area.end-area.start > maxTitleArea {
		return titleArea{}, fmt.Errorf("arguments at %#x to %#x", area.start, area.end)
	}
	return area, nil
}

// maxTitleArea is the kernel's own limit of arguments and environment, with room to spare.
const maxTitleArea = 8 << 20
