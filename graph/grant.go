package graph

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/pgarray"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/policy"
)

// grantYears is the longest that a clinic may open itself to a partner at a time.
const grantYears = 2

// grantable are the row types that a clinic may open to a partner. Its people,
// its keys, its settings and its records are not among them.
var grantable = []policy.Resource{ //nolint:gochecknoglobals // immutable table
	policy.Call, policy.CallStats, policy.Contact, policy.Appointment, policy.Escalation, policy.Recording,
	policy.Agent, policy.PhoneNumber, policy.KnowledgeArticle, policy.Organization,
}

// grant is what a clinic is about to let a partner do.
type grant struct {
	actions   pgarray.Text
	resources pgarray.Text
	masks     map[policy.Resource][]string
}

// readGrant refuses what no clinic may give, and what would give nothing.
func readGrant(in model.CreateAccessGrantInput, now time.Time) (grant, error) {
	g := grant{masks: map[policy.Resource][]string{}}
	for _, a := range in.Actions {
		g.actions = append(g.actions, strings.ToLower(string(a)))
	}
	for _, r := range in.Resources {
		if !slices.Contains(grantable, policy.Resource(r)) {
			return grant{}, fault.New(fault.BadUserInput, "resources may name %s.", strings.Join(words(grantable), ", ")).With("field", "resources")
		}
		g.resources = append(g.resources, r)
	}
	g.actions, g.resources = distinct(g.actions), distinct(g.resources)
	if len(g.actions) == 0 || len(g.resources) == 0 {
		return grant{}, fault.New(fault.BadUserInput, "Name one action and one row type at least.")
	}
	for resource, fields := range in.Masks {
		if !slices.Contains(g.resources, resource) {
			return grant{}, fault.New(fault.BadUserInput, "masks may name only row types that are in resources.").With("field", "masks")
		}
		masked, err := readMask(policy.Resource(resource), fields)
		if err != nil {
			return grant{}, err
		}
		g.masks[policy.Resource(resource)] = masked
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(in.Purpose)); n < 1 || n > 500 {
		return grant{}, fault.New(fault.BadUserInput, "purpose must have 1 to 500 characters.").With("field", "purpose")
	}
	if !in.ExpiresAt.After(now) || in.ExpiresAt.After(now.AddDate(grantYears, 0, 0)) {
		return grant{}, fault.New(fault.BadUserInput, "expiresAt must be in the future, and at most two years away.").With("field", "expiresAt")
	}
	return g, nil
}

// readMask reads the fields of one row type that stay hidden.
func readMask(r policy.Resource, fields any) (pgarray.Text, error) {
	list, ok := fields.([]any)
	var names pgarray.Text
	for _, f := range list {
		name, isText := f.(string)
		ok = ok && isText && slices.Contains(r.Maskable(), name)
		names = append(names, name)
	}
	switch {
	case ok:
		return distinct(names), nil
	case len(r.Maskable()) == 0:
		return nil, fault.New(fault.BadUserInput, "masks: no field of %s can be hidden.", r).With("field", "masks")
	default:
		return nil, fault.New(fault.BadUserInput, "masks: of %s, a list of these can be hidden: %s.", r, strings.Join(r.Maskable(), ", ")).
			With("field", "masks")
	}
}

// distinct is a list in order, each word once.
func distinct(list pgarray.Text) pgarray.Text {
	slices.Sort(list)
	return slices.Compact(list)
}

// findPartner asks the directory which partner has this slug. Every other slug,
// another clinic's or nobody's, is the same NOT_FOUND.
func findPartner(ctx context.Context, slug string) (uuid.UUID, error) {
	rows := &entsql.Rows{}
	err := txFrom(ctx).Query(ctx, `select p from app.find_partner($1) p where p is not null`, []any{slug}, rows)
	if err != nil {
		return uuid.Nil, fmt.Errorf("finding a partner: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var id uuid.UUID
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return uuid.Nil, fmt.Errorf("finding a partner: %w", err)
		}
		return uuid.Nil, fault.New(fault.NotFound, "No partner has this slug. Ask the partner for the one it has here.")
	}
	if err := rows.Scan(&id); err != nil {
		return uuid.Nil, fmt.Errorf("finding a partner: %w", err)
	}
	return id, nil
}
