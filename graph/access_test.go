package graph_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/policy"
)

const (
	createGrant = `mutation($in: CreateAccessGrantInput!) { createAccessGrant(input: $in) {
		accessGrant { id partnerId actions resources masks purpose revokedAt } } }`
	revokeGrant = `mutation($id: ID!) { revokeAccessGrant(id: $id) { accessGrant { id revokedAt } } }`
	createKey   = `mutation($in: CreateAPIKeyInput!) { createApiKey(input: $in) { key apiKey { id name publicId lastFour scopes revokedAt } } }`
	revokeKey   = `mutation($id: ID!) { revokeApiKey(id: $id) { apiKey { id revokedAt } } }`
	endSession  = `mutation($id: ID!) { endBreakGlassSession(id: $id) { breakGlassSession { id endedAt } } }`
)

// A clinic opens its calls to a partner that told it its slug, and ends that.
func TestGrantingAPartnerAccess(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	partner := uuid.Must(uuid.NewV7())
	c.Exec(t, `insert into organizations (id, kind, name, slug) values ($1, 'partner', 'Bridge', 'bridge-ehr'),
		($2, 'partner', 'Gone', 'gone-ehr')`, partner, uuid.New())
	c.Exec(t, `update organizations set status = 'suspended' where slug = 'gone-ehr'`)
	input := func(changes map[string]any) map[string]any {
		in := map[string]any{
			"partnerSlug": "bridge-ehr", "actions": []string{"READ", "READ"}, "resources": []string{"contact", "call"},
			"masks": map[string]any{"call": []string{"transcript", "summary"}}, "purpose": "Charts",
			"expiresAt": time.Now().Add(24 * time.Hour),
		}
		maps.Copy(in, changes)
		return map[string]any{"in": in}
	}
	type grantRow struct {
		ID, PartnerID, Purpose, RevokedAt string
		Actions, Resources                []string
		Masks                             map[string][]string
	}
	var made struct {
		CreateAccessGrant struct{ AccessGrant grantRow }
	}
	c.ask(t, c.owner, createGrant, input(nil)).decode(t, &made)
	got := made.CreateAccessGrant.AccessGrant
	want := grantRow{
		ID: got.ID, PartnerID: nodeid.Encode("organization", partner), Purpose: "Charts", Actions: []string{"read"},
		Resources: []string{"call", "contact"}, Masks: map[string][]string{"call": {"summary", "transcript"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := c.recorded(t, c.owner, policy.Create, policy.AccessGrant); n != 1 {
		t.Errorf("%d records of the grant", n)
	}
	unknown := c.ask(t, c.owner, createGrant, input(map[string]any{"partnerSlug": "nobody"}))
	if unknown.code() != "NOT_FOUND" {
		t.Errorf("%s", unknown.Body)
	}
	for _, slug := range []string{"harbor", "sunrise", "gone-ehr", ""} {
		if got := c.ask(t, c.owner, createGrant, input(map[string]any{"partnerSlug": slug})); got.Body != unknown.Body {
			t.Errorf("%q tells that it is somebody's: %s", slug, got.Body)
		}
	}
	for _, changes := range []map[string]any{
		{"actions": []string{}},
		{"resources": []string{}},
		{"resources": []string{"call", "membership"}},
		{"resources": []string{"nonsense"}},
		{"masks": map[string]any{"agent": []string{"system_prompt"}}},
		{"masks": map[string]any{"call": []string{"started_at"}}},
		{"masks": map[string]any{"call": "transcript"}},
		{"masks": map[string]any{"call": []any{1}}},
		{"purpose": " "},
		{"purpose": strings.Repeat("x", 501)},
		{"expiresAt": time.Now().Add(-time.Second)},
		{"expiresAt": time.Now().AddDate(2, 0, 1)},
	} {
		if got := c.ask(t, c.owner, createGrant, input(changes)); got.code() != "BAD_USER_INPUT" {
			t.Errorf("%v: %s", changes, got.Body)
		}
	}
	if got := c.ask(t, c.admin, createGrant, input(nil)); got.code() != "FORBIDDEN" {
		t.Errorf("an admin: %s", got.Body)
	}
	hasty := c.owner
	hasty.Credential.MFA = false
	if got := c.ask(t, hasty, createGrant, input(nil)); got.code() != "FORBIDDEN" || got.Errors[0].Extensions["reason"] != "mfa_required" {
		t.Errorf("without a second factor: %s", got.Body)
	}
	var first, again struct {
		RevokeAccessGrant struct{ AccessGrant grantRow }
	}
	c.ask(t, c.owner, revokeGrant, map[string]any{"id": got.ID}).decode(t, &first)
	c.ask(t, c.owner, revokeGrant, map[string]any{"id": got.ID}).decode(t, &again)
	if first.RevokeAccessGrant.AccessGrant.RevokedAt == "" || cmp.Diff(first, again) != "" {
		t.Errorf("revoked %+v, then %+v", first, again)
	}
	var list struct{ AccessGrants struct{ TotalCount int } }
	c.ask(t, c.admin, `{ accessGrants { totalCount nodes { id } } }`, nil).decode(t, &list)
	if list.AccessGrants.TotalCount != 1 {
		t.Errorf("%d grants", list.AccessGrants.TotalCount)
	}
	foreign := c.row(t, "access_grant", "access_grants", c.other, map[string]any{
		"partner_id": partner, "actions": []string{"read"}, "resources": []string{"call"}, "purpose": "x",
		"expires_at": time.Now().Add(time.Hour), "created_by": c.other,
	})
	c.refuses(t, c.owner, revokeGrant, nil, foreign)
	if n := c.count(t, `select count(*) from access_grants where org_id = $1 and revoked_at is null`, c.other); n != 1 {
		t.Error("the neighbour's grant was touched")
	}
}

// A key is shown once; what is kept of it proves it and gives it to nobody.
func TestMakingAnAPIKey(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	var made struct {
		CreateAPIKey struct {
			Key    string
			APIKey struct {
				ID, Name, PublicID, LastFour, RevokedAt string
				Scopes                                  []string
			}
		}
	}
	in := map[string]any{"name": " CRM ", "scopes": []string{"contact:read", "call:read", "call:read"}}
	c.ask(t, c.owner, createKey, map[string]any{"in": in}).decode(t, &made)
	key, row := made.CreateAPIKey.Key, made.CreateAPIKey.APIKey
	if row.Name != "CRM" || row.PublicID != key[4:14] || row.LastFour != key[len(key)-4:] || fmt.Sprint(row.Scopes) != "[call:read contact:read]" {
		t.Errorf("%+v", row)
	}
	hash := sha256.Sum256([]byte(key))
	if n := c.count(t, `select count(*) from api_keys where hash = $1 and created_by = $2`, hash[:], c.owner.ID); n != 1 {
		t.Error("the key's hash is not kept")
	}
	if n := c.recorded(t, c.owner, policy.Create, policy.APIKey); n != 1 {
		t.Errorf("%d records of the key", n)
	}
	for _, in := range []map[string]any{
		{"name": "", "scopes": []string{"call:read"}},
		{"name": strings.Repeat("x", 101), "scopes": []string{"call:read"}},
		{"name": "x", "scopes": []string{}},
		{"name": "x", "scopes": []string{"call"}},
		{"name": "x", "scopes": []string{"call:ingest"}},
		{"name": "x", "scopes": []string{"everything:read"}},
		{"name": "x", "scopes": []string{"call:read:all"}},
		{"name": "x", "scopes": []string{"call:read"}, "expiresAt": time.Now().Add(-time.Second)},
	} {
		if got := c.ask(t, c.owner, createKey, map[string]any{"in": in}); got.code() != "BAD_USER_INPUT" {
			t.Errorf("%v: %s", in, got.Body)
		}
	}
	if got := c.ask(t, c.admin, createKey, map[string]any{"in": in}); got.code() != "FORBIDDEN" {
		t.Errorf("an admin: %s", got.Body)
	}
	c.ask(t, c.owner, revokeKey, map[string]any{"id": row.ID}).decode(t, &struct{}{})
	list := c.ask(t, c.admin, `{ apiKeys { totalCount nodes { id publicId revokedAt } } }`, nil)
	if strings.Contains(list.Body, key) || strings.Contains(list.Body, `"revokedAt":null`) {
		t.Errorf("%s", list.Body)
	}
	foreign := c.row(t, "api_key", "api_keys", c.other, map[string]any{
		"name": "x", "public_id": "p", "hash": hash[:], "last_four": "abcd", "created_by": c.other,
	})
	c.refuses(t, c.owner, revokeKey, nil, foreign)
}

// An owner sees who from support is in, and throws them out.
func TestEndingABreakGlassSession(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	helper := member(c.own, "sunrise", policy.Staff)
	c.Exec(t, `insert into users (id, issuer, subject, email, platform_kind) values ($1, 'test', 'h', 'h@example.com', 'support')`, helper.ID)
	session := map[string]any{"user_id": helper.ID, "reason": "a reason long enough", "ticket": "T-1", "minutes": 30}
	id := c.row(t, "break_glass_session", "break_glass_sessions", c.own, session)
	if got := c.ask(t, c.admin, endSession, map[string]any{"id": id}); got.code() != "FORBIDDEN" {
		t.Errorf("an admin: %s", got.Body)
	}
	first := c.ask(t, c.owner, endSession, map[string]any{"id": id})
	again := c.ask(t, c.owner, endSession, map[string]any{"id": id})
	if first.code() != "" || strings.Contains(first.Body, `"endedAt":null`) || first.Body != again.Body {
		t.Errorf("%s, then %s", first.Body, again.Body)
	}
	list := c.ask(t, c.admin, `{ breakGlassSessions { totalCount nodes { id ticket endedAt } } }`, nil)
	if !strings.Contains(list.Body, id) || !strings.Contains(list.Body, `"T-1"`) {
		t.Errorf("%s", list.Body)
	}
	c.refuses(t, c.owner, endSession, nil, c.row(t, "break_glass_session", "break_glass_sessions", c.other, session))
	if n := c.count(t, `select count(*) from break_glass_sessions where ended_at is null`); n != 1 {
		t.Error("the neighbour's session was touched")
	}
}
