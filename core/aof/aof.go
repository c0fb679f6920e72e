// Package aof is the append-only file: what the journal says, on disk, and how the data comes back from it.
//
// # Files
//
// One append-only file is a set of files in a folder (appenddirname):
//
//	appendonly.aof.3.base.rdb   the data as of a cut: a snapshot, or commands (.base.aof)
//	appendonly.aof.5.incr.aof   the commands after the cut
//	appendonly.aof.6.incr.aof   the commands after those, being written
//	appendonly.aof.manifest     which of the files count, and in which order
//
// The [Manifest] is the truth: it is replaced as a whole by a rename, and a file that it doesn't name doesn't count. So every
// change of the set is: write the new file, sync it, sync the folder, then switch the manifest. A crash before the switch leaves the
// old set, one after it the new one.
//
// # Threads
//
// The [Log] has three goroutines, none of them a loop:
//
//	writer   journal.Reader → write(2), in pieces as large as have gathered. With appendfsync always it syncs each piece and tells
//	         up to which position all is on disk: one sync serves everybody who waits.
//	syncer   the sync of appendfsync everysec, so that a disk that is slow to sync doesn't stop the writing.
//	keeper   rewrites, on and off, removal of files.
//
// While the disk stands still, the writer stands still, and the journal gathers; beyond its bound, writing commands are
// paused at the gate. Reads go on.
//
// # A file's end
//
// Bytes go to an increment only when all before it are synced: the writer syncs a file before it goes on to the next. So however
// the power goes, only the last file that isn't empty has a torn end. A write that fails is taken back to the last record's end and
// tried again each second. After a sync that failed nobody knows which of the bytes are on disk, so they are written again before the
// next sync ([vfs.File]).
//
// # Rewrite
//
// The next increment is opened and put into the manifest first; then the snapshot's cut, under all leases, has the journal's stream
// end for the old file and begin for the new one; then the base is written; then the manifest loses what was before the cut.
package aof
