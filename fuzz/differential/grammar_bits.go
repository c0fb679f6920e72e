package differential

// Strings as rows of bits, and as HyperLogLogs. A range of one end, and an error in the arguments for a key that is missing, are read otherwise
// by a newer Valkey, so they stand in scripts only.

var bitRules = []rule{
	{weight: 10, form: "SETBIT key bitat bit"},
	{weight: 6, form: "GETBIT key bitat"},
	{weight: 6, form: "BITCOUNT key [bitrange bitrange [BYTE|BIT]?]?", whole: true},
	{weight: 6, form: "BITPOS key bit", whole: true},
	{weight: 6, form: "BITPOS key [0|1] bitrange [bitrange [BYTE|BIT]?]?", whole: true},
	{weight: 8, form: "BITOP [AND|OR|XOR] key [key]+"},
	{weight: 3, form: "BITOP NOT key [key]+"},
	{weight: 10, form: "BITFIELD key [GET field fieldat|SET field fieldat fieldval|INCRBY field fieldat fieldval|OVERFLOW [WRAP|SAT|FAIL]]*"},
	{weight: 3, form: "BITFIELD_RO key [GET field fieldat]*"},
	{weight: 1, form: "BITFIELD_RO key [GET field fieldat|SET field fieldat fieldval]*"},
}

var hllRules = []rule{
	{weight: 12, form: "PFADD hll [val]*"},
	{weight: 8, form: "PFCOUNT hll"},
	{weight: 4, form: "PFCOUNT [hll]+"},
	{weight: 6, form: "PFMERGE hll [hll]*"},
	{weight: 4, form: "SET hll hllrun", whole: true},
	{weight: 1, form: "PFDEBUG [ENCODING|DECODE|NOSUCH] hll"},
	{weight: 1, form: "PFDEBUG [TODENSE|GETREG] hll"},
}
