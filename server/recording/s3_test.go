package recording_test

import (
	"bytes"
	"crypto/md5"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/voxanne/cascade/server/recording"
)

// simple is S3 as far as a store of recordings goes: one bucket, objects whole
// and in parts, ranges, lists in order. It refuses what is not signed.
type simple struct {
	*httptest.Server
	mu      sync.Mutex
	objects map[string]file
	uploads map[string]*upload
	forgets bool                       // what it was given, all but that it was
	fail    func(r *http.Request) bool // refuses those
}

type file struct {
	body []byte
	kind string
	at   time.Time
}

type upload struct {
	key, kind string
	at        time.Time
	parts     map[int][]byte
}

const bucketName = "recordings"

func newSimple(t testing.TB) *simple {
	t.Helper()
	s := &simple{objects: map[string]file{}, uploads: map[string]*upload{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// onS3 gives a stage a bucket for a store.
func onS3(t testing.TB, s *stage) *stage {
	t.Helper()
	s.s3 = newSimple(t)
	b, err := recording.OpenBucket(t.Context(), "s3://"+bucketName+"?region=x&use_path_style=true&endpoint="+s.s3.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	if err := b.Reachable(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.config.Store = b
	s.open()
	return s
}

func (s *simple) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	q := r.URL.Query()
	switch {
	case s.fail != nil && s.fail(r):
		s.refuse(w, http.StatusForbidden, "AccessDenied") // what clients do not try again
	case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential="):
		s.refuse(w, http.StatusForbidden, "AccessDenied")
	case bucket != bucketName:
		s.refuse(w, http.StatusNotFound, "NoSuchBucket")
	case key == "" && r.Method == http.MethodGet && q.Has("uploads"):
		s.listUploads(w, q.Get("prefix"))
	case key == "" && r.Method == http.MethodGet:
		s.list(w, q.Get("prefix"), q.Get("continuation-token"), q.Get("max-keys"))
	case r.Method == http.MethodPost && q.Has("uploads"):
		id := "u" + strconv.Itoa(len(s.uploads))
		s.uploads[id] = &upload{key, r.Header.Get("Content-Type"), time.Now(), map[int][]byte{}}
		s.say(w, struct {
			XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
			Key      string
			UploadID string `xml:"UploadId"`
		}{Key: key, UploadID: id})
	case q.Has("uploadId"):
		s.part(w, r, q.Get("uploadId"), q.Get("partNumber"))
	case r.Method == http.MethodPut:
		body := content(r)
		s.objects[key] = file{body, r.Header.Get("Content-Type"), time.Now()}
		w.Header().Set("ETag", etag(body))
	case r.Method == http.MethodDelete:
		delete(s.objects, key)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		f, ok := s.objects[key]
		if !ok {
			s.refuse(w, http.StatusNotFound, "NoSuchKey")
			return
		}
		w.Header().Set("Content-Type", f.kind)
		w.Header().Set("ETag", etag(f.body))
		http.ServeContent(w, r, "", f.at, bytes.NewReader(f.body))
	default:
		s.refuse(w, http.StatusNotImplemented, "NotImplemented")
	}
}

// part serves what is about one upload in parts.
func (s *simple) part(w http.ResponseWriter, r *http.Request, id, number string) {
	u := s.uploads[id]
	switch {
	case u == nil:
		s.refuse(w, http.StatusNotFound, "NoSuchUpload")
	case r.Method == http.MethodPut:
		n, _ := strconv.Atoi(number)
		u.parts[n] = content(r)
		w.Header().Set("ETag", etag(u.parts[n]))
		if s.forgets {
			u.parts[n] = nil
		}
	case r.Method == http.MethodDelete:
		delete(s.uploads, id)
		w.WriteHeader(http.StatusNoContent)
	default:
		var body []byte
		for n := 1; n <= len(u.parts); n++ {
			body = append(body, u.parts[n]...)
		}
		s.objects[u.key] = file{body, u.kind, time.Now()}
		delete(s.uploads, id)
		s.say(w, struct {
			XMLName   xml.Name `xml:"CompleteMultipartUploadResult"`
			Key, ETag string
		}{Key: u.key, ETag: etag(body)})
	}
}

func (s *simple) list(w http.ResponseWriter, prefix, after, most string) {
	type entry struct {
		Key, LastModified, ETag string
		Size                    int
	}
	out := struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Name                  string
		IsTruncated           bool
		NextContinuationToken string
		Contents              []entry
	}{Name: bucketName}
	limit, _ := strconv.Atoi(most)
	var keys []string
	for key := range s.objects {
		if strings.HasPrefix(key, prefix) && key > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		if len(out.Contents) == max(min(limit, 3), 1) { // pages are short, so that there are several
			out.IsTruncated, out.NextContinuationToken = true, out.Contents[len(out.Contents)-1].Key
			break
		}
		f := s.objects[key]
		out.Contents = append(out.Contents, entry{key, f.at.UTC().Format(time.RFC3339), etag(f.body), len(f.body)})
	}
	s.say(w, out)
}

func (s *simple) listUploads(w http.ResponseWriter, prefix string) {
	type entry struct {
		Key       string
		UploadID  string `xml:"UploadId"`
		Initiated string
	}
	out := struct {
		XMLName xml.Name `xml:"ListMultipartUploadsResult"`
		Upload  []entry
	}{}
	for id, u := range s.uploads {
		if strings.HasPrefix(u.key, prefix) {
			out.Upload = append(out.Upload, entry{u.key, id, u.at.UTC().Format(time.RFC3339)})
		}
	}
	s.say(w, out)
}

func (*simple) say(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(v)
}

func (*simple) refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", code)
}

func etag(body []byte) string { return fmt.Sprintf(`"%x"`, md5.Sum(body)) }

// content is what a client uploads: plain, or in the chunks that carry a checksum
// at their end (aws-chunked).
func content(r *http.Request) []byte {
	body, _ := io.ReadAll(r.Body)
	if !strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") && r.Header.Get("X-Amz-Decoded-Content-Length") == "" {
		return body
	}
	var out []byte
	for {
		line, rest, _ := bytes.Cut(body, []byte("\r\n"))
		size, _, _ := strings.Cut(string(line), ";")
		n, err := strconv.ParseInt(size, 16, 64)
		if err != nil || n == 0 || int64(len(rest)) < n+2 {
			return out
		}
		out, body = append(out, rest[:n]...), rest[n+2:]
	}
}

// keys are those of the objects that are there.
func (s *simple) keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for key := range s.objects {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
