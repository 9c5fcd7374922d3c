package dev_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/server"
	"github.com/voxanne/cascade/server/dev"
)

const calls = `{ calls(first: 50) { totalCount nodes { callerName summary transcript { text } } } }`

// One server, and what anybody can do with what it tells of itself.
func TestADevelopmentServer(t *testing.T) {
	t.Parallel()
	r := start(t, dev.Config{DataDir: t.TempDir()})
	t.Run("everybody gets in and sees what is theirs", r.everybodyGetsIn)
	t.Run("its directory is its own", r.isAlone)
	t.Run("its secrets are private", r.keepsSecrets)
	t.Run("its walls stand", r.isWhole)
	t.Run("the page and the key are served", r.servesThePage)
	t.Run("what it says to try works", r.introducesItself)
}

func (r *running) everybodyGetsIn(t *testing.T) {
	t.Parallel()
	canaries := map[string]string{
		"sunrise-dental": "canary-sunrise", "harbor-skin": "canary-harbor", "northside-physio": "canary-northside",
	}
	if len(r.Orgs) != 3 || len(r.Platform) != 5 {
		t.Fatalf("%d clinics, %d of the platform", len(r.Orgs), len(r.Platform))
	}
	for _, org := range r.Orgs {
		for _, m := range org.Members {
			answer := r.ask(t, m.Token, "", calls)
			for slug, canary := range canaries {
				if strings.Contains(answer, canary) != (slug == org.Slug) {
					t.Errorf("%s of %s, looking for %s: %.300s", m.Email, org.Slug, canary, answer)
				}
			}
		}
	}
	// Who works for two clinics may ask about either, and about no third.
	locum := r.Orgs[0].Members[4].Token
	if answer := r.ask(t, locum, r.Orgs[1].Slug, calls); !strings.Contains(answer, "canary-harbor") || strings.Contains(answer, "canary-sunrise") {
		t.Errorf("the locum, about another clinic: %.300s", answer)
	}
	answer := r.ask(t, r.Partner.APIKey, "", calls)
	if !strings.Contains(answer, "canary-sunrise") || strings.Contains(answer, "canary-harbor") || !strings.Contains(answer, `"transcript":null`) {
		t.Errorf("the partner: %.300s", answer)
	}
	for _, p := range r.Platform {
		answer := r.ask(t, p.Token, "", `{ viewer { kind mfa } }`)
		if want := `{"kind":"` + strings.ToUpper(p.Kind) + `","mfa":true}`; !strings.Contains(answer, want) {
			t.Errorf("%s: %s", p.Email, answer)
		}
		if answer := r.ask(t, p.Token, "", calls); strings.Contains(answer, "canary") {
			t.Errorf("%s sees calls: %.300s", p.Email, answer)
		}
	}
}

// What is stopped leaves nothing but its data, and a second start finds it.
func TestARestartKeepsWhatWasThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, dev.Config{DataDir: dir})
	token := first.Orgs[0].Members[0].Token
	first.ask(t, token, "", `mutation { updateOrganization(input: {name: "Sunrise & Sons"}) { organization { name } } }`)
	before := first.count(t, token)
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "dev.json")); !os.IsNotExist(err) {
		t.Errorf("dev.json is still there: %v", err)
	}
	second := start(t, dev.Config{DataDir: dir})
	if second.Orgs[0].Name != "Sunrise & Sons" {
		t.Errorf("the name is %q again", second.Orgs[0].Name)
	}
	if second.Orgs[0].Vapi.Secret != first.Orgs[0].Vapi.Secret || second.Partner.APIKey != first.Partner.APIKey {
		t.Error("the credentials of outsiders changed")
	}
	// The token of the first run, too: the issuer's key stays.
	if after := second.count(t, token); after != before || before < 300 {
		t.Errorf("%d calls, then %d", before, after)
	}
	if err := second.stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(t.Context(), second.OwnerDSN); err == nil {
		t.Error("Postgres still answers")
	}
	third := start(t, dev.Config{DataDir: dir, Fresh: true})
	if third.Orgs[0].Name != "Sunrise Dental" {
		t.Errorf("--fresh kept the name %q", third.Orgs[0].Name)
	}
}

func (r *running) isAlone(t *testing.T) {
	t.Parallel()
	err := dev.Run(t.Context(), dev.Config{Addr: "127.0.0.1:0", DataDir: r.dir, Fresh: true})
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second server on the same data: %v", err)
	}
	err = dev.Run(t.Context(), dev.Config{Addr: strings.TrimPrefix(r.URL, "http://"), DataDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("a second server on the same port: %v", err)
	}
	if _, err := os.Stat(filepath.Join(r.dir, "dev.json")); err != nil {
		t.Errorf("the first one's dev.json: %v", err)
	}
	if answer := r.ask(t, r.Orgs[0].Members[0].Token, "", `{ viewer { kind } }`); !strings.Contains(answer, "MEMBER") {
		t.Errorf("the first one: %s", answer)
	}
}

// check says so of a development server that runs, as it would in production.
func (r *running) isWhole(t *testing.T) {
	t.Parallel()
	config, err := server.DataConfig(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	facts := server.Check(t.Context(), config, true)
	if len(facts) < 100 {
		t.Errorf("%d facts", len(facts))
	}
	for _, hole := range server.Holes(facts) {
		t.Error(hole)
	}
}

func (r *running) keepsSecrets(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dev.json", "seal.key", "keyset.json", "issuer.key", "postgres.log"} {
		info, err := os.Stat(filepath.Join(r.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", name, info.Mode())
		}
	}
	key, err := os.ReadFile(filepath.Join(r.dir, "seal.key"))
	if err != nil || !strings.HasPrefix(string(key), "dev-") {
		t.Errorf("the seal key does not say that it is for development: %v", err)
	}
}

func (r *running) servesThePage(t *testing.T) {
	t.Parallel()
	get := func(url, accept string) string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", accept)
		return send(t, request, http.StatusOK)
	}
	page := get(r.GraphQL, "text/html")
	for _, want := range []string{"GraphiQL", "owner@sunrise-dental.test, owner of Sunrise Dental", "bridge-ehr, partner", "security@cascade.test"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if keys := get(r.URL+"/.well-known/jwks.json", "*/*"); !strings.Contains(keys, `"crv":"P-256"`) {
		t.Errorf("the issuer's keys: %s", keys)
	}
}

// A line to paste is a URL, headers and a body, in quotes that a shell takes off.
var pasted = regexp.MustCompile(`(?m)^  curl -si? (\S+)((?: -H '[^']*')+) -d '([^']*)'$`)

func (r *running) introducesItself(t *testing.T) {
	t.Parallel()
	lines := pasted.FindAllStringSubmatch(r.said.String(), -1)
	if len(lines) != 3 || !strings.Contains(r.said.String(), "\n  "+r.GraphQL+"\n") {
		t.Fatalf("%d lines to paste, or no page to look at", len(lines))
	}
	run := func(line []string, status int) string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, line[1], strings.NewReader(line[3]))
		if err != nil {
			t.Fatal(err)
		}
		for header := range strings.SplitSeq(strings.Trim(line[2], " '"), "' -H '") {
			name, value, _ := strings.Cut(strings.TrimPrefix(header, "-H '"), ": ")
			request.Header.Set(name, value)
		}
		return send(t, request, status)
	}
	before := run(lines[0], http.StatusOK)
	if !strings.Contains(before, "canary-sunrise") || strings.Contains(before, `"errors"`) || strings.Contains(before, "+15550140042") {
		t.Errorf("the dashboard's question: %.500s", before)
	}
	run(lines[1], http.StatusOK)
	after := run(lines[0], http.StatusOK)
	if !strings.Contains(after, "+15550140042") {
		t.Errorf("the call that was just begun is not among the first: %.500s", after)
	}
	if got := run(lines[2], http.StatusAccepted); !strings.Contains(got, "accepted") {
		t.Errorf("signing up: %s", got)
	}
}
