package server

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/demo"
	"github.com/voxanne/cascade/server/recording"
)

// What a development server keeps in its data directory.
const (
	DataManifest   = "dev.json"   // where everything is
	DataIssuerKey  = "issuer.key" // the development issuer's
	DataSealKey    = "seal.key"
	DataKeyset     = "keyset.json"
	DataPolicyKey  = "policy.key" // signs policies
	DataRecordings = "recordings" // a directory
)

// DataAddressLimit is a development server's limit: every client of a laptop
// comes from one address.
const DataAddressLimit = 120_000

// manifest is the part of dev.json that is read here.
type manifest struct {
	URL      string `json:"url"`
	OwnerDSN string `json:"owner_dsn"`
	AppDSN   string `json:"app_dsn"`
	RedisURL string `json:"redis_url"`
}

func readManifest(dir string) (m manifest, err error) {
	text, err := os.ReadFile(filepath.Join(dir, DataManifest)) //nolint:gosec // the caller names it
	if err != nil {
		return m, fmt.Errorf("reading a development server's data: %w (start it first: cascade dev --data %s)", err, dir)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("reading %s: %w", DataManifest, err)
	}
	return m, nil
}

// DataConfig is the configuration of the development server whose data lie in
// dir, for Check and Migrate. The server must be running.
func DataConfig(dir string) (Config, error) {
	m, err := readManifest(dir)
	if err != nil {
		return Config{}, err
	}
	return Config{
		DatabaseURL: m.AppDSN, OwnerDatabaseURL: m.OwnerDSN, RedisURL: m.RedisURL,
		JWTIssuer: demo.Issuer, JWTAudience: demo.Audience, JWKSURL: strings.TrimSuffix(m.URL, "/") + "/.well-known/jwks.json",
		PublicURL: m.URL, SealKeyFile: filepath.Join(dir, DataSealKey), SecretsKeysetFile: filepath.Join(dir, DataKeyset),
		BlobURL:      recording.DirectoryURL(filepath.Join(dir, DataRecordings)),
		AddressLimit: DataAddressLimit,
	}, nil
}

// Token signs in whoever has that e-mail address at a development server: a real
// token from its issuer, whose key lies in dir. Without that key there is no
// token. It says who somebody is and nothing else: an address that nobody has
// gets a token that opens nothing, but may accept an invitation.
func Token(dir, email string, ttl time.Duration, mfa bool, now func() time.Time) (string, error) {
	issuer, err := auth.LoadIssuer(filepath.Join(dir, DataIssuerKey))
	if err != nil {
		return "", err
	}
	issuer.Now = now
	token, err := issuer.Issue(auth.TokenRequest{
		Subject: demo.SubjectOf(email), Email: email, Issuer: demo.Issuer, Audience: demo.Audience, TTL: ttl, MFA: mfa,
	})
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return token, nil
}
