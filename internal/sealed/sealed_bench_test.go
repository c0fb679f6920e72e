package sealed

import (
	"fmt"
	"os"
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// nowhere is a file system whose files take everything and keep nothing, so that only the sealing is measured.
type nowhere struct{ vfs.FS }

func (x nowhere) OpenFile(name string, flag int, perm os.FileMode) (vfs.File, error) {
	f, err := x.FS.OpenFile(name, flag, perm)
	return nowhereFile{f}, err
}

type nowhereFile struct{ vfs.File }

func (nowhereFile) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }

func BenchmarkWrite(b *testing.B) {
	for _, size := range []int{100, 4 << 10, maxChunk} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			x := sealedFS(b, nowhere{vfs.NewMemory()}, oneKey)
			f, err := x.OpenFile("f", os.O_RDWR|os.O_CREATE, 0o600)
			if err != nil {
				b.Fatal(err)
			}
			p := make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.Write(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
