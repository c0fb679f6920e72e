// Package lua is a Lua 5.1 virtual machine for scripts that nobody trusts: safe in memory, bounded in memory, time and depth, and
// able to stop in the middle of a script and to go on later.
//
//	source → luasyntax.Parse → tree → Compile → Chunk (register code) → State.Load → State.Run
package lua
