package console_test

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/server/console"
)

// get asks handler for path, with headers as "Name: value".
func get(h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, path, nil)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		req.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	h := console.Handler(console.Config{})
	nonce := regexp.MustCompile(`'nonce-([A-Z2-7]{26})'`)
	seen := map[string]bool{}
	for range 3 {
		page := get(h, "/console/")
		policy := page.Header().Get("Content-Security-Policy")
		found := nonce.FindStringSubmatch(policy)
		if found == nil || seen[found[1]] {
			t.Fatalf("no new nonce in %q", policy)
		}
		seen[found[1]] = true
		want := "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + found[1] + "'; connect-src 'self'; " +
			"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
		if diff := cmp.Diff(want, policy); diff != "" {
			t.Error(diff)
		}
		if !strings.Contains(page.Body.String(), `nonce="`+found[1]+`"`) {
			t.Error("the page does not know its nonce")
		}
		if page.Header().Get("Cache-Control") != "no-store" {
			t.Error("a page with tokens may be kept")
		}
	}
}

// The page is whole without a network: everything that it names is served, and
// it names nothing elsewhere, nor anything inline.
func TestPageStandsAlone(t *testing.T) {
	t.Parallel()
	h := console.Handler(console.Config{Path: "/try/"})
	page := get(h, "/try/").Body.String()
	names := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(names) < 8 {
		t.Fatalf("the page names only %d files", len(names))
	}
	for _, name := range names {
		asset := get(h, name[1])
		if asset.Code != http.StatusOK || !strings.HasPrefix(name[1], "/try/assets/") {
			t.Errorf("%s: status %d", name[1], asset.Code)
		}
		if strings.HasPrefix(name[1], "/try/assets/vendor/") {
			continue
		}
		if found := regexp.MustCompile(`https?://[^"]*`).FindString(asset.Body.String()); found != "" && found != "http://www.w3.org/2000/svg" {
			t.Errorf("%s names %s", name[1], found)
		}
	}
	if inline := regexp.MustCompile(`(?i)<style|<script>|\son\w+=|style=|javascript:|https?://`).FindString(page); inline != "" {
		t.Errorf("the page holds %q", inline)
	}
}

func TestAsset(t *testing.T) {
	t.Parallel()
	h := console.Handler(console.Config{})
	const name = "/console/assets/vendor/react.js"
	plain := get(h, name)
	if plain.Header().Get("Content-Encoding") != "" || !strings.Contains(plain.Body.String(), "React") {
		t.Error("a client that cannot expand got something else than text")
	}
	for accept, compressed := range map[string]bool{
		"gzip": true, "br, gzip;q=0.5": true, "gzip;q=0": false, "gzip; q=0.0, br": false, "br": false,
	} {
		if got := get(h, name, "Accept-Encoding: "+accept).Header().Get("Content-Encoding") == "gzip"; got != compressed {
			t.Errorf("Accept-Encoding %q: compressed is %t", accept, got)
		}
	}
	packed := get(h, name, "Accept-Encoding: gzip")
	expanded, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(expanded)
	if err != nil || string(text) != plain.Body.String() {
		t.Errorf("the compressed file is another: %v", err)
	}
	if packed.Header().Get("Etag") == plain.Header().Get("Etag") {
		t.Error("two forms of a file have one ETag")
	}
	again := get(h, name, "Accept-Encoding: gzip", "If-None-Match: "+packed.Header().Get("Etag"))
	if again.Code != http.StatusNotModified {
		t.Errorf("asked again: status %d", again.Code)
	}
	for _, path := range []string{"/console/assets/none.js", "/console/assets/vendor/react.js.gz", "/console/assets/../page.html"} {
		if got := get(h, path); got.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, got.Code)
		}
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	page := get(console.Handler(console.Config{
		GraphQLPath: "/api", Query: `{ hello(name: "<b>") }`,
		Accounts: []console.Account{{Name: "Ana <owner>", Token: `a"b`}, {Name: "Ben", Token: "c"}},
	}), "/console/").Body.String()
	for _, want := range []string{
		`<option value="a&#34;b">Ana &lt;owner&gt;</option>`, `<option value="c">Ben</option>`,
		`data-endpoint="/api"`, `data-query="{ hello(name: &#34;&lt;b&gt;&#34;) }"`, "cascade token",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if page := get(console.Handler(console.Config{}), "/console/").Body.String(); strings.Contains(page, "<option") {
		t.Error("there are accounts where none were given")
	}
}

func TestWants(t *testing.T) {
	t.Parallel()
	browser := "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	tests := map[string]struct {
		method, url, accept string
		want                bool
	}{
		"a browser":       {http.MethodGet, "/graphql", browser, true},
		"a link to query": {http.MethodGet, "/graphql?query={a}", browser, false},
		"a client":        {http.MethodGet, "/graphql", "application/json", false},
		"curl":            {http.MethodGet, "/graphql", "*/*", false},
		"a form":          {http.MethodPost, "/graphql", browser, false},
	}
	for name, test := range tests {
		req := httptest.NewRequest(test.method, test.url, nil)
		req.Header.Set("Accept", test.accept)
		if got := console.Wants(req); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestOnlyReading(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	console.Handler(console.Config{}).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/console/", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

// What is vendored is what vendor.sh made, and nothing else lies beside it.
func TestVendored(t *testing.T) {
	t.Parallel()
	sums, err := os.Open("assets/vendor/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	defer sums.Close()
	h := console.Handler(console.Config{})
	listed := map[string]bool{}
	for lines := bufio.NewScanner(sums); lines.Scan(); {
		sum, name, _ := strings.Cut(lines.Text(), "  ")
		listed[name+".gz"] = true
		got := sha256.Sum256(get(h, "/console/assets/vendor/"+name).Body.Bytes())
		if hex.EncodeToString(got[:]) != sum {
			t.Errorf("%s is not what vendor.sh made", name)
		}
	}
	found, err := filepath.Glob("assets/vendor/*.gz")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		if !listed[filepath.Base(path)] {
			t.Errorf("%s is not in SHA256SUMS", path)
		}
	}
	if len(found) != 6 {
		t.Errorf("%d files are vendored", len(found))
	}
}
