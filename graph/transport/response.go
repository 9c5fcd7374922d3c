package transport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
)

// appendResponse writes resp as the specification orders it: errors first, then
// data, then extensions. Data goes in as gqlgen wrote it: json.Marshal would
// read and compact every byte of it once more. Execution that did not start
// left no data, and then there is no data entry at all, not even null.
func appendResponse(buf *bytes.Buffer, resp *graphql.Response) error {
	buf.WriteByte('{')
	if len(resp.Errors) > 0 {
		if err := appendMember(buf, "errors", resp.Errors); err != nil {
			return err
		}
	}
	switch {
	case len(resp.Data) > 0:
		appendName(buf, "data")
		buf.Write(resp.Data)
	case len(resp.Errors) == 0:
		appendName(buf, "data")
		buf.WriteString("null")
	}
	if len(resp.Extensions) > 0 {
		if err := appendMember(buf, "extensions", resp.Extensions); err != nil {
			return err
		}
	}
	buf.WriteByte('}')
	return nil
}

func appendMember(buf *bytes.Buffer, name string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encoding %s of a response: %w", name, err)
	}
	appendName(buf, name)
	buf.Write(raw)
	return nil
}

func appendName(buf *bytes.Buffer, name string) {
	if buf.Bytes()[buf.Len()-1] != '{' {
		buf.WriteByte(',')
	}
	buf.WriteByte('"')
	buf.WriteString(name)
	buf.WriteString(`":`)
}

// prepare sets the headers of every GraphQL response before anything can fail.
// A response holds what one subject may see, so no cache keeps it unless the
// server has already said otherwise.
func prepare(w http.ResponseWriter, mediaType string) {
	h := w.Header()
	if mediaType == GraphQLResponse {
		h.Set("Content-Type", graphQLType)
	} else {
		h.Set("Content-Type", jsonType)
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
}

// send writes resp in one piece with its length. It panics when resp cannot be
// encoded, a fault of the program, for the server's recover to answer.
func send(w http.ResponseWriter, status int, resp *graphql.Response) {
	buf := getBuffer()
	defer putBuffer(buf)
	if err := appendResponse(buf, resp); err != nil {
		panic(err)
	}
	w.Header().Set("Content-Length", strconv.Itoa(buf.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(buf.Bytes()) // a client that went away is not our fault
}
