package lua

// The classes of bytes that C's <ctype.h> knows, in the "C" locale: bytes above 127 belong to none.

func isDigit(c byte) bool { return c-'0' < 10 }
func isUpper(c byte) bool { return c-'A' < 26 }
func isLower(c byte) bool { return c-'a' < 26 }
func isAlpha(c byte) bool { return c|0x20-'a' < 26 }
func isAlnum(c byte) bool { return isAlpha(c) || isDigit(c) }
func isHex(c byte) bool   { return isDigit(c) || c|0x20-'a' < 6 }
func isCntrl(c byte) bool { return c < ' ' || c == 0x7f }
func isPunct(c byte) bool { return c-'!' < '~'-' ' && !isAlnum(c) }

// IsSpace is C's isspace.
func IsSpace(c byte) bool { return c == ' ' || c-'\t' < 5 }

func toLower(c byte) byte {
	if isUpper(c) {
		return c | 0x20
	}
	return c
}

func toUpper(c byte) byte {
	if isLower(c) {
		return c &^ 0x20
	}
	return c
}
