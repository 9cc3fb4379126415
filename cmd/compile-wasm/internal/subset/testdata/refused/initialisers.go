package main

var _ = spawn()

func spawn() int32 {
	go evaluation(3)
	return 1
}

func init() {
	var m map[string]bool
	m["started"] = true
}
