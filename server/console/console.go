package console

import (
	"bytes"
	"crypto/rand"
	"embed"
	"html/template"
	"mime"
	"net/http"
	"strings"
)

//go:embed page.html assets
var files embed.FS

// Account is somebody whom a demonstration lets everyone be.
type Account struct {
	Name  string
	Token string // a bearer token; it is in the page for all to read
}

// Config says where the page and the API are.
type Config struct {
	// Path is where the handler is mounted, with a slash at its end; empty means
	// "/console/".
	Path string
	// GraphQLPath is the API's path on the same origin; empty means "/graphql".
	GraphQLPath string
	// Query is what the editor holds at first; empty means GraphiQL's greeting.
	Query string
	// Accounts are offered to send requests as, the first one chosen. Give them
	// in dev only: whoever may open the page has their tokens.
	Accounts []Account
}

// Handler serves the page, and its files below Path+"assets/". It answers GET
// and HEAD. Asked for any path that is not a file it serves the page, so that a
// server may also send browsers here that came to the API's own path.
func Handler(c Config) http.Handler {
	if c.Path == "" {
		c.Path = "/console/"
	}
	if c.GraphQLPath == "" {
		c.GraphQLPath = "/graphql"
	}
	h := &handler{
		config: c,
		page:   template.Must(template.ParseFS(files, "page.html")),
		assets: loadAssets(),
	}
	return h
}

// Wants reports whether r comes from a browser that looks for a page at the
// API's path, and not from a client of the API.
func Wants(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		!r.URL.Query().Has("query") &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}

type handler struct {
	config Config
	page   *template.Template
	assets map[string]asset
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if name, ok := strings.CutPrefix(r.URL.Path, h.config.Path+"assets/"); ok {
		if a, ok := h.assets[name]; ok {
			a.serve(w, r)
		} else {
			http.NotFound(w, r)
		}
		return
	}
	h.servePage(w)
}

// servePage writes the page under its policy. It is not kept: it may hold
// tokens, and its nonce is for once.
func (h *handler) servePage(w http.ResponseWriter) {
	nonce := rand.Text()
	var body bytes.Buffer
	err := h.page.Execute(&body, struct {
		Config
		Nonce string
	}{h.config, nonce})
	if err != nil { // cannot be: the page is a part of the program
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	protect(w.Header(), nonce)
	w.Header().Set("Content-Type", mime.TypeByExtension(".html"))
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body.Bytes()) // a reader who went away is not our fault
}
