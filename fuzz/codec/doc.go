// Package codec attacks what takes bytes from outside: the request parser, the reply reader, the pattern matcher.
//
// Each fuzz target holds its subject against a simpler one of another make, or against itself fed in other
// portions. Where the reference server is installed (redis-server), random input goes to it too, and the
// answers must agree.
package codec
