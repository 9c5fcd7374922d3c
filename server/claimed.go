package server

import (
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/server/auth"
)

func unset(name, value string) string {
	if value == "" {
		return name + " is not set"
	}
	return ""
}

func noIssuer(d deployment) string {
	c := d.config
	var missing []string
	for _, s := range []struct{ name, value string }{
		{"CASCADE_JWKS_URL", c.JWKSURL}, {"CASCADE_JWT_AUDIENCE", c.JWTAudience}, {"CASCADE_JWT_ISSUER", c.JWTIssuer},
	} {
		if s.value == "" {
			missing = append(missing, s.name)
		}
	}
	if len(missing) > 0 {
		return strings.Join(missing, ", ") + " not set"
	}
	if _, err := auth.NewVerifier(auth.VerifierConfig{Issuer: c.JWTIssuer, Audience: c.JWTAudience, JWKSURL: c.JWKSURL}); err != nil {
		return err.Error()
	}
	return ""
}

// plainly says where an address is asked without TLS over a network.
func plainly(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || nearby(u.Hostname()) {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// openRedis never shows the URL, which may hold a password.
func openRedis(d deployment) string {
	u, err := url.Parse(d.config.RedisURL)
	switch {
	case err != nil || u.Scheme == "" || u.Scheme == "unix" || nearby(u.Hostname()):
		return ""
	case u.Scheme != "rediss":
		return u.Hostname() + " without TLS"
	}
	if _, has := u.User.Password(); !has {
		return u.Hostname() + " without a password"
	}
	return ""
}

func openDatabase(d deployment) string {
	c, err := pgx.ParseConfig(d.config.DatabaseURL)
	if err != nil || d.config.DatabaseURL == "" {
		return ""
	}
	proved := func(host string, tls bool, unverified bool) bool { return nearby(host) || tls && !unverified }
	if !proved(c.Host, c.TLSConfig != nil, c.TLSConfig != nil && c.TLSConfig.InsecureSkipVerify) {
		return c.Host
	}
	for _, f := range c.Fallbacks {
		if !proved(f.Host, f.TLSConfig != nil, f.TLSConfig != nil && f.TLSConfig.InsecureSkipVerify) {
			return f.Host
		}
	}
	return ""
}

func looseOrigin(d deployment) string {
	i := slices.IndexFunc(d.config.Origins, func(origin string) bool {
		u, err := url.Parse(origin)
		return err != nil || u.Host == "" || strings.Contains(origin, "*") || plainly(origin) != ""
	})
	if i < 0 {
		return ""
	}
	return d.config.Origins[i]
}

func publicURL(d deployment) string {
	if at := unset("CASCADE_PUBLIC_URL", d.config.PublicURL); at != "" {
		return at
	}
	return plainly(d.config.PublicURL)
}

func anyProxy(d deployment) string {
	for _, p := range d.config.TrustedProxies {
		if p.Bits() == 0 {
			return p.String()
		}
	}
	return ""
}

func badSealKey(d deployment) string {
	if at := unset("CASCADE_SEAL_KEY_FILE", d.config.SealKeyFile); at != "" {
		return at
	}
	key, err := readSealKey(d.config.SealKeyFile)
	switch {
	case err != nil:
		return err.Error()
	case strings.HasPrefix(key.ID(), rls.DevPrefix) && !d.dev:
		return "key " + key.ID() + " is a development server's"
	default:
		return ""
	}
}

// readable says whether everybody on the machine can read a file.
func readable(path string) string {
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o007 == 0 {
		return ""
	}
	return info.Mode().String() + " " + path
}

func badKeyset(d deployment) string {
	if at := unset("CASCADE_SECRETS_KEYSET_FILE", d.config.SecretsKeysetFile); at != "" {
		return at
	}
	if _, err := secret.Load(d.config.SecretsKeysetFile); err != nil {
		return err.Error()
	}
	return ""
}

// developmentFiles finds keys that lie where a development server keeps its own,
// beside its issuer's and its database.
func developmentFiles(d deployment) string {
	if d.dev {
		return ""
	}
	for _, path := range []string{d.config.SealKeyFile, d.config.SecretsKeysetFile} {
		if path == "" {
			continue
		}
		dir := filepath.Dir(path)
		_, issuer := os.Stat(filepath.Join(dir, DataIssuerKey))
		_, database := os.Stat(filepath.Join(dir, "postgres"))
		if issuer == nil && database == nil {
			return path
		}
	}
	return ""
}

// nearby reports whether a host is this very machine: a socket's path, or an
// address that no packet leaves it for.
func nearby(host string) bool {
	if host == "" || host == "localhost" || strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsLoopback()
}
