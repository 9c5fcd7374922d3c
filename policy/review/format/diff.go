package format

import (
	"fmt"
	"slices"
	"strings"
)

// around is how many unchanged lines a diff shows on either side of a change.
const around = 3

// most is how many lines on each side are compared line by line; a longer change
// is shown as one.
const most = 2000

// edit is one line of a diff: kept, taken away or added.
type edit struct {
	sign byte // ' ', '-' or '+'
	line string
}

// Diff is the change in the unified format that patch reads; names stand below
// root, as a path that can be opened.
func (c Change) Diff(root string) string {
	name := strings.TrimPrefix(root+"/"+c.Name, "/")
	if strings.HasPrefix(root, "/") {
		name = root + "/" + c.Name
	}
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s\n+++ %s (formatted)\n", name, name)
	edits := compare(lines(c.Before), lines(c.After))
	before, after := 1, 1 // the line that edits[i] stands at
	for i := 0; i < len(edits); {
		if edits[i].sign == ' ' {
			before, after, i = before+1, after+1, i+1
			continue
		}
		start := max(0, i-around)
		end := hunkEnd(edits, i)
		b.WriteString(hunk(edits[start:end], before-(i-start), after-(i-start)))
		for ; i < end; i++ {
			if edits[i].sign != '+' {
				before++
			}
			if edits[i].sign != '-' {
				after++
			}
		}
	}
	return b.String()
}

// hunkEnd is where the hunk that begins with the change at i ends: after so many
// unchanged lines that the next hunk's do not touch its own.
func hunkEnd(edits []edit, i int) int {
	last := i
	for j := i; j < len(edits) && j-last <= 2*around; j++ {
		if edits[j].sign != ' ' {
			last = j
		}
	}
	return min(len(edits), last+1+around)
}

func hunk(edits []edit, before, after int) string {
	var b strings.Builder
	var kept, taken, added int
	for _, e := range edits {
		switch e.sign {
		case '-':
			taken++
		case '+':
			added++
		default:
			kept++
		}
		b.WriteString(string(e.sign) + e.line)
		if !strings.HasSuffix(e.line, "\n") {
			b.WriteString("\n\\ No newline at end of file\n")
		}
	}
	return fmt.Sprintf("@@ -%s +%s @@\n", side(before, kept+taken), side(after, kept+added)) + b.String()
}

// side is where one side of a hunk starts; one without lines starts before them.
func side(start, count int) string {
	if count == 0 {
		start--
	}
	return fmt.Sprintf("%d,%d", start, count)
}

func lines(text []byte) []string {
	var all []string
	for line := range strings.Lines(string(text)) {
		all = append(all, line)
	}
	return all
}

// compare keeps as many lines as can be kept in order.
func compare(before, after []string) []edit {
	var head, tail []edit
	for len(before) > 0 && len(after) > 0 && before[0] == after[0] {
		head = append(head, edit{' ', before[0]})
		before, after = before[1:], after[1:]
	}
	for len(before) > 0 && len(after) > 0 && before[len(before)-1] == after[len(after)-1] {
		tail = append([]edit{{' ', before[len(before)-1]}}, tail...)
		before, after = before[:len(before)-1], after[:len(after)-1]
	}
	return append(append(head, middle(before, after)...), tail...)
}

func middle(before, after []string) []edit {
	// common[i][j] is how many lines before[i:] and after[j:] can share.
	common := make([][]int32, 1)
	if len(before) <= most && len(after) <= most {
		common = make([][]int32, len(before)+1)
		for i := range common {
			common[i] = make([]int32, len(after)+1)
		}
		for i, b := range slices.Backward(before) {
			for j, a := range slices.Backward(after) {
				if b == a {
					common[i][j] = common[i+1][j+1] + 1
				} else {
					common[i][j] = max(common[i+1][j], common[i][j+1])
				}
			}
		}
	}
	compared := len(common) == len(before)+1 && common[0] != nil
	var edits []edit
	i, j := 0, 0
	for i < len(before) || j < len(after) {
		switch {
		case compared && i < len(before) && j < len(after) && before[i] == after[j]:
			edits = append(edits, edit{' ', before[i]})
			i, j = i+1, j+1
		case i < len(before) && (!compared || j == len(after) || common[i+1][j] >= common[i][j+1]):
			edits = append(edits, edit{'-', before[i]})
			i++
		default:
			edits = append(edits, edit{'+', after[j]})
			j++
		}
	}
	return edits
}
