package check

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/crc"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// run calls a tool in a folder of the given files, and returns what it printed and what the files are afterwards.
func run(t *testing.T, tool func(Tool, []string) int, files map[string]string, in string, args ...string) (out string, code int, after map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args = append([]string{"tool"}, args...)
	if last := len(args) - 1; last > 0 && files != nil {
		args[last] = filepath.Join(dir, args[last])
	}
	var printed bytes.Buffer
	code = tool(Tool{Version: "1.2.3", FS: vfs.OS{}, In: strings.NewReader(in), Out: &printed, Err: &printed}, args)
	after = map[string]string{}
	for name := range files {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		after[name] = string(text)
	}
	return strings.ReplaceAll(printed.String(), dir+"/", ""), code, after
}

// rdbFile closes a file with its checksum.
func rdbFile(body string) string {
	b := append([]byte("REDIS0011"), body...)
	b = append(b, 0xff)
	return string(binary.LittleEndian.AppendUint64(b, crc.CRC64(0, b)))
}

// command is one as an append-only file has it.
func command(args ...string) string {
	b := fmt.Sprintf("*%d\r\n", len(args))
	for _, a := range args {
		b += fmt.Sprintf("$%d\r\n%s\r\n", len(a), a)
	}
	return b
}

const listOfTwo = "\x01\x04list\x02\x01a\x01b"

func TestRDB(t *testing.T) {
	body := "\xfa\x0avalkey-ver\x059.1.0\xfe\x02\xfc\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01k\x05value" + listOfTwo + "\x0a\x00\x04\x0b\x0b\x00\x00"
	whole := rdbFile("\xfa\x0avalkey-ver\x059.1.0\xfe\x02\xfc\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01k\x05value" + listOfTwo +
		"\xfb\x01\x02\x01\x05empty\x00\x07\x06module\x81\x25\x2a\x9c\x5e\xf3\x50\x0e\xeb\x02\x01\x05\x01x\x00")
	tests := []struct {
		name, file string
		args       []string
		code       int
		want       []string
	}{
		{"whole", whole, nil, good, []string{"[offset 0] Checking RDB file x\n[offset 27] AUX FIELD valkey-ver = '9.1.0'\n[offset 29] Selecting DB ID 2\n[offset ",
			"] Checksum OK\n[offset ", "] \\o/ RDB looks OK! \\o/\n[info] 4 keys read\n[info] 1 expires\n[info] 1 already expired\n[info] 1 values of modules"}},
		{"statistics", whole, []string{"--stats"}, good, []string{"string                        1               1               6             6.0",
			"list-linked                   2               2", "key 'list', list-linked, 5 bytes, 2 elements"}},
		{"no checksum", "REDIS0011\xff\x00\x00\x00\x00\x00\x00\x00\x00", nil, good, []string{"saved with checksum disabled", "[info] 0 keys read"}},
		{"old", "REDIS0003\xff", nil, good, []string{"[offset 10] \\o/ RDB looks OK!"}},
		{"wrong checksum", whole[:len(whole)-1] + "!", nil, bad, []string{"--- RDB ERROR DETECTED ---\n", "RDB CRC error\n[additional info] While doing: check-sum\n"}},
		{"cut off", whole[:43], nil, bad, []string{"Unexpected EOF reading RDB file\n[additional info] While doing: read-object-value\n[additional info] Reading key 'k'\n[additional info] Reading type 0 (string)\n[info] 1 keys read"}},
		{"damaged", "REDIS0011" + body, nil, bad, []string{"integrity check failed", "Reading type 10 (list-ziplist)"}},
		{"signature", "RADIS0011", nil, bad, []string{"[offset 9] Wrong signature trying to load DB from file\n[additional info] While doing: start"}},
		{"version", "REDIS0099", nil, bad, []string{"Can't handle RDB format version 99"}},
		{"opcode", "REDIS0011\xc8", nil, bad, []string{"While doing: read-type"}},
		{"field expired", "VALKEY080\x16\x01h\x01\x01f\x01v\x01\x00\x00\x00\x00\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00\x00", []string{"--stats"}, good, []string{"hash-v2                       1               1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, code, _ := run(t, Tool.RDB, map[string]string{"x": test.file}, "", append(test.args, "x")...)
			if code != test.code {
				t.Errorf("exit code %d", code)
			}
			for _, want := range test.want {
				if !strings.Contains(out, want) {
					t.Errorf("%q is missing in\n%s", want, out)
				}
			}
		})
	}
}

func TestCommandLine(t *testing.T) {
	for _, test := range []struct {
		tool func(Tool, []string) int
		args []string
		code int
		want string
	}{
		{Tool.RDB, nil, bad, "Usage: tool [--stats] <rdb-file-name>"},
		{Tool.RDB, []string{"a", "b", "c"}, bad, "Usage"},
		{Tool.RDB, []string{"--version"}, good, "sleipnir-check-rdb 1.2.3"},
		{Tool.RDB, []string{"/no/such/file"}, bad, "No such file or directory"},
		{Tool.AOF, nil, bad, "Usage: tool [--fix|--truncate-to-timestamp $timestamp|--stats] <file.manifest|file.aof>"},
		{Tool.AOF, []string{"--unfix", "a"}, bad, "Usage"},
		{Tool.AOF, []string{"--truncate-to-timestamp", "x", "a"}, bad, "Invalid timestamp, aborting..."},
		{Tool.AOF, []string{"-v"}, good, "sleipnir-check-aof 1.2.3"},
		{Tool.AOF, []string{"/no/such/file"}, bad, "Cannot open file /no/such/file: No such file or directory"},
	} {
		out, code, _ := run(t, test.tool, nil, "", test.args...)
		if code != test.code || !strings.Contains(out, test.want) {
			t.Errorf("%q: exit code %d, %s", test.args, code, out)
		}
	}
}

func TestByName(t *testing.T) {
	for _, test := range []struct {
		args []string
		rest string
	}{
		{[]string{"/usr/bin/valkey-check-rdb", "x"}, "/usr/bin/valkey-check-rdb|x"},
		{[]string{"sleipnir-check-aof", "--fix", "x"}, "sleipnir-check-aof|--fix|x"},
		{[]string{"sleipnir-server", "--check-aof", "x"}, "sleipnir-server --check-aof|x"},
		{[]string{"sleipnir-server", "--check-rdb"}, "sleipnir-server --check-rdb"},
		{[]string{"sleipnir-server", "--check-all"}, ""},
		{[]string{"sleipnir-server", "x"}, ""},
		{nil, ""},
	} {
		run, rest := ByName(test.args)
		if (run != nil) != (test.rest != "") || (run != nil && strings.Join(rest, "|") != test.rest) {
			t.Errorf("%q: %q", test.args, rest)
		}
	}
}

func TestAOF(t *testing.T) {
	set, multi := command("SET", "foo", "hello"), command("MULTI")
	preamble := rdbFile(listOfTwo)
	manifest := "file a.base.aof seq 1 type b\nfile a.1.incr.aof seq 1 type i\nfile a.2.incr.aof seq 2 type i\n"
	times := "#TS:100\r\n" + set + "#TS:200\r\n" + set + "#TS:300\r\n" + set
	type files = map[string]string
	tests := []struct {
		name  string
		files files
		args  []string
		in    string
		code  int
		want  []string
		after files // what has changed
	}{
		{"whole", files{"x": set + set}, []string{"x"}, "", good, []string{"Start checking Old-Style AOF\nAOF analyzed: filename=x, size=66, ok_up_to=66, ok_up_to_line=15, diff=0\nAOF x is valid\n"}, nil},
		{"empty", files{"x": ""}, []string{"x"}, "", good, []string{"AOF x is empty"}, nil},
		{"text in it", files{"x": set + "!!!"}, []string{"x"}, "", bad, []string{"AOF x format error\nAOF analyzed: filename=x, size=36, ok_up_to=33, ok_up_to_line=8, diff=3\nAOF x is not valid. Use the --fix option to try fixing it.\n"}, nil},
		{"short", files{"x": set + set[:20]}, []string{"x"}, "", bad, []string{"0x              32: Expected to read 5 bytes, got 3 bytes", "diff=20"}, nil},
		{"open transaction", files{"x": set + multi + set}, []string{"x"}, "", bad, []string{"Reached EOF before reading EXEC for MULTI", "ok_up_to=33,"}, nil},
		{"mended", files{"x": set + "!!!"}, []string{"--fix", "x"}, "y\n", good, []string{"This will shrink the AOF x from 36 bytes, with 3 bytes, to 33 bytes\nContinue? [y/N]: Successfully truncated AOF x\n"}, files{"x": set}},
		{"not mended", files{"x": set + "!!!"}, []string{"--fix", "x"}, "n\n", bad, []string{"Aborting..."}, nil},
		{"nobody asked", files{"x": set + "!!!"}, []string{"--fix", "x"}, "", bad, []string{"Aborting..."}, nil},
		{"nothing to mend", files{"x": set}, []string{"--fix", "x"}, "", good, []string{"AOF x is valid"}, nil},
		{"preamble", files{"x": preamble + set}, []string{"x"}, "", good, []string{"RDB looks OK", "RDB preamble is OK, proceeding with AOF tail...", "AOF x is valid"}, nil},
		{"damaged preamble", files{"x": preamble[:12] + set}, []string{"--fix", "x"}, "y\n", bad, []string{"RDB preamble of AOF file is not sane, aborting."}, nil},
		{"set", files{"m": manifest, "a.base.aof": set, "a.1.incr.aof": set, "a.2.incr.aof": set}, []string{"m"}, "", good, []string{
			"Start checking Multi Part AOF\nStart to check BASE AOF (RESP format).\n", "BASE AOF a.base.aof is valid\nStart to check INCR files.\n",
			"ok_up_to_line=22", "INCR AOF a.2.incr.aof is valid\nAll AOF files and manifest are valid\n"}, nil},
		{"set with a snapshot", files{"m": "# remark\n" + manifest, "a.base.aof": preamble, "a.1.incr.aof": set, "a.2.incr.aof": set}, []string{"m"}, "", good, []string{"Start to check BASE AOF (RDB format)."}, nil},
		{"set damaged at its end", files{"m": manifest, "a.base.aof": set, "a.1.incr.aof": set, "a.2.incr.aof": set + "x"}, []string{"--fix", "m"}, "y\n", good, []string{"Successfully truncated AOF a.2.incr.aof"}, files{"a.2.incr.aof": set}},
		{"set damaged before", files{"m": manifest, "a.base.aof": set, "a.1.incr.aof": set + "x", "a.2.incr.aof": set}, []string{"--fix", "m"}, "y\n", bad, []string{"Failed to truncate AOF a.1.incr.aof because it is not the last file"}, nil},
		{"file missing", files{"m": manifest, "a.base.aof": set}, []string{"m"}, "", bad, []string{"Cannot open file a.1.incr.aof: No such file or directory"}, nil},
		{"manifest damaged", files{"m": manifest + "rubbish\n"}, []string{"m"}, "", bad, []string{"at line 4\n>>> 'rubbish'\nInvalid AOF manifest file format\n"}, nil},
		{"until", files{"x": times}, []string{"--truncate-to-timestamp", "250", "x"}, "", good, []string{"Successfully truncated AOF x to timestamp 250"}, files{"x": times[:len(times)-33-9]}},
		{"until now", files{"x": times}, []string{"--truncate-to-timestamp", "300", "x"}, "", good, []string{"Truncate nothing in AOF x to timestamp 300\nAOF x is valid"}, nil},
		{"until before", files{"x": times}, []string{"--truncate-to-timestamp", "99", "x"}, "", bad, []string{"AOF x has nothing before timestamp 99, aborting..."}, nil},
		{"until in a file before", files{"m": manifest, "a.base.aof": set, "a.1.incr.aof": times, "a.2.incr.aof": times}, []string{"--truncate-to-timestamp", "250", "m"}, "", bad, []string{"Failed to truncate AOF a.1.incr.aof to timestamp 250 to offset 84 because it is not the last file."}, nil},
		{"until no time", files{"x": set + "#TS:x\r\n"}, []string{"--truncate-to-timestamp", "99", "x"}, "", bad, []string{"Invalid timestamp annotation"}, nil},
		{"statistics", files{"x": times + command("incr", "n")}, []string{"--stats", "x"}, "", good, []string{"written from 1970-01-01 00:01:40 UTC to 1970-01-01 00:05:00 UTC", `"SET"                               3`, `"INCR"                              1`}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, code, after := run(t, Tool.AOF, test.files, test.in, test.args...)
			if code != test.code {
				t.Errorf("exit code %d", code)
			}
			for _, want := range test.want {
				if !strings.Contains(out, want) {
					t.Errorf("%q is missing in\n%s", want, out)
				}
			}
			for name, was := range test.files {
				want := was
				if changed, is := test.after[name]; is {
					want = changed
				}
				if after[name] != want {
					t.Errorf("%s is %q, want %q", name, after[name], want)
				}
			}
		})
	}
}
