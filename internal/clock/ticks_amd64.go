package clock

// counterConstant tells whether the time stamp counter runs at one rate whatever the processor does (CPUID
// 80000007h, EDX bit 8).
func counterConstant() bool {
	const maxExtended, power, invariantTSC = 0x80000000, 0x80000007, 1 << 8
	if eax, _, _, _ := cpuid(maxExtended, 0); eax < power {
		return false
	}
	_, _, _, edx := cpuid(power, 0)
	return edx&invariantTSC != 0
}

func cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)
