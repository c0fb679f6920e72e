package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// loadFile starts a Config from a file of its own.
func loadFile(t *testing.T, text string) *Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "v.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f := newFake(map[string]string{path: text})
	c := f.config()
	if err := c.setFile(path); err != nil {
		t.Fatal(err)
	}
	if err := c.Load(path, ""); err != nil {
		t.Fatal(err)
	}
	return c
}

// forced are the lines that are always written.
const forced = "dir \"/start\"\nlatency-tracking-info-percentiles 50 99 99.9\nsave 3600 1 300 100 60 10000\n"

func TestRewrite(t *testing.T) {
	cases := []struct {
		name, old string
		set       [][2]string
		want      string // without what forced has
	}{
		{"nothing but the forced lines", "port 1\n", nil, "port 1\n\n" + rewriteSignature + "\n" + forced},
		{"comments and order stay", "# a\nsave 1 2\n\n\n# b\ndir /data\nlatency-tracking-info-percentiles 1\ntimeout 3\n\n\n", [][2]string{{"timeout", "4"}},
			"# a\nsave 1 2\n\n# b\ndir \"/data\"\nlatency-tracking-info-percentiles 1\ntimeout 4\n\n"},
		{"back to the default in place", "maxmemory 1gb\n" + forced, [][2]string{{"maxmemory", "0"}}, "maxmemory 0\n" + forced + "\n"},
		{"appended once signed", forced + rewriteSignature + "\nhz 5\n", [][2]string{{"maxmemory", "3mb"}, {"timeout", "0"}},
			forced + rewriteSignature + "\nhz 5\n\nmaxmemory 3mb\n"},
		{"aliases become names", forced + "slave-priority 5\nmasterauth x\n", nil, forced + "replica-priority 5\nprimaryauth \"x\"\n\n"},
		{"duplicates go", "timeout 1\ntimeout 2\n" + forced, nil, "timeout 2\n\n" + forced + "\n"},
		{"several lines of one directive", forced + "save 7 8\n", nil,
			"dir \"/start\"\nlatency-tracking-info-percentiles 50 99 99.9\nsave 3600 1 300 100 60 10000 7 8\n\n"},
		{"output classes", forced + "client-output-buffer-limit pubsub 1kb 0 0\n", [][2]string{{"client-output-buffer-limit", "normal 1mb 2 3"}},
			forced + "client-output-buffer-limit normal 1mb 2 3\n\n" + rewriteSignature + "\nclient-output-buffer-limit pubsub 1kb 0 0\n"},
		{"optional texts vanish", forced + "requirepass x\n", [][2]string{{"requirepass", ""}}, forced + "\n"},
		{"nothing can be injected", forced, [][2]string{{"requirepass", "a\"\nport 1"}, {"bind", "x\ny -::1"}, {"notify-keyspace-events", "AKn"}},
			forced + "\n" + rewriteSignature + "\nbind \"x\\ny\" -::1\nnotify-keyspace-events \"AKn\"\nrequirepass \"a\\\"\\nport 1\"\n"},
		{"default bind goes", forced + "bind 1.2.3.4\n", [][2]string{{"bind", "* -::*"}}, forced + "\n"},
		{"includes and others stay", forced + "include /x*y\nuser a on\nrename-command a b\nm.o 1\n", nil,
			forced + "include /x*y\nuser a on\nrename-command a b\nm.o 1\n\n"},
		{"octal, percent, enums", forced + "unixsocketperm 700\n", [][2]string{{"maxmemory-clients", "5%"}, {"shutdown-on-sigint", "force save"}},
			forced + "unixsocketperm 700\n\n" + rewriteSignature + "\nmaxmemory-clients 5%\nshutdown-on-sigint save force\n"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			c := loadFile(t, strings.ReplaceAll(tc.old, "dir \"/start\"", "dir /start"))
			if err := c.Set(tc.set, Origin{}); err != nil {
				t.Fatal(err)
			}
			before := c.Get([]string{"*"})
			if err := c.Rewrite(); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(c.File())
			if err != nil {
				t.Fatal(err)
			}
			if got := string(b); got != tc.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tc.want)
			}
			again := loadFile(t, string(b))
			if after := again.Get([]string{"*"}); !equalPairs(before, after) {
				t.Errorf("loading the new file changes values:\n%q\n%q", before, after)
			}
			if info, err := os.Stat(c.File()); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("permissions changed: %v %v", info.Mode(), err)
			}
			if left, _ := filepath.Glob(c.File() + ".*"); left != nil {
				t.Errorf("left over: %q", left)
			}
		})
	}
}

func TestRewriteSources(t *testing.T) {
	c := loadFile(t, "user old on\nuser gone on\nloadmodule /a\n"+strings.ReplaceAll(forced, `"`, ""))
	c.OnRewrite("user", func() [][]string { return [][]string{{"new", "on", "#ab\ncd"}} })
	c.OnRewrite("loadmodule", func() [][]string { return nil })
	if err := c.Rewrite(); err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(c.File())
	if want := "user new on \"#ab\\ncd\"\n\n" + forced + "\n"; string(b) != want {
		t.Errorf("got:\n%s\nwant:\n%s", b, want)
	}
}

func TestRewriteErrors(t *testing.T) {
	if err := New().Rewrite(); !errors.Is(err, ErrNoFile) {
		t.Errorf("got %v", err)
	}
	c := newFake(nil).config()
	if err := c.setFile(t.TempDir() + "/no/such/dir.conf"); err != nil {
		t.Fatal(err)
	}
	if err := c.Rewrite(); err == nil || err.Error() != "ERR Rewriting config file: No such file or directory" {
		t.Errorf("got %v", err)
	}
}

func TestUnparsableLinesBecomeComments(t *testing.T) {
	c := newFake(nil).config()
	got := c.rewritten("port \"\nnope 1\nlist-max-ziplist-value 3\n"+forced, false)
	want := "# ??? port \"\n# ??? nope 1\n# ??? list-max-ziplist-value 3\n" + forced + "\n"
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
