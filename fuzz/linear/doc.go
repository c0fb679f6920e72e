// Package linear records histories of the real server under contention, and
// asks whether they could have come from one thread: many loops, few
// partitions, a handful of keys, clients whose requests overlap.
//
// # What is checked
//
// Every history of single-key commands, commands over several partitions,
// EXEC, compare-and-set by WATCH, and FLUSHALL is checked for linearizability
// with porcupine against a naive twin of the commands. A client that goes away
// leaves requests whose outcome is unknown; those may take effect late or
// never.
//
// The checker doesn't know that the requests of one pipeline are ordered among
// each other. Tests of their own watch that: of two pipelined writes to
// different partitions nobody sees the second without the first.
//
// # Running
//
// go test makes short histories for some seconds, -short for fewer, and
// -linear.for=10m for so long with each mix. A failure prints its seed; -linear.seed runs it
// alone, though what the threads do in it differs from run to run.
package linear
