package fetch_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/voxanne/cascade/server/recording/fetch"
)

const limit = 1 << 20

var (
	wav = append([]byte("RIFF\x24\x00\x00\x00WAVEfmt "), bytes.Repeat([]byte{1}, 1000)...) //nolint:gochecknoglobals // immutable
	mp3 = append([]byte{0xFF, 0xFB, 0x90, 0x00}, bytes.Repeat([]byte{2}, 1000)...)         //nolint:gochecknoglobals // immutable
	id3 = append([]byte("ID3\x04"), bytes.Repeat([]byte{3}, 1000)...)                      //nolint:gochecknoglobals // immutable
	ogg = append([]byte("OggS\x00"), bytes.Repeat([]byte{4}, 1000)...)                     //nolint:gochecknoglobals // immutable
)

// says answers with a type and a body.
func says(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(body)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func to(address string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, address, http.StatusFound) }
}

// raw answers with bytes of HTTP, whatever they promise, and hangs up.
func raw(t *testing.T, text string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\n"+text+"\r\n")
		_, _ = conn.Write(body)
		_ = conn.Close()
	}
}

// classOf is what a fetch of address came to.
func classOf(ctx context.Context, f *fetch.Fetcher, address string, dst io.Writer) (fetch.Recording, fetch.Class) {
	got, err := f.Fetch(ctx, address, dst)
	if err == nil {
		return got, ""
	}
	var failed *fetch.Failure
	if !errors.As(err, &failed) {
		return got, "no failure: " + fetch.Class(err.Error())
	}
	return got, failed.Class
}

// What is sound comes whole, by either name of its type, and after a redirect.
func TestSoundIsFetched(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		said, kept string
		body       []byte
	}{
		"wav": {"audio/x-wav", "audio/wav", wav}, "wav by its own name": {"audio/wav", "audio/wav", wav},
		"mp3": {"audio/mpeg", "audio/mpeg", mp3}, "mp3 with a tag": {"audio/mp3; charset=x", "audio/mpeg", id3},
		"ogg": {"application/ogg", "audio/ogg", ogg}, "bytes": {"application/octet-stream", "audio/wav", wav},
		"as large as may be": {"audio/wav", "audio/wav", append(wav[:12:12], make([]byte, limit-12)...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			s := httptest.NewServer(mux)
			defer s.Close()
			mux.HandleFunc("/sound", says(test.said, test.body))
			mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
				http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
				http.Redirect(w, r, "/sound?signature=x", http.StatusFound)
			})
			f := fetch.New(fetch.Config{MaxBytes: limit, Loopback: true})
			for _, path := range []string{"/sound", "/moved"} {
				var dst bytes.Buffer
				got, class := classOf(t.Context(), f, s.URL+path, &dst)
				want := fetch.Recording{Type: test.kept, Bytes: int64(len(test.body)), SHA256: sha256.Sum256(test.body)}
				if class != "" || got != want || !bytes.Equal(dst.Bytes(), test.body) {
					t.Errorf("%s: %+v, %s", path, got, class)
				}
			}
		})
	}
}

// Whatever a bad source sends is a failure of its class, and no more than the
// limit is ever kept.
func TestBadSources(t *testing.T) {
	t.Parallel()
	endless := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "audio/wav")
		_, _ = w.Write(wav)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}
	silent := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "audio/wav")
		_, _ = w.Write(wav)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   fetch.Class
	}{
		"HTML":                       {says("text/html", []byte("<html>no</html>")), fetch.Type},
		"HTML that says it is sound": {says("audio/wav", []byte("<!doctype html><html>")), fetch.Content},
		"HTML as bytes":              {says("application/octet-stream", []byte("<!doctype html><html>")), fetch.Content},
		"one sound as another":       {says("audio/mpeg", wav), fetch.Content},
		"a type of nothing":          {says("", wav), fetch.Type},
		"3 GB claimed":               {raw(t, "Content-Length: 3221225472\r\n", wav), fetch.TooLarge},
		"an endless stream":          {endless, fetch.TooLarge},
		"one byte too many":          {says("audio/wav", append(wav[:12:12], make([]byte, limit-11)...)), fetch.TooLarge},
		"less than promised":         {raw(t, "Content-Length: 500000\r\n", wav), fetch.Truncated},
		"less than a head":           {raw(t, "Content-Length: 500000\r\n", wav[:5]), fetch.Truncated},
		"an end that is no end":      {raw(t, "Connection: close\r\n", wav), fetch.Truncated},
		"a chunk cut off":            {raw(t, "Transfer-Encoding: chunked\r\n", []byte("ffff\r\nRIFF....WAVE")), fetch.Truncated},
		"compressed":                 {raw(t, "Content-Encoding: gzip\r\nContent-Length: 5\r\n", []byte("\x1f\x8babc")), fetch.Type},
		"empty":                      {says("audio/wav", nil), fetch.Empty},
		"a few bytes":                {says("audio/wav", []byte("RIFF")), fetch.Content},
		"silence":                    {silent, fetch.Timeout},
		"401":                        {status(401), fetch.Unauthorized},
		"403":                        {status(403), fetch.Unauthorized},
		"404":                        {status(404), fetch.NotFound},
		"410":                        {status(410), fetch.NotFound},
		"429":                        {status(429), fetch.RateLimited},
		"500":                        {status(500), fetch.Provider},
		"503":                        {status(503), fetch.Provider},
		"204":                        {status(204), fetch.Provider},
		"206":                        {status(206), fetch.Provider},
		"a redirect to metadata":     {to("http://169.254.169.254/latest/meta-data/"), fetch.Address},
		"the same over TLS":          {to("https://169.254.169.254/latest/meta-data/"), fetch.Host},
		"a redirect to a file":       {to("file:///etc/passwd"), fetch.Address},
		"a redirect off the list":    {to("https://elsewhere.example/x"), fetch.Host},
		"to plain http":              {to("http://media.example.test/x"), fetch.Address},
		"two redirects":              {to("/again"), fetch.Redirects},
		"a redirect to nowhere":      {status(302), fetch.Redirects},
		"with a password":            {to("https://a:b@media.example.test/x"), fetch.Address},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			s := httptest.NewServer(mux)
			mux.HandleFunc("/", test.answer)
			mux.HandleFunc("/again", to("/sound"))
			mux.HandleFunc("/sound", says("audio/wav", wav))
			defer s.Close()
			c := fetch.Config{MaxBytes: limit, Loopback: true, Hosts: fetch.Hosts{"media.example.test"}}
			if name == "silence" {
				c.Pause = 100 * time.Millisecond
			}
			dst := &counting{}
			_, class := classOf(t.Context(), fetch.New(c), s.URL+"/x?signature=secret", dst)
			if class != test.want {
				t.Errorf("%s, want %s", class, test.want)
			}
			if dst.n > limit+1 {
				t.Errorf("%d bytes were kept", dst.n)
			}
		})
	}
}

type counting struct{ n int }

func (c *counting) Write(p []byte) (int, error) {
	c.n += len(p)
	return len(p), nil
}

// A name is looked up, and each address that it has is judged before it is
// dialled, whatever the name was allowed for.
func TestNamesThatLeadInside(t *testing.T) {
	t.Parallel()
	addresses := map[string]string{
		"metadata.example.test": "169.254.169.254", "private.example.test": "10.1.2.3", "office.example.test": "192.168.1.1", "lan.example.test": "172.31.255.255",
		"cgnat.example.test": "100.100.100.200", "local.example.test": "127.0.0.1", "nothing.example.test": "0.0.0.0", "many.example.test": "224.0.0.1",
		"broadcast.example.test": "255.255.255.255", "bench.example.test": "198.19.0.1", "six.example.test": "::1", "ula.example.test": "fd00:ec2::254",
		"link.example.test": "fe80::1", "mapped.example.test": "::ffff:10.0.0.1", "nat64.example.test": "64:ff9b::a00:1", "sixtofour.example.test": "2002:a00:1::1",
		"teredo.example.test": "2001:0:a00:1::1", "unspecified.example.test": "::", "site.example.test": "fec0::1", "wire.example.test": "168.63.129.16",
	}
	f := fetch.New(fetch.Config{Hosts: fetch.Hosts{".example.test"}, Resolver: names(t, addresses)})
	for name, address := range addresses {
		if _, class := classOf(t.Context(), f, "https://"+name+"/x", io.Discard); class != fetch.Private {
			t.Errorf("%s at %s: %s", name, address, class)
		}
	}
	if _, class := classOf(t.Context(), f, "https://absent.example.test/x", io.Discard); class != fetch.Network {
		t.Errorf("a name that nobody has: %s", class)
	}
	for _, address := range []string{
		"http://public.example.test/x", "https://127.0.0.1/x", "https://[::1]/x", "https://[::ffff:169.254.169.254]/", "https://2130706433/", "https://0x7f.1/",
		"https://evil-example.test/x", "https://example.test/x", "https://example.test.evil.com/x", "https://public.example.test:22/x",
		"https://public.example.test@evil.com/x", "https://PUBLIC.example.test./x", "https://public。example.test/x", "//public.example.test/x", "ftp://public.example.test/x", "://", "https:public.example.test",
	} {
		if _, class := classOf(t.Context(), f, address, io.Discard); class != fetch.Address && class != fetch.Host {
			t.Errorf("%s: %s", address, class)
		}
	}
}

// names answers questions of DNS over UDP.
func names(t *testing.T, addresses map[string]string) *net.Resolver {
	t.Helper()
	var listen net.ListenConfig
	conn, err := listen.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var q dnsmessage.Message
			if q.Unpack(buffer[:n]) != nil || len(q.Questions) != 1 {
				continue
			}
			answer := dnsmessage.Message{Header: dnsmessage.Header{ID: q.ID, Response: true, Authoritative: true}, Questions: q.Questions}
			ip := net.ParseIP(addresses[strings.TrimSuffix(q.Questions[0].Name.String(), ".")])
			head := dnsmessage.ResourceHeader{Name: q.Questions[0].Name, Class: dnsmessage.ClassINET, TTL: 1}
			v4 := strings.Contains(addresses[strings.TrimSuffix(q.Questions[0].Name.String(), ".")], ".") && !strings.Contains(addresses[strings.TrimSuffix(q.Questions[0].Name.String(), ".")], ":")
			switch {
			case ip == nil:
				answer.RCode = dnsmessage.RCodeNameError
			case v4 && q.Questions[0].Type == dnsmessage.TypeA:
				answer.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AResource{A: [4]byte(ip.To4())}}}
			case !v4 && q.Questions[0].Type == dnsmessage.TypeAAAA:
				answer.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AAAAResource{AAAA: [16]byte(ip.To16())}}}
			}
			if packed, err := answer.Pack(); err == nil {
				_, _ = conn.WriteTo(packed, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// No error shows the address, which is a secret.
func TestErrorsHoldNoAddress(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(to("/x"))
	gone := s.URL
	defer s.Close()
	f := fetch.New(fetch.Config{Loopback: true})
	for _, address := range []string{gone + "/?signature=secret", "https://secret.example/x", "http://127.0.0.1:1/secret", "http://[::1]:namedport/secret", "secret://x"} {
		_, err := f.Fetch(t.Context(), address, io.Discard)
		if err == nil || strings.Contains(fmt.Sprintf("%v %s", err, err.Error()), "secret") {
			t.Errorf("%v", err)
		}
	}
}

// A list of hosts is names of hosts, each that one or all below.
func TestHosts(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"media.example.com": true, " Media.Example.com , .store.example.com": true, ".example.com": true,
		"": false, ".com": false, "*.example.com": false, "https://example.com": false, "example.com:443": false, "10.0.0.1": false, "exämple.com": false, "a..b": false, ",": false, "a/b": false,
	} {
		if hosts, err := fetch.ParseHosts(text); (err == nil) != ok {
			t.Errorf("%q: %v, %v", text, hosts, err)
		}
	}
}
