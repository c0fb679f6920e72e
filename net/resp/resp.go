// Package resp speaks the protocol of the clients, RESP2 and RESP3: Parser finds the requests in what a connection received,
// Writer appends replies to what it will send, Reader reads replies as a client does.
//
// A request is an array of bulk strings, or a line of words (inline.go):
//
//	*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n        GET key\r\n
//
// Replies:
//
//	RESP2 and RESP3          only RESP3 (under RESP2 written as …)
//	+OK\r\n      status      _\r\n             null ($-1 or *-1)
//	-ERR …\r\n   error       #t\r\n            boolean (:1)
//	:42\r\n      integer     ,3.5\r\n          double (bulk)
//	$3\r\nabc\r\n  bulk      (123…\r\n         big number (bulk)
//	*2\r\n…      array       =7\r\ntxt:abc\r\n verbatim text (bulk)
//	                         %1\r\n…           map (array of twice the length)
//	                         ~2\r\n…           set (array)
//	                         >2\r\n…           push (array)
//	                         |1\r\n…           attribute (must not be written)
//
// Replies and error texts have the bytes that Valkey sends. The Writer is the only place in the program that
// writes line ends, and it writes none that came from a user.
package resp
