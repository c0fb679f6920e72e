package lua

// OpenTable adds the library table.
func (s *State) OpenTable() {
	s.OpenLibrary("table", []Entry{
		{"concat", tableConcat},
		{"foreach", tableForeach},
		{"foreachi", tableForeachi},
		{"getn", tableGetn},
		{"maxn", tableMaxn},
		{"insert", tableInsert},
		{"remove", tableRemove},
		{"setn", tableSetn},
		{"sort", tableSort},
	})
}

// setInt is t[i] = v for a script, without metamethods.
func (c *Frame) setInt(t *Table, i int, v Value) error {
	if err := t.Writable(); err != nil {
		return c.Errorf(0, "%s", err)
	}
	return t.SetInt(i, v)
}

func tableConcat(c *Frame) error {
	separator, err := c.OptString(1, "")
	if err != nil {
		return err
	}
	t, err := c.CheckTable(0)
	if err != nil {
		return err
	}
	i, err := c.OptInt32(2, 1)
	if err != nil {
		return err
	}
	last, err := c.OptInt32(3, t.Len())
	if err != nil {
		return err
	}
	out := c.state.TakeBuffer()
	for ; i <= last; i++ {
		v := t.GetInt(i)
		switch v.Kind() {
		case KindString:
			s, _ := v.AsString()
			out = append(out, s...)
		case KindNumber:
			out = AppendNumber(out, v.n)
		default:
			return c.Errorf(1, "invalid value (%s) at index %d in table for 'concat'", v.TypeName(), i)
		}
		if i < last {
			out = append(out, separator...)
		}
		if err := c.state.Room(int64(len(out))); err != nil {
			return err
		}
		if err := c.state.Work(1); err != nil {
			return err
		}
	}
	result := c.state.Bytes(out)
	n := len(out)
	c.state.GiveBuffer(out)
	return c.returnAfter(n, result)
}

func tableForeach(c *Frame) error {
	t, err := c.CheckTable(0)
	if err != nil {
		return err
	}
	f, err := c.CheckFunction(1)
	if err != nil {
		return err
	}
	for key := Nil; ; {
		next, v, ok := t.Next(key)
		if !ok {
			return c.Errorf(0, "invalid key to 'next'")
		}
		if next.IsNil() {
			return nil
		}
		if done, err := c.visit(f, next, v); done || err != nil {
			return err
		}
		key = next
	}
}

func tableForeachi(c *Frame) error {
	t, err := c.CheckTable(0)
	if err != nil {
		return err
	}
	n := t.Len()
	f, err := c.CheckFunction(1)
	if err != nil {
		return err
	}
	for i := 1; i <= n; i++ {
		if done, err := c.visit(f, Number(float64(i)), t.GetInt(i)); done || err != nil {
			return err
		}
	}
	return nil
}

// visit calls f with an entry. What it returns ends the loop and is its result.
func (c *Frame) visit(f, key, v Value) (done bool, err error) {
	if err := c.state.Work(1); err != nil {
		return true, err
	}
	result, err := first(c.Call(f, key, v))
	if err != nil || result.IsNil() {
		return false, err
	}
	return true, c.Return(result)
}

func tableGetn(c *Frame) error {
	t, err := c.CheckTable(0)
	if err != nil {
		return err
	}
	return c.Return(Number(float64(t.Len())))
}

func tableMaxn(c *Frame) error {
	t, err := c.CheckTable(0)
	if err != nil {
		return err
	}
	most := 0.0
	for key, _, _ := t.Next(Nil); !key.IsNil(); key, _, _ = t.Next(key) {
		if n, ok := key.AsNumber(); ok && n > most {
			most = n
		}
		if err := c.state.Work(1); err != nil {
			return err
		}
	}
	return c.Return(Number(most))
}

func tableSetn(c *Frame) error {
	if _, err := c.CheckTable(0); err != nil {
		return err
	}
	return c.Errorf(1, "'setn' is obsolete")
}

func tableInsert(c *Frame) error {
	t, err := c.CheckTable(0)
	if err != nil {
		return err
	}
	end := t.Len() + 1
	switch c.Count() {
	case 2:
		return c.setInt(t, end, c.Arg(1))
	case 3:
	default:
		return c.Errorf(1, "wrong number of arguments to 'insert'")
	}
	place, err := c.CheckInt32(1)
	if err != nil {
		return err
	}
	for i := end; i > place; i-- {
		if err := c.state.Work(1); err != nil {
			return err
		}
		if err := c.setInt(t, i, t.GetInt(i-1)); err != nil {
			return err
		}
	}
	return c.setInt(t, place, c.Arg(2))
}

func tableRemove(c *Frame) error {
	t, err := c.CheckTable(0)
	if err != nil {
		return err
	}
	end := t.Len()
	place, err := c.OptInt32(1, end)
	if err != nil {
		return err
	}
	if place < 1 || place > end {
		return nil
	}
	c.Push(t.GetInt(place))
	for ; place < end; place++ {
		if err := c.state.Work(1); err != nil {
			return err
		}
		if err := c.setInt(t, place, t.GetInt(place+1)); err != nil {
			return err
		}
	}
	return c.setInt(t, end, Nil)
}
