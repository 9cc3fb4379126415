package httpapi

import "testing"

func TestTheNewestFormatThatBothKnow(t *testing.T) {
	for _, c := range []struct {
		ours  []int
		named string
		want  int
	}{
		{[]int{1}, "", 1}, {[]int{1}, "1", 1}, {[]int{1}, "2,1", 1}, {[]int{1}, "2", 0}, // a host that is newer than the server
		{[]int{1, 2}, "", 1}, {[]int{1, 2}, "1", 1}, {[]int{1, 2}, " 1 , 2 ", 2}, {[]int{1, 2}, "3,2", 2}, // one that is older, or as old
		{[]int{2, 3}, "1", 0}, {[]int{2, 3}, "", 2}, {[]int{1, 2}, "one,two", 0}, {[]int{1, 2}, ",", 0},
	} {
		if got := newestOf(c.ours, c.named); got != c.want {
			t.Errorf("of %v, a host that reads %q gets %d, not %d", c.ours, c.named, got, c.want)
		}
	}
}
