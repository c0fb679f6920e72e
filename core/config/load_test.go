package config

import (
	"errors"
	"strings"
	"testing"
)

func TestSplitWords(t *testing.T) {
	cases := []struct {
		in   string
		want []string
		bad  bool
	}{
		{"", nil, false}, {" \t\v\r\n ", nil, false},
		{"a b\tc", []string{"a", "b", "c"}, false},
		{`"a b" 'c d' ""`, []string{"a b", "c d", ""}, false},
		{`x"y z" w`, []string{"xy z", "w"}, false},
		{`"\n\r\t\a\b\x41\xZZ\"\\\q"`, []string{"\n\r\t\a\bAxZZ\"\\q"}, false},
		{`'it\'s \n'`, []string{`it's \n`}, false},
		{`"a"b`, nil, true}, {`'a'b`, nil, true}, {`"a`, nil, true}, {`'a`, nil, true}, {`"a\"`, nil, true}, {`"\`, nil, true},
		{"a\x00b", []string{"a"}, false},
		{"a\vb", []string{"a\vb"}, false}, // only skipped between words
	}
	for _, tc := range cases {
		got, err := SplitWords(tc.in)
		if (err != nil) != tc.bad || strings.Join(got, "|") != strings.Join(tc.want, "|") || len(got) != len(tc.want) {
			t.Errorf("SplitWords(%q) = %q, %v; want %q", tc.in, got, err, tc.want)
		}
	}
	for b := range 256 {
		s := "x" + string([]byte{byte(b)}) + "y"
		if got, err := SplitWords(Quote(s)); err != nil || len(got) != 1 || got[0] != s {
			t.Errorf("%q doesn't survive quoting: %q %v", s, got, err)
		}
		if got, err := SplitWords(quoteWord(s)); err != nil || len(got) != 1 || got[0] != s {
			t.Errorf("%q doesn't survive quoting as a word: %q %v", s, got, err)
		}
	}
}

func TestLoad(t *testing.T) {
	f := newFake(map[string]string{
		"/etc/v.conf": "# comment\n\nport 7000\r\n  maxmemory\t1gb  \nsave 1 2\nsave 3 4 5 6\n" +
			"client-output-buffer-limit normal 1 2 3\nclient-output-buffer-limit pubsub 4 5 6\n" +
			"INCLUDE /etc/conf.d/*.conf\ninclude /etc/none/*.conf\nloadmodule /m.so a 'b c'\nloadmodule /n.so\n" +
			"user alice on >p\nuser bob off\nrename-command FLUSHALL \"\"\nio-threads-do-reads yes\nmod.opt 1 2\nmod.opt 3\n" +
			"bind 127.0.0.1 ::1\nslaveof 10.0.0.1 6379\nport 7001\n",
		"/etc/conf.d/a.conf": "timeout 5",
		"/etc/conf.d/b.conf": "timeout 6\ntcp-backlog 9",
	})
	c := f.config()
	if err := c.Load("/etc/v.conf", "\nloglevel debug \nsave \"7 8\""); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[ID]string{
		Port: "7001", MaxMemory: "1073741824", Save: "1 2 3 4 5 6 7 8", Timeout: "6", TCPBacklog: "9", LogLevel: "debug",
		ClientOutputBufferLimit: "normal 1 2 3 slave 268435456 67108864 60 pubsub 4 5 6", Bind: "127.0.0.1 ::1",
		ReplicaOf: "10.0.0.1 6379",
	} {
		if got := c.Str(id); got != want {
			t.Errorf("%s = %q, want %q", directives[id].Name, got, want)
		}
	}
	if got := c.Modules(); len(got) != 2 || strings.Join(got[0], "|") != "/m.so|a|b c" {
		t.Errorf("modules %q", got)
	}
	if got := c.Users(); len(got) != 2 || strings.Join(got[1], "|") != "bob|off" {
		t.Errorf("users %q", got)
	}
	if got := c.Renames(); len(got) != 1 || got[0] != [2]string{"FLUSHALL", ""} {
		t.Errorf("renames %q", got)
	}
	if got := c.ModuleValues(); len(got) != 1 || got[0] != [2]string{"mod.opt", "3"} {
		t.Errorf("module values %q", got)
	}
	if got := c.Remarks(); len(got) != 1 || got[0].Name != "io-threads-do-reads" {
		t.Errorf("remarks %q", got)
	}
	if !c.Given(Port) || c.Given(MaxClients) {
		t.Error("wrong directives are said to be given")
	}
}

func TestLoadErrors(t *testing.T) {
	const head = "\n*** FATAL CONFIG FILE ERROR (Version 9) ***\n"
	at := func(line, text, reason string) string {
		return head + "Reading the configuration file, at line " + line + "\n>>> '" + text + "'\n" + reason + "\n"
	}
	cases := []struct{ name, file, more, want string }{
		{"bad directive", "port 1\n nope 1 \n", "", at("2", "nope 1", "Bad directive or wrong number of arguments")},
		{"quotes", "port \"1\nx", "", at("1", `port "1`, "Unbalanced quotes in configuration line")},
		{"words", "port 1 2", "", at("1", "port 1 2", "wrong number of arguments")},
		{"no word", "port", "", at("1", "port", "wrong number of arguments")},
		{"value", "port x", "", at("1", "port x", "argument couldn't be parsed into an integer")},
		{"options follow the file", "port 1\n", "\nport 2\nport x ", at("4", "port x", "argument couldn't be parsed into an integer")},
		{"included file has its own lines", "port 1\ntimeout 0\ninclude /bad.conf", "", at("1", "hz -", "argument couldn't be parsed into an integer")},
		{"include words", "include a b", "", at("1", "include a b", "Bad directive or wrong number of arguments")},
		{"loop", "include /loop.conf", "", at("1", "include /loop.conf", "include directives are nested deeper than 16")},
		{"sentinel", "sentinel monitor a b 1 2", "", at("1", "sentinel monitor a b 1 2", "sentinel directive while not in sentinel mode")},
		{"module value", "a.b", "", at("1", "a.b", "Module config specified without value")},
		{"cluster replica", "cluster-enabled yes\nreplicaof a 1", "", head + "replicaof directive not allowed in cluster mode\n"},
		{"user", "user eve bad", "", at("1", "user eve bad", "Error in user declaration 'eve': Syntax error")},
		{"rename", "rename-command nope x", "", at("1", "rename-command nope x", "No such command in rename-command")},
		{"save", "save 1", "", at("1", "save 1", "Invalid save parameters")},
		{"replicaof", "replicaof host port", "", at("1", "replicaof host port", "Invalid primary port")},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			c := newFake(map[string]string{"/f": tc.file, "/bad.conf": "hz -", "/loop.conf": "include /loop.conf"}).config()
			c.SetChecks(Checks{
				Rename: func(from, _ string) error { return refusal("No such command in rename-command") },
				User:   func([]string) (int, error) { return 1, refusal("Syntax error") },
			})
			err := c.Load("/f", tc.more)
			var line *LineError
			if !errors.As(err, &line) {
				t.Fatalf("got %v", err)
			}
			if got := line.Report("9"); got != tc.want {
				t.Errorf("got %q\nwant %q", got, tc.want)
			}
		})
	}
	err := newFake(nil).config().Load("/none", "")
	var open *OpenError
	if !errors.As(err, &open) || !strings.HasPrefix(err.Error(), "Fatal error, can't open config file '/none': ") {
		t.Errorf("missing file: %v", err)
	}
}

func TestParseArgs(t *testing.T) {
	cases := []struct {
		args string // words divided by |
		want Invocation
	}{
		{"s", Invocation{}},
		{"s|/f.conf", Invocation{File: "/f.conf"}},
		{"s|-", Invocation{Stdin: true}},
		{"s|f|-", Invocation{File: "f", Stdin: true}},
		{"s|f|-|--port|1", Invocation{File: "f", Options: "\"-\" \nport \"1\" "}},
		{"s|--port|1|--bind|a|b", Invocation{Options: "port \"1\" \nbind \"a\" \"b\" "}},
		{"s|--port 1|--timeout|2", Invocation{Options: "port 1 \ntimeout \"2\" "}},
		{"s|--port|--x", Invocation{Options: "port \"--x\" "}},
		{"s|--save|--port|1", Invocation{Options: "save \"\"\nport \"1\" "}},
		{"s|--port|1|--save", Invocation{Options: "port \"1\" \nsave \"\""}},
		{"s|--save||--port|1", Invocation{Options: "save \"\" \nport \"1\" "}},
		{"s|f|--sentinel|--port|1", Invocation{File: "f", Sentinel: true, Options: "sentinel \nport \"1\" "}},
		{"s|f|--sentinel", Invocation{File: "f", Sentinel: true, Options: "sentinel "}},
		{"/a/valkey-sentinel|f", Invocation{File: "f", Sentinel: true}},
		{"s|-v", Invocation{Action: ActionVersion}},
		{"s|--version|x", Invocation{Action: ActionVersion}},
		{"s|-h", Invocation{Action: ActionHelp}},
		{"s|--help", Invocation{Action: ActionHelp}},
		{"s|--check-system", Invocation{Action: ActionCheckSystem}},
		{"s|--test-memory", Invocation{Action: ActionTestMemory}},
		{"s|--test-memory|8", Invocation{Action: ActionTestMemory, Megabytes: 8}},
	}
	for _, tc := range cases {
		if got := ParseArgs(strings.Split(tc.args, "|")); got != tc.want {
			t.Errorf("%s: got %+v\nwant %+v", tc.args, got, tc.want)
		}
	}
}

func TestStart(t *testing.T) {
	build := Build{Name: "Sleipnir", Version: "1.2.3", Commit: "abcdef01", ID: 0x99}
	cases := []struct {
		name, args, stdin string
		serve             bool
		code              int
		out, err, log     string
		check             func(c *Config) bool
	}{
		{name: "version", args: "s|-v", out: "Sleipnir server v=1.2.3 sha=abcdef01:0 malloc=arena bits=64 build=99\n"},
		{name: "help", args: "s|-h", code: 1, err: "Usage: ./sleipnir-server [/path/to/valkey.conf] [options] [-]\n"},
		{name: "stdin and options", args: "s|--port|5|-", stdin: "port 4\ntimeout 3\n", serve: true, log: "Reading config from stdin;",
			check: func(c *Config) bool { return c.Int(Port) == 5 && c.Int(Timeout) == 3 && c.File() == "" }},
		{name: "file", args: "s|etc/f|--dir|/data", serve: true, check: func(c *Config) bool { return c.File() == "/start/etc/f" && c.Int(HZ) == 7 }},
		{name: "no file", args: "s|nope", code: 1, log: "Fatal error, can't open config file '/start/nope': "},
		{name: "wrong", args: "s|--port|x", code: 1,
			err: "\n*** FATAL CONFIG FILE ERROR (Version 1.2.3) ***\nReading the configuration file, at line 2\n>>> 'port \"x\"'\n"},
		{name: "memory test", args: "s|--test-memory", code: 1, err: "Please specify the amount of memory to test in megabytes.\n"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			c := newFake(map[string]string{"/start/etc/f": "hz 7"}).config()
			var out, err, log strings.Builder
			s := Streams{In: strings.NewReader(tc.stdin), Out: &out, Err: &err}
			s.Notice = func(text string) { log.WriteString(text + ";") }
			s.Warning = s.Notice
			serve, code := Start(c, strings.Split(tc.args, "|"), s, build)
			if serve != tc.serve || code != tc.code {
				t.Errorf("serve %v code %d", serve, code)
			}
			for _, p := range [][2]string{{out.String(), tc.out}, {err.String(), tc.err}, {log.String(), tc.log}} {
				if !strings.HasPrefix(p[0], p[1]) || p[0] != "" && p[1] == "" {
					t.Errorf("got %q, want %q", p[0], p[1])
				}
			}
			if tc.check != nil && !tc.check(c) {
				t.Error("wrong values")
			}
		})
	}
}
