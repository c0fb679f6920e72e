package dispatch_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/core/acl"
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/command/conncmd"
	"github.com/sleipnirdb/sleipnir/core/command/keycmd"
	"github.com/sleipnirdb/sleipnir/core/command/stringcmd"
	"github.com/sleipnirdb/sleipnir/core/command/txncmd"
	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/dispatch"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/partition"
	"github.com/sleipnirdb/sleipnir/core/session"
	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/internal/client"
	"github.com/sleipnirdb/sleipnir/internal/crc"
	"github.com/sleipnirdb/sleipnir/net/loop"
	"github.com/sleipnirdb/sleipnir/net/transport"
	"golang.org/x/sys/unix"
)

const (
	replyLimit = 10 * time.Second // for a reply: a lost wake-up shows here
	drainTime  = time.Second
)

// bed is a dispatcher with loops and data, and clients over socket pairs.
type bed struct {
	t     testing.TB
	d     *dispatch.Dispatcher
	set   *partition.Set
	table *command.Table
	users *acl.Users
	loops *loop.Group
	// denied is what the last call was denied for.
	denied atomic.Pointer[acl.Entry]

	opened chan arrival
	// entered tells that "hold" runs; release lets it end.
	entered, release chan struct{}
	ended            sync.Once
	runs             atomic.Int64 // of long and longer
}

// newBed makes one. Directives come as pairs of name and value.
func newBed(t testing.TB, loops, partitions int, directives ...string) *bed {
	t.Helper()
	b := &bed{t: t, opened: make(chan arrival, 1024), entered: make(chan struct{}, 16), release: make(chan struct{}, 16)}
	cfg := config.New()
	directives = append([]string{"commandlog-execution-slower-than", "-1"}, directives...)
	for i := 0; i < len(directives); i += 2 {
		if err := cfg.Set([][2]string{{directives[i], directives[i+1]}}, config.Origin{Local: true}); err != nil {
			t.Fatal(err)
		}
	}
	memory, err := arena.NewRange(64 << 20)
	if err != nil {
		t.Fatal(err)
	}
	b.set = partition.NewSet(partitions, func(int) *keyspace.Space {
		return keyspace.NewSpace(keyspace.Config{Databases: 16, Range: memory, Seed: 1})
	})
	row := func(id int) *command.Command { return b.table.Row(id) }
	deps := func() conncmd.Deps {
		return conncmd.Deps{Dispatcher: b.d, Config: cfg, Users: b.users, Failed: func(*command.Call, string) {}, Name: "test", Version: "1"}
	}
	b.table = command.NewTable(conncmd.Commands(deps), keycmd.Commands(nil, nil), stringcmd.Commands(limits{}), txncmd.Commands(row), b.commands(), b.longCommands(), b.scriptCommands(), waitingCommands())
	b.users = acl.New(b.table, func() bool { return false })
	if password := cfg.Str(config.RequirePass); password != "" {
		b.users.SetDefaultPassword(password)
	}
	b.d = dispatch.New(b.table, b.set, cfg, &hooks{bed: b})
	if b.loops, err = loop.New(loop.Config{Loops: loops}, b.d); err != nil {
		t.Fatal(err)
	}
	b.d.Loops = b.loops
	b.loops.Start()
	t.Cleanup(b.stop)
	return b
}

// stop ends the loops, and demands that everything is free.
func (b *bed) stop() {
	b.ended.Do(func() {
		b.idle()
		if err := b.loops.Stop(drainTime); err != nil {
			b.t.Error(err)
		}
	})
}

type limits struct{}

func (limits) MaxBulk() int64 { return 512 << 20 }

// hooks are those of the server that these tests need.
type hooks struct {
	dispatch.Hooks
	bed *bed
}

func (h *hooks) Opened(c *loop.Conn) (*session.Session, error) {
	s := &session.Session{ID: uint64(c.Fd()), CreatedMs: c.Loop().NowMs} // #nosec G115 -- a descriptor
	s.SetUser(h.bed.users.Default())
	if !h.bed.users.Open() {
		s.State |= session.Locked
	}
	h.bed.opened <- arrival{c, s}
	return s, nil
}

func (h *hooks) Denied(s *session.Session, cmd *command.Command, args [][]byte, d acl.Denial, from acl.Context, _ int64) {
	h.bed.denied.Store(&acl.Entry{Reason: d.Reason, Context: from, Object: string(args[d.Pos]), User: s.User.Name, Client: cmd.Full})
}

func (h *hooks) Closed(s *session.Session, _ error) {
	if len(s.Watch.Keys) > 0 {
		go func() {
			var mask partition.Mask
			txncmd.RouteWatched(h.bed.set, s, &mask)
			h.bed.d.Exclusive(&mask, func(*dispatch.Executor) { txncmd.Unwatch(h.bed.set, s) })
		}()
	}
}

func (h *hooks) Ticked(*dispatch.Executor) int { return -1 }

func (h *hooks) Abandoned(*session.Session) {}

func (h *hooks) Busy(string, bool, int64) {}

func (h *hooks) Crashed(_ *dispatch.Executor, reason any) { panic(reason) }

// commands are rows for the tests.
func (b *bed) commands() []command.Command {
	key := []command.KeySpec{command.Key(1, command.RW)}
	ok := func(c *command.Call) error { c.W.OK(); return nil }
	return []command.Command{
		// hold keeps the lease of its key, and its thread, until release.
		{Name: "hold", Arity: 2, Flags: command.Write, Keys: key, Run: func(c *command.Call) error {
			b.entered <- struct{}{}
			<-b.release
			return ok(c)
		}},
		// slowly is the same on an ordinary goroutine.
		{Name: "slowly", Arity: 2, Flags: command.Write | command.OffLoop, Keys: key, Run: func(c *command.Call) error {
			b.entered <- struct{}{}
			<-b.release
			return ok(c)
		}},
		// block waits, until its timeout in ms, for nothing.
		{Name: "block", Arity: 3, Flags: command.Write | command.Blocking, Keys: key, Run: func(c *command.Call) error {
			ms, _ := command.ParseInt(c.Args[2])
			until := int64(0)
			if ms > 0 {
				until = c.Now + ms
			}
			c.Session.Block = session.Block{UntilMs: until, Timeout: func(s *session.Session) { s.W.Null() }}
			return command.Parked
		}},
		// setoff is SET, on an ordinary goroutine.
		{Name: "setoff", Arity: 3, Flags: command.Write | command.OffLoop, Keys: key, Run: func(c *command.Call) error {
			c.Dirty++
			c.Propagate([]byte("SET"), c.Args[1], c.Args[2])
			return ok(c)
		}},
		// all is of every partition.
		{Name: "all", Arity: 1, Flags: command.Write, Scope: command.ScopeAll, Run: ok},
		// alloff is the same on an ordinary goroutine.
		{Name: "alloff", Arity: 1, Flags: command.Write | command.OffLoop, Scope: command.ScopeAll, Run: ok},
	}
}

// arrival is a connection that the server has taken.
type arrival struct {
	conn *loop.Conn
	s    *session.Session // its loop's
}

// peer is a client with its other end.
type peer struct {
	*client.Conn
	arrival
	t    testing.TB
	seen int // bytes of replies, of those that the test has read
}

// dial makes a client. Clients go to the loops in turn.
func (b *bed) dial() *peer {
	b.t.Helper()
	nc := b.connect()
	return &peer{Conn: client.New(nc, replyLimit), arrival: <-b.opened, t: b.t}
}

func (b *bed) connect() net.Conn {
	b.t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		err = errors.Join(unix.SetNonblock(fds[0], true), unix.SetNonblock(fds[1], true))
	}
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.loops.Adopt(transport.NewSocket(fds[0], "unix", "local", "remote")); err != nil {
		b.t.Fatal(err)
	}
	f := os.NewFile(uintptr(fds[1]), "peer") // #nosec G115 -- a descriptor
	nc, err := net.FileConn(f)
	_ = f.Close()
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = nc.Close() })
	return nc
}

// apart makes two clients on different loops.
func (b *bed) apart() (one, other *peer) {
	b.t.Helper()
	one = b.dial()
	for range 8 {
		if other = b.dial(); other.conn.Loop() != one.conn.Loop() {
			return one, other
		}
	}
	b.t.Fatal("all clients are on one loop")
	return nil, nil
}

// send writes requests, words separated by blanks.
func (p *peer) send(lines ...string) {
	p.t.Helper()
	var b []byte
	for _, line := range lines {
		b = client.AppendCommand(b, strings.Fields(line))
	}
	if err := p.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

// want reads replies and compares them.
func (p *peer) want(replies ...string) {
	p.t.Helper()
	for i, want := range replies {
		v, _, err := p.Read()
		if err != nil {
			p.t.Fatalf("reply %d: %v, want %s", i, err, want)
		}
		if got := v.String(); got != want {
			p.t.Fatalf("reply %d: %s, want %s", i, got, want)
		}
	}
}

// ask is send and want of one request.
func (p *peer) ask(line, want string) {
	p.t.Helper()
	p.send(line)
	p.want(want)
}

// closed demands that the server ends the connection, saying no more.
func (p *peer) closed() {
	p.t.Helper()
	if v, _, err := p.Read(); !client.Closed(err) {
		p.t.Fatalf("got %v %v, want the end of the connection", v, err)
	}
}

// eventually waits for a condition.
func (b *bed) eventually(what string, holds func() bool) {
	b.t.Helper()
	for until := time.Now().Add(replyLimit); !holds(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(until) {
			b.t.Fatalf("never: %s", what)
		}
	}
}

// idle demands that all leases come free.
func (b *bed) idle() {
	b.t.Helper()
	for p := range b.set.Len() {
		b.eventually(fmt.Sprintf("lease %d is free", p), func() bool { return !b.set.Lease(p).Busy() })
	}
	b.eventually("the token is free", func() bool { return !b.set.Token.Busy() })
}

// keyIn returns a key of partition p.
func (b *bed) keyIn(p int) string {
	for i := 0; ; i++ {
		if key := fmt.Sprintf("key%d", i); b.set.Of(crc.Slot([]byte(key))) == p {
			return key
		}
	}
}

// waiting waits until so many commands have been posted to busy leases.
func (b *bed) waiting(p *peer) {
	b.t.Helper()
	b.eventually("the session is lent", func() bool {
		lent := false
		b.d.OnLoop(p.conn.Loop(), func(*dispatch.Executor) { lent = p.s.Lent })
		return lent
	})
}
