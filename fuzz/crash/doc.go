// Package crash kills the real server with SIGKILL at random moments, under writers and in the middle of rewrites and saves,
// starts it again on the files that it left, and asks whether what came back is what was promised.
//
// # What is checked
//
// Each of several writers works on keys of its own, over all partitions, in a random sequence of units: a command, or a
// transaction over several keys. It notes when it sent a unit and when the reply came. What a writer's keys hold after the restart must
// be what they held after one of its units, the last survivor: so nothing is there that was not sent, no unit is there by half, and
// none is missing between two that are there. Then the last survivors are held against the promise:
//
//	always     everything that was acknowledged is there
//	everysec   everything that was acknowledged two seconds before the kill is there
//	save       everything that was acknowledged before the last finished BGSAVE began is there
//
// and against each other: if a unit survived, so did every unit of any writer that was acknowledged before it was sent.
// The server must start without a complaint, except of a torn tail.
//
// Rounds go on with the data of the round before, for some rounds, so that rewritten, loaded and again rewritten files are met too.
//
// SIGKILL leaves the system's page cache: this finds what the server forgot to hand over or handed over in a wrong order. What
// a power cut loses is tested where files can be made to lose it, beside the code that writes them.
//
// # Running
//
// go test makes a few rounds with each policy. The long run is
//
//	go test ./fuzz/crash -crash.rounds=1000 -timeout 0
//
// -crash.server=/usr/bin/valkey-server takes another server, -crash.policies names policies, -crash.seed repeats the first round of a
// failure: the sequences are the same then, though the moments differ from run to run.
package crash
