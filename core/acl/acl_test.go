package acl_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/acl"
)

// table is a small table of commands.
type table struct{}

const (
	catRead = 1 << iota
	catWrite
	catAdmin
)

const (
	cmdGet = iota
	cmdSet
	cmdConfig
	cmdConfigGet
	cmdConfigSet
	cmdSelect
	cmdAuth
	cmdPublish
)

func (table) ACLCommands() []acl.Command {
	return []acl.Command{
		{Name: "get", Categories: catRead, Container: -1}, {Name: "set", Categories: catWrite, Container: -1},
		{Name: "config", Container: -1}, {Name: "config|get", Categories: catAdmin, Container: cmdConfig},
		{Name: "config|set", Categories: catAdmin, Container: cmdConfig}, {Name: "select", Container: -1},
		{Name: "auth", Container: -1}, {Name: "publish", Container: -1},
	}
}

func (table) ACLCategories() []string { return []string{"read", "write", "admin"} }

func newUsers() *acl.Users { return acl.New(table{}, func() bool { return false }) }

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// TestRules compares what rules make of a new user.
func TestRules(t *testing.T) {
	const none = "off sanitize-payload resetchannels -@all"
	badHash := "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
	for _, tt := range []struct{ name, in, want, err string }{
		{"nothing", "", none, ""},
		{"on and off", "on off ON", "on sanitize-payload resetchannels -@all", ""},
		{"password", "on >a >b >a", "on sanitize-payload #" + hash("a") + " #" + hash("b") + " resetchannels -@all", ""},
		{"no password", ">a nopass", "off nopass sanitize-payload resetchannels -@all", ""},
		{"password after none", "nopass >a", "off sanitize-payload #" + hash("a") + " resetchannels -@all", ""},
		{"password taken away", ">a >b <a", "off sanitize-payload #" + hash("b") + " resetchannels -@all", ""},
		{"hash taken away", ">a !" + hash("a"), none, ""},
		{"no such password", "<a", "", "<a': The password you are trying to remove from the user does not exist"},
		{"short hash", "#12", "", "#12': " + badHash},
		{"upper hash", "#" + strings.Repeat("A", 64), "", badHash},
		{"reset password", "on >a resetpass nopass resetpass", "on sanitize-payload resetchannels -@all", ""},
		{"payload", "skip-sanitize-payload", "off skip-sanitize-payload resetchannels -@all", ""},

		{"keys", "~a ~b %R~c %W~d %RW~e %wr~f", "off sanitize-payload ~a ~b %R~c %W~d ~e ~f resetchannels -@all", ""},
		{"keys join", "%R~a %W~a", "off sanitize-payload ~a resetchannels -@all", ""},
		{"all keys", "~a allkeys", "off sanitize-payload ~* resetchannels -@all", ""},
		{"keys after all", "~* ~a", "", "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid"},
		{"keys reset", "~* resetkeys ~a", "off sanitize-payload ~a resetchannels -@all", ""},
		{"access without pattern", "%R", "off sanitize-payload %R~ resetchannels -@all", ""},
		{"no access", "%~a", "", "'%~a': Syntax error"},
		{"nothing after percent", "%", "", "'%': Syntax error"},
		{"access twice", "%RR~a", "", "'%RR~a': Syntax error"},
		{"unknown access", "%X~a", "", "'%X~a': Syntax error"},

		{"channels", "&a &b &a", "off sanitize-payload resetchannels &a &b -@all", ""},
		{"all channels", "&a &*", "off sanitize-payload &* -@all", ""},
		{"channels after all", "allchannels &a", "", "(or the 'allchannels' flag) is not valid"},

		{"databases", "db=3,1,3", "off sanitize-payload resetchannels db=1,3 -@all", ""},
		{"databases again", "db=1 db=2", "off sanitize-payload resetchannels db=2 -@all", ""},
		{"all databases", "db=1 alldbs", none, ""},
		{"no database", "resetdbs", "off sanitize-payload resetchannels resetdbs -@all", ""},
		{"database range", "db=-1", "", "'db=-1': The provided database ID is out of range"},
		{"database overflow", "db=2147483648", "", "The provided database ID is out of range"},
		{"database far overflow", "db=99999999999999999999", "", "The provided database ID is out of range"},
		{"database word", "db=a", "", "'db=a': Syntax error"},
		{"database empty", "db=", "", "'db=': Syntax error"},
		{"database comma", "db=1,,2", "", "Syntax error"},
		{"database end", "db=1,", "", "Syntax error"},

		{"commands", "+GET -set +get", "off sanitize-payload resetchannels -@all -set +get", ""},
		{"all", "+get +@all", "off sanitize-payload resetchannels +@all", ""},
		{"all but", "allcommands -@write +set", "off sanitize-payload resetchannels +@all -@write +set", ""},
		{"none", "+@all -@all", none, ""},
		{"category", "+@READ", "off sanitize-payload resetchannels -@all +@read", ""},
		{"subcommand", "+config|GET", "off sanitize-payload resetchannels -@all +config|get", ""},
		{"container after its subcommand", "+config|get +config", "off sanitize-payload resetchannels -@all +config", ""},
		{"subcommand after its container", "+config -config|get", "off sanitize-payload resetchannels -@all +config -config|get", ""},
		{"first argument", "+select|0 +select|1", "off sanitize-payload resetchannels -@all +select|0 +select|1", ""},
		{"unknown command", "+nosuch", "", "'+nosuch': Unknown command or category name in ACL"},
		{"unknown category", "-@nosuch", "", "Unknown command or category name in ACL"},
		{"unknown subcommand", "+config|nosuch", "", "Unknown command or category name in ACL"},
		{"argument of a subcommand", "+config|get|x", "", "Allowing first-arg of a subcommand is not supported"},
		{"no argument", "+select|", "", "Syntax error"},
		{"denied argument", "-select|0", "", "Unknown command or category name in ACL"},
		{"quoted argument", `+select|a"b`, "", "Syntax error"},
		{"nothing", "+", "", "Unknown command or category name in ACL"},
		{"no category", "+@", "", "Unknown command or category name in ACL"},
		{"unknown rule", "abc", "", "Error in ACL SETUSER modifier 'abc': Syntax error"},

		{"selector", "+get (~a +set)", "off sanitize-payload resetchannels -@all +get (~a resetchannels -@all +set)", ""},
		{"selector in one word", "(+get)", none + " (resetchannels -@all +get)", ""},
		{"empty selector", "()", none + " (resetchannels -@all)", ""},
		{"selectors cleared", "(+get) (+set) clearselectors", none, ""},
		{"selector of a user's rule", "(on)", "", "Error in ACL SETUSER modifier '(on)': Syntax error"},
		{"open selector", "(+get ~a", "", "Unmatched parenthesis in acl selector starting at '(+get'."},
		{"open selector behind", "on (+get) ( ~a", "", "Unmatched parenthesis in acl selector starting at '('."},
		{"lonely parenthesis", ")", "", "')': Syntax error"},
		{"reset", "on >a ~* &* +@all db=1 (+get) reset", none, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := newUsers()
			_, err := u.Set("x", strings.Fields(tt.in))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%q: error %v, want %q", tt.in, err, tt.err)
				}
				if u.Find("x") != nil {
					t.Errorf("%q: there is a user after the error", tt.in)
				}
				return
			}
			if err != nil {
				t.Fatalf("%q: %v", tt.in, err)
			}
			got := u.Find("x").Rights().String()
			if got != tt.want {
				t.Errorf("%q:\n got %q\nwant %q", tt.in, got, tt.want)
			}
			readBack(t, u.Find("x").Rights())
		})
	}
}

// readBack checks that a description makes the same user, from a file and from words.
func readBack(t *testing.T, r *acl.Rights) {
	t.Helper()
	u := newUsers()
	if _, err := u.Load("f", "user x "+r.String()); err != nil {
		t.Fatalf("%q doesn't load: %v", r, err)
	}
	if again := u.Find("x").Rights().String(); again != r.String() {
		t.Errorf("%q reads back as %q", r, again)
	}
	if _, err := u.Set("y", r.Words()); err != nil || u.Find("y").Rights().String() != r.String() {
		t.Errorf("the words of %q read back as %q, %v", r, u.Find("y").Rights(), err)
	}
}

// TestHostileWords gives rules that try to look like something else when they are written down.
func TestHostileWords(t *testing.T) {
	for _, rules := range [][]string{
		{`(~a) +get)`}, {`("~a b" +get)`}, {`(~'a"b')`}, {`(~"a'b)" +get)`}, {`(~a\)`}, {`(&x) -@all +@all)`}, {`(~) ~* +@all)`},
		{"~a\nuser"}, {"~a b"}, {"&a\tb"}, {"on\x00x"}, {"~a\x00"}, {"\x00"}, {"(\x00)"}, {`(~"\x0auser eve on nopass ~* +@all")`},
		{"~\xff\xfe"}, {"+get\x00x"}, {`(")`}, {`("+get"x)`}, {"(+get", "~a)", ")"},
	} {
		u := newUsers()
		if _, err := u.Set("x", rules); err != nil {
			continue
		}
		r := u.Find("x").Rights()
		if strings.ContainsAny(r.String(), "\n\r\x00") {
			t.Errorf("%q: %q goes beyond its line", rules, r)
		}
		readBack(t, r)
	}
}

func request(id int, args ...string) *acl.Request {
	q := &acl.Request{Command: id, Args: [][]byte{nil}}
	for _, a := range args {
		q.Args = append(q.Args, []byte(a))
	}
	return q
}

func TestCheck(t *testing.T) {
	key := func(id int, access acl.Access, keys ...string) *acl.Request {
		q := request(id, keys...)
		for i := range keys {
			q.Keys = append(q.Keys, acl.Key{Pos: int32(i + 1), Access: access}) // #nosec G115 -- a few
		}
		q.UsesDB = true
		return q
	}
	channel := func(pattern bool, names ...string) *acl.Request {
		q := request(cmdPublish, names...)
		q.FirstChannel, q.EndChannel, q.Patterns = 1, 1+len(names), pattern
		return q
	}
	inDB := func(q *acl.Request, db int) *acl.Request {
		q.DB = db
		return q
	}
	selects := request(cmdSelect, "2")
	selects.DBs = []acl.DB{{Pos: 1, Number: 2}}
	all := request(cmdSet)
	all.AllDBs = true
	auth := request(cmdAuth)
	auth.Anyone = true
	for _, tt := range []struct {
		name, rules string
		q           *acl.Request
		want        acl.Denial
	}{
		{"nothing", "", request(cmdGet), acl.Denial{Reason: acl.DeniedCommand}},
		{"command", "+get", request(cmdGet), acl.Denial{}},
		{"other command", "+get", request(cmdSet), acl.Denial{Reason: acl.DeniedCommand}},
		{"anyone's", "", auth, acl.Denial{}},
		{"a category's", "+@write", request(cmdSet), acl.Denial{}},
		{"a category's less one", "+@all -@admin", request(cmdConfigGet), acl.Denial{Reason: acl.DeniedCommand}},
		{"a container's", "+config", request(cmdConfigSet), acl.Denial{}},
		{"a subcommand", "+config|get", request(cmdConfigSet), acl.Denial{Reason: acl.DeniedCommand}},
		{"first argument", "+select|0", request(cmdSelect, "0"), acl.Denial{}},
		{"other first argument", "+select|0", request(cmdSelect, "1"), acl.Denial{Reason: acl.DeniedCommand}},
		{"no first argument", "+select|0", request(cmdSelect), acl.Denial{Reason: acl.DeniedCommand}},
		{"first argument taken away", "+select|0 -select", request(cmdSelect, "0"), acl.Denial{Reason: acl.DeniedCommand}},

		{"key", "+get ~a*", key(cmdGet, acl.Read, "ab"), acl.Denial{}},
		{"other key", "+get ~a*", key(cmdGet, acl.Read, "ab", "b"), acl.Denial{Reason: acl.DeniedKey, Pos: 2}},
		{"read of what may be written", "+get %W~a", key(cmdGet, acl.Read, "a"), acl.Denial{Reason: acl.DeniedKey, Pos: 1}},
		{"write of what may be read", "+set %R~a", key(cmdSet, acl.Write, "a"), acl.Denial{Reason: acl.DeniedKey, Pos: 1}},
		{"both by two patterns", "+set %R~a* %W~*b", key(cmdSet, acl.Read|acl.Write, "ab"), acl.Denial{Reason: acl.DeniedKey, Pos: 1}},
		{"to ask for it", "+get %W~a", key(cmdGet, 0, "a"), acl.Denial{}},
		{"empty key", "+get ~*x", key(cmdGet, acl.Read, ""), acl.Denial{Reason: acl.DeniedKey, Pos: 1}},
		{"all keys", "+get ~*", key(cmdGet, acl.Read, "", "x"), acl.Denial{}},
		{"keys of two selectors", "+get ~a (+get ~b)", key(cmdGet, acl.Read, "a", "b"), acl.Denial{Reason: acl.DeniedKey, Pos: 2}},
		{"another selector", "(+get ~a) (+set ~b)", key(cmdSet, acl.Write, "b"), acl.Denial{}},
		{"what another selector denies", "+get ~a (+set ~b)", key(cmdSet, acl.Write, "a"), acl.Denial{Reason: acl.DeniedKey, Pos: 1}},

		{"channel", "+publish &a*", channel(false, "ab"), acl.Denial{}},
		{"other channel", "+publish &a*", channel(false, "ab", "b"), acl.Denial{Reason: acl.DeniedChannel, Pos: 2}},
		{"pattern as it stands", "+publish &a*", channel(true, "a*"), acl.Denial{}},
		{"narrower pattern", "+publish &a*", channel(true, "ab*"), acl.Denial{Reason: acl.DeniedChannel, Pos: 1}},
		{"all channels", "+publish &*", channel(true, "x"), acl.Denial{}},

		{"database", "+get ~* db=1", inDB(key(cmdGet, acl.Read, "a"), 1), acl.Denial{}},
		{"other database", "+get ~* db=1", inDB(key(cmdGet, acl.Read, "a"), 0), acl.Denial{Reason: acl.DeniedDB}},
		{"named database", "+select db=1", selects, acl.Denial{Reason: acl.DeniedDB, Pos: 1}},
		{"database before command", "db=1", selects, acl.Denial{Reason: acl.DeniedDB, Pos: 1}},
		{"command of the wider selector", "(+get db=1)", selects, acl.Denial{Reason: acl.DeniedCommand}},
		{"every database", "+set db=0,1,2", all, acl.Denial{Reason: acl.DeniedDB}},
		{"no database", "+get ~* resetdbs", key(cmdGet, acl.Read, "a"), acl.Denial{Reason: acl.DeniedDB}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := newUsers()
			if _, err := u.Set("x", strings.Fields(tt.rules)); err != nil {
				t.Fatal(err)
			}
			if got := u.Find("x").Rights().Check(tt.q); got != tt.want {
				t.Errorf("%q: %+v, want %+v", tt.rules, got, tt.want)
			}
		})
	}
}

func TestLimited(t *testing.T) {
	for rules, want := range map[string]bool{
		"+@all ~* &*": false, "+@all ~*": true, "+@all &*": true, "~* &*": true, "+@all -get ~* &*": true,
		"+@all ~* &* db=0": true, "(+@all ~* &*)": false, "+@all (~* &*)": true,
	} {
		u := newUsers()
		if _, err := u.Set("x", strings.Fields(rules)); err != nil {
			t.Fatal(err)
		}
		if got := u.Find("x").Rights().Limited(); got != want {
			t.Errorf("%q: limited %v", rules, got)
		}
	}
	if newUsers().Default().Rights().Limited() {
		t.Error("the default user is limited")
	}
}

func TestAuthenticate(t *testing.T) {
	u := newUsers()
	for name, rules := range map[string]string{"a": "on >one >two", "off": ">one", "free": "on nopass", "none": "on"} {
		if _, err := u.Set(name, strings.Fields(rules)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, password string
		want           bool
	}{
		{"a", "one", true}, {"a", "two", true}, {"a", "three", false}, {"a", "", false}, {"A", "one", false},
		{"off", "one", false}, {"free", "x", true}, {"none", "", false}, {"nobody", "one", false}, {"default", "", true},
		{"a", hash("one"), false},
	} {
		if got := u.Authenticate([]byte(tt.name), []byte(tt.password)); (got != nil) != tt.want {
			t.Errorf("%s %q: %v", tt.name, tt.password, got)
		}
	}
	u.SetDefaultPassword("secret")
	if u.Open() || u.Authenticate([]byte("default"), []byte("x")) != nil || u.Authenticate([]byte("default"), []byte("secret")) == nil {
		t.Error("requirepass is not in force")
	}
	u.SetDefaultPassword("")
	if !u.Open() {
		t.Error("requirepass is still in force")
	}
}

// TestLiveChange: who has the user sees the new rights, and learns of the end.
func TestLiveChange(t *testing.T) {
	u := newUsers()
	set := func(rules string) acl.Change {
		t.Helper()
		c, err := u.Set("x", strings.Fields(rules))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	set("on nopass +get ~* &a &b*")
	x := u.Find("x")
	if c := set("&c"); c.EndsSubscriber("a", false) || c.EndsSubscriber("zzz", false) {
		t.Error("more channels end a subscriber")
	}
	c := set("resetchannels &b*")
	if !c.EndsSubscriber("a", false) || c.EndsSubscriber("bb", false) || !c.EndsSubscriber("bb", true) || c.EndsSubscriber("b*", true) {
		t.Error("wrong subscribers are ended")
	}
	if c := set("allchannels"); c.EndsSubscriber("a", false) {
		t.Error("all channels end a subscriber")
	}
	if c := set("resetchannels"); !c.EndsSubscriber("a", false) {
		t.Error("no channels end no subscriber")
	}
	if x != u.Find("x") || x.Rights().Check(request(cmdGet)).Reason != acl.Allowed {
		t.Error("the user is another one")
	}
	set("-get")
	if x.Rights().Check(request(cmdGet)).Reason != acl.DeniedCommand {
		t.Error("the old rights are in force")
	}
	if gone := u.Delete([]string{"nobody", "x", "x"}); len(gone) != 1 || !gone[0].Gone || !x.Deleted() || u.Find("x") != nil {
		t.Errorf("%v deleted", gone)
	}
	set("on")
	if u.Find("x") == x {
		t.Error("a new user of the same name is the old one")
	}
	if gone := u.Delete([]string{"default"}); len(gone) != 0 {
		t.Error("the default user is gone")
	}
}

func TestFile(t *testing.T) {
	const failed = "WARNING: ACL errors detected, no change to the previously active ACL rules was performed"
	for _, tt := range []struct{ name, text, err string }{
		{"empty", "\n\r\n  \n", ""},
		{"users", "user a on nopass ~* +@all\nuser b (+get ~x) (%R~y +get)\r\n  user c\n", ""},
		{"blanks", "user a  on   nopass", ""},
		{"a comment", "# no", "f:1 should start with user keyword followed by the username. " + failed},
		{"another word", "\nuse a", "f:2 should start with user keyword followed by the username. " + failed},
		{"no name", "user", "f:1 should start with user keyword followed by the username. " + failed},
		{"twice", "user a\nuser a", "WARNING: Duplicate user 'a' found on line 2. " + failed},
		{"default twice", "user default on\nuser default on", "WARNING: Duplicate user 'default' found on line 2. " + failed},
		{"tab", "user a\tb on", "'f:1: username 'a\tb' contains invalid characters. " + failed},
		{"rule", "user a on bad >x alsobad", "f:1: Syntax error. " + failed},
		{"commands", "user a +no1 +no2 bad", "f:1: Error in applying operation '+no1': Unknown command or category name in ACL. " +
			"f:1: Error in applying operation '+no2': Unknown command or category name in ACL. f:1: Syntax error. " + failed},
		{"parenthesis", "user a (+get", "f:1: Unmatched parenthesis in selector definition." + failed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := newUsers()
			if _, err := u.Set("old", []string{"on"}); err != nil {
				t.Fatal(err)
			}
			before := u.Text()
			changes, err := u.Load("f", tt.text)
			switch {
			case tt.err != "" && (err == nil || err.Error() != tt.err):
				t.Errorf("error %q, want %q", err, tt.err)
			case tt.err != "" && u.Text() != before:
				t.Errorf("changed to %q", u.Text())
			case tt.err == "" && err != nil:
				t.Error(err)
			case tt.err == "" && !slices.ContainsFunc(changes, func(c acl.Change) bool { return c.Gone && c.User.Name == "old" }):
				t.Error("who isn't in the file is still there")
			}
		})
	}
}

// TestDefaultOfFile: without a line of its own the default user is as at the start.
func TestDefaultOfFile(t *testing.T) {
	u := newUsers()
	first := u.Default()
	u.SetDefaultPassword("x")
	if _, err := u.Load("f", "user a on"); err != nil || !u.Open() {
		t.Error(err, u.Default().Rights())
	}
	if _, err := u.Load("f", "user default off"); err != nil || u.Open() || u.Default() != first || u.Default().Rights().Enabled() {
		t.Error(err, u.Default().Rights())
	}
}

func TestLines(t *testing.T) {
	u := newUsers()
	disabled, err := u.LoadLines([][]string{{"default", "on", ">x", "~*", "+@all"}, {"a", "(+get", "~a)", "+set"}})
	if err != nil || !slices.Equal(disabled, []string{"a"}) {
		t.Fatal(disabled, err)
	}
	again := newUsers()
	if _, err := again.LoadLines(u.Lines()); err != nil || again.Text() != u.Text() {
		t.Errorf("%v\n%q\n%q", err, u.Text(), again.Text())
	}
	for _, tt := range []struct{ line, err string }{
		{"a +nosuch", "Error loading ACL rule '+nosuch' for the user named 'a': Unknown command or category name in ACL"},
	} {
		if _, err := newUsers().LoadLines([][]string{strings.Fields(tt.line)}); err == nil || err.Error() != tt.err {
			t.Errorf("%q: %v", tt.line, err)
		}
	}
	if _, err := newUsers().LoadLines([][]string{{"a b"}}); err == nil || err.Error() != "Spaces not allowed in ACL usernames" {
		t.Error(err)
	}
}

func TestCheckUser(t *testing.T) {
	seen := map[string]bool{}
	for _, tt := range []struct {
		line string
		rule int
		err  string
	}{
		{"a on +nosuch -@nosuch", 0, ""},
		{"a on", 1, "Duplicate user found. A user can only be defined once in config files"},
		{"b on bad", 1, "Syntax error"},
		{"b (+get", 0, "Wrong format"},
		{"b (+get ~x) on", 0, ""},
	} {
		rule, err := acl.CheckUser(seen, strings.Fields(tt.line))
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || err.Error() != tt.err || rule != tt.rule) {
			t.Errorf("%q: %d %v", tt.line, rule, err)
		}
	}
}

func TestLog(t *testing.T) {
	var l acl.Log
	add := func(object string, at, keep int64) {
		l.Add(&acl.Entry{Reason: acl.DeniedKey, Object: object, User: "u", Client: object, UpdatedMs: at}, keep)
	}
	add("a", 1000, 10)
	add("b", 2000, 10)
	add("a", 61000, 10)
	if e := l.Latest(10); len(e) != 2 || e[0].Object != "a" || e[0].Count != 2 || e[0].ID != 0 || e[0].CreatedMs != 1000 || e[0].UpdatedMs != 61000 {
		t.Errorf("%+v", e)
	}
	add("b", 62001, 10)
	if e := l.Latest(10); len(e) != 3 || e[0].ID != 2 {
		t.Errorf("a denial later than a minute joined: %+v", e)
	}
	if e := l.Latest(1); len(e) != 1 {
		t.Errorf("%d entries, want 1", len(e))
	}
	add("c", 63000, 2)
	if e := l.Latest(10); len(e) != 2 || e[0].Object != "c" {
		t.Errorf("%+v", e)
	}
	add("d", 64000, 0)
	if e := l.Latest(10); len(e) != 0 {
		t.Errorf("%+v", e)
	}
	if n := l.Denied(acl.DeniedKey); n != 6 {
		t.Errorf("%d denials", n)
	}
}

func TestBackoff(t *testing.T) {
	var b acl.Backoff
	b.Failed("h", "u", 0)
	if b.Wait("h", "u", 0) != 0 {
		t.Error("a wait while it is off")
	}
	b.Configure(100, 300)
	now := int64(0)
	for i, want := range []int64{100, 200, 300, 300} {
		b.Failed("h", "u", now)
		if got := b.Wait("h", "u", now); got != want {
			t.Errorf("failure %d: wait %d, want %d", i+1, got, want)
		}
		if b.Wait("h", "other", now) != 0 || b.Wait("g", "u", now) != 0 {
			t.Error("others wait")
		}
		now += want
		if b.Wait("h", "u", now) != 0 {
			t.Error("a wait that is over")
		}
	}
	b.Succeeded("h", "u")
	b.Failed("h", "u", now)
	if got := b.Wait("h", "u", now); got != 100 {
		t.Errorf("wait %d after a success", got)
	}
	if b.Refused() != 5 {
		t.Errorf("%d refused", b.Refused())
	}
}

// TestCheckAllocates nothing.
func TestCheckAllocates(t *testing.T) {
	u := newUsers()
	if _, err := u.Set("x", strings.Fields("on +get ~a* ~b* (+set ~c*)")); err != nil {
		t.Fatal(err)
	}
	q := request(cmdSet, "cc")
	q.Keys = []acl.Key{{Pos: 1, Access: acl.Write}}
	x := u.Find("x")
	if n := testing.AllocsPerRun(100, func() { x.Rights().Check(q) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
