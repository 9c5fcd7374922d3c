package review

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// Sentence says what changes for whom, in the words of those it is about.
func (g Group) Sentence() string {
	what := fmt.Sprintf("%s of %s%s", g.Action, plural(g.Resource), g.where())
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
	return fmt.Sprintf("%s %s (%s)%s", g.Who, said, g.howOften(), reasons)
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

// headings are how a report introduces each change.
var headings = map[Change]string{
	NewlyAllowed: "Newly allowed", OrgsGained: "Clinics gained", MasksLost: "Masks lost", ObligationsLost: "Obligations lost",
	NewlyDenied: "Newly denied", OrgsLost: "Clinics lost", MasksGained: "Masks gained", ObligationsGained: "Obligations gained",
	ReasonChanged: "Other reasons",
}

// lines writes line after line and keeps the first error.
type lines struct {
	to  io.Writer
	err error
}

func (l *lines) add(format string, args ...any) {
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.to, format+"\n", args...)
	}
}

// WriteText writes the report for people: what widens access comes first.
func (r Report) WriteText(to io.Writer) error {
	out := &lines{to: to}
	out.add("candidate %s beside running %s", r.Candidate, r.Running)
	if r.Replayed == 0 {
		out.add("no recorded decision was made again: this says nothing about the candidate")
	} else {
		out.add("%s made again, recorded from %s to %s", counted(r.Replayed, "decision"),
			r.From.Format(time.RFC3339), r.Until.Format(time.RFC3339))
		out.add("%s differ", number(r.Differing))
	}
	for _, change := range Changes() {
		if r.Changes[change] == 0 {
			continue
		}
		out.add("\n%s: %s", headings[change], counted(r.Changes[change], "time"))
		for _, g := range r.Groups {
			if g.Change == change {
				out.add("  %s", g.Sentence())
				out.add("    first %s, last %s, for example %s", g.First.Format(time.RFC3339), g.Last.Format(time.RFC3339), g.Example)
			}
		}
		if n := r.Unkept[change]; n > 0 {
			out.add("  and %s more, in more groups than a report keeps", number(n))
		}
	}
	for _, reason := range sortedWords(r.Alarms) {
		out.add("\nALARM: the candidate answers %s %s: no policy may", reason, counted(r.Alarms[reason], "time"))
	}
	r.Mismatches.write(out)
	r.write(out)
	return out.err
}

// WriteText writes what was verified, for people.
func (v Verification) WriteText(to io.Writer) error {
	out := &lines{to: to}
	out.add("%s verified: decided again under the policy of their time, with the same answer", counted(v.Verified, "decision"))
	v.Mismatches.write(out)
	if v.Failed > 0 {
		out.add("\n%s the engine's failure at the time, and not now", counted(v.Failed, "record"))
	}
	for _, revision := range sortedWords(v.Unknown) {
		out.add("\n%s not verified: revision %q is not here", counted(v.Unknown[revision], "decision"), revision)
	}
	v.write(out)
	return out.err
}

func (m Mismatches) write(out *lines) {
	if m.Count == 0 {
		return
	}
	out.add("\nMISMATCH: %s by the policy of the time: tampered with, or the policy is not deterministic",
		counted(m.Count, "record")+" contradicted")
	for _, x := range m.Examples {
		out.add("  %s of %s: %s", x.ID, x.At.Format(time.RFC3339), strings.Join(x.Fields, ", "))
		out.add("    recorded %s, decided %s", x.Recorded, x.Decided)
	}
}

// String is an answer in a word.
func (a Answer) String() string {
	if a.Reason == "" {
		return "nothing"
	}
	if a.Allow {
		return "allow " + a.Reason
	}
	return "deny " + a.Reason
}

func (a Aside) write(out *lines) {
	if len(a.Unasked) > 0 {
		var parts []string
		for _, reason := range sortedWords(a.Unasked) {
			parts = append(parts, reason+" "+number(a.Unasked[reason]))
		}
		out.add("\nno policy was asked: %s", strings.Join(parts, ", "))
	}
	if a.Unreadable.Count > 0 {
		out.add("\nNOT COMPARED: %s could not be read", counted(a.Unreadable.Count, "record"))
		for _, x := range a.Unreadable.Examples {
			out.add("  %s: %s", x.ID, x.Error)
		}
	}
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
