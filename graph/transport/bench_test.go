package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	gqltransport "github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/graph/transport"
)

// sink keeps nothing, so that the transport alone is measured.
type sink struct{ header http.Header }

func (s sink) Header() http.Header         { return s.header }
func (s sink) Write(p []byte) (int, error) { return len(p), nil }
func (s sink) WriteHeader(int)             {}

// BenchmarkPOST compares this package's POST with gqlgen's, for one object and
// for a list of fifty, with resolvers that cost nothing.
func BenchmarkPOST(b *testing.B) {
	for _, rows := range []int{1, 50} {
		data := []byte(`{"hello":[`)
		for i := range rows {
			data = fmt.Appendf(data, `{"id":"0198c8f0-7b1c-7c3e-9d51-%012d","status":"COMPLETED","startedAt":"2026-01-02T03:04:05Z",`+
				`"duration":%d,"from":"+15550100","agent":{"id":"1","name":"Front desk"},"summary":"wants an appointment"},`, i, i)
		}
		data = append(bytes.TrimSuffix(data, []byte(",")), `]}`...)
		for name, t := range map[string]graphql.Transport{"ours": transport.POST{}, "stock": gqltransport.POST{}} {
			b.Run(fmt.Sprintf("%s/rows=%d", name, rows), func(b *testing.B) {
				es := schema()
				es.ExecFunc = func(context.Context) graphql.ResponseHandler {
					return graphql.OneShot(&graphql.Response{Data: json.RawMessage(data)})
				}
				srv := handler.New(es)
				srv.AddTransport(t)
				srv.SetQueryCache(lru.New[*ast.QueryDocument](10))
				body := []byte(`{"query":"query Calls($name: String) { hello(name: $name) }","variables":{"name":"a"}}`)
				b.ReportAllocs()
				for b.Loop() {
					req := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/", bytes.NewReader(body))
					req.Header.Set("Content-Type", legacy)
					srv.ServeHTTP(sink{http.Header{}}, req)
				}
			})
		}
	}
}
