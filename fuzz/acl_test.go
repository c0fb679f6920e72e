package fuzz

import (
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/acl"
)

// aclTable is a small table of commands.
type aclTable struct{}

func (aclTable) ACLCommands() []acl.Command {
	return []acl.Command{
		{Name: "get", Categories: 1, Container: -1}, {Name: "set", Categories: 2, Container: -1}, {Name: "config", Container: -1},
		{Name: "config|get", Categories: 4, Container: 2}, {Name: "config|set", Categories: 4, Container: 2}, {Name: "select", Container: -1},
	}
}

func (aclTable) ACLCategories() []string { return []string{"read", "write", "admin"} }

func aclUsers() *acl.Users { return acl.New(aclTable{}, func() bool { return false }) }

// FuzzACL gives a user any rules, one a line of the text. If they are accepted, the user's description makes the same user, in a file
// and as words; and the same calls are allowed to both.
func FuzzACL(f *testing.F) {
	for _, seed := range []string{
		"on\nnopass\n~*\n&*\n+@all", "~a\n%R~b\n%RW~c\n%W~d\n+get\n-@admin\n+config|get", "(~a\n+get)\n(+set %W~b db=1)", "%", "%~a", "%R",
		"(~a) +get)", `("~a b" +get)`, `(~'a"b')`, `(~"a)")`, "(\n)", "(", "((", "()", "+select|0\n+select|a b", "db=,1\ndb=1", "db=3,1,3",
		">p\n<p\n#0", "~a\nuser x on", "on\x00x", "resetdbs\n(resetdbs)", "clearselectors\nreset", "(" + strings.Repeat("(", 100) + ")",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u := aclUsers()
		if _, err := u.Set("x", strings.Split(text, "\n")); err != nil {
			if u.Find("x") != nil {
				t.Fatalf("%v, but there is a user", err)
			}
			return
		}
		r := u.Find("x").Rights()
		line := r.String()
		if strings.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("%q goes beyond its line", line)
		}
		file := aclUsers()
		if _, err := file.Load("f", u.Text()); err != nil {
			t.Fatalf("the file of %q doesn't load: %v", line, err)
		}
		if file.Text() != u.Text() {
			t.Fatalf("%q reads back as %q", u.Text(), file.Text())
		}
		config := aclUsers()
		if _, err := config.LoadLines(u.Lines()); err != nil || config.Text() != u.Text() {
			t.Fatalf("the lines of %q read back as %q, %v", u.Text(), config.Text(), err)
		}
		for _, arg := range []string{"", "a", "b", "a b", "0"} {
			q := &acl.Request{Args: [][]byte{[]byte("cmd"), []byte(arg)}, Keys: []acl.Key{{Pos: 1, Access: acl.Read}}, UsesDB: true}
			for q.Command = range (aclTable{}).ACLCommands() {
				if got, want := file.Find("x").Rights().Check(q), r.Check(q); got != want {
					t.Fatalf("%q: command %d of %q is %v after reading back, was %v", line, q.Command, arg, got, want)
				}
			}
		}
	})
}

// FuzzACLFile loads any text as a file of users. What loads is written so that it loads again, the same; after an error nothing
// has changed.
func FuzzACLFile(f *testing.F) {
	for _, seed := range []string{
		"", "user a on nopass ~* +@all\n\nuser b off", "user default off\r\n", "user a (+get ~x) (%R~y)\nuser a", "user  on", "user", "# x",
		"user a ( ~x +get )", "user a (~a) b)", "user a +x\tb", "user \x00", "user a >p #0",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u := aclUsers()
		before := u.Text()
		if _, err := u.Load("f", text); err != nil {
			if u.Text() != before {
				t.Fatalf("%v, but users have changed", err)
			}
			return
		}
		again := aclUsers()
		if _, err := again.Load("f", u.Text()); err != nil || again.Text() != u.Text() {
			t.Fatalf("%q reads back as %q, %v", u.Text(), again.Text(), err)
		}
	})
}
