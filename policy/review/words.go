package review

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// Sentence says what changes for whom, in the words of those it is about.
func (g Group) Sentence() string { return g.sentence(g.where(), g.howOften()) }

func (g Group) sentence(where, howOften string) string {
	what := fmt.Sprintf("%s of %s%s", g.Action, plural(g.Resource), where)
	fields := strings.Join(g.Fields, ", ")
	var said string
	switch g.Change {
	case NewlyAllowed:
		said = "gains " + what
	case OrgsGained:
		said = "gains " + what + ", beside others"
	case MasksLost:
		said = "now sees " + fields + " in its " + what
	case ObligationsLost:
		said = "keeps its " + what + " without " + fields
	case NewlyDenied:
		said = "loses " + what
	case OrgsLost:
		said = "loses " + what + ", and keeps others"
	case MasksGained:
		said = "no longer sees " + fields + " in its " + what
	case ObligationsGained:
		said = "keeps its " + what + " with " + fields
	case ReasonChanged:
		said = "is still denied " + what + ", for another reason"
		if g.Allowed {
			said = "keeps its " + what + ", for another reason"
		}
	}
	reasons := ""
	if g.Before != g.After {
		reasons = ": " + g.Before + " -> " + g.After
	}
	return fmt.Sprintf("%s %s (%s)%s", g.Who, said, howOften, reasons)
}

// String names who it is.
func (w Who) String() string {
	switch {
	case w.Role != "":
		return string(w.Role)
	case w.Kind == policy.Partner:
		return "partner " + named(w.PartnerName, w.Partner)
	case w.Kind == policy.Member:
		return "somebody who is no member"
	default:
		return string(w.Kind)
	}
}

func (g Group) where() string {
	switch {
	case g.Everywhere:
		return " in every clinic"
	case g.Clinic == uuid.Nil:
		return ""
	default:
		return " in " + named(g.ClinicName, g.Clinic)
	}
}

func (g Group) howOften() string {
	subjects := number(g.Subjects)
	if !g.Exact {
		subjects = "about " + subjects
	}
	noun := "person"
	switch g.Who.Kind { //nolint:exhaustive // the others are people
	case policy.Partner:
		noun = "key"
	case policy.System:
		noun = "job"
	}
	return counted(g.Count, "time") + ", " + subjects + " " + manyOf(g.Subjects, noun)
}

func sortedWords(counts map[string]int64) []string {
	words := make([]string, 0, len(counts))
	for word := range counts {
		words = append(words, word)
	}
	slices.Sort(words)
	return words
}

func named(name string, id uuid.UUID) string {
	if name != "" {
		return name
	}
	return id.String()
}

// plural is a row type as people call many of them.
func plural(r policy.Resource) string {
	words := strings.ReplaceAll(string(r), "_", " ")
	if strings.HasSuffix(words, "s") {
		return words
	}
	return words + "s"
}

func counted(n int64, noun string) string { return number(n) + " " + manyOf(n, noun) }

func manyOf(n int64, noun string) string {
	switch {
	case n == 1:
		return noun
	case noun == "person":
		return "people"
	default:
		return noun + "s"
	}
}

// number writes thousands apart.
func number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
