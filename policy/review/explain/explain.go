// Package explain tells why a question was allowed or denied: the rules that
// held, what gave the access, and on a denial the smallest changes that would
// have allowed it. They are found by trying: each is a change under which the
// policy and the envelope do allow.
package explain

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
)

// Options are what an explanation must be told.
type Options struct {
	// For is who hears it; required.
	For Audience
	// MaxTries bounds how many questions are asked in search of changes; zero means
	// 4,000, which is a fraction of a second.
	MaxTries int
}

// Explanation is why. Each of its sentences may be shown to the audience that it
// was made for, and to no other.
type Explanation struct {
	Revision string `json:"revision"`
	Allowed  bool   `json:"allowed"`
	// Reason is the decision's code; empty where the audience may not know it.
	Reason string `json:"reason,omitempty"`
	Says   string `json:"says"` // the reason in a sentence
	// Given is what gave the access, as in "grant 018f... of organization 018f...".
	Given []string `json:"given"`
	// Changes are the smallest changes that would allow what was denied; none when
	// no change of facts would.
	Changes []Suggestion `json:"changes"`
	// Left are the orgs that were asked for and not given, where others were.
	Left []Left `json:"left"`
	// Rules are those that the policy looked at; for the security kind alone.
	Rules []opa.Step `json:"rules,omitempty"`
}

// Left is an org that was asked for and not given.
type Left struct {
	Org    uuid.UUID `json:"org"`
	Reason string    `json:"reason"`
	Says   string    `json:"says"`
}

// Lines is the explanation as text, the answer first.
func (e Explanation) Lines() []string {
	answer := "denied"
	if e.Allowed {
		answer = "allowed"
	}
	if e.Reason != "" {
		answer += " (" + e.Reason + ")"
	}
	lines := []string{answer + ": " + e.Says}
	for _, g := range e.Given {
		lines = append(lines, "  by "+g)
	}
	for _, l := range e.Left {
		lines = append(lines, fmt.Sprintf("  not in organization %s (%s): %s", l.Org, l.Reason, l.Says))
	}
	if len(e.Changes) > 0 {
		lines = append(lines, "it would be allowed")
		for _, c := range e.Changes {
			lines = append(lines, "  "+c.Says)
		}
	}
	for _, r := range e.Rules {
		if r.Held {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("  %s:%d: %s holds  %s", r.File, r.Line, r.Rule, r.Title)))
		} else if r.Stopped != "" {
			lines = append(lines, fmt.Sprintf("  %s:%d: %s stops at %s", r.File, r.StoppedLine, r.Rule, r.Stopped))
		}
	}
	return lines
}

// WriteText prints the lines.
func (e Explanation) WriteText(w io.Writer) error {
	_, err := io.WriteString(w, strings.Join(e.Lines(), "\n")+"\n")
	return err
}

// Explain decides q under g once more and tells its audience why. Its errors are
// ErrNoAudience, ErrNotConcerned, and those of a policy that gives no answer.
func Explain(ctx context.Context, g *opa.Generation, q policy.Request, o Options) (Explanation, error) {
	seen, asked, err := o.For.view(q)
	if err != nil {
		return Explanation{}, err
	}
	e := explainer{generation: g, tries: o.MaxTries}
	if e.tries == 0 {
		e.tries = 4_000
	}
	if !o.For.everything {
		return e.tenant(ctx, q, seen, asked, o.For.org)
	}
	x, err := e.explain(ctx, seen)
	if err != nil {
		return Explanation{}, err
	}
	if x.Rules, err = g.Trace(ctx, seen); err != nil {
		return Explanation{}, err
	}
	return x, e.left(ctx, seen, &x)
}

// explainer asks one generation.
type explainer struct {
	generation *opa.Generation
	tries      int // that are left
}

// decide is what would have been decided.
func (e *explainer) decide(ctx context.Context, q policy.Request) (policy.Decision, error) {
	v, err := e.generation.Claim(ctx, q)
	if err != nil {
		return policy.Decision{}, fmt.Errorf("deciding: %w", err)
	}
	return policy.Judge(q, v, policy.Evidence{Revision: e.generation.Revision()}), nil
}

// explain tells all there is to tell of q.
func (e *explainer) explain(ctx context.Context, q policy.Request) (Explanation, error) {
	d, err := e.decide(ctx, q)
	if err != nil {
		return Explanation{}, err
	}
	x := Explanation{
		Revision: e.generation.Revision(), Allowed: d.Allowed(), Reason: d.Reason(), Says: says(d.Reason()),
		Given: []string{}, Changes: []Suggestion{}, Left: []Left{},
	}
	if d.Allowed() {
		x.Given, err = e.given(ctx, q, d)
	} else {
		x.Changes, err = e.changes(ctx, q)
	}
	return x, err
}

func says(reason string) string {
	if s, ok := Sentence(reason); ok {
		return s
	}
	return "The policy says so, for a reason of its own."
}

// left tells why orgs that were asked for are not among those given.
func (e *explainer) left(ctx context.Context, q policy.Request, x *Explanation) error {
	d, err := e.decide(ctx, q)
	if err != nil || !d.Allowed() || d.Wide() {
		return err
	}
	for _, org := range q.Orgs {
		if slices.Contains(d.Orgs(), org) {
			continue
		}
		q.Orgs = []uuid.UUID{org}
		alone, err := e.decide(ctx, q)
		if err != nil {
			return err
		}
		x.Left = append(x.Left, Left{Org: org, Reason: alone.Reason(), Says: says(alone.Reason())})
	}
	return nil
}

// tenant explains what an organization may know of q: seen, which holds nothing
// else. What was really decided of this organization is told, and no more: not
// which other fact it hung on.
func (e *explainer) tenant(ctx context.Context, q, seen policy.Request, asked bool, org uuid.UUID) (Explanation, error) {
	if asked {
		q.Orgs = []uuid.UUID{org}
	}
	actual, err := e.decide(ctx, q)
	if err != nil {
		return Explanation{}, errNoAnswer
	}
	hidden := Explanation{
		Revision: e.generation.Revision(), Allowed: actual.Allowed(), Given: []string{}, Changes: []Suggestion{}, Left: []Left{},
		Says: "What it hung on is not a fact of this organization.",
	}
	if !asked {
		hidden.Says = "It was about another organization."
		return hidden, nil
	}
	x, err := e.explain(ctx, seen)
	if err != nil {
		return Explanation{}, errNoAnswer
	}
	if x.Allowed != actual.Allowed() {
		return hidden, nil
	}
	if _, ok := Sentence(x.Reason); !ok {
		x.Reason = "" // the policy's own words, which may name anybody
	}
	return x, nil
}
