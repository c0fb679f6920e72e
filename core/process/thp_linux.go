package process

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// DisableTHP keeps the kernel from giving this process huge pages by itself, as the directive `disable-thp` asks: only needed
// where it does so for everybody ("always"). On other systems than Linux it does nothing.
func DisableTHP(log Log) {
	b, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	if err != nil || !strings.Contains(string(b), "[always]") {
		return
	}
	if err := unix.Prctl(unix.PR_SET_THP_DISABLE, 1, 0, 0, 0); err != nil {
		log.Warningf("WARNING Transparent huge pages are enabled for all processes, and can't be disabled for this one: %v. "+
			"To fix this run 'echo madvise > /sys/kernel/mm/transparent_hugepage/enabled' as root.", err)
	}
}
