package auth

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/google/uuid"
)

// Host is the name under which clinics reach us, one sub-domain each. Under the
// zero Host no sub-domain means anything.
type Host struct{ name string }

// NewHost takes the host of the public URL.
func NewHost(publicURL string) (Host, error) {
	u, err := url.Parse(publicURL)
	if err != nil || u.Hostname() == "" {
		return Host{}, errors.New("auth: the public URL is not an absolute URL")
	}
	return Host{strings.ToLower(u.Hostname())}, nil
}

// subdomain returns what stands before our name in a request's Host; ok is
// false for our name itself and for every other.
func (h Host) subdomain(requested string) (name string, ok bool) {
	if host, _, err := net.SplitHostPort(requested); err == nil {
		requested = host
	}
	if h.name == "" {
		return "", false
	}
	return strings.CutSuffix(strings.TrimSuffix(strings.ToLower(requested), "."), "."+h.name)
}

// NotProven is the refusal of a request for an org that its credential does not
// prove. It is the same whether that org exists or not.
type NotProven struct {
	// Asked is what was asked for, fit for a record and not for a response.
	Asked string
	// By says what asked: "header", "host" or "claim".
	By string
}

// Error implements error; the text is safe to show.
func (e *NotProven) Error() string {
	return "the organization asked for is not one that the credential gives access to"
}

// Choose returns the candidate orgs of a request, and the name by which one was
// asked for ("" for none). The X-Cascade-Org header (a slug or an id), the
// sub-domain and the token's own choice can each only pick one of
// Subject.Proven; with none of them, all proven orgs are candidates.
//
// The header comes before the host and the host before the claim. A header or a
// host that names an unproven org is a *NotProven, and if they pick different
// orgs it is ErrOrgConflict. The claim is asked only when neither names one: a
// token outlives a membership, and must not keep a person out of their others.
func Choose(r *http.Request, id Identity, host Host) (orgs []uuid.UUID, asked string, err error) {
	header := r.Header.Values("X-Cascade-Org")
	var name, claim []string
	if label, ok := host.subdomain(r.Host); ok {
		name = []string{label}
	}
	if id.OrgChoice != "" {
		claim = []string{id.OrgChoice}
	}

	for _, source := range []struct {
		by    string
		names []string
	}{
		{"header", header},
		{"host", name},
		{"claim", claim},
	} {
		if source.by == "claim" && orgs != nil {
			break
		}
		for _, text := range source.names {
			text = strings.ToLower(strings.TrimSpace(text))
			org, ok := id.Subject.OrgNamed(text)
			if !ok || text == "" {
				return nil, "", &NotProven{Asked: printable(text), By: source.by}
			}
			switch {
			case orgs == nil:
				orgs, asked = []uuid.UUID{org}, text
			case orgs[0] != org:
				return nil, "", ErrOrgConflict
			}
		}
	}
	if orgs == nil {
		orgs = id.Subject.Proven()
	}
	return orgs, asked, nil
}

// printable makes what a stranger wrote fit for a record: valid, on one line
// and at most 64 characters.
func printable(text string) string {
	kept := make([]rune, 0, 64)
	for _, c := range text {
		if len(kept) == cap(kept) {
			break
		}
		if unicode.IsPrint(c) {
			kept = append(kept, c)
		}
	}
	return string(kept)
}
