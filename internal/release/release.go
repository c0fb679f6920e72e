// Package release says which release of Sleipnir this is.
package release

// Version is the version of all programs.
const Version = "0.1.0"
