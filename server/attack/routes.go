package attack

import (
	"context"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/server/stage"
)

// doors are the attacks on each route, by its pattern. A route that has none is
// an error. Beside each attack stand the clinics that it gives nobody a right to
// write to: their rows may not change.
func (a *attack) doors() map[string][]door {
	w := a.World
	nobodys, all := []*stage.Clinic{w.C}, w.Clinics()
	return map[string][]door{
		"/graphql": {
			{a.choices, all},
			{a.transports, all},
			{a.forgeries, all},
			{a.sockets, all},
			{a.remembered, nobodys},
			{a.streams, nil}, // calls of every clinic come in meanwhile
		},
		"POST /webhooks/vapi/{key}": {{a.webhooks, []*stage.Clinic{w.B, w.C}}},
		"GET /recordings/{token}":   {{a.voices, nil}, {a.links, nobodys}},
		"POST /invitations/accept":  {{a.invitations, all}},
		"GET /healthz":              {{a.open("/healthz"), all}},
		"GET /readyz":               {{a.open("/readyz"), all}},
		"GET /metrics":              {{a.open("/metrics"), all}},
		"/":                         {{a.open("/"), all}, {a.open("/graphql/../admin"), all}, {a.open("/webhooks/vapi/"), all}},
	}
}

// door is an attack on a route.
type door struct {
	try       func(context.Context) error
	untouched []*stage.Clinic
}

// routes tries every route that the server has.
func (a *attack) routes(ctx context.Context) error {
	doors, served := a.doors(), a.Stage.App.Routes()
	for _, r := range served {
		if doors[r.Pattern] == nil {
			return fmt.Errorf("the route %s has no attack: say in package attack how it could reach another clinic", r.Pattern)
		}
	}
	for _, r := range served {
		for _, d := range doors[r.Pattern] {
			if err := a.unchanged(ctx, d.untouched, func() error { return d.try(ctx) }); err != nil {
				return fmt.Errorf("%s: %w", r.Pattern, err)
			}
		}
	}
	return nil
}

// all fires a list of shots.
func (a *attack) all(ctx context.Context, shots []shot) error {
	return a.volley(ctx, func(yield func(shot) bool) error {
		for _, s := range shots {
			if !yield(s) {
				break
			}
		}
		return nil
	})
}

// open asks for a page that shows nobody's rows, as everybody and for everybody.
func (a *attack) open(path string) func(context.Context) error {
	return func(ctx context.Context) error {
		var shots []shot
		c := a.World.C
		for _, who := range a.everybody() {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				shots = append(shots, shot{
					name: method + " " + path, cells: 1, who: who, loose: true,
					request: request{
						method: method, path: path + "?org=" + c.Slug + "&org_id=" + c.ID.String(), body: c.ID.String(),
						headers: []string{"X-Cascade-Org: " + c.Slug},
					},
				})
			}
		}
		return a.all(ctx, shots)
	}
}

// invitations are accepted by those who were not invited, and by nobody.
func (a *attack) invitations(ctx context.Context) error {
	var shots []shot
	for _, who := range a.everybody() {
		if who.chosen != nil {
			continue
		}
		for _, c := range a.World.Clinics() {
			// A person of the issuer who is no user of ours yet may hold one, too.
			want := "NOT_FOUND"
			if who.Credential == "" || who.OrgID != uuid.Nil {
				want = "UNAUTHENTICATED"
			}
			accept := func(token, more string) request {
				return request{
					method: http.MethodPost, path: "/invitations/accept", body: fmt.Sprintf(`{"token": %q%s}`, token, more),
					headers: []string{"Content-Type: application/json"},
				}
			}
			twin := accept("nobodys invitation token", "")
			shots = append(shots, shot{
				name: "accepting an invitation of " + c.Slug, cells: 1, who: who, want: want,
				request: accept(c.Invitation.Token, ""), twin: &twin,
			})
			want = "BAD_USER_INPUT"
			if who.Credential == "" || who.OrgID != uuid.Nil {
				want = "UNAUTHENTICATED"
			}
			shots = append(shots, shot{
				name: "accepting for another address in " + c.Slug, cells: 1, who: who, want: want,
				request: accept(c.Invitation.Token, fmt.Sprintf(`, "email": %q, "org_id": %q`, c.Invitation.Email, nodeid.Encode("organization", c.ID))),
			})
		}
	}
	return a.all(ctx, shots)
}
