package decisionlog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Sink is who gets the events.
type Sink interface {
	// Deliver returns nil once the sink keeps all the events, each one JSON
	// object. A *Refusal means that it will not take one of them, or so many.
	Deliver(ctx context.Context, events [][]byte) error
	// Close frees what it holds.
	Close() error
}

// Refusal means that a sink refuses events for what they are: trying again would
// do no good.
type Refusal struct{ Status int }

func (r *Refusal) Error() string { return "decisionlog: refused with " + strconv.Itoa(r.Status) }

// Later means that a sink does not take events now, and after how long it will.
type Later struct {
	Status int
	After  time.Duration // zero: it does not say
}

func (l *Later) Error() string { return "decisionlog: not now: " + strconv.Itoa(l.Status) }

// ErrURL means that the address of a sink is none.
var ErrURL = errors.New("want file:///path/to/decisions.jsonl, or https://host/path (http:// for a host of one's own)")

// Open makes the sink of an address: a file, or a server that takes gzipped JSON
// arrays by POST, at the path given, or as OPA has it at /logs. tokenFile may name
// a file with a bearer token, which is read for each request.
func Open(address, tokenFile string) (Sink, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, ErrURL
	case u.Scheme == "file" && u.Host == "" && u.Path != "" && u.Path[len(u.Path)-1] != '/':
		return &file{path: u.Path, most: DefaultFileSize}, nil
	case (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "":
		if u.Path == "" || u.Path == "/" {
			u.Path = "/logs"
		}
		client := &http.Client{Timeout: postTime, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // a token is for one server
		}}
		return &post{url: u.String(), tokenFile: tokenFile, client: client}, nil
	default:
		return nil, fmt.Errorf("%w", ErrURL)
	}
}
