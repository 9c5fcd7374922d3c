package attack

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/voxanne/cascade/server/stage"
)

// forger makes tokens that say what they should not.
type forger struct {
	issuer   *ecdsa.PrivateKey // the real one
	stranger *ecdsa.PrivateKey
	kid      string
}

func newForger(s *stage.Stage, good string) (*forger, error) {
	text, err := os.ReadFile(s.IssuerKeyFile)
	if err != nil {
		return nil, fmt.Errorf("reading the issuer's key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("reading the issuer's key: no PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the issuer's key: %w", err)
	}
	f := &forger{}
	var ok bool
	if f.issuer, ok = key.(*ecdsa.PrivateKey); !ok {
		return nil, errors.New("reading the issuer's key: another kind")
	}
	if f.stranger, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	parsed, _, err := jwt.NewParser().ParseUnverified(good, jwt.MapClaims{})
	if err != nil {
		return nil, fmt.Errorf("reading a token: %w", err)
	}
	f.kid, ok = parsed.Header["kid"].(string)
	if !ok {
		return nil, errors.New("reading a token: it names no key")
	}
	return f, nil
}

// claims are the good ones of a subject, with some laid over them.
func claims(subject string, over map[string]any) jwt.MapClaims {
	now := time.Now()
	all := jwt.MapClaims{
		"iss": stage.IssuerName, "aud": stage.Audience, "sub": subject, "jti": stage.NewID().String(), "iat": now.Unix(),
		"nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(), "email": subject + "@example.com", "aal": "aal2",
		"amr": []map[string]any{{"method": "totp", "timestamp": now.Unix()}},
	}
	maps.Copy(all, over)
	return all
}

func (f *forger) sign(method jwt.SigningMethod, key any, header map[string]any, c jwt.MapClaims) (string, error) {
	token := jwt.NewWithClaims(method, c)
	token.Header["kid"] = f.kid
	maps.Copy(token.Header, header)
	text, err := token.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("forging a token: %w", err)
	}
	return text, nil
}

// forgery is a token, and what it comes to.
type forgery struct {
	name string
	want string
	over map[string]any
	head map[string]any
	// signed with another key or method, where set
	method jwt.SigningMethod
	key    any
}

// against are the forgeries that would let the owner of A into a clinic.
func (f *forger) against(c *stage.Clinic) ([]forgery, error) {
	public, err := x509.MarshalPKIXPublicKey(&f.issuer.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("writing a public key: %w", err)
	}
	pub := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	org := c.ID.String()
	const out = "UNAUTHENTICATED"
	none := map[string]any{}
	return []forgery{
		{name: "claims of another clinic", over: map[string]any{
			"org_id": org, "organization_id": org, "tenant_id": org, "role": "service_role", "platform_kind": "security",
			"user_metadata":                map[string]any{"org_id": org, "role": "owner", "platform_kind": "support"},
			"memberships":                  []map[string]any{{"org_id": org, "role": "owner"}},
			"https://hasura.io/jwt/claims": map[string]any{"x-hasura-org-id": org},
		}},
		{name: "a choice of another clinic", want: "FORBIDDEN", over: map[string]any{"app_metadata": map[string]any{"org_id": org}}},
		{name: "a choice by slug", want: "FORBIDDEN", over: map[string]any{"app_metadata": map[string]any{"org_id": c.Slug}}},
		{name: "rights in app_metadata", over: map[string]any{"app_metadata": map[string]any{"role": "owner", "orgs": []string{org}, "platform_kind": "auditor"}}},
		{name: "no algorithm", want: out, method: jwt.SigningMethodNone, key: jwt.UnsafeAllowNoneSignatureType},
		{name: "the public key as a secret", want: out, method: jwt.SigningMethodHS256, key: pub},
		{name: "a stranger's key", want: out, key: f.stranger},
		{name: "a stranger's key and where to find it", want: out, key: f.stranger, head: map[string]any{"kid": "stranger", "jku": "https://attacker.example/jwks.json"}},
		{name: "a key named by a path", want: out, key: f.stranger, head: map[string]any{"kid": "../../../../dev/null"}},
		{name: "another issuer", want: out, over: map[string]any{"iss": "https://attacker.example"}},
		{name: "another audience", want: out, over: map[string]any{"aud": "anon"}},
		{name: "an expired token", want: out, over: map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}},
		{name: "a token to come", want: out, over: map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}},
		{name: "a token for ever", want: out, over: map[string]any{"exp": nil}},
		{name: "a colleague as written", want: out, over: map[string]any{"sub": c.Canary}},
		{name: "a subject of SQL", want: out, over: map[string]any{"sub": "' or '1'='1"}},
		{name: "the null subject", want: out, over: map[string]any{"sub": "00000000-0000-0000-0000-000000000000"}},
		{name: "a critical extension", want: out, head: map[string]any{"crit": []string{"b64"}, "b64": false}, over: none},
	}, nil
}

// forgeries sign in with each.
func (a *attack) forgeries(ctx context.Context) error {
	owner := a.World.Subject("owner A")
	f, err := newForger(a.Stage, owner.Credential)
	if err != nil {
		return err
	}
	var shots []shot
	for _, c := range []*stage.Clinic{a.World.B, a.World.C} {
		list, err := f.against(c)
		if err != nil {
			return err
		}
		for _, one := range list {
			method, key := one.method, one.key
			if method == nil {
				method = jwt.SigningMethodES256
			}
			if key == nil {
				key = f.issuer
			}
			token, err := f.sign(method, key, one.head, claims("owner-a", one.over))
			if err != nil {
				return err
			}
			who := *owner
			who.Credential = token
			s := stances(a.World, &who, a.Undecided)[0]
			shots = append(shots, shot{name: "a token with " + one.name + " of " + c.Slug, cells: 1, who: s, want: one.want, request: request{document: a.calls()}})
			cut := who
			cut.Credential = token[:strings.LastIndex(token, ".")+1]
			shots = append(shots, shot{
				name: "an unsigned token with " + one.name + " of " + c.Slug, cells: 1, want: "UNAUTHENTICATED",
				who: stances(a.World, &cut, a.Undecided)[0], request: request{document: a.calls()},
			})
		}
	}
	return a.all(ctx, shots)
}

func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(quoted)
}
