package auth

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// FuzzBearerToken: what is taken out of an Authorization value is one word of
// it, after the scheme, or a refusal with a reason.
func FuzzBearerToken(f *testing.F) {
	for _, value := range []string{"Bearer a.b.c", "bearer  x", "Bearer", "Bearer a b", "Basic dTpw", "", "Bearer\ta", "Bearer " + strings.Repeat("x", maxCredential+1), "Bearerx y"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		raw, err := BearerToken(value)
		if err != nil {
			var refused *Error
			if !errors.As(err, &refused) || raw != "" {
				t.Fatalf("%q is refused with %v and gives %q", value, err, raw)
			}
			return
		}
		if words := strings.Fields(value); len(words) != 2 || words[1] != raw || !strings.EqualFold(words[0], "bearer") || len(raw) > maxCredential+1 {
			t.Fatalf("%q gives %q", value, raw)
		}
		if again, err := BearerToken("Bearer " + raw); len(raw) <= maxCredential && (err != nil || again != raw) {
			t.Fatalf("%q gives %q, then %q (%v)", value, raw, again, err)
		}
	})
}

// FuzzChoose: however a request names orgs, its candidates are among the orgs
// that its subject proved; and one that is named and taken is that one.
func FuzzChoose(f *testing.F) {
	for _, seed := range []struct{ header, host, claim string }{
		{"", "", ""},
		{"sunrise-dental", "api.cascade.example", ""},
		{"harbor-skin", "", ""},
		{harbor.String(), "", "sunrise-dental"},
		{"", "harbor-skin.api.cascade.example", ""},
		{"", "sunrise-dental.api.cascade.example:443", harbor.String()},
		{"*", "*.api.cascade.example", "*"},
		{uuid.Nil.String(), "[::1]:80", "default"},
		{"sunrise-dental,harbor-skin", "sunrise-dental.api.cascade.example.", "urn:uuid:" + harbor.String()},
		{" SUNRISE-dental\u00a0", ".api.cascade.example", "sunri\u017fe-dental"},
	} {
		f.Add(seed.header, seed.host, seed.claim)
	}
	host, err := NewHost("https://api.cascade.example")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, header, name, claim string) {
		for _, subject := range []policy.Subject{ana(), ehr(), {}} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", http.NoBody)
			r.Host = name
			if header != "" {
				r.Header["X-Cascade-Org"] = []string{header}
			}
			orgs, asked, err := Choose(r, Identity{Subject: subject, OrgChoice: claim}, host)
			if err != nil {
				stranger, unproven := errors.AsType[*NotProven](err)
				if !unproven && !errors.Is(err, ErrOrgConflict) || len(orgs) > 0 {
					t.Fatalf("%q %q %q is refused with %v and gives %v", header, name, claim, err, orgs)
				}
				if unproven && (utf8.RuneCountInString(stranger.Asked) > 64 || !utf8.ValidString(stranger.Asked) || strings.ContainsAny(stranger.Asked, "\x00\n\r")) {
					t.Fatalf("the record would hold %q", stranger.Asked)
				}
				continue
			}
			for _, org := range orgs {
				if !slices.Contains(subject.Proven(), org) {
					t.Fatalf("%q %q %q gives %v to %v", header, name, claim, org, subject.Proven())
				}
			}
			if header != "" && (len(orgs) != 1 || asked != strings.ToLower(strings.TrimSpace(header))) {
				t.Fatalf("%q is asked for, %q and %v are given", header, asked, orgs)
			}
		}
	})
}

// FuzzVerify: of all texts only the one that the issuer signed is a token; one
// other byte anywhere, and any text that is not it, is refused with a reason.
func FuzzVerify(f *testing.F) {
	key := newSigner(f, "key-1", algEdDSA)
	s := newStage(f, key)
	good := key.sign(f, nil, s.claims(nil))
	if _, err := s.verifier.Verify(f.Context(), good); err != nil {
		f.Fatal(err)
	}
	header, rest, _ := strings.Cut(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"key-1"}`))
	for _, raw := range []string{"", ".", "..", good + ".", good + "=", " " + good, none + "." + rest, header + "..", header + "." + header + "." + header} {
		f.Add(raw, uint16(0), byte(1))
	}
	f.Add(good, uint16(len(good)-1), byte(1)) // bits of the last digit that hold nothing
	f.Fuzz(func(t *testing.T, raw string, at uint16, flip byte) {
		changed := []byte(good)
		changed[int(at)%len(changed)] ^= flip
		for _, text := range []string{raw, string(changed)} {
			if text == good {
				continue
			}
			claims, err := s.verifier.Verify(t.Context(), text)
			if _, ok := errors.AsType[*Error](err); !ok || claims != (Claims{}) {
				t.Fatalf("%q is %+v, %v", text, claims, err)
			}
		}
	})
}
