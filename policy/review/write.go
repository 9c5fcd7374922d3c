package review

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

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
		alike := r.alike(change)
		for _, groups := range alike[:min(len(alike), shown)] {
			writeAlike(out, groups)
		}
		if n := len(alike) - shown; n > 0 {
			out.add("  and %s more like these; --json has all", number(int64(n)))
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

// How much of a report people are shown: so many sentences of each change, and so
// many clinics of each.
const (
	shown        = 20
	shownClinics = 5
)

// alike puts groups together that say the same of several clinics, those first
// that were seen most often.
func (r Report) alike(change Change) [][]Group {
	var out [][]Group
	at := map[string]int{}
	for _, g := range r.Groups {
		if g.Change != change {
			continue
		}
		same := g
		same.Clinic = uuid.Nil
		i, ok := at[same.words()]
		if !ok {
			i = len(out)
			at[same.words()] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], g)
	}
	times := func(groups []Group) (n int64) {
		for _, g := range groups {
			n += g.Count
		}
		return n
	}
	slices.SortStableFunc(out, func(a, b []Group) int { return cmp.Compare(times(b), times(a)) })
	return out
}

func writeAlike(out *lines, groups []Group) {
	g := groups[0]
	if len(groups) == 1 {
		out.add("  %s", g.Sentence())
		out.add("    first %s, last %s, for example %s", g.First.Format(time.RFC3339), g.Last.Format(time.RFC3339), g.Example)
		return
	}
	times := int64(0)
	for _, one := range groups {
		times += one.Count
	}
	out.add("  %s", g.sentence(" in "+number(int64(len(groups)))+" clinics", counted(times, "time")))
	for _, one := range groups[:min(len(groups), shownClinics)] {
		out.add("    %s (%s), for example %s", strings.TrimPrefix(one.where(), " "), one.howOften(), one.Example)
	}
	if n := len(groups) - shownClinics; n > 0 {
		out.add("    and %s more", counted(int64(n), "clinic"))
	}
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
