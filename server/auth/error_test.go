package auth

import (
	"errors"
	"fmt"
	"regexp"
	"testing"
)

// Clients and dashboards build on these codes: they may be added to, and never
// renamed.
func TestReasonsAreStable(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	seen := map[string]bool{}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{errors.New("disk full"), "internal"},
		{&NotProven{Asked: "harbor-skin"}, "org_not_proven"},
		{ErrNoCredential, "credential_missing"},
		{ErrManyCredentials, "credential_ambiguous"},
		{ErrScheme, "scheme_unsupported"},
		{ErrTooLarge, "credential_too_large"},
		{ErrMalformed, "token_malformed"},
		{ErrAlgorithm, "token_algorithm"},
		{ErrUnknownKey, "token_unknown_key"},
		{ErrSignature, "token_signature"},
		{ErrIssuer, "token_issuer"},
		{ErrAudience, "token_audience"},
		{ErrExpired, "token_expired"},
		{ErrNotYetValid, "token_not_yet_valid"},
		{ErrKeysUnavailable, "keys_unavailable"},
		{ErrAPIKey, "api_key_invalid"},
		{ErrAPIKeyRevoked, "api_key_revoked"},
		{ErrAPIKeyExpired, "api_key_expired"},
		{ErrUnknownSubject, "subject_unknown"},
		{ErrOrgConflict, "org_choice_conflict"},
	} {
		got := Reason(tt.err)
		if got != tt.want || seen[got] {
			t.Errorf("%v: reason %q, want %q and each once", tt.err, got, tt.want)
		}
		seen[got] = true
		if tt.err == nil {
			continue
		}
		if !form.MatchString(got) {
			t.Errorf("reason %q is not lower_snake", got)
		}
		if wrapped := Reason(fmt.Errorf("authenticating: %w", tt.err)); wrapped != tt.want {
			t.Errorf("wrapped: %q", wrapped)
		}
	}
}
