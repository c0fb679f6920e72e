package resp

import "math"

// maxDouble is room for the longest text of AppendDouble.
const maxDouble = 32

// AppendDouble appends f as the reference prints scores: integers without a point, else few digits that read
// back as f, and with an exponent only if the number is far from 1 or has many digits.
//
//	3   0.1   -inf   nan   1e+25   1.5e-10   -0
func AppendDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case f == 0:
		if math.Signbit(f) {
			return append(dst, "-0"...)
		}
		return append(dst, '0')
	}
	const exact = math.MaxInt64 / 2
	if f >= -exact && f <= exact && f == math.Trunc(f) {
		return AppendInt(dst, int64(f))
	}
	return appendShortest(dst, f)
}

// appendShortest appends a number that is neither special nor a small integer.
func appendShortest(dst []byte, f float64) []byte {
	if f < 0 {
		dst = append(dst, '-')
		f = -f
	}
	var digits [maxDigits]byte
	n, power := shortest(&digits, f)
	return appendDecimal(dst, digits[:n], power)
}

// appendDecimal appends digits times ten to the power k.
func appendDecimal(dst, digits []byte, k int) []byte {
	n := len(digits)
	exponent := k + n - 1
	distance := max(exponent, -exponent)
	switch {
	case k >= 0 && distance < n+7:
		dst = append(dst, digits...)
		for range k {
			dst = append(dst, '0')
		}
		return dst
	case k < 0 && (k > -7 || distance < 4):
		if point := n + k; point > 0 {
			dst = append(append(dst, digits[:point]...), '.')
			return append(dst, digits[point:]...)
		}
		dst = append(dst, "0."...)
		for range -k - n {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	dst = append(dst, digits[0])
	if n > 1 {
		dst = append(append(dst, '.'), digits[1:]...)
	}
	if exponent < 0 {
		dst = append(dst, "e-"...)
	} else {
		dst = append(dst, "e+"...)
	}
	return AppendInt(dst, int64(distance))
}
