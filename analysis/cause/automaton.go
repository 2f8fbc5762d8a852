package cause

// automaton is Aho and Corasick's machine (CACM 18, 1975) over bytes, as a
// complete table: one look-up a byte, no back-tracking. It folds ASCII case.
type automaton struct {
	class [256]uint8
	width int       // number of classes
	next  []int32   // state*width + class
	out   [][]int32 // words that end in a state
	n     int       // words
}

// newAutomaton builds the machine for words, which are lower case.
func newAutomaton(words []string) *automaton {
	a := &automaton{width: 1, n: len(words)}
	for _, w := range words {
		for i := 0; i < len(w); i++ {
			if b := w[i]; a.class[b] == 0 {
				a.class[b] = uint8(a.width)
				a.width++
			}
		}
	}
	for b := byte('A'); b <= 'Z'; b++ {
		a.class[b] = a.class[b+32]
	}
	row := func() int32 {
		s := int32(len(a.out))
		for range a.width {
			a.next = append(a.next, -1)
		}
		a.out = append(a.out, nil)
		return s
	}
	row()
	for id, w := range words {
		s := int32(0)
		for i := 0; i < len(w); i++ {
			at := int(s)*a.width + int(a.class[w[i]])
			if a.next[at] < 0 {
				t := row()
				a.next[at] = t
			}
			s = a.next[at]
		}
		a.out[s] = append(a.out[s], int32(id))
	}
	// Breadth first: fill the missing moves from the failure state's row.
	fail := make([]int32, len(a.out))
	var queue []int32
	for c := range a.width {
		if t := a.next[c]; t > 0 {
			queue = append(queue, t)
		} else {
			a.next[c] = 0
		}
	}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		a.out[s] = append(a.out[s], a.out[fail[s]]...)
		for c := range a.width {
			at := int(s)*a.width + c
			over := a.next[int(fail[s])*a.width+c]
			if t := a.next[at]; t >= 0 {
				fail[t] = over
				queue = append(queue, t)
			} else {
				a.next[at] = over
			}
		}
	}
	return a
}

// find calls hit for each word that ends in text, as often as it does.
func (a *automaton) find(text string, hit func(word int32)) {
	s := int32(0)
	for i := 0; i < len(text); i++ {
		s = a.next[int(s)*a.width+int(a.class[text[i]])]
		for _, w := range a.out[s] {
			hit(w)
		}
	}
}

// stands reports whether any word stands in text.
func (a *automaton) stands(text string) bool {
	s := int32(0)
	for i := 0; i < len(text); i++ {
		s = a.next[int(s)*a.width+int(a.class[text[i]])]
		if len(a.out[s]) > 0 {
			return true
		}
	}
	return false
}
