package process

import (
	"os"
	"strconv"
	"strings"
)

// CheckBacklog warns when the kernel's queue of waiting connections is shorter than the directive `tcp-backlog` asks for. It
// does nothing where there is no /proc.
func CheckBacklog(backlog int64, log Log) {
	b, err := os.ReadFile("/proc/sys/net/core/somaxconn")
	if err != nil {
		return
	}
	have, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	if err == nil && have > 0 && have < backlog {
		log.Warningf("WARNING: The TCP backlog setting of %d cannot be enforced because /proc/sys/net/core/somaxconn "+
			"is set to the lower value of %d.", backlog, have)
	}
}
