package auth

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	host, err := NewHost("https://API.cascade.example:8443/")
	if err != nil {
		t.Fatal(err)
	}
	both := ana()
	both.Memberships = append(both.Memberships, policy.Membership{OrgID: harbor, Slug: "harbor-skin", Role: policy.Viewer, Status: policy.OrgActive})
	unproven := func(asked, by string) *NotProven { return &NotProven{Asked: asked, By: by} }

	for _, tt := range []struct {
		name    string
		subject policy.Subject
		header  []string
		host    string
		claim   string
		orgs    []uuid.UUID
		asked   string
		err     error
	}{
		{name: "nothing named", subject: both, orgs: []uuid.UUID{sunrise, harbor}},
		{name: "nothing named and nothing proven", subject: policy.Subject{}},
		{name: "our own name", subject: both, host: "api.cascade.example", orgs: []uuid.UUID{sunrise, harbor}},
		{name: "an address", subject: both, host: "127.0.0.1:8080", orgs: []uuid.UUID{sunrise, harbor}},
		{name: "a name that only ends like ours", subject: both, host: "harbor-skinapi.cascade.example", orgs: []uuid.UUID{sunrise, harbor}},

		{name: "header by slug", subject: both, header: []string{"harbor-skin"}, orgs: []uuid.UUID{harbor}, asked: "harbor-skin"},
		{name: "header by id", subject: both, header: []string{strings.ToUpper(harbor.String())}, orgs: []uuid.UUID{harbor}, asked: harbor.String()},
		{name: "header with spaces", subject: both, header: []string{" Harbor-Skin "}, orgs: []uuid.UUID{harbor}, asked: "harbor-skin"},
		{name: "host", subject: both, host: "harbor-skin.api.cascade.example:8443", orgs: []uuid.UUID{harbor}, asked: "harbor-skin"},
		{name: "host with a dot", subject: both, host: "Harbor-Skin.API.cascade.example.", orgs: []uuid.UUID{harbor}, asked: "harbor-skin"},
		{name: "claim", subject: both, claim: "harbor-skin", orgs: []uuid.UUID{harbor}, asked: "harbor-skin"},
		{name: "a partner's clinic", subject: ehr(), header: []string{"sunrise-dental"}, orgs: []uuid.UUID{sunrise}, asked: "sunrise-dental"},
		{name: "header over claim", subject: both, header: []string{"sunrise-dental"}, claim: "harbor-skin", orgs: []uuid.UUID{sunrise}, asked: "sunrise-dental"},
		{name: "host over claim", subject: both, host: "sunrise-dental.api.cascade.example", claim: "harbor-skin", orgs: []uuid.UUID{sunrise}, asked: "sunrise-dental"},
		{name: "header and host agree", subject: both, header: []string{sunrise.String()}, host: "sunrise-dental.api.cascade.example", orgs: []uuid.UUID{sunrise}, asked: sunrise.String()},

		{name: "header and host disagree", subject: both, header: []string{"sunrise-dental"}, host: "harbor-skin.api.cascade.example", err: ErrOrgConflict},
		{name: "two headers disagree", subject: both, header: []string{"sunrise-dental", "harbor-skin"}, err: ErrOrgConflict},

		{name: "header of another's clinic", subject: ana(), header: []string{"harbor-skin"}, err: unproven("harbor-skin", "header")},
		{name: "header of no clinic", subject: ana(), header: []string{"no-such-clinic"}, err: unproven("no-such-clinic", "header")},
		{name: "header of another's id", subject: ana(), header: []string{harbor.String()}, err: unproven(harbor.String(), "header")},
		{name: "header of the nil id", subject: ana(), header: []string{uuid.Nil.String()}, err: unproven(uuid.Nil.String(), "header")},
		{name: "header default", subject: ana(), header: []string{"default"}, err: unproven("default", "header")},
		{name: "empty header", subject: ana(), header: []string{""}, err: unproven("", "header")},
		{name: "empty header and a proven one", subject: ana(), header: []string{"sunrise-dental", ""}, err: unproven("", "header")},
		{name: "empty header where a slug is missing", subject: policy.Subject{OrgID: bridge}, header: []string{""}, err: unproven("", "header")},
		{name: "list in a header", subject: both, header: []string{"sunrise-dental,harbor-skin"}, err: unproven("sunrise-dental,harbor-skin", "header")},
		{name: "host of another's clinic", subject: ana(), host: "harbor-skin.api.cascade.example", err: unproven("harbor-skin", "host")},
		{name: "host below a clinic's", subject: ana(), host: "x.sunrise-dental.api.cascade.example", err: unproven("x.sunrise-dental", "host")},
		{name: "host with nothing before the dot", subject: ana(), host: ".api.cascade.example", err: unproven("", "host")},
		{name: "claim of another's clinic", subject: ana(), claim: "harbor-skin", err: unproven("harbor-skin", "claim")},
		{name: "unproven claim below a proven header", subject: ana(), header: []string{"sunrise-dental"}, claim: "harbor-skin", orgs: []uuid.UUID{sunrise}, asked: "sunrise-dental"},
		{name: "unproven host below a proven header", subject: ana(), header: []string{"sunrise-dental"}, host: "harbor-skin.api.cascade.example", err: unproven("harbor-skin", "host")},
		{name: "anything of nobody", subject: policy.Subject{}, header: []string{"sunrise-dental"}, err: unproven("sunrise-dental", "header")},
		{name: "a text to break a record", subject: ana(), header: []string{"a\nb\x00c" + strings.Repeat("d", 100)}, err: unproven("abc"+strings.Repeat("d", 61), "header")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", http.NoBody)
			r.Host = tt.host
			r.Header["X-Cascade-Org"] = tt.header
			orgs, asked, err := Choose(r, Identity{Subject: tt.subject, OrgChoice: tt.claim}, host)
			if diff := cmp.Diff(tt.orgs, orgs); diff != "" {
				t.Errorf("orgs (-want +got):\n%s", diff)
			}
			if asked != tt.asked {
				t.Errorf("asked %q, want %q", asked, tt.asked)
			}
			want, isUnproven := errors.AsType[*NotProven](tt.err)
			if !isUnproven {
				if !errors.Is(err, tt.err) {
					t.Errorf("error %v, want %v", err, tt.err)
				}
				return
			}
			if got, ok := errors.AsType[*NotProven](err); !ok || *got != *want {
				t.Errorf("error %+v, want %+v", got, want)
			}
			if Reason(err) != policy.ReasonOrgNotProven || (want.Asked != "" && strings.Contains(err.Error(), want.Asked)) {
				t.Errorf("the refusal says %q (%s)", err, Reason(err))
			}
		})
	}
}

// Under the zero Host, and under a name from somebody else's proxy header, no
// sub-domain chooses anything.
func TestChooseBelievesOnlyTheConfiguredHost(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", http.NoBody)
	r.Host = "harbor-skin.api.cascade.example"
	r.Header.Set("X-Forwarded-Host", "harbor-skin.api.cascade.example")
	if orgs, _, err := Choose(r, Identity{Subject: ana()}, Host{}); err != nil || !cmp.Equal(orgs, []uuid.UUID{sunrise}) {
		t.Errorf("orgs %v, error %v", orgs, err)
	}
	for _, bad := range []string{"", "api.cascade.example", "/graphql", "http://", "://"} {
		if _, err := NewHost(bad); err == nil {
			t.Errorf("%q is a public URL", bad)
		}
	}
}
