package twilio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	twilioclient "github.com/twilio/twilio-go/client"
	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/voxanne/cascade/server/provider"
)

// DefaultBase is the real Twilio.
const DefaultBase = "https://api.twilio.com"

// MaxFriendlyName is how long the friendly name of a number or an account may be.
const MaxFriendlyName = 64

// The codes of Twilio's refusals that say something to who buys.
const (
	CodeInvalidNumber = 21421 // not a number that can be bought
	CodeNotAvailable  = 21422 // somebody else was faster
	CodeNoNumbers     = 21452 // none in this area code
)

// Config is what a Client needs. AccountSID and AuthToken are required: the main
// account's, under which the clinics' are.
type Config struct {
	AccountSID string
	AuthToken  string
	// HTTP is how Twilio is called; Name, Base, Authorize and Code have their
	// own defaults here.
	HTTP provider.Config
}

// Client buys numbers. It is safe for concurrent use.
type Client struct {
	http    *provider.Client
	account string
}

var (
	accountSID = regexp.MustCompile(`^AC[0-9a-f]{32}$`)
	numberSID  = regexp.MustCompile(`^PN[0-9a-f]{32}$`)
	keySID     = regexp.MustCompile(`^SK[0-9a-f]{32}$`)
)

// New makes a Client.
func New(c Config) (*Client, error) {
	if !accountSID.MatchString(c.AccountSID) || c.AuthToken == "" {
		return nil, errors.New("twilio: an account's SID and its auth token are needed")
	}
	c.HTTP.Name = "twilio"
	if c.HTTP.Base == "" {
		c.HTTP.Base = DefaultBase
	}
	c.HTTP.Authorize = func(r *http.Request) { r.SetBasicAuth(c.AccountSID, c.AuthToken) }
	c.HTTP.Code = func(body []byte) int {
		var refusal struct {
			Code int `json:"code"`
		}
		_ = json.Unmarshal(body, &refusal) // what does not read has no code
		return refusal.Code
	}
	client, err := provider.New(c.HTTP)
	if err != nil {
		return nil, err
	}
	return &Client{http: client, account: c.AccountSID}, nil
}

// api is twilio-go for one operation of ours. Making one costs nothing, and so
// each can carry its caller's context.
func (c *Client) api(ctx context.Context, operation string, idempotent bool) *openapi.ApiService {
	// Not NewRequestHandler, which reads TWILIO_EDGE and TWILIO_REGION.
	return openapi.NewApiService(&twilioclient.RequestHandler{
		Client: &carrier{ctx: ctx, client: c, operation: operation, idempotent: idempotent},
	})
}

// carrier implements twilio-go's BaseClient: it carries one request.
type carrier struct {
	ctx        context.Context //nolint:containedctx // lives for one call, whose context it is
	client     *Client
	operation  string
	idempotent bool
}

var _ twilioclient.BaseClient = (*carrier)(nil)

// SendRequest implements twilio-go's BaseClient.
func (c *carrier) SendRequest(method, rawURL string, data url.Values, _ map[string]any, _ ...byte) (*http.Response, error) {
	target, err := url.Parse(rawURL)
	if err != nil {
		return nil, &provider.Error{Provider: "twilio", Operation: c.operation, Kind: provider.Refused}
	}
	q := provider.Request{Operation: c.operation, Method: method, Path: target.EscapedPath(), Idempotent: c.idempotent}
	if method == http.MethodPost {
		q.Body, q.ContentType = []byte(data.Encode()), "application/x-www-form-urlencoded"
	} else {
		q.Query = data
	}
	answer, err := c.client.http.Do(c.ctx, q)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: answer.Status, Header: answer.Header, Body: io.NopCloser(bytes.NewReader(answer.Body)),
	}, nil
}

// AccountSid implements twilio-go's BaseClient.
func (c *carrier) AccountSid() string { return c.client.account }

// SetTimeout implements twilio-go's BaseClient; time is ours to bound.
func (*carrier) SetTimeout(time.Duration) {}

// SetOauth implements twilio-go's BaseClient; there is none.
func (*carrier) SetOauth(twilioclient.OAuth) {}

// OAuth implements twilio-go's BaseClient; there is none.
func (*carrier) OAuth() twilioclient.OAuth { return nil }

// outcome makes of what twilio-go says an error of ours. What is not ours yet is
// a good answer that does not read.
func outcome(operation string, reads bool, err error) error {
	if err == nil {
		return nil
	}
	if ours, ok := errors.AsType[*provider.Error](err); ok {
		return ours
	}
	kind := provider.Unknown
	if reads {
		kind = provider.Unavailable
	}
	return &provider.Error{Provider: "twilio", Operation: operation, Kind: kind, Status: http.StatusOK}
}

// check refuses before anything is sent what would be put into a path, which
// twilio-go does not escape, and is no SID.
func check(operation string, sids ...bool) error {
	for _, ok := range sids {
		if !ok {
			return &provider.Error{Provider: "twilio", Operation: operation, Kind: provider.Refused}
		}
	}
	return nil
}

// gone makes a deletion of what does not exist a success.
func gone(err error) error {
	if provider.KindOf(err) == provider.NotFound {
		return nil
	}
	return err
}

// deref is the value or, where twilio-go read none, its zero.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// named keeps a page's rows that have the name: filters of providers have been
// known to match more.
func named(got *string, name string) bool { return strings.TrimSpace(deref(got)) == name }
