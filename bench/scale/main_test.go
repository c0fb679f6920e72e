package main

import (
	"reflect"
	"testing"
)

func TestCounts(t *testing.T) {
	if got, err := counts("1,3,8"); err != nil || !reflect.DeepEqual(got, []int{1, 3, 8}) {
		t.Errorf("counts gives %v, %v", got, err)
	}
	for _, bad := range []string{"x", "1,,2", "0"} {
		if _, err := counts(bad); err == nil {
			t.Errorf("counts(%q) gives no error", bad)
		}
	}
	if got, _ := counts(""); len(got) == 0 || got[0] != 1 {
		t.Errorf("counts gives %v", got)
	}
}
