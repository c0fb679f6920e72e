package resp

import (
	"math"
	"math/bits"
)

// Shortest digits by Grisu2 (Florian Loitsch, "Printing Floating-Point Numbers Quickly and Accurately with
// Integers", 2010), and not by strconv: about one number in a thousand gets a digit more than it needs, and
// clients see which. The reference prints by Grisu2, so the same number must come out of the same steps: the
// boundaries half way to the neighbours, made one unit narrower on both sides because the products below are
// rounded; a power of ten from the same set; digits of the upper boundary until what is left fits in the
// interval; then the last digit stepped down towards the number.
//
// A number is frac * 2^exp here.

const (
	fracBits  = 52
	expBias   = 1023 + fracBits
	hiddenBit = 1 << fracBits

	// The scaled boundary has an exponent in [minExp, maxExp]: its integer part fits 32 bits and its fraction
	// can be multiplied by ten.
	minExp = -60
	maxExp = -32
)

// maxDigits is the most digits that shortest gives.
const maxDigits = 18

// shortest sets the head of digits to the decimal digits of f, which is finite and above zero, and returns how
// many they are and the power of ten that the last one stands for.
func shortest(digits *[maxDigits]byte, f float64) (n, power int) {
	b := math.Float64bits(f)
	frac, exp := b&(hiddenBit-1), int(b>>fracBits)
	if exp != 0 {
		frac, exp = frac|hiddenBit, exp-expBias
	} else {
		exp = 1 - expBias
	}

	// The boundaries are half a unit away; below a power of two the neighbour is nearer. All three get the exponent
	// that lets the upper one use all 64 bits.
	upper := 2*frac + 1
	shift := bits.LeadingZeros64(upper)
	upper <<= shift
	exp -= shift + 1
	lower := (2*frac - 1) << shift
	if frac == hiddenBit {
		lower = (4*frac - 1) << (shift - 1)
	}
	value := frac << (shift + 1)

	ten, tenExp, k := tenFor(exp)
	exp += tenExp + 64
	upper = mulHigh(upper, ten) - 1
	lower = mulHigh(lower, ten) + 1
	value = mulHigh(value, ten)
	n, power = digitsIn(digits, upper, upper-value, upper-lower, -exp)
	return n, power - k
}

// digitsIn generates the digits of upper, a number with shift bits behind the point, until the rest is at most
// width; distance is how far below upper the wanted number is.
func digitsIn(digits *[maxDigits]byte, upper, distance, width uint64, shift int) (n, power int) {
	one := uint64(1) << shift
	whole, rest := uint32(upper>>shift), upper&(one-1)
	power = decimals(uint64(whole))
	for div := uint32(max(powers[power-1], 1)); power > 0; div /= 10 {
		digits[n] = '0' + byte(whole/div)
		n++
		power--
		whole %= div
		if left := uint64(whole)<<shift + rest; left <= width {
			stepDown(&digits[n-1], left, distance, width, uint64(div)<<shift)
			return n, power
		}
	}
	for unit := uint64(10); ; unit *= 10 {
		rest *= 10
		width *= 10
		digits[n] = '0' + byte(rest>>shift)
		n++
		power--
		rest &= one - 1
		if rest < width {
			stepDown(&digits[n-1], rest, distance*unit, width, one)
			return n, power
		}
	}
}

// stepDown lowers the last digit, worth unit, while that brings the digits, which are left below the upper
// boundary, nearer to what is distance below it without leaving the interval.
func stepDown(last *byte, left, distance, width, unit uint64) {
	for left < distance && width-left >= unit && (left+unit < distance || distance-left > left+unit-distance) {
		*last--
		left += unit
	}
}

// mulHigh returns the upper half of a product, rounded.
func mulHigh(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi + lo>>63
}

// tenFor returns the power of ten 10^k = frac * 2^exp that brings a number with the exponent e into the wanted
// range. Where two do, the guess decides, as in the reference.
func tenFor(e int) (frac uint64, exp, k int) {
	const log10Of2 = 0.30102999566398114
	guess := int(float64(-(e + len(tens))) * log10Of2)
	for i := (guess - firstTen) / stepTen; ; {
		k = firstTen + i*stepTen
		exp = tenExp(k)
		switch scaled := e + exp + 64; {
		case scaled < minExp:
			i++
		case scaled > maxExp:
			i--
		default:
			return tens[i], exp, k
		}
	}
}

// tenExp returns the binary exponent of 10^k with 64 bits of mantissa.
func tenExp(k int) int {
	return k*1741647>>19 - 63 // log2(10) * 2^19
}

const (
	firstTen = -348
	stepTen  = 8
)

// tens is the mantissas of 10^firstTen, 10^(firstTen+stepTen), …, 64 bits each and rounded.
var tens = [87]uint64{
	0xfa8fd5a0081c0288, 0xbaaee17fa23ebf76, 0x8b16fb203055ac76, 0xcf42894a5dce35ea, 0x9a6bb0aa55653b2d, 0xe61acf033d1a45df,
	0xab70fe17c79ac6ca, 0xff77b1fcbebcdc4f, 0xbe5691ef416bd60c, 0x8dd01fad907ffc3c, 0xd3515c2831559a83, 0x9d71ac8fada6c9b5,
	0xea9c227723ee8bcb, 0xaecc49914078536d, 0x823c12795db6ce57, 0xc21094364dfb5637, 0x9096ea6f3848984f, 0xd77485cb25823ac7,
	0xa086cfcd97bf97f4, 0xef340a98172aace5, 0xb23867fb2a35b28e, 0x84c8d4dfd2c63f3b, 0xc5dd44271ad3cdba, 0x936b9fcebb25c996,
	0xdbac6c247d62a584, 0xa3ab66580d5fdaf6, 0xf3e2f893dec3f126, 0xb5b5ada8aaff80b8, 0x87625f056c7c4a8b, 0xc9bcff6034c13053,
	0x964e858c91ba2655, 0xdff9772470297ebd, 0xa6dfbd9fb8e5b88f, 0xf8a95fcf88747d94, 0xb94470938fa89bcf, 0x8a08f0f8bf0f156b,
	0xcdb02555653131b6, 0x993fe2c6d07b7fac, 0xe45c10c42a2b3b06, 0xaa242499697392d3, 0xfd87b5f28300ca0e, 0xbce5086492111aeb,
	0x8cbccc096f5088cc, 0xd1b71758e219652c, 0x9c40000000000000, 0xe8d4a51000000000, 0xad78ebc5ac620000, 0x813f3978f8940984,
	0xc097ce7bc90715b3, 0x8f7e32ce7bea5c70, 0xd5d238a4abe98068, 0x9f4f2726179a2245, 0xed63a231d4c4fb27, 0xb0de65388cc8ada8,
	0x83c7088e1aab65db, 0xc45d1df942711d9a, 0x924d692ca61be758, 0xda01ee641a708dea, 0xa26da3999aef774a, 0xf209787bb47d6b85,
	0xb454e4a179dd1877, 0x865b86925b9bc5c2, 0xc83553c5c8965d3d, 0x952ab45cfa97a0b3, 0xde469fbd99a05fe3, 0xa59bc234db398c25,
	0xf6c69a72a3989f5c, 0xb7dcbf5354e9bece, 0x88fcf317f22241e2, 0xcc20ce9bd35c78a5, 0x98165af37b2153df, 0xe2a0b5dc971f303a,
	0xa8d9d1535ce3b396, 0xfb9b7cd9a4a7443c, 0xbb764c4ca7a44410, 0x8bab8eefb6409c1a, 0xd01fef10a657842c, 0x9b10a4e5e9913129,
	0xe7109bfba19c0c9d, 0xac2820d9623bf429, 0x80444b5e7aa7cf85, 0xbf21e44003acdd2d, 0x8e679c2f5e44ff8f, 0xd433179d9c8cb841,
	0x9e19db92b4e31ba9, 0xeb96bf6ebadf77d9, 0xaf87023b9bf0ee6b,
}
