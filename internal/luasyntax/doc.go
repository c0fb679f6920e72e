// Package luasyntax is Lua 5.1's syntax: Parse makes a tree of a source, with the reference's messages for what is wrong.
package luasyntax
