package config

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// fact is a row of testdata/config-parameters.tsv: what the reference's releases have.
type fact struct {
	name, kind, def, modifiable, alias, values, flags string
}

func readFacts(t *testing.T) []fact {
	t.Helper()
	b, err := os.ReadFile("testdata/config-parameters.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var facts []fact
	for i, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		f := append(strings.Split(line, "\t"), "", "", "", "", "", "", "")
		if i > 0 {
			facts = append(facts, fact{f[0], f[1], f[2], f[3], f[4], f[5], f[6]})
		}
	}
	return facts
}

// amendments are the facts as later releases, or this server, have them.
var amendments = map[string]fact{
	"io-threads":                                {def: strconv.FormatInt(usableCores(), 10), values: "1..256", modifiable: "y"}, // on all cores, at run time
	"events-per-io-thread":                      {flags: "hidden"},
	"log-format":                                {values: "legacy|logfmt|json"},
	"shutdown-on-sigint":                        {values: "default|save|nosave|now|force|safe|failover"},
	"shutdown-on-sigterm":                       {values: "default|save|nosave|now|force|safe|failover"},
	"slowlog-log-slower-than":                   {alias: "-"}, // is the alias now
	"slowlog-max-len":                           {alias: "-"},
	"lua-enable-insecure-api":                   {flags: "hidden,protected", alias: "lua-enable-deprecated-api", values: " "},
	"cluster-message-gossip-perc":               {values: "1..100"},
	"tls-auto-reload-interval":                  {values: "0..INT_MAX"},
	"repl-mptcp":                                {modifiable: "n"},
	"min-io-threads-avoid-copy-reply":           {def: "7", values: "0..INT_MAX"},
	"min-string-size-avoid-copy-reply":          {def: "16384", values: "0..INT_MAX"},
	"min-string-size-avoid-copy-reply-threaded": {def: "65536", values: "0..INT_MAX"},
	"slot-migration-max-failover-repl-bytes":    {values: "-1..LLONG_MAX"},
}

func (f *fact) amend() {
	a := amendments[f.name]
	for _, p := range []struct{ to, from *string }{
		{&f.def, &a.def}, {&f.modifiable, &a.modifiable}, {&f.alias, &a.alias}, {&f.values, &a.values}, {&f.flags, &a.flags},
	} {
		if *p.from != "" {
			*p.to = strings.TrimSpace(*p.from)
		}
	}
}

// TestFacts compares every row with the facts.
func TestFacts(t *testing.T) {
	c := newFake(nil).config()
	rows := 0
	for _, f := range readFacts(t) {
		f.amend()
		switch f.kind {
		case "file-only", "ignored":
			if known, ignored := isFileOnly(f.name, map[string]int{"rename-command": 2}[f.name]|1); !known && f.name != "rename-command" || ignored != (f.kind == "ignored") {
				t.Errorf("%s: not a directive of files", f.name)
			}
			continue
		case "sentinel-directive":
			continue // kept as lines for the sentinel
		}
		rows++
		id, ok := Lookup(f.name)
		if !ok {
			t.Errorf("%s: missing", f.name)
			continue
		}
		compareRow(t, c, f, &directives[id], id)
	}
	// acl-filter-keys, auth-backoff-initial, auth-backoff-max, commandlog-show-waiting, encryption-key-file, io-engine, partitions,
	// rdb-version-write, script-memory-limit, snapshot-cron, snapshot-memory-budget; the three of HOTKEYS, which Valkey has from 9.2 on; the slowlog aliases
	const ours, merged = 14, 2
	if rows+ours-merged != int(idCount) {
		t.Errorf("%d facts, %d rows", rows, idCount)
	}
}

func compareRow(t *testing.T, c *Config, f fact, d *Directive, id ID) {
	if f.alias == "-" {
		if d.Alias != f.name {
			t.Errorf("%s: not an alias of %s", f.name, d.Name)
		}
	} else if d.Name != f.name || d.Alias != f.alias {
		t.Errorf("%s: name %q alias %q, want alias %q", f.name, d.Name, d.Alias, f.alias)
	}
	if want := f.def; c.Str(id) != want && f.name != "dir" {
		t.Errorf("%s: default %q, want %q", f.name, c.Str(id), want)
	}
	if immutable := strings.HasPrefix(f.modifiable, "n"); immutable != (d.Flags&Immutable != 0) {
		t.Errorf("%s: immutable %v", f.name, !immutable)
	}
	compareFlags(t, f, d)
	compareKind(t, f, d)
}

func compareFlags(t *testing.T, f fact, d *Directive) {
	want := Flags(0)
	for _, word := range strings.Split(f.flags, ",") {
		want |= map[string]Flags{
			"multi_arg": MultiArg, "sensitive": Sensitive, "hidden": Hidden, "hidden?": Hidden, "protected": Protected,
			"debug": Debug, "deny_loading": DenyLoading, "volatile": Volatile,
		}[word]
	}
	const compared = MultiArg | Sensitive | Hidden | Protected | Debug | DenyLoading | Volatile
	if d.Flags&compared != want {
		t.Errorf("%s: flags %b, want %b", f.name, d.Flags&compared, want)
	}
}

func compareKind(t *testing.T, f fact, d *Directive) {
	base, extra, _ := strings.Cut(f.kind, ",")
	kinds := map[string]Kind{
		"bool": KindBool, "enum": KindEnum, "enum-set": KindEnums, "string": KindText, "special": KindCustom,
	}
	want, ok := kinds[base]
	if !ok {
		want = KindInt
	}
	if f.name == "dir" {
		want = KindCustom
	}
	if d.Kind != want {
		t.Errorf("%s: kind %d, want %d", f.name, d.Kind, want)
		return
	}
	switch want {
	case KindEnum, KindEnums:
		compareWords(t, f, d)
	case KindInt:
		compareRange(t, f, d, base, extra)
	}
}

func compareWords(t *testing.T, f fact, d *Directive) {
	var have []string
	for _, ch := range d.Choices {
		have = append(have, ch.Name)
	}
	want := regexp.MustCompile(`[|,]`).Split(f.values, -1)
	a, b := map[string]bool{}, map[string]bool{}
	for _, w := range have {
		a[w] = true
	}
	for _, w := range want {
		b[w] = true
	}
	for w := range a {
		if !b[w] {
			t.Errorf("%s: %q is no fact", f.name, w)
		}
	}
	for w := range b {
		if !a[w] {
			t.Errorf("%s: %q is missing", f.name, w)
		}
	}
}

func compareRange(t *testing.T, f fact, d *Directive, base, extra string) {
	isUnsigned := map[string]bool{"uint": true, "ulong": true, "ulonglong": true, "size_t": true, "size": true}[base]
	isMemory := strings.Contains(extra, "memory") || base == "memory" || base == "size"
	want := Flags(0)
	for flag, on := range map[Flags]bool{
		Unsigned: isUnsigned, Memory: isMemory, Percent: strings.Contains(extra, "percent"), Octal: strings.Contains(extra, "octal"),
	} {
		if on {
			want |= flag
		}
	}
	if got := d.Flags & (Unsigned | Memory | Percent | Octal); got != want {
		t.Errorf("%s: form %b, want %b", f.name, got, want)
	}
	values, _, _ := strings.Cut(f.values, " (")
	low, high, ok := strings.Cut(values, "..")
	if !ok {
		t.Errorf("%s: no range in %q", f.name, f.values)
		return
	}
	if d.Min != bound(t, low) || d.Max != bound(t, high) {
		t.Errorf("%s: range %d..%d, want %s", f.name, d.Min, d.Max, values)
	}
}

func bound(t *testing.T, s string) int64 {
	limits := map[string]int64{
		"INT_MAX": 1<<31 - 1, "INT_MIN": -1 << 31, "UINT_MAX": 1<<32 - 1, "LONG_MAX": 1<<63 - 1, "LLONG_MAX": 1<<63 - 1,
		"SSIZE_MAX": 1<<63 - 1, "ULONG_MAX": -1, "ULLONG_MAX": -1,
	}
	if n, ok := limits[s]; ok {
		return n
	}
	n, err := strconv.ParseInt(s, 0, 64)
	if err != nil {
		t.Errorf("bound %q: %v", s, err)
	}
	return n
}

// TestTableIsSane checks what the facts can't: order, unique names, defaults that parse.
func TestTableIsSane(t *testing.T) {
	seen := map[string]bool{}
	for id := range idCount {
		d := &directives[id]
		if d.Name == "" {
			t.Fatalf("row %d is empty", id)
		}
		if id > 0 && d.Name < directives[id-1].Name {
			t.Errorf("%s is out of order", d.Name)
		}
		for _, name := range []string{d.Name, d.Alias} {
			if name != "" && seen[name] {
				t.Errorf("%s appears twice", name)
			}
			seen[name] = true
		}
	}
}
