// Package journal is the one order in which changes of the data happened, as bytes that repeat them: what the append-only file and
// replicas read.
package journal
