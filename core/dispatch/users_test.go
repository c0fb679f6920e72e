package dispatch_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/sleipnirdb/sleipnir/core/acl"
	"github.com/sleipnirdb/sleipnir/internal/client"
)

// rights gives a user rules, and has those who are connected learn of it.
func (b *bed) rights(name, rules string) {
	b.t.Helper()
	change, err := b.users.Set(name, strings.Fields(rules))
	if err != nil {
		b.t.Fatal(err)
	}
	b.d.UsersChanged([]acl.Change{change}, nil)
}

const (
	noKey      = "-NOPERM No permissions to access a key"
	noDB       = "-NOPERM No permissions to access database"
	aclChanged = "-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " +
		"This command is no longer allowed for the following reason: "
)

func TestRestrictedUser(t *testing.T) {
	b := newBed(t, 2, 4)
	b.rights("u", "on nopass +get +set +mget +select ~a* %R~r* db=0,1")
	p := b.dial()
	p.ask("auth u x", "+OK")
	p.ask("set a 1", "+OK")
	p.ask("get a", `"1"`)
	p.ask("get r", "nil")
	p.ask("set r 1", noKey)
	p.ask("mget a b", noKey)
	p.ask("del a", "-NOPERM User u has no permissions to run the 'del' command")
	p.ask("select 1", "+OK")
	p.ask("select 2", noDB)
	p.ask("select 99", "-ERR DB index is out of range")
	p.ask("reset", "+RESET")
	p.ask("del a", ":1")
	if d := b.denied.Load(); d == nil || d.Reason != acl.DeniedDB || d.Object != "2" || d.User != "u" || d.Context != acl.TopLevel {
		t.Errorf("logged %+v", d)
	}
}

func TestRestrictedTransaction(t *testing.T) {
	b := newBed(t, 2, 4)
	b.rights("u", "on nopass +@all ~a* db=0,1")
	p := b.dial()
	p.ask("auth u x", "+OK")
	for _, steps := range [][2]string{
		{"multi", "+OK"}, {"set a 1", "+QUEUED"}, {"set b 1", noKey}, {"exec", "-EXECABORT Transaction discarded because of previous errors."},
		{"multi", "+OK"}, {"select 1", "+QUEUED"}, {"set a 2", "+QUEUED"}, {"select 2", noDB}, {"discard", "+OK"}, {"get a", "nil"},
	} {
		p.ask(steps[0], steps[1])
	}
	if d := b.denied.Load(); d.Context != acl.InMulti {
		t.Errorf("logged %+v", d)
	}
	// The rights go between the queue and EXEC.
	p.ask("multi", "+OK")
	p.ask("set a 1", "+QUEUED")
	p.ask("set ab 2", "+QUEUED")
	p.ask("del a", "+QUEUED")
	b.rights("u", "resetkeys ~ab -del")
	p.ask("exec", fmt.Sprintf("[%s +OK %s]", aclChanged+"no permission to touch the specified keys",
		aclChanged+"no permission to execute the command or subcommand"))
}

// TestLiveUsers: changes reach who is connected, idle, queueing or waiting, by the time that the change is made.
func TestLiveUsers(t *testing.T) {
	b := newBed(t, 2, 4)
	b.rights("u", "on nopass +@all ~* &*")
	for range 20 {
		p, q := b.apart()
		p.ask("auth u x", "+OK")
		q.ask("auth u x", "+OK")
		p.ask("set a 1", "+OK")
		b.rights("u", "-set")
		p.ask("set a 2", "-NOPERM User u has no permissions to run the 'set' command")
		q.ask("set a 2", "-NOPERM User u has no permissions to run the 'set' command")
		b.rights("u", "+@all")
		p.ask("set a 3", "+OK")
		p.ask("quit", "+OK")
		q.ask("quit", "+OK")
	}
}

// TestWaitAndLoseRights: who waits for a key and may not have it any more gets an error in its place, and the key stays.
func TestWaitAndLoseRights(t *testing.T) {
	b := newBed(t, 2, 4)
	b.rights("u", "on nopass +@all ~* &*")
	p, q := b.apart()
	p.ask("auth u x", "+OK")
	p.send("take a 0")
	b.blocked(p)
	b.rights("u", "resetkeys")
	q.ask("set a 1", "+OK")
	p.want(noKey)
	q.ask("get a", `"1"`)
	p.ask("get a", noKey)
	b.rights("u", "~a ~c")
	p.ask("get a", `"1"`)

	p.send("take c 0")
	b.blocked(p)
	b.d.UsersChanged(b.users.Delete([]string{"u"}), nil)
	p.closed()
}

// TestDeletedUser: the connections of a deleted user end, wherever they are.
func TestDeletedUser(t *testing.T) {
	b := newBed(t, 2, 4)
	b.rights("u", "on nopass +@all ~*")
	var peers []*peer
	for range 6 {
		p := b.dial()
		p.ask("auth u x", "+OK")
		peers = append(peers, p)
	}
	other := b.dial()
	other.ask("ping", "+PONG")
	b.d.UsersChanged(b.users.Delete([]string{"u"}), nil)
	for _, p := range peers {
		p.closed()
	}
	other.ask("auth u x", "-WRONGPASS invalid username-password pair or user is disabled.")
	other.ask("ping", "+PONG")
}

// TestUsersUnderLoad changes and deletes users while these work, log in and are lent to other threads.
func TestUsersUnderLoad(t *testing.T) {
	b := newBed(t, 2, 2)
	b.rights("u", "on nopass +@all ~*")
	const clients, rounds = 4, 200
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range rounds / 10 {
				p := b.dial()
				for range 10 {
					var requests []byte
					for _, line := range []string{"auth u x", "mset a 1 b 2 c 3", "multi", "incr a", "auth u x", "exec", "incr b"} {
						requests = client.AppendCommand(requests, strings.Fields(line))
					}
					if p.Write(requests) != nil {
						break // the user was deleted
					}
					for range 7 {
						if _, _, err := p.Read(); err != nil {
							break
						}
					}
				}
				p.Close()
			}
		})
	}
	for i := range rounds {
		b.rights("u", [...]string{"-incr", "+incr", "resetkeys ~a", "~*"}[i%4])
		if i%20 == 19 {
			b.d.UsersChanged(b.users.Delete([]string{"u"}), nil)
			b.rights("u", "on nopass +@all ~*")
		}
	}
	wg.Wait()
}
