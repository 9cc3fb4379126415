package stored

import "testing"

// BenchmarkPack packs a record of a flag with five actors.
func BenchmarkPack(b *testing.B) {
	data := sample(1, 900)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		Pack(data)
	}
}

// BenchmarkUnpack unpacks it.
func BenchmarkUnpack(b *testing.B) {
	packed := Pack(sample(1, 900))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := unpack(packed); err != nil {
			b.Fatal(err)
		}
	}
}
