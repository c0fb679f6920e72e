package crc

import (
	"math/rand/v2"
	"testing"
)

func TestKnownSums(t *testing.T) {
	if got := CRC16([]byte("123456789")); got != 0x31c3 {
		t.Errorf("CRC16 check value = %#x, want 0x31c3", got)
	}
	if got := CRC64(0, []byte("123456789")); got != 0xe9c6d914c4b8d9ca {
		t.Errorf("CRC64 check value = %#x, want 0xe9c6d914c4b8d9ca", got)
	}
}

func TestSlot(t *testing.T) {
	for _, test := range []struct {
		key, tag string
	}{
		{"", ""},
		{"foo", "foo"},
		{"{foo}", "foo"},
		{"{foo}bar", "foo"},
		{"bar{foo}", "foo"},
		{"a{foo}b{bar}", "foo"},
		{"foo{}bar", "foo{}bar"},
		{"foo{}{bar}", "foo{}{bar}"},
		{"foo{{bar}}zap", "{bar"},
		{"foo{bar}{zap}", "bar"},
		{"}foo{bar}", "bar"},
		{"foo}bar", "foo}bar"},
		{"foo{bar", "foo{bar"},
		{"foobar{", "foobar{"},
		{"0123456789abcdef{tag}0123456789abcdef", "tag"},
		{"0123456{89abcdef}", "89abcdef"},
		{"01234567{9abcdefghijklmnopqrstuvwxyz", "01234567{9abcdefghijklmnopqrstuvwxyz"},
		{"\xfb\xfb\xfb\xfb\xfb\xfb\xfb\xfb", "\xfb\xfb\xfb\xfb\xfb\xfb\xfb\xfb"},
	} {
		if got := string(Tag([]byte(test.key))); got != test.tag {
			t.Errorf("Tag(%q) = %q, want %q", test.key, got, test.tag)
		}
		if got, want := Slot([]byte(test.key)), naive16([]byte(test.tag))%Slots; got != want {
			t.Errorf("Slot(%q) = %d, want %d", test.key, got, want)
		}
	}
	// What CLUSTER KEYSLOT answers.
	for key, want := range map[string]uint16{"foo": 12182, "bar": 5061, "somekey": 11058, "foo{hash_tag}": 2515, "": 0} {
		if got := Slot([]byte(key)); got != want {
			t.Errorf("Slot(%q) = %d, want %d", key, got, want)
		}
	}
}

func TestSlicingAgainstBits(t *testing.T) {
	const seed = 1
	rnd := rand.New(rand.NewPCG(seed, seed))
	for range 3000 {
		key := make([]byte, rnd.IntN(70))
		for i := range key {
			key[i] = byte(rnd.Uint32())
			if rnd.IntN(12) == 0 {
				key[i] = "{}"[rnd.IntN(2)]
			}
		}
		if got, want := CRC16(key), naive16(key); got != want {
			t.Fatalf("seed %d: CRC16(%q) = %#x, want %#x", seed, key, got, want)
		}
		if got, want := table16(key), naive16(key); got != want {
			t.Fatalf("seed %d: table16(%q) = %#x, want %#x", seed, key, got, want)
		}
		for name, slot := range map[string]func([]byte) uint16{"Slot": Slot, "slotByTable": slotByTable} {
			if got, want := slot(key), naive16(Tag(key))%Slots; got != want {
				t.Fatalf("seed %d: %s(%q) = %d, want %d", seed, name, key, got, want)
			}
		}
		cut := rnd.IntN(len(key) + 1)
		if got, want := CRC64(CRC64(0, key[:cut]), key[cut:]), naive64(key); got != want {
			t.Fatalf("seed %d: CRC64(%q) in two parts = %#x, want %#x", seed, key, got, want)
		}
	}
}

// naive16 and naive64 go bit by bit.
func naive16(p []byte) (crc uint16) {
	for _, b := range p {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

func naive64(p []byte) (crc uint64) {
	for _, b := range p {
		crc ^= uint64(b)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0x95ac9329ac4bc9b5
			} else {
				crc >>= 1
			}
		}
	}
	return crc
}

func TestNoAllocations(t *testing.T) {
	key := []byte("key:{000}0000001")
	var sum uint64
	got := testing.AllocsPerRun(100, func() { sum += uint64(Slot(key)) + CRC64(0, key) })
	if got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}
