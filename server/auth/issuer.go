package auth

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// Issuer is the development issuer: it signs real tokens with a key of its own
// and serves that key as any issuer does, so that a laptop takes the way of
// production. It opens nothing by itself: a server accepts its tokens only when
// configured with its name and its JWKS URL. Make it with CreateIssuer or
// LoadIssuer; the zero Issuer signs nothing.
type Issuer struct {
	// Now is the clock of the tokens; nil means time.Now.
	Now func() time.Time

	private *ecdsa.PrivateKey
	keyID   string
	jwks    []byte
}

// TokenRequest says what a token is to say. Subject, Issuer, Audience and TTL
// are required.
type TokenRequest struct {
	Subject   string // the user's id, as the Directory knows it
	Email     string
	Issuer    string
	Audience  string
	TTL       time.Duration
	MFA       bool   // says that the user signed in with two factors
	OrgChoice string // app_metadata.org_id: a slug or an id; empty: none
}

// newIssuer prepares the public side of the key once.
func newIssuer(private *ecdsa.PrivateKey) (*Issuer, error) {
	point, err := private.PublicKey.Bytes() // 4, then x and y of 32 bytes each
	if err != nil {
		return nil, fmt.Errorf("encoding the issuer's public key: %w", err)
	}
	x, y := base64.RawURLEncoding.EncodeToString(point[1:33]), base64.RawURLEncoding.EncodeToString(point[33:])
	// RFC 7638: the members that make the key, in this order and nothing between.
	thumbprint := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + x + `","y":"` + y + `"}`))
	public := jwk{
		Kty: "EC", Crv: "P-256", X: x, Y: y,
		Kid: base64.RawURLEncoding.EncodeToString(thumbprint[:]),
		Use: "sig", Alg: algES256,
	}
	document, err := json.Marshal(map[string][]jwk{"keys": {public}})
	if err != nil {
		return nil, fmt.Errorf("encoding the issuer's key set: %w", err)
	}
	return &Issuer{private: private, keyID: public.Kid, jwks: document}, nil
}

// Issue signs a token in the shape of Supabase Auth's.
func (i *Issuer) Issue(req TokenRequest) (string, error) {
	if i.private == nil {
		return "", errors.New("auth: an issuer without a key signs nothing")
	}
	if req.Subject == "" || req.Issuer == "" || req.Audience == "" || req.TTL <= 0 {
		return "", errors.New("auth: a token needs a subject, an issuer, an audience and a lifetime")
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return "", fmt.Errorf("naming the token: %w", err)
	}
	now := time.Now
	if i.Now != nil {
		now = i.Now
	}
	issued := now()
	level, methods := "aal1", []map[string]any{{"method": "password", "timestamp": issued.Unix()}}
	if req.MFA {
		level = "aal2"
		methods = append(methods, map[string]any{"method": "totp", "timestamp": issued.Unix()})
	}
	claims := jwt.MapClaims{
		"iss": req.Issuer, "aud": req.Audience, "sub": req.Subject, "jti": id.String(),
		"iat": issued.Unix(), "nbf": issued.Unix(), "exp": issued.Add(req.TTL).Unix(),
		"email": req.Email, "aal": level, "amr": methods,
	}
	if req.OrgChoice != "" {
		claims["app_metadata"] = map[string]string{"org_id": req.OrgChoice}
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["kid"] = i.keyID
	signed, err := token.SignedString(i.private)
	if err != nil {
		return "", fmt.Errorf("signing the token: %w", err)
	}
	return signed, nil
}

// JWKSHandler serves the public key, for GET /.well-known/jwks.json.
func (i *Issuer) JWKSHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", "application/jwk-set+json")
		w.Header().Set("Cache-Control", "public, max-age=60")
		_, _ = w.Write(i.jwks) // the reader went away: nothing to save
	})
}
