package lint

// hotRooms read no clock of their own: the time is given to them once per round.
var hotRooms = []string{
	"datastruct/...", "net/resp", "net/loop", "core/keyspace", "core/partition", "core/dispatch", "core/command/...",
}

// clockExceptions may call time.Now though they stand in a hot room.
var clockExceptions = map[string]string{
	"net/loop/loop.go":                  "the one clock read of a round, that all others are given",
	"core/command/servercmd/flush.go":   "TIME answers in microseconds, which the loops don't keep",
	"core/command/servercmd/latency.go": "LATENCY GRAPH, on an ordinary goroutine",
	"core/dispatch/monitor.go":          "MONITOR shows microseconds, which the loops don't keep",
	"core/dispatch/offloop.go":          "work on ordinary goroutines, where no loop keeps the time",
}

// unsafeRooms may import unsafe; each use there names the rule that makes it valid.
var unsafeRooms = map[string]string{
	"internal/unsafestr": "strings and bytes without a copy: this is its whole purpose",
	"datastruct/arena":   "memory outside of Go's heap",
	"datastruct/table":   "buckets are structs that lie in the arena",
	"datastruct/object":  "heads of collections are structs that lie in the arena",
	"net/transport":      "raw system calls on a buffer",
	"bench/load":         "the generator's own loop: raw system calls",
	"net/loop":           "epoll's event buffer and raw system calls",
	"core/journal":       "the headers of records lie among the bytes of a ring outside of Go's heap",
	"core/process":       "the process title lies in the memory that exec gave us",
}

// execRooms may start other programs.
var execRooms = map[string]string{
	"internal/launch": "starts servers for tests",
	"internal/lint":   "asks the compiler",
	"bench/...":       "starts the servers that it measures",
	"fuzz/...":        "starts the servers that it compares",
	"core/process":    "supervises and restarts the server",
	"cmd/...":         "programs",
}

// epollRooms may call epoll.
var epollRooms = map[string]string{
	"net/loop":   "the engine",
	"bench/load": "the load generator's own loop, so that it measures nothing of ours",
	"bench/sim":  "measures what a wake-up costs",
}

// vagueNames say nothing about what is in a package.
var vagueNames = []string{"util", "utils", "common", "helper", "helpers", "base", "types", "manager", "misc", "shared", "lib", "impl"}

// stdNames are packages of the standard library; a package of ours with such a name would force aliases.
var stdNames = []string{
	"ast", "atomic", "base64", "big", "binary", "bits", "bufio", "build", "bytes", "cgo", "cipher", "cmp", "color", "constant", "context", "cookiejar",
	"crypto", "csv", "debug", "doc", "draw", "driver", "dwarf", "ecdh", "elf", "embed", "encoding", "errors", "exec", "expvar", "filepath", "flag",
	"flate", "fmt", "fnv", "format", "fs", "gob", "gzip", "hash", "heap", "hex", "hmac", "html", "http", "httptest", "image", "importer", "io", "iotest",
	"ioutil", "iter", "json", "list", "log", "mail", "maphash", "maps", "math", "md5", "metrics", "mime", "multipart", "net", "netip", "os", "parse", "parser",
	"path", "pem", "pkix", "plugin", "pprof", "printer", "quick", "rand", "reflect", "regexp", "ring", "rpc", "rsa", "runtime", "scanner", "sha1", "sha256",
	"sha512", "signal", "slices", "slog", "slogtest", "smtp", "sort", "sql", "strconv", "strings", "structs", "subtle", "suffixarray", "sync", "synctest",
	"syntax", "syscall", "syslog", "tabwriter", "tar", "template", "testing", "textproto", "time", "tls", "token", "trace", "types", "tzdata", "unicode",
	"unique", "unsafe", "url", "user", "utf16", "utf8", "weak", "x509", "xml", "zip", "zlib",
}

// mutableVars are package variables that are assigned to. There should be none.
var mutableVars = map[string]string{
	"net/loop.pollers": "netpoll has one configuration per process, and this remembers that it was given",
}
