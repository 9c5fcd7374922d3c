package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// asset is one file of the page, kept as it was embedded: compressed where it is
// large.
type asset struct {
	mediaType  string
	etag       string
	compressed bool
	content    []byte
}

// loadAssets lists the embedded files by the name under which the page asks for
// them. It panics when the program was built without them.
func loadAssets() map[string]asset {
	assets := map[string]asset{}
	err := fs.WalkDir(files, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := files.ReadFile(name)
		if err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		public, compressed := strings.CutSuffix(strings.TrimPrefix(name, "assets/"), ".gz")
		mediaType := mime.TypeByExtension(path.Ext(public))
		if mediaType == "" {
			mediaType = "text/plain; charset=utf-8"
		}
		sum := sha256.Sum256(content)
		assets[public] = asset{
			mediaType:  mediaType,
			etag:       hex.EncodeToString(sum[:8]),
			compressed: compressed,
			content:    content,
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
	return assets
}

// serve writes the asset as it is, or expands it for a client that cannot. A
// browser asks each time whether it is still the same, so that a new binary's
// page never meets an old one's files.
func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.mediaType)
	h.Set("Cache-Control", "no-cache")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	content := a.content
	if a.compressed {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r) {
			h.Set("Content-Encoding", "gzip")
			h.Set("ETag", `"`+a.etag+`-gzip"`)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
			return
		}
		expanded, err := expand(content)
		if err != nil { // cannot be: a test expands every asset
			http.Error(w, "the file cannot be read", http.StatusInternalServerError)
			return
		}
		content = expanded
	}
	h.Set("ETag", `"`+a.etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// acceptsGzip is true when the client names gzip and does not refuse it.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == "gzip" {
			q, _ := strings.CutPrefix(strings.TrimSpace(weight), "q=")
			return strings.Trim(q, "0.") != "" || q == ""
		}
	}
	return false
}

func expand(content []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("opening a compressed asset: %w", err)
	}
	expanded, err := io.ReadAll(reader)
	if err != nil {
		return nil, fmt.Errorf("expanding an asset: %w", err)
	}
	return expanded, reader.Close()
}
