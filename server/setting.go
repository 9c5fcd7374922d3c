package server

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/server/decisionlog"
	"github.com/voxanne/cascade/server/ratelimit"
	"github.com/voxanne/cascade/server/recording/fetch"
)

// setting is one variable of the environment.
type setting struct {
	name string
	help string // one line, for people
	read func(c *Config, value string) error
}

// settings are all there are, in the order in which the help shows them. The
// errors of read say what is expected and never what was given, which may be a
// secret.
func settings() []setting {
	return []setting{
		{"CASCADE_ADDR", "where to listen (default :8080)", address(func(c *Config) *string { return &c.Addr })},
		{"CASCADE_METRICS_ADDR", "where /metrics is served, apart from the API (default 127.0.0.1:9464)", address(func(c *Config) *string { return &c.MetricsAddr })},
		{"CASCADE_PUBLIC_URL", "the API's own address, as https://api.example.com; clinics may have sub-domains of it", web(func(c *Config) *string { return &c.PublicURL })},
		{"CASCADE_ORIGINS", "the dashboards' origins, separated by commas, as https://app.example.com", origins},
		{"DATABASE_URL", "Postgres 15 or newer, as the role cascade_app", postgres(func(c *Config) *string { return &c.DatabaseURL })},
		{"CASCADE_OWNER_DATABASE_URL", "the same database as its owner; for migrate alone", postgres(func(c *Config) *string { return &c.OwnerDatabaseURL })},
		{"REDIS_URL", "Redis, for limits shared by all nodes", redisURL},
		{"CASCADE_JWT_ISSUER", "whose tokens are accepted: their iss, to the letter", text(func(c *Config) *string { return &c.JWTIssuer })},
		{"CASCADE_JWT_AUDIENCE", "for whom tokens must be: one of their aud", text(func(c *Config) *string { return &c.JWTAudience })},
		{"CASCADE_JWKS_URL", "where the issuer publishes its keys", web(func(c *Config) *string { return &c.JWKSURL })},
		{"CASCADE_SEAL_KEY_FILE", "the key that seals scopes: one line, <id>:<64 hex digits>", text(func(c *Config) *string { return &c.SealKeyFile })},
		{"CASCADE_SECRETS_KEYSET_FILE", "the Tink keyset that seals integrations' credentials", text(func(c *Config) *string { return &c.SecretsKeysetFile })},
		{"CASCADE_BLOB_URL", "where recordings are kept: file:///directory, or s3://bucket?region=eu-central-1", absolute(func(c *Config) *string { return &c.BlobURL })},
		{"CASCADE_RECORDING_HOSTS", "hosts that recordings come from, as media.example.com, or .example.com for all below, separated by commas", hosts},
		{"CASCADE_RECORDING_MAX_MB", "the largest recording that is kept, in MiB (default 500)", number(func(c *Config) *int { return &c.RecordingMaxMB })},
		{"CASCADE_RECORDING_WORKERS", "how many recordings this process brings in at once (default 4)", number(func(c *Config) *int { return &c.RecordingWorkers })},
		{"CASCADE_SPOOL_DIR", "a directory of a local disk for recordings on their way in (default the system's own for temporary files)", text(func(c *Config) *string { return &c.SpoolDir })},
		{"CASCADE_POLICY_KEY_FILE", "the key (P-256, PEM) that signs policies that are proposed here; without it none can be", text(func(c *Config) *string { return &c.PolicyKeyFile })},
		{"CASCADE_POLICY_KEYS_FILE", "public keys (PEM) that are trusted to sign policies, beside that one", text(func(c *Config) *string { return &c.PolicyKeysFile })},
		{"CASCADE_DECISION_LOG_URL", "where every decision is handed on to, as https://siem.example.com/logs or file:///var/log/cascade/decisions.jsonl", decisionLog},
		{"CASCADE_DECISION_LOG_TOKEN_FILE", "a file with the bearer token for it", text(func(c *Config) *string { return &c.DecisionLogTokenFile })},
		{"CASCADE_TRUSTED_PROXIES", "networks whose X-Forwarded-For is believed, as 10.0.0.0/8, separated by commas", proxies},
		{"CASCADE_NODES", "how many processes share the limits (default 1)", number(func(c *Config) *int { return &c.Nodes })},
		{"CASCADE_ADDRESS_LIMIT", "requests a minute from one client address (default 12000)", number(func(c *Config) *int { return &c.AddressLimit })},
		{"CASCADE_DRAIN_DELAY", "how long /readyz says no before the port closes (default 3s)", drainDelay},
		{"CASCADE_VAPI_KEY_FILE", "a private key at Vapi, to onboard clinics; with the next three", text(func(c *Config) *string { return &c.Onboarding.VapiKeyFile })},
		{"CASCADE_TWILIO_ACCOUNT_SID", "the account at Twilio under which clinics' are", text(func(c *Config) *string { return &c.Onboarding.TwilioAccountSID })},
		{"CASCADE_TWILIO_TOKEN_FILE", "its auth token", text(func(c *Config) *string { return &c.Onboarding.TwilioTokenFile })},
		{"CASCADE_MAIL_URL", "where letters go: smtp://user:password@host:587?from=address, or file:///directory", absolute(func(c *Config) *string { return &c.Onboarding.MailURL })},
		{"CASCADE_VAPI_URL", "where Vapi is (default https://api.vapi.ai)", web(func(c *Config) *string { return &c.Onboarding.VapiURL })},
		{"CASCADE_TWILIO_URL", "where Twilio is (default https://api.twilio.com)", web(func(c *Config) *string { return &c.Onboarding.TwilioURL })},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "where traces go, over HTTP; none are made without it", web(func(c *Config) *string { return &c.OTLPEndpoint })},
	}
}

func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		*field(c) = v
		return nil
	}
}

func address(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		_, port, err := net.SplitHostPort(v)
		if err != nil {
			return errors.New("want host:port, or :port for every address")
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return errors.New("want a port between 1 and 65535")
		}
		*field(c) = v
		return nil
	}
}

func web(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		u, err := url.Parse(v)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.User != nil {
			return errors.New("want a URL that starts with https:// (or http://) and holds no password")
		}
		*field(c) = v
		return nil
	}
}

func absolute(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		if u, err := url.Parse(v); err != nil || u.Scheme == "" {
			return errors.New("want a URL, as s3://bucket or file:///var/lib/cascade")
		}
		*field(c) = v
		return nil
	}
}

func postgres(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		if _, err := pgxpool.ParseConfig(v); err != nil {
			return errors.New("want a Postgres URL, as postgres://user:password@host:5432/database")
		}
		*field(c) = v
		return nil
	}
}

func redisURL(c *Config, v string) error {
	client, err := ratelimit.NewRedis(v)
	if err != nil {
		return errors.New("want a Redis URL, as redis://user:password@host:6379/0, or rediss:// for TLS")
	}
	c.RedisURL = v
	return client.Close()
}

func number(field func(*Config) *int) func(*Config, string) error {
	return func(c *Config, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 10_000_000 {
			return errors.New("want a whole number above zero")
		}
		*field(c) = n
		return nil
	}
}

func decisionLog(c *Config, v string) error {
	sink, err := decisionlog.Open(v, "")
	if err != nil {
		return err
	}
	c.DecisionLogURL = v
	return sink.Close()
}

func hosts(c *Config, v string) (err error) {
	c.RecordingHosts, err = fetch.ParseHosts(v)
	return err
}

func drainDelay(c *Config, v string) error {
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 || d > time.Minute {
		return errors.New("want a duration up to a minute, as 3s")
	}
	c.DrainDelay = d
	return nil
}

func proxies(c *Config, v string) error {
	for part := range strings.SplitSeq(v, ",") {
		network, err := netip.ParsePrefix(strings.TrimSpace(part))
		if err != nil {
			return errors.New("want networks, as 10.0.0.0/8,fd00::/8")
		}
		c.TrustedProxies = append(c.TrustedProxies, network)
	}
	return nil
}

func origins(c *Config, v string) error {
	for part := range strings.SplitSeq(v, ",") {
		u, err := url.Parse(strings.TrimSpace(part))
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || *u != (url.URL{Scheme: u.Scheme, Host: u.Host}) {
			return errors.New("want origins, as https://app.example.com,https://staff.example.com")
		}
		c.Origins = append(c.Origins, strings.ToLower(u.Scheme+"://"+u.Host))
	}
	return nil
}

// SettingsHelp is the table of the environment, for --help.
func SettingsHelp() string {
	var b strings.Builder
	for _, s := range settings() {
		fmt.Fprintf(&b, "  %-28s %s\n", s.name, s.help)
	}
	b.WriteString("  OTEL_*                       as the OpenTelemetry specification has them\n")
	return b.String()
}
