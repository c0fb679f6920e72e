package lua

import "math"

// execute runs the top frame of a thread, and all that it calls, until the frame that was entered from Go returns. It gives the
// number of its results, which lie where its function was. ErrSuspended leaves all frames as they are; another error
// has taken them away.
func (s *State) execute(t *Thread) (int, error) {
	for {
		n, err := s.run(t)
		if err == nil || err == ErrSuspended {
			return n, err
		}
		left, n, err := s.rescue(err)
		if left || err != nil {
			return n, err
		}
		t = s.current
	}
}

// run is the machine. What it needs of the top frame is in local variables; they are loaded again ("frame") whenever another frame may
// be on top or the stack may have moved. Before anything that may fail, call or look at positions the frame gets its pc.
//
// Every case does the common thing on the spot and leaves the rest to a method, after which everything is loaded again.
func (s *State) run(t *Thread) (int, error) {
frame:
	for {
		f := &t.frames[t.depth-1]
		fn := f.fn
		code, k := fn.proto.code, fn.proto.consts
		base := int(f.base)
		r := (*[window]Value)(t.stack[base:])
		pc := int(f.pc)
		for {
			i := code[pc]
			pc++
			switch i.op() {
			case opMove:
				r[i.a()] = r[i.b()]
			case opLoadK:
				r[i.a()] = k[i.d()]
			case opLoadNil:
				for at := int(i.a()); at <= int(i.a())+int(i.b()); at++ {
					r[at&0xff] = Nil
				}
			case opLoadBool:
				r[i.a()] = Value{&boolObject, float64(i.b())}
			case opGetUpval:
				r[i.a()] = *fn.upvals[i.b()].at
			case opSetUpval:
				*fn.upvals[i.b()].at = r[i.a()]

			case opGetGlobal:
				key := k[i.d()]
				if p := fn.env.findString(key.p); p != nil && p.p != nil {
					r[i.a()] = *p
					continue
				}
				f.pc = int32(pc)
				if err := s.index(t, fn.env.Value(), key, i.a(), -1); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opGetField:
				if o := r[i.b()].p; o != nil && o.table != nil {
					if p := o.table.findString(k[i.d()].p); p != nil && p.p != nil {
						r[i.a()] = *p
						continue
					}
					if o.table.meta == nil {
						r[i.a()] = Nil
						continue
					}
				}
				f.pc = int32(pc)
				if err := s.index(t, r[i.b()], k[i.d()], i.a(), int(i.b())); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opGetInt:
				if o := r[i.b()].p; o != nil && o.table != nil {
					arr := o.table.arr
					if at := uint(i.d() - 1); at < uint(len(arr)) && arr[at].p != nil {
						r[i.a()] = arr[at]
						continue
					}
				}
				f.pc = int32(pc)
				if err := s.index(t, r[i.b()], Number(float64(i.d())), i.a(), int(i.b())); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opGetIndex:
				if o := r[i.b()].p; o != nil && o.table != nil {
					key := &r[i.c()]
					if key.p == &numberObject {
						arr := o.table.arr
						at := int(key.n)
						if float64(at) == key.n && uint(at-1) < uint(len(arr)) && arr[at-1].p != nil {
							r[i.a()] = arr[at-1]
							continue
						}
					} else if key.p != nil && key.p.kind == KindString {
						if p := o.table.findString(key.p); p != nil && p.p != nil {
							r[i.a()] = *p
							continue
						}
					}
				}
				f.pc = int32(pc)
				if err := s.index(t, r[i.b()], r[i.c()], i.a(), int(i.b())); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opSelf:
				object := r[i.b()]
				r[i.a()+1] = object
				if o := object.p; o != nil && o.table != nil {
					if p := o.table.findString(k[i.d()].p); p != nil && p.p != nil {
						r[i.a()] = *p
						continue
					}
				}
				f.pc = int32(pc)
				if err := s.index(t, object, k[i.d()], i.a(), int(i.b())); err != nil {
					return 0, err
				}
				t = s.current
				continue frame

			case opSetGlobal:
				if env := fn.env; !env.frozen {
					if p := env.findString(k[i.d()].p); p != nil && p.p != nil {
						env.absent = 0
						*p = r[i.a()]
						continue
					}
				}
				f.pc = int32(pc)
				if err := s.setIndex(t, fn.env.Value(), k[i.d()], r[i.a()], -1); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opSetField:
				if o := r[i.a()].p; o != nil && o.table != nil && !o.table.frozen {
					if p := o.table.findString(k[i.d()].p); p != nil && p.p != nil {
						o.table.absent = 0
						*p = r[i.b()]
						continue
					}
				}
				f.pc = int32(pc)
				if err := s.setIndex(t, r[i.a()], k[i.d()], r[i.b()], int(i.a())); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opSetInt:
				if o := r[i.a()].p; o != nil && o.table != nil && !o.table.frozen {
					arr := o.table.arr
					if at := uint(i.d() - 1); at < uint(len(arr)) && (arr[at].p != nil || o.table.meta == nil) {
						arr[at] = r[i.b()]
						continue
					}
				}
				f.pc = int32(pc)
				if err := s.setIndex(t, r[i.a()], Number(float64(i.d())), r[i.b()], int(i.a())); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opSetIndex:
				if o := r[i.a()].p; o != nil && o.table != nil && !o.table.frozen {
					key := &r[i.b()]
					if key.p == &numberObject {
						arr := o.table.arr
						at := int(key.n)
						if float64(at) == key.n && uint(at-1) < uint(len(arr)) && (arr[at-1].p != nil || o.table.meta == nil) {
							arr[at-1] = r[i.c()]
							continue
						}
					} else if key.p != nil && key.p.kind == KindString {
						if p := o.table.findString(key.p); p != nil && p.p != nil {
							o.table.absent = 0
							*p = r[i.c()]
							continue
						}
					}
				}
				f.pc = int32(pc)
				if err := s.setIndex(t, r[i.a()], r[i.b()], r[i.c()], int(i.a())); err != nil {
					return 0, err
				}
				t = s.current
				continue frame

			case opNewTable:
				r[i.a()] = s.NewTable(i.d()&0xffff, i.d()>>16).Value()
				if s.used > s.limit {
					f.pc = int32(pc)
					if err := s.checkMemory(0); err != nil {
						return 0, err
					}
				}
			case opSetList:
				f.pc = int32(pc)
				n := int(i.b())
				if n == 0 {
					n = t.top - base - int(i.a()) - 1
				}
				at := base + int(i.a())
				if err := s.setList(t.stack[at].p.table, i.d(), t.stack[at+1:at+1+n]); err != nil {
					return 0, err
				}

			case opAdd:
				x, y := &r[i.b()], &r[i.c()]
				if x.p == &numberObject && y.p == &numberObject {
					setNumber(&r[i.a()], x.n+y.n)
					continue
				}
				f.pc = int32(pc)
				if err := s.arith(t, eventAdd, *x, *y, i); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opSub:
				x, y := &r[i.b()], &r[i.c()]
				if x.p == &numberObject && y.p == &numberObject {
					setNumber(&r[i.a()], x.n-y.n)
					continue
				}
				f.pc = int32(pc)
				if err := s.arith(t, eventSub, *x, *y, i); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opMul:
				x, y := &r[i.b()], &r[i.c()]
				if x.p == &numberObject && y.p == &numberObject {
					setNumber(&r[i.a()], x.n*y.n)
					continue
				}
				f.pc = int32(pc)
				if err := s.arith(t, eventMul, *x, *y, i); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opDiv:
				x, y := &r[i.b()], &r[i.c()]
				if x.p == &numberObject && y.p == &numberObject {
					setNumber(&r[i.a()], x.n/y.n)
					continue
				}
				f.pc = int32(pc)
				if err := s.arith(t, eventDiv, *x, *y, i); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opAddK:
				x, y := &r[i.b()], &k[i.d()]
				if x.p == &numberObject {
					setNumber(&r[i.a()], x.n+y.n)
					continue
				}
				f.pc = int32(pc)
				if err := s.arith(t, eventAdd, *x, *y, i); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opSubK:
				x, y := &r[i.b()], &k[i.d()]
				if x.p == &numberObject {
					setNumber(&r[i.a()], x.n-y.n)
					continue
				}
				f.pc = int32(pc)
				if err := s.arith(t, eventSub, *x, *y, i); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opMulK:
				x, y := &r[i.b()], &k[i.d()]
				if x.p == &numberObject {
					setNumber(&r[i.a()], x.n*y.n)
					continue
				}
				f.pc = int32(pc)
				if err := s.arith(t, eventMul, *x, *y, i); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opDivK:
				x, y := &r[i.b()], &k[i.d()]
				if x.p == &numberObject {
					setNumber(&r[i.a()], x.n/y.n)
					continue
				}
				f.pc = int32(pc)
				if err := s.arith(t, eventDiv, *x, *y, i); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opMod, opPow:
				f.pc = int32(pc)
				if err := s.arith(t, eventAdd+event(i.op()-opAdd), r[i.b()], r[i.c()], i); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opModK, opPowK:
				f.pc = int32(pc)
				if err := s.arith(t, eventAdd+event(i.op()-opAddK), r[i.b()], k[i.d()], i); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opKAdd, opKSub, opKMul, opKDiv, opKMod, opKPow:
				f.pc = int32(pc)
				if err := s.arith(t, eventAdd+event(i.op()-opKAdd), k[i.d()], r[i.b()], i); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opUnm:
				if x := &r[i.b()]; x.p == &numberObject {
					setNumber(&r[i.a()], -x.n)
					continue
				}
				f.pc = int32(pc)
				if err := s.arith(t, eventUnm, r[i.b()], r[i.b()], i); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opNot:
				r[i.a()] = Bool(!r[i.b()].Truthy())
			case opLen:
				if o := r[i.b()].p; o != nil {
					if o.table != nil {
						setNumber(&r[i.a()], float64(o.table.Len()))
						continue
					}
					if o.kind == KindString {
						setNumber(&r[i.a()], float64(len(o.str)))
						continue
					}
				}
				f.pc = int32(pc)
				if err := s.length(t, r[i.b()], i); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opConcat:
				f.pc = int32(pc)
				called, err := s.concat(t, f, i, int(i.c()))
				if err != nil {
					return 0, err
				}
				if called {
					t = s.current
					continue frame
				}

			case opJump:
				pc += i.d()
			case opLoop:
				if s.budget--; s.budget < 0 {
					f.pc = int32(pc - 1)
					if err := s.interrupted(); err != nil {
						return 0, err
					}
				}
				pc += i.d()
			case opTest:
				if r[i.a()].Truthy() == (i.c() != 0) {
					pc += i.d()
				}
			case opEq:
				x, y := &r[i.a()], &r[i.b()]
				if x.p != y.p && x.p != nil && y.p != nil && x.p.kind == y.p.kind && x.p.kind != KindString {
					f.pc = int32(pc)
					if err := s.equal(t, *x, *y, i); err != nil {
						return 0, err
					}
					t = s.current
					continue frame
				}
				if RawEqual(*x, *y) == (i.c() != 0) {
					pc += i.d()
				}
			case opEqK:
				if x, y := &r[i.a()], &k[i.bc()]; *x == *y || x.p != y.p && RawEqual(*x, *y) {
					pc += i.d()
				}
			case opNeK:
				if x, y := &r[i.a()], &k[i.bc()]; *x != *y && (x.p == y.p || !RawEqual(*x, *y)) {
					pc += i.d()
				}
			case opLt:
				x, y := &r[i.a()], &r[i.b()]
				if x.p == &numberObject && y.p == &numberObject {
					if (x.n < y.n) == (i.c() != 0) {
						pc += i.d()
					}
					continue
				}
				f.pc = int32(pc)
				if err := s.less(t, *x, *y, i.c() != 0); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opLe:
				x, y := &r[i.a()], &r[i.b()]
				if x.p == &numberObject && y.p == &numberObject {
					if (x.n <= y.n) == (i.c() != 0) {
						pc += i.d()
					}
					continue
				}
				f.pc = int32(pc)
				if err := s.lessEqual(t, *x, *y, i.c() != 0); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opLtK, opNotLtK, opLeK, opNotLeK, opGtK, opNotGtK, opGeK, opNotGeK:
				x, y := r[i.a()], k[i.bc()]
				if x.p != &numberObject {
					f.pc = int32(pc)
					if err := s.compareConstant(t, i.op(), x, y); err != nil {
						return 0, err
					}
					t = s.current
					continue frame
				}
				if compareNumbers(i.op(), x.n, y.n) {
					pc += i.d()
				}

			case opCall:
				f.pc = int32(pc)
				if s.budget--; s.budget < 0 {
					f.pc = int32(pc - 1)
					if err := s.interrupted(); err != nil {
						return 0, err
					}
					f.pc = int32(pc)
				}
				at := base + int(i.a())
				count := int(i.b()) - 1
				if count < 0 {
					count = t.top - at - 1
				}
				if o := r[i.a()].p; o != nil && o.fn != nil {
					if callee := o.fn; callee.proto != nil {
						if err := s.push(t, callee, at, count, int32(i.c())-1, 0); err != nil {
							return 0, err
						}
						continue frame
					} else if callee.special == ordinary {
						from, n, err := s.callBuiltin(t, callee, at+1, count)
						if err != nil {
							return 0, err
						}
						r = (*[window]Value)(t.stack[base:])
						if i.c() == 2 && n > 0 { // the most frequent wish: one result
							r[i.a()] = t.stack[from]
							continue
						}
						t.deliver(s, from, n, at, int(i.c())-1)
						r = (*[window]Value)(t.stack[base:])
						continue
					}
				}
				if _, _, err := s.begin(t, pending{at: int32(at), want: int32(i.c()) - 1}, count); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opTailCall:
				f.pc = int32(pc)
				if s.budget--; s.budget < 0 {
					f.pc = int32(pc - 1)
					if err := s.interrupted(); err != nil {
						return 0, err
					}
					f.pc = int32(pc)
				}
				at := base + int(i.a())
				count := int(i.b()) - 1
				if count < 0 {
					count = t.top - at - 1
				}
				if o := r[i.a()].p; o != nil && o.fn != nil && o.fn.proto != nil {
					if err := s.replace(t, f, o.fn, at, count); err != nil {
						return 0, err
					}
					continue frame
				}
				if _, _, err := s.begin(t, pending{at: int32(at), want: -1}, count); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opReturn, opReturn0, opReturn1:
				from, n := base+int(i.a()), 0
				switch i.op() {
				case opReturn1:
					n = 1
				case opReturn:
					if n = int(i.b()) - 1; n < 0 {
						n = t.top - from
					}
				}
				if t.open != nil {
					t.closeFrom(base)
				}
				t.depth--
				if f.flag != 0 {
					leave, n, err := s.leave(t, f.pending(), from, n)
					if leave || err != nil {
						return n, err
					}
					t = s.current
					continue frame
				}
				if n == 1 && f.want == 1 {
					t.stack[f.at] = t.stack[from]
				} else {
					t.deliver(s, from, n, int(f.at), int(f.want))
				}
				continue frame

			case opForPrep:
				first, limit, step := &r[i.a()], &r[i.a()+1], &r[i.a()+2]
				if first.p != &numberObject || limit.p != &numberObject || step.p != &numberObject {
					f.pc = int32(pc)
					if err := s.forPrepare(first, limit, step); err != nil {
						return 0, err
					}
				}
				first.n -= step.n
				pc += i.d()
			case opForLoop:
				if s.budget--; s.budget < 0 {
					f.pc = int32(pc - 1)
					if err := s.interrupted(); err != nil {
						return 0, err
					}
				}
				index, step := &r[i.a()], r[i.a()+2].n
				n := index.n + step
				if step > 0 && n <= r[i.a()+1].n || !(step > 0) && r[i.a()+1].n <= n {
					index.n = n
					setNumber(&r[i.a()+3], n)
					pc += i.d()
				}
			case opTForCall:
				f.pc = int32(pc)
				if s.budget--; s.budget < 0 {
					f.pc = int32(pc - 1)
					if err := s.interrupted(); err != nil {
						return 0, err
					}
					f.pc = int32(pc)
				}
				if o := r[i.a()].p; o != nil && o.fn != nil && o.fn.special >= specialNext {
					ok, err := s.iterate(o.fn.special, r[i.a()+1], r[i.a()+2], &r[i.a()+3], &r[i.a()+4])
					if err != nil {
						return 0, err
					}
					if ok {
						for at := 5; at < 3+int(i.c()); at++ {
							r[i.a()+uint8(at)] = Nil
						}
						continue
					}
				}
				at := base + int(i.a()) + 3
				copy(t.stack[at:at+3], t.stack[at-3:at])
				if _, _, err := s.begin(t, pending{at: int32(at), want: int32(i.c())}, 2); err != nil {
					return 0, err
				}
				t = s.current
				continue frame
			case opTForLoop:
				if r[i.a()+3].p != nil {
					r[i.a()+2] = r[i.a()+3]
					pc += i.d()
				}

			case opClosure:
				s.closure(t, fn, fn.proto.protos[i.d()], base, &r[i.a()])
				if s.used > s.limit {
					f.pc = int32(pc)
					if err := s.checkMemory(0); err != nil {
						return 0, err
					}
				}
			case opVararg:
				s.varargs(t, f, i)
				r = (*[window]Value)(t.stack[base:])
			case opClose:
				if t.open != nil {
					t.closeFrom(base + int(i.a()))
				}
			}
		}
	}
}

// setNumber stores a number. Where one was already, the pointer stays and the collector isn't bothered.
func setNumber(v *Value, n float64) {
	if v.p != &numberObject {
		v.p = &numberObject
	}
	v.n = n
}

func compareNumbers(op opcode, x, y float64) bool {
	switch op {
	case opLtK:
		return x < y
	case opNotLtK:
		return !(x < y)
	case opLeK:
		return x <= y
	case opNotLeK:
		return !(x <= y)
	case opGtK:
		return x > y
	case opNotGtK:
		return !(x > y)
	case opGeK:
		return x >= y
	default:
		return !(x >= y)
	}
}

// arithmetic is an operation of two numbers.
func arithmetic(e event, x, y float64) float64 {
	switch e {
	case eventAdd:
		return x + y
	case eventSub:
		return x - y
	case eventMul:
		return x * y
	case eventDiv:
		return x / y
	case eventMod:
		return x - math.Floor(x/y)*y
	case eventPow:
		return power(x, y)
	default:
		return -x
	}
}
