package server

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/server/recording/fetch"
)

func TestSettingsAreRead(t *testing.T) {
	t.Parallel()
	got, err := FromEnv([]string{
		"PATH=/bin", "CASCADE_ADDR=0.0.0.0:80", "CASCADE_METRICS_ADDR=10.0.0.1:9000",
		"CASCADE_PUBLIC_URL=https://api.example.com", "CASCADE_ORIGINS=https://App.example.com, http://localhost:3000",
		"DATABASE_URL=postgres://cascade_app:s@db/cascade", "CASCADE_OWNER_DATABASE_URL=postgres://owner@db/cascade",
		"REDIS_URL=redis://r:6379/1", "CASCADE_JWT_ISSUER=https://id.example/auth/v1", "CASCADE_JWT_AUDIENCE=authenticated",
		"CASCADE_JWKS_URL=https://id.example/keys", "CASCADE_SEAL_KEY_FILE=/run/seal", "CASCADE_SECRETS_KEYSET_FILE=/run/keyset",
		"CASCADE_BLOB_URL=s3://bucket", "CASCADE_RECORDING_HOSTS=media.example.com,.store.example.com", "CASCADE_RECORDING_MAX_MB=100",
		"CASCADE_RECORDING_WORKERS=8", "CASCADE_SPOOL_DIR=/var/spool",
		"CASCADE_BLOB_URL=s3://bucket", "CASCADE_DECISION_LOG_URL=https://siem.example/in", "CASCADE_DECISION_LOG_TOKEN_FILE=/run/siem",
		"CASCADE_TRUSTED_PROXIES=10.0.0.0/8,fd00::/8", "CASCADE_NODES=3",
		"CASCADE_ADDRESS_LIMIT=60", "CASCADE_DRAIN_DELAY=0s", "OTEL_EXPORTER_OTLP_ENDPOINT=http://otel:4318", "OTEL_SERVICE_NAME=x",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Addr: "0.0.0.0:80", MetricsAddr: "10.0.0.1:9000", PublicURL: "https://api.example.com",
		Origins:     []string{"https://app.example.com", "http://localhost:3000"},
		DatabaseURL: "postgres://cascade_app:s@db/cascade", OwnerDatabaseURL: "postgres://owner@db/cascade",
		RedisURL: "redis://r:6379/1", JWTIssuer: "https://id.example/auth/v1", JWTAudience: "authenticated",
		JWKSURL: "https://id.example/keys", SealKeyFile: "/run/seal", SecretsKeysetFile: "/run/keyset", BlobURL: "s3://bucket",
		RecordingHosts: fetch.Hosts{"media.example.com", ".store.example.com"}, RecordingMaxMB: 100, RecordingWorkers: 8, SpoolDir: "/var/spool",
		DecisionLogURL: "https://siem.example/in", DecisionLogTokenFile: "/run/siem",
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")},
		Nodes:          3, AddressLimit: 60, OTLPEndpoint: "http://otel:4318",
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	empty, err := FromEnv([]string{"CASCADE_NODES="})
	if err != nil || empty.Addr != ":8080" || empty.Nodes != 1 || empty.DrainDelay != 3*time.Second || empty.MetricsAddr == "" {
		t.Errorf("defaults: %+v, %v", empty, err)
	}
}

// Every setting that does not read is named at once, and no value is shown.
func TestMalformedSettingsAreNamed(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	for _, tc := range []struct{ line, names string }{
		{"CASCADE_ADDR=" + secret, "CASCADE_ADDR"},
		{"CASCADE_ADDR=:70000", "CASCADE_ADDR"},
		{"CASCADE_METRICS_ADDR=:", "CASCADE_METRICS_ADDR"},
		{"CASCADE_PUBLIC_URL=ftp://" + secret, "CASCADE_PUBLIC_URL"},
		{"CASCADE_PUBLIC_URL=https://u:" + secret + "@host", "CASCADE_PUBLIC_URL"},
		{"CASCADE_ORIGINS=https://a.example/" + secret, "CASCADE_ORIGINS"},
		{"CASCADE_ORIGINS=*", "CASCADE_ORIGINS"},
		{"DATABASE_URL=postgres://u:" + secret + "@h:port/x", "DATABASE_URL"},
		{"CASCADE_OWNER_DATABASE_URL=postgres://u:" + secret + "@h:port/x", "CASCADE_OWNER_DATABASE_URL"},
		{"REDIS_URL=" + secret, "REDIS_URL"},
		{"CASCADE_JWKS_URL=" + secret, "CASCADE_JWKS_URL"},
		{"CASCADE_BLOB_URL=" + secret, "CASCADE_BLOB_URL"},
		{"CASCADE_RECORDING_HOSTS=.com," + secret, "CASCADE_RECORDING_HOSTS"},
		{"CASCADE_RECORDING_MAX_MB=" + secret, "CASCADE_RECORDING_MAX_MB"},
		{"CASCADE_RECORDING_WORKERS=0", "CASCADE_RECORDING_WORKERS"},
		{"CASCADE_DECISION_LOG_URL=" + secret, "CASCADE_DECISION_LOG_URL"},
		{"CASCADE_TRUSTED_PROXIES=" + secret, "CASCADE_TRUSTED_PROXIES"},
		{"CASCADE_NODES=0", "CASCADE_NODES"},
		{"CASCADE_ADDRESS_LIMIT=-1", "CASCADE_ADDRESS_LIMIT"},
		{"CASCADE_DRAIN_DELAY=1h", "CASCADE_DRAIN_DELAY"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=" + secret, "OTEL_EXPORTER_OTLP_ENDPOINT"},
		{"CASCADE_SEALKEY=" + secret, "CASCADE_SEALKEY: no such setting"},
	} {
		_, err := FromEnv([]string{"CASCADE_TYPO=" + secret, tc.line})
		if err == nil || !strings.Contains(err.Error(), tc.names) || !strings.Contains(err.Error(), "CASCADE_TYPO: no such setting") {
			t.Errorf("%s: %v", tc.names, err)
			continue
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: a value is shown: %v", tc.names, err)
		}
	}
}

func TestTheHelpNamesEverySetting(t *testing.T) {
	t.Parallel()
	help := SettingsHelp()
	for _, s := range settings() {
		if !strings.Contains(help, s.name) || s.help == "" {
			t.Errorf("%s is not explained", s.name)
		}
	}
}
