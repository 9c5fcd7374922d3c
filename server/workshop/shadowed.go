package workshop

import (
	"fmt"
	"slices"
	"strings"
)

// shownGroups bounds how many kinds of difference people are told.
const shownGroups = 20

// merged puts together what several servers found of the same kind, the most
// frequent first.
func merged(groups []shadowGroup) []shadowGroup {
	var out []shadowGroup
	for _, g := range groups {
		i := slices.IndexFunc(out, func(o shadowGroup) bool {
			return o.Kind == g.Kind && o.Action == g.Action && o.Resource == g.Resource && o.Before == g.Before && o.After == g.After
		})
		if i < 0 {
			out = append(out, g)
			continue
		}
		out[i].Count += g.Count
	}
	slices.SortStableFunc(out, func(a, b shadowGroup) int { return int(b.Count - a.Count) })
	return out[:min(len(out), shownGroups)]
}

// many is a number with its noun.
func many(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// oneLine is a text without its line breaks.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
