package transport

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// The media types of a GraphQL response.
const (
	// GraphQLResponse is the media type whose HTTP status tells of the request:
	// 4xx when it was not executed, 200 when it was.
	GraphQLResponse = "application/graphql-response+json"
	// JSON is the legacy media type: 200 for every well-formed request.
	JSON = "application/json"

	eventStream = "text/event-stream"
	graphQLType = GraphQLResponse + "; charset=utf-8"
	jsonType    = JSON + "; charset=utf-8"
)

// negotiate picks the media type that r accepts most (RFC 9110, 12.5.1), or ""
// when it accepts neither. A client that names nothing, or only a wildcard, gets
// the legacy type, as the GraphQL-over-HTTP specification asks; one that names
// both alike gets the type that says more.
func negotiate(r *http.Request) string {
	accept := r.Header.Values("Accept")
	if len(accept) == 1 { // what nearly every client sends
		switch accept[0] {
		case JSON, "*/*":
			return JSON
		case GraphQLResponse:
			return GraphQLResponse
		}
	}
	ranges := parseAccept(accept)
	if len(ranges) == 0 {
		return JSON
	}
	modern, named := ranges.quality(GraphQLResponse)
	legacy, _ := ranges.quality(JSON)
	switch {
	case modern > legacy, modern == legacy && named && modern > 0:
		return GraphQLResponse
	case legacy > 0:
		return JSON
	default:
		return ""
	}
}

// accepts reports whether r names mediaType itself; a wildcard is no wish for it.
func accepts(r *http.Request, mediaType string) bool {
	q, named := parseAccept(r.Header.Values("Accept")).quality(mediaType)
	return named && q > 0
}

// acceptRanges are the media ranges of an Accept header with their weights.
type acceptRanges map[string]float64

func parseAccept(headers []string) acceptRanges {
	ranges := acceptRanges{}
	for _, header := range headers {
		for part := range strings.SplitSeq(header, ",") {
			name, params, err := mime.ParseMediaType(part)
			if err != nil {
				continue
			}
			weight := 1.0
			if q, given := params["q"]; given {
				// A weight is from 0 to 1 (RFC 9110, 12.4.2). ParseFloat reads NaN too,
				// which compares with nothing and would outlast every other weight.
				if weight, err = strconv.ParseFloat(q, 64); err != nil || !(weight >= 0 && weight <= 1) {
					weight = 0
				}
			}
			ranges[name] = max(ranges[name], weight)
		}
	}
	return ranges
}

// quality is the weight of mediaType: the most specific range decides, so that
// "application/json;q=0, */*" refuses JSON. named is true when no wildcard was needed.
func (a acceptRanges) quality(mediaType string) (weight float64, named bool) {
	if weight, named = a[mediaType]; named {
		return weight, true
	}
	family, _, _ := strings.Cut(mediaType, "/")
	if weight, ok := a[family+"/*"]; ok {
		return weight, false
	}
	return a["*/*"], false
}

// isJSON reports whether a Content-Type is JSON in UTF-8, the only encoding of
// a request (RFC 8259, 8.1).
func isJSON(contentType string) bool {
	if contentType == JSON {
		return true
	}
	name, params, err := mime.ParseMediaType(contentType)
	if err != nil || name != JSON {
		return false
	}
	charset, given := params["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}

// isUpgrade reports whether r asks to become a WebSocket. Another upgrade, such
// as HTTP/2 in clear text, may be ignored (RFC 9110, 7.8).
func isUpgrade(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}
