package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// DefaultMaxBody is the largest request body in bytes where none is configured.
const DefaultMaxBody = 1 << 20

// keepBuffer is the largest buffer that goes back to the pool: a rare giant
// must not stay in memory for ever.
const keepBuffer = 256 << 10

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func getBuffer() *bytes.Buffer {
	buf, ok := buffers.Get().(*bytes.Buffer)
	if !ok { // cannot be: the pool makes nothing else
		return new(bytes.Buffer)
	}
	buf.Reset()
	return buf
}

func putBuffer(buf *bytes.Buffer) {
	if buf.Cap() <= keepBuffer {
		buffers.Put(buf)
	}
}

// readBody decodes the parameters of a POST of at most limit bytes. What it
// refuses before knowing it for a GraphQL request is a Problem; a body that is
// no GraphQL request is an error list. Neither repeats anything of the body.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) (*graphql.RawParams, *Problem, gqlerror.List) {
	if !isJSON(r.Header.Get("Content-Type")) {
		p := bad(http.StatusUnsupportedMediaType, "send application/json, in UTF-8")
		return nil, &p, nil
	}
	if limit <= 0 {
		limit = DefaultMaxBody
	}
	start := graphql.Now()
	buf := getBuffer()
	defer putBuffer(buf)
	if err := fill(buf, w, r, limit); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return nil, &Problem{
				Status: http.StatusRequestEntityTooLarge, Code: codeTooComplex,
				Detail: "the request body is too large", Limit: &Limit{Name: "body", Max: limit},
			}, nil
		}
		p := bad(http.StatusBadRequest, "the request body did not arrive whole")
		return nil, &p, nil
	}
	params, errs := decodeParams(buf.Bytes())
	if errs != nil {
		return nil, nil, errs
	}
	params.Headers = r.Header
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	return params, nil, nil
}

// fill reads the body whole. A length that is announced and too large is
// refused unread.
func fill(buf *bytes.Buffer, w http.ResponseWriter, r *http.Request, limit int64) error {
	if r.ContentLength > limit {
		return &http.MaxBytesError{Limit: limit}
	}
	_, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, limit))
	return err
}

// decodeParams reads one JSON object and nothing after it. The parameters have
// the types that the specification gives them, and null means absent.
func decodeParams(body []byte) (*graphql.RawParams, gqlerror.List) {
	body = bytes.TrimLeft(body, " \t\r\n")
	switch {
	case len(body) == 0:
		return nil, inputError("the request body is empty")
	case body[0] == '[':
		return nil, inputError("batching is not supported: send one request at a time")
	case !utf8.Valid(body):
		return nil, inputError("the request body is not UTF-8")
	}
	params := new(graphql.RawParams)
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // a 64-bit integer must not become a float
	if err := decoder.Decode(params); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
			return nil, inputError("%s must not be a JSON %s", wrong.Field, wrong.Value)
		}
		return nil, inputError("the request body is not a JSON object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, inputError("the request body goes on after the JSON object")
	}
	return params, hasQuery(params)
}

// readURL decodes the parameters of a GET.
func readURL(r *http.Request) (*graphql.RawParams, gqlerror.List) {
	start := graphql.Now()
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, inputError("the query string is malformed")
	}
	params := &graphql.RawParams{
		Query:         query.Get("query"),
		OperationName: query.Get("operationName"),
		Headers:       r.Header,
	}
	if !utf8.ValidString(params.Query) {
		return nil, inputError("query is not UTF-8")
	}
	if err := decodeMap(query.Get("variables"), &params.Variables); err != nil {
		return nil, inputError("variables is not a JSON object")
	}
	if err := decodeMap(query.Get("extensions"), &params.Extensions); err != nil {
		return nil, inputError("extensions is not a JSON object")
	}
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	return params, hasQuery(params)
}

func decodeMap(text string, target *map[string]any) error {
	if text == "" {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(target); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("goes on after the object")
	}
	return nil
}

// hasQuery refuses a request without a document. One with extensions may name
// a document that the server keeps, and is for an extension of the server to read.
func hasQuery(params *graphql.RawParams) gqlerror.List {
	if params.Query == "" && len(params.Extensions) == 0 {
		return inputError("query is missing")
	}
	return nil
}

func inputError(format string, args ...any) gqlerror.List {
	err := gqlerror.Errorf(format, args...)
	err.Extensions = map[string]any{"code": codeBadInput}
	return gqlerror.List{err}
}
