package random_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/random"
)

// question is one document of a round, drawn from its number.
type question struct {
	number  uint64
	who     *asker
	doc     random.Document
	kind    ast.Operation
	headers http.Header
}

func (r *round) question(number uint64) question {
	draw := newRand(r.seed, number)
	q := question{number: number, who: r.askers[draw.IntN(len(r.askers))], kind: ast.Query, headers: http.Header{}}
	// Whoever reads the first clinic and could write there only reads; all others
	// try to write too, those who may nothing among them.
	mayWriteA := q.who.rights.types[r.world.A] != nil && q.who.Roles[r.world.A] != policy.Viewer && q.who.Name != "key of A, for calls alone"
	share := 0.2
	if q.who.writer {
		share = 0.55
	}
	// What the platform's people may change in every clinic is told where they do it,
	// in server/rollout and server/emergency.
	writesWide := q.who.Kind == policy.Security || q.who.Kind == policy.Support || q.who.Kind == policy.Operator
	if !mayWriteA && !writesWide && draw.Float64() < share {
		q.kind = ast.Mutation
	}
	q.doc = q.who.draw.Document(draw, q.kind)
	if q.who.Credential != "" {
		q.headers.Set("Authorization", "Bearer "+q.who.Credential)
	}
	several := len(q.who.rights.types) > 1 || len(q.who.Grants) > 0
	if several && draw.Float64() < 0.8 || draw.Float64() < 0.03 {
		q.headers.Set("X-Cascade-Org", q.who.orgs[draw.IntN(len(q.who.orgs))])
	}
	if q.kind == ast.Mutation && draw.Float64() < 0.1 {
		q.headers.Set("Idempotency-Key", fmt.Sprintf("key-%d", draw.IntN(20)))
	}
	return q
}

// named are the question's headers but the credential.
func (q question) named() http.Header {
	h := q.headers.Clone()
	h.Del("Authorization")
	return h
}

// send asks over HTTP, now and then by GET.
func (r *round) send(ctx context.Context, q question, d random.Document) (answer, error) {
	body, err := json.Marshal(map[string]any{"query": d.Text(), "variables": d.Variables})
	if err != nil {
		return answer{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header = q.headers.Clone()
	request.Header.Set("Content-Type", "application/json")
	if q.kind == ast.Query && q.number%8 == 0 {
		variables, err := json.Marshal(d.Variables)
		if err != nil {
			return answer{}, err
		}
		request.Method, request.Body, request.ContentLength = http.MethodGet, http.NoBody, 0
		request.URL.RawQuery = url.Values{"query": {d.Text()}, "variables": {string(variables)}}.Encode()
	}
	request.Header.Set("Accept", "application/graphql-response+json")
	response, err := r.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: response.StatusCode, header: response.Header, body: string(text)}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("an answer is no JSON: %s", text)
	}
	return a, nil
}
