package attack

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/server/stage"
)

// calls is what doors are tried with: health data, in a list.
func (a *attack) calls() string {
	return "{ calls(first: 50) " + a.api.selection("CallConnection", 1) + " }"
}

// wantedOfCalls is the code of it.
func (a *attack) wantedOfCalls(who *stance) string {
	return reads{api: a.api, world: a.World}.wanted(who, a.api.schema.Query.Fields.ForName("calls"))
}

// choices name other clinics wherever an org can be named: by slug and id, in a
// header, twice, in the host. A clinic that is not proved is refused like one
// that does not exist. Headers that other systems believe do nothing.
func (a *attack) choices(ctx context.Context) error {
	var shots []shot
	for _, who := range a.everybody() {
		for _, c := range a.World.Clinics() {
			if slices.ContainsFunc(who.places, func(p place) bool { return p.clinic == c }) {
				continue
			}
			want := "FORBIDDEN"
			if who.Gone {
				want = "UNAUTHENTICATED"
			}
			choose := func(headers ...string) *request { return &request{document: a.calls(), headers: headers} }
			nobody := stage.NewID().String()
			for _, way := range []struct{ real, twin *request }{
				{choose("X-Cascade-Org: " + c.Slug), choose("X-Cascade-Org: nobodys-clinic")},
				{choose("X-Cascade-Org: " + strings.ToUpper(c.Slug)), choose("X-Cascade-Org: NOBODYS-CLINIC")},
				{choose("X-Cascade-Org: " + c.ID.String()), choose("X-Cascade-Org: " + nobody)},
				{choose("X-Cascade-Org: " + nodeid.Encode("organization", c.ID)), choose("X-Cascade-Org: nobodys-clinic")},
				{choose("Host: " + c.Slug + ".api.example.com"), choose("Host: nobodys-clinic.api.example.com")},
				{choose("Host: " + c.ID.String() + ".api.example.com"), choose("Host: " + nobody + ".api.example.com")},
			} {
				shots = append(shots, shot{name: "choosing " + c.Slug + " by " + way.real.headers[0], cells: 1, who: who, want: want, request: *way.real, twin: way.twin})
			}
			if home := home(who); home != nil {
				shots = append(shots, shot{
					name: "choosing own and " + c.Slug, cells: 1, who: who, want: want,
					request: *choose("X-Cascade-Org: "+home.Slug, "X-Cascade-Org: "+c.Slug),
				})
			}
		}
		for _, c := range a.World.Clinics() {
			believed := []string{
				"X-Org-Id: " + c.ID.String(), "X-Organization-Id: " + c.ID.String(), "X-Tenant-Id: " + c.ID.String(),
				"X-Hasura-Org-Id: " + c.ID.String(), "X-Forwarded-Host: " + c.Slug + ".api.example.com",
				"X-Original-Host: " + c.Slug + ".api.example.com", "X-Original-URL: /?org=" + c.Slug, "Cookie: org=" + c.Slug,
			}
			shots = append(shots, shot{
				name: "headers that name " + c.Slug, cells: len(believed), who: who, want: a.wantedOfCalls(who),
				request: request{document: a.calls(), headers: believed},
			})
		}
	}
	return a.all(ctx, shots)
}

// transports ask for other clinics' rows by every way that a query can come in.
func (a *attack) transports(ctx context.Context) error {
	var shots []shot
	for _, who := range a.everybody() {
		for _, c := range a.World.Clinics() {
			if who.sees(c, "call") {
				continue
			}
			id := a.api.ids(c, "Call", 1)[0]
			document := `query($id: ID!) { call(id: $id) ` + a.api.selection("Call", 1) + ` }`
			query := url.Values{"query": {document}, "variables": {`{"id":"` + id + `"}`}}.Encode()
			const both = "Accept: application/graphql-response+json"
			f := a.api.schema.Query.Fields.ForName("call")
			want := reads{api: a.api, world: a.World}.wanted(who, f)
			post := `{"query": ` + quote(document) + `, "variables": {"id": "` + id + `"}}`
			shots = append(shots,
				shot{name: "GET of a call of " + c.Slug, cells: 1, who: who, want: want, request: request{
					method: http.MethodGet, path: "/graphql?" + query, headers: []string{both},
				}},
				shot{name: "events of a call of " + c.Slug, cells: 1, who: who, loose: true, request: request{
					method: http.MethodPost, path: "/graphql", body: post, headers: []string{"Content-Type: application/json", "Accept: text/event-stream"},
				}},
				shot{name: "a batch of a call of " + c.Slug, cells: 1, who: who, loose: true, request: request{
					method: http.MethodPost, path: "/graphql", body: "[" + post + "]", headers: []string{"Content-Type: application/json", both},
				}},
				shot{name: "a form with a call of " + c.Slug, cells: 1, who: who, loose: true, request: request{
					method: http.MethodPost, path: "/graphql", body: query, headers: []string{"Content-Type: application/x-www-form-urlencoded", both},
				}},
				shot{name: "an operation by its name with a call of " + c.Slug, cells: 1, who: who, loose: true, request: request{
					method: http.MethodPost, path: "/graphql", headers: []string{"Content-Type: application/json", both},
					body: `{"query": ` + quote("query A { viewer { id } } query B { node(id: \""+id+"\") { id __typename } }") + `, "operationName": "B"}`,
				}},
			)
		}
	}
	return a.all(ctx, shots)
}
