package arena

import "unsafe"

// links are those of a map's entry that stands in a list, by index; 0 is none.
type links struct{ next, prev uint32 }

// linked is where the links of a map's entries are: those of the first one, and how far it is from one to the next.
type linked struct {
	first unsafe.Pointer
	step  uintptr
}

func (m linked) at(i uint32) *links { return (*links)(unsafe.Add(m.first, uintptr(i)*m.step)) }

func (a *Arena) slabLinks() linked {
	return linked{unsafe.Add(a.pages, unsafe.Offsetof(page{}.links)), unsafe.Sizeof(page{})}
}

func (a *Arena) runLinks() linked {
	return linked{unsafe.Add(a.owner.chunks, unsafe.Offsetof(chunk{}.links)), unsafe.Sizeof(chunk{})}
}

// chain is a doubly linked list of entries of a map.
type chain struct{ head, tail uint32 }

// push puts entry i at the head.
func (l *chain) push(m linked, i uint32) {
	*m.at(i) = links{next: l.head}
	if l.head != 0 {
		m.at(l.head).prev = i
	} else {
		l.tail = i
	}
	l.head = i
}

// append puts entry i at the tail.
func (l *chain) append(m linked, i uint32) {
	*m.at(i) = links{prev: l.tail}
	if l.tail != 0 {
		m.at(l.tail).next = i
	} else {
		l.head = i
	}
	l.tail = i
}

// remove takes entry i out.
func (l *chain) remove(m linked, i uint32) {
	e := m.at(i)
	if e.prev != 0 {
		m.at(e.prev).next = e.next
	} else {
		l.head = e.next
	}
	if e.next != 0 {
		m.at(e.next).prev = e.prev
	} else {
		l.tail = e.prev
	}
	*e = links{}
}
