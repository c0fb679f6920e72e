package journal

import "testing"

func TestStream(t *testing.T) {
	j := New(Config{})
	r := j.Open()
	var u Unit
	put := func(db int, args ...string) {
		u.Reset()
		var b [][]byte
		for _, a := range args {
			b = append(b, []byte(a))
		}
		u.Add(db, b...)
		j.Append(&u)
	}
	put(0, "PING")
	put(0, "PING")
	cut := j.Cut()
	put(2, "PING")
	const sel0, sel2, ping = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n", "*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n", "*1\r\n$4\r\nPING\r\n"
	b, m := r.Next()
	if string(b) != sel0+ping+ping || m != cut {
		t.Errorf("before the cut: %q %v, want mark %v", b, m, cut)
	}
	if b, m = r.Next(); string(b) != sel2+ping || m.Position <= cut.Position {
		t.Errorf("after the cut: %q %v", b, m)
	}
}
