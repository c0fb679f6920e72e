package commanddocs

import (
	"reflect"
	"testing"
)

func TestParse(t *testing.T) {
	docs, err := parse("# a comment\nset\tkey:k@0 condition:o?^2.6.12(nx:t=NX xx:t=XX) addr:s+=ADDR!7.0.0'ip:port\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []Argument{
		{Name: "key", Type: "key", Display: "key", KeySpec: 0},
		{Name: "condition", Type: "oneof", KeySpec: -1, Since: "2.6.12", Optional: true, Sub: []Argument{
			{Name: "nx", Type: "pure-token", Display: "nx", Token: "NX", KeySpec: -1},
			{Name: "xx", Type: "pure-token", Display: "xx", Token: "XX", KeySpec: -1},
		}},
		{Name: "addr", Type: "string", Display: "ip:port", Token: "ADDR", Deprecated: "7.0.0", KeySpec: -1, Multiple: true},
	}
	if got := docs["set"]; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, line := range []string{"set", "set\t", "set\tkey", "set\tkey:", "set\tkey:x", "set\tkey:k@", "set\ta:o(b:s", "set\ta:s b", "set\ta:s)", "a\tb:s\na\tb:s"} {
		if _, err := parse(line); err == nil {
			t.Errorf("%q: no error", line)
		}
	}
}

// TestData reads the whole file and looks at each argument.
func TestData(t *testing.T) {
	docs, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var check func(full string, args []Argument)
	check = func(full string, args []Argument) {
		for i := range args {
			a := &args[i]
			if holds := a.Type == "oneof" || a.Type == "block"; holds != (len(a.Sub) > 0) || a.Name == "" || a.MultipleToken && a.Token == "" ||
				a.Type == "key" && a.KeySpec < 0 {
				t.Errorf("%s: %+v", full, a)
			}
			check(full, a.Sub)
		}
	}
	for full, args := range docs {
		check(full, args)
	}
}

func TestHistory(t *testing.T) {
	tests := []struct {
		full, since string
		want        []Change
	}{
		{"get", "1.0.0", nil},
		{"getex", "6.2.0", nil},
		{"set", "1.0.0", []Change{
			{"2.6.12", "Added `NX`, `XX`, `EX`, `PX`."},
			{"6.0.0", "Added `KEEPTTL`."},
			{"6.2.0", "Added `GET`, `EXAT`, `PXAT`."},
			{"8.1.0", "Added `IFEQ`."},
		}},
		{"nosuch", "1.0.0", nil},
	}
	for _, test := range tests {
		if got := History(test.full, test.since); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %q, want %q", test.full, got, test.want)
		}
	}
	if !newer("10.0.0", "9.1.0") || newer("9.1.0", "9.1.0") || newer("", "1.0.0") || !newer("7.0.1", "7.0") {
		t.Error("versions are compared wrongly")
	}
}
