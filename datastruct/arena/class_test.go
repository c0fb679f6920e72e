package arena

import "testing"

func TestClassOf(t *testing.T) {
	for n := 0; n <= classMax; n++ {
		c := classOf(n)
		size := int(sizeOfClass(c))
		if size < n || c >= classCount {
			t.Fatalf("classOf(%d) = %d of %d bytes", n, c, size)
		}
		if c > 0 && int(sizeOfClass(c-1)) >= n {
			t.Fatalf("classOf(%d) = %d, but class %d is large enough", n, c, c-1)
		}
		if n > 64 && (size-n)*8 > n {
			t.Errorf("classOf(%d) wastes %d bytes", n, size-n)
		}
		if n > 0 && n%64 == 0 && n <= 4096 && size%64 != 0 {
			t.Errorf("classOf(%d) has %d bytes: blocks aren't aligned to 64", n, size)
		}
		if n <= classTableMax && int(classTable[(n+7)>>3]) != c {
			t.Errorf("table says %d for %d, want %d", classTable[(n+7)>>3], n, c)
		}
	}
	if got := sizeOfClass(classCount - 1); got != classMax {
		t.Errorf("last class has %d bytes, want %d", got, classMax)
	}
}

func TestSlabShapes(t *testing.T) {
	for c := range classCount {
		shape, size := slabShapes[c], int(classSize[c])
		bytes := max(int(shape.chunks)*chunkBytes, pageBytes)
		if shape.chunks > slabChunksMax || int(shape.blocks)*size > bytes {
			t.Errorf("class of %d: %+v", size, shape)
		}
		if waste := bytes - int(shape.blocks)*size; waste*16 > bytes {
			t.Errorf("class of %d: slab of %d wastes %d", size, bytes, waste)
		}
	}
	for _, size := range []int{40, 64, 128, 256, 512, 1024, 2048, 4096, 8192} {
		if slabShapes[classOf(size)].chunks != 0 {
			t.Errorf("blocks of %d don't come from single pages", size)
		}
	}
}
