package rdb

import "io"

// Cutter takes the records of a file, with the values as they are written: so that many can decode what one has read.
type Cutter interface {
	Records
	// Value is told the value of a key, of which the first byte stands at an offset in the file. A large one comes in pieces,
	// of which the last one says so. Key and piece are views, valid until it returns.
	Value(k *KeyInfo, offset int64, piece []byte, isLast bool) error
}

// pieceBytes is from what size on a value comes in pieces.
const pieceBytes = 256 << 10

// Split is Load for a reader who wants the values as they are written. It looks at no more of them than it needs to find their ends,
// so it finds none of the damage within.
func (d *Decoder) Split(in io.Reader, o LoadOptions, c Cutter) error {
	s := splitter{r: &d.r, c: c}
	return d.file(in, o, c, s.value)
}

// Offset is how many bytes of the file have been read so far, by a reader that may go on after them.
func (d *Decoder) Offset() int64 { return d.r.offset() }

// splitter finds the ends of values.
type splitter struct {
	r *reader
	c Cutter
	k *KeyInfo
}

func (s *splitter) value(k *KeyInfo) error {
	s.k, s.r.mark = k, s.r.at
	err := s.skip(k.Type)
	if err == nil {
		err = s.piece(true)
	}
	s.r.mark = noMark
	return err
}

// piece hands over what has been read over.
func (s *splitter) piece(isLast bool) error {
	r := s.r
	from := r.mark
	r.mark = r.at
	return s.c.Value(s.k, r.base+int64(from), r.buf[from:r.at], isLast)
}

// skip reads over a value.
func (s *splitter) skip(t Type) error {
	switch t {
	case TypeString, TypeHashZipmap, TypeListZiplist, TypeSetIntset, TypeZSetZiplist, TypeHashZiplist,
		TypeHashListpack, TypeZSetListpack, TypeSetListpack:
		return s.text()
	case TypeList, TypeSet, TypeListQuicklist:
		return s.each(s.text)
	case TypeZSet:
		return s.each(s.text, s.textScore)
	case TypeZSet2:
		return s.each(s.text, s.eight)
	case TypeHash:
		return s.each(s.text, s.text)
	case TypeHash2:
		return s.each(s.text, s.text, s.eight)
	case TypeListQuicklist2:
		return s.each(s.length, s.text)
	case TypeStreamListpacks, TypeStreamListpack2, TypeStreamListpack3:
		return s.stream(t)
	case TypeModule2:
		return s.module()
	case TypeModulePreGA:
		return errModuleOld
	}
	return errType
}

// each reads over as many elements of the given parts as a count in front of them says.
func (s *splitter) each(parts ...func() error) error {
	n, err := s.r.length()
	for ; n > 0 && err == nil; n-- {
		for _, part := range parts {
			if err = part(); err != nil {
				return err
			}
		}
	}
	return err
}

func (s *splitter) length() error {
	_, err := s.r.length()
	return err
}

func (s *splitter) eight() error { return s.over(8) }

func (s *splitter) rawID() error { return s.over(idBytes) }

// over reads over n bytes.
func (s *splitter) over(n uint64) error {
	r := s.r
	for {
		step := min(n, uint64(len(r.buf)-r.at), pieceBytes) // #nosec G115 -- not negative
		r.at += int(step)                                   // #nosec G115 -- so many are there
		if r.at-r.mark >= pieceBytes {
			if err := s.piece(false); err != nil {
				return err
			}
		}
		if n -= step; n == 0 {
			return nil
		}
		if r.at == len(r.buf) {
			if err := r.fill(1); err != nil {
				return err
			}
		}
	}
}

// text reads over a string.
func (s *splitter) text() error {
	n, special, err := s.r.head()
	if err != nil {
		return err
	}
	if !special {
		return s.over(n)
	}
	switch n {
	case specialInt8:
		return s.over(1)
	case specialInt16:
		return s.over(2)
	case specialInt32:
		return s.over(4)
	case specialLZF:
		if n, err = s.r.length(); err == nil {
			err = s.length()
		}
		if err != nil {
			return err
		}
		return s.over(n)
	}
	return errSpecial
}

func (s *splitter) textScore() error {
	n, err := s.r.byte()
	if err != nil || n >= scoreNaN {
		return err
	}
	return s.over(uint64(n))
}

func (s *splitter) stream(t Type) error {
	if err := s.each(s.text, s.text); err != nil { // an ID, and a listpack
		return err
	}
	lengths := 3 // entries, and the last ID
	if t != TypeStreamListpacks {
		lengths = 8 // the first ID, the largest deleted one, and entries ever added
	}
	for range lengths {
		if err := s.length(); err != nil {
			return err
		}
	}
	return s.each(func() error { return s.group(t) })
}

func (s *splitter) group(t Type) error {
	if err := s.text(); err != nil {
		return err
	}
	lengths := 2 // the last ID
	if t != TypeStreamListpacks {
		lengths = 3 // and entries read
	}
	for range lengths {
		if err := s.length(); err != nil {
			return err
		}
	}
	if err := s.each(s.rawID, s.eight, s.length); err != nil { // pending: delivered when, and how often
		return err
	}
	times := uint64(8) // seen
	if t == TypeStreamListpack3 {
		times = 16 // and active
	}
	return s.each(s.text, func() error { return s.over(times) }, func() error { return s.each(s.rawID) })
}

func (s *splitter) module() error {
	if err := s.length(); err != nil {
		return err
	}
	for {
		part, err := s.r.length()
		if err != nil {
			return err
		}
		switch part {
		case moduleEnd:
			return nil
		case moduleSigned, moduleUint:
			err = s.length()
		case moduleFloat:
			err = s.over(4)
		case moduleDouble:
			err = s.over(8)
		case moduleString:
			err = s.text()
		default:
			err = errModule
		}
		if err != nil {
			return err
		}
	}
}
