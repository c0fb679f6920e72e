package partition

import (
	"flag"
	"testing"
)

var longModel = flag.Bool("long-model", false, "explore the large scenarios of the lease too")

// Sets of partitions.
const (
	a  = 1 << 0
	b  = 1 << 1
	c  = 1 << 2
	ab = a | b
	bc = b | c
)

func loopOf(thread int, masks ...uint8) script { return script{thread: thread, masks: masks} }

func allOf(thread int, masks ...uint8) script {
	return script{thread: thread, token: true, masks: masks}
}

func offLoopOf(thread int, masks ...uint8) script {
	return script{thread: thread, offLoop: true, masks: masks}
}

// scenario makes a model with the smallest bounds.
func scenario(name string, partitions int, scripts ...script) *model {
	threads := 0
	for _, sc := range scripts {
		threads = max(threads, sc.thread+1)
	}
	return &model{name: name, partitions: partitions, threads: threads, scripts: scripts, maxAttempts: 2, maxServed: 1, limit: 20_000_000}
}

func scenarios() []*model {
	return []*model{
		scenario("one partition, two loops", 1, loopOf(0, a, a), loopOf(1, a, a)),
		scenario("one partition, three loops", 1, loopOf(0, a), loopOf(1, a, a), loopOf(2, a)),
		scenario("one partition, two clients on a loop", 1, loopOf(0, a), loopOf(0, a), loopOf(1, a), loopOf(1, a)),
		scenario("two partitions, crosswise", 2, loopOf(0, a, b), loopOf(1, b, a)),
		scenario("all or none against one", 2, loopOf(0, ab), loopOf(1, a, b)),
		scenario("all or none against itself", 2, loopOf(0, ab), loopOf(1, ab)),
		scenario("all or none twice", 2, loopOf(0, ab, a), loopOf(1, ab)),
		scenario("all or none in a ring", 3, loopOf(0, ab), loopOf(1, bc), loopOf(1, a)),
		scenario("token against one", 2, allOf(0, ab), loopOf(1, a, b)),
		scenario("token against token", 2, allOf(0, ab), allOf(1, ab)),
		scenario("token against all or none", 2, allOf(0, ab), loopOf(1, ab)),
		scenario("an ordinary goroutine on one", 1, offLoopOf(0, a), loopOf(1, a), loopOf(2, a)),
		scenario("an ordinary goroutine on all", 2, offLoopOf(0, ab), loopOf(1, a, b)),
		scenario("two ordinary goroutines", 2, offLoopOf(0, ab), offLoopOf(1, ab), loopOf(2, a)),
		scenario("all or none between two", 2, loopOf(0, ab), loopOf(1, a), loopOf(2, b)),
		scenario("all or none, three loops", 2, loopOf(0, ab), loopOf(1, ab), loopOf(2, a)),
		scenario("all or none in a ring of three loops", 3, loopOf(0, ab), loopOf(1, bc), loopOf(2, a|c)),
		scenario("token against two loops", 2, allOf(0, ab), loopOf(1, ab), loopOf(2, b)),
		scenario("token twice", 3, allOf(0, ab, bc), loopOf(1, a), loopOf(2, c)),
		scenario("goroutine, token, all or none", 2, offLoopOf(0, ab), allOf(1, ab), loopOf(2, ab)),
		scenario("two clients a loop, all or none", 2, loopOf(0, ab), loopOf(0, a), loopOf(1, ab), loopOf(1, b)),
		scenario("three partitions by token", 3, allOf(0, a|b|c), loopOf(1, bc), loopOf(1, a)),
	}
}

// longScenarios take minutes and some GB.
func longScenarios() []*model {
	all := []*model{
		scenario("long: two commands each, three loops", 2, loopOf(0, ab, a), loopOf(1, ab, b), loopOf(2, a, b)),
		scenario("long: ring, twice", 3, loopOf(0, ab, bc), loopOf(1, bc), loopOf(2, a|c)),
		scenario("long: four threads", 2, loopOf(0, ab), loopOf(1, a, b), offLoopOf(2, ab), allOf(3, ab)),
		scenario("long: a ring and a fourth thread", 3, loopOf(0, ab), loopOf(1, bc), loopOf(2, a|c), loopOf(3, b)),
		scenario("long: two clients a loop, twice", 2, loopOf(0, ab, a), loopOf(0, a, b), loopOf(1, ab), loopOf(1, b, a)),
	}
	for _, m := range all[:1] {
		m.maxAttempts, m.maxServed = 3, 2
	}
	return all
}

func TestLeaseModel(t *testing.T) {
	run := append(scenarios(), movingScenarios()...)
	if *longModel {
		run = append(run, longScenarios()...)
	}
	total := 0
	for _, m := range run {
		t.Run(m.name, func(t *testing.T) {
			if wrong := m.explore(); wrong != "" {
				t.Fatal(wrong)
			}
			t.Logf("%d states, %d ends, longest run %d steps", len(m.seen), m.ends, m.depest)
			total += len(m.seen)
		})
	}
	t.Logf("%d states in all", total)
}

// TestLeaseModelFindsDefects shows that the explorer is not blind: each
// deliberate mistake is found in some scenario.
func TestLeaseModelFindsDefects(t *testing.T) {
	for d, name := range map[defect]string{
		releaseByLoadAndStore: "release by load and store",
		postWithoutCompare:    "post without compare",
		nextLosesPending:      "Next loses tasks",
		oldestLast:            "oldest served last",
		holdAndWait:           "hold and wait",
		forgetToken:           "the token is not given back",
		maskAfterPost:         "an op is read after its session went home",
		retryLost:             "a retried op is not returned",
		wakeAndKeep:           "a lease is kept after a wake-up",
		siftLosesTasks:        "Sift loses tasks",
		turnBackKeepsToken:    "who is turned back keeps the token",
		leasesStay:            "a lease is given back that has gone with a command",
	} {
		t.Run(name, func(t *testing.T) {
			for _, m := range append(scenarios(), movingScenarios()...) {
				m.broken = d
				if wrong := m.explore(); wrong != "" {
					t.Logf("%s: %.60s", m.name, wrong)
					return
				}
			}
			t.Error("no scenario shows it")
		})
	}
}
