package lua

import (
	"strconv"
	"strings"
)

func longList(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		b.WriteString(strconv.Itoa(i) + ", ")
	}
	return b.String()
}

func parens(n int) string { return strings.Repeat("(", n) + "1" + strings.Repeat(")", n) }

func manyLocals(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("local v" + strconv.Itoa(i) + " ")
	}
	return b.String()
}
