package main

type box struct {
	next *box
	n    int32
	_    [3]int32
}

type holder struct{ *box }

var (
	held   = holder{boxes}
	number int32
	slice  = []int32{1, 2, 3}
	array  [4]int32
	boxes  = &box{n: 1}
	early  = number + write()
)

func write() int32                { number++; return number }
func indirectly() int32           { return write() }
func through(p *int32) int32      { *p += 10; return *p }
func replace() int32              { slice = []int32{9, 9}; return 1 }
func set(i int32) int32           { array[i] = 5; return i }
func move() int32                 { boxes = boxes.next; return 1 }
func add(a, b int32) int32        { return a + b }
func (b box) value(n int32) int32 { return b.n + n }
func (b *box) put(n int32) int32  { b.n = n; return n }

func results() (int32, int32) { return number, write() }

//go:wasmexport evaluation
func evaluation(n int32) int32 {
	x := number + write()
	x = add(number, indirectly())
	three := [3]int32{number, write(), number}
	pair := box{n: number + write()}
	a, b := number, write()
	var c, d = number, write()
	e, f := results()
	s := []int32{1, 2}
	x += s[0]*1000 + through(&s[0])
	x += n + through(&n) + n
	x += *(&number) + write()
	slice[0] = replace()
	slice[n] += replace()
	x += slice[replace()] + int32(len(slice)) + replace()
	x += array[0] + set(0)
	array[number] = write()
	boxes.n = move()
	x += boxes.n + move()
	x += boxes.value(boxes.put(3))
	x += held.value(held.put(3))
	x += boxes.next.n + boxes.put(4)
	t := []byte("ab")
	x += int32(len(string(t))) + int32(copy(t, "xy"))
	x += int32(t[0]) + int32(len(append(t[:0], 'z')))
	if number == write() || number > 3 && -number < write() {
		x++
	}
	switch {
	case number < write():
		x++
	}
	for i := number; i < number+write(); i++ {
		x++
	}
	return x + three[0] + pair.n + a + b + c + d + e + f
}
