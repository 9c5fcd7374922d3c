package vapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/voxanne/cascade/server/provider"
)

// Call is a call as Vapi keeps it, for fourteen days.
type Call struct {
	ID            string    `json:"id"`
	AssistantID   string    `json:"assistantId"`
	PhoneNumberID string    `json:"phoneNumberId"`
	Status        string    `json:"status"`
	EndedReason   string    `json:"endedReason"`
	CreatedAt     time.Time `json:"createdAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
	StartedAt     time.Time `json:"startedAt"`
	EndedAt       time.Time `json:"endedAt"`
	// Raw is all that Vapi said of it: health data, and capabilities that
	// control the call.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler and keeps the text.
func (c *Call) UnmarshalJSON(text []byte) error {
	type plain Call
	if err := json.Unmarshal(text, (*plain)(c)); err != nil {
		return err
	}
	c.Raw = append(json.RawMessage(nil), text...)
	return nil
}

// LogValue implements slog.LogValuer: what a call says stays out of logs.
func (c Call) LogValue() slog.Value { return slog.StringValue("call " + c.ID) }

// String is what LogValue says.
func (c Call) String() string { return "call " + c.ID }

// ErrCrowded means that more calls changed within a millisecond than one page
// holds.
var ErrCrowded = errors.New("vapi: more calls changed at once than a page holds")

// UpdatedCalls are the calls that changed in [from, to), in no order. Vapi says
// nothing of a page's order or of what comes after it, so a stretch of time
// whose page is full is asked for again in halves. A call that changes meanwhile
// may be missing: let the next stretch begin before the end of this one. The
// first error is the last thing given.
func (c *Client) UpdatedCalls(ctx context.Context, from, to time.Time) iter.Seq2[Call, error] {
	return func(yield func(Call, error) bool) { c.updated(ctx, from, to, yield) }
}

// updated reports whether more is wanted.
func (c *Client) updated(ctx context.Context, from, to time.Time, yield func(Call, error) bool) bool {
	if !from.Before(to) {
		return true
	}
	var page []Call
	err := c.call(ctx, provider.Request{
		Operation: "list calls", Method: http.MethodGet, Path: "/call",
		Query: url.Values{"limit": {strconv.Itoa(c.page)}, "updatedAtGe": {stamp(from)}, "updatedAtLt": {stamp(to)}},
	}, nil, &page)
	if err != nil {
		yield(Call{}, err)
		return false
	}
	if len(page) < c.page {
		for _, call := range page {
			if !yield(call, nil) {
				return false
			}
		}
		return true
	}
	middle := from.Add(to.Sub(from) / 2).Truncate(time.Millisecond)
	if !middle.After(from) {
		yield(Call{}, ErrCrowded)
		return false
	}
	return c.updated(ctx, from, middle, yield) && c.updated(ctx, middle, to, yield)
}

// Call is the call with this id.
func (c *Client) Call(ctx context.Context, id string) (Call, error) {
	var out Call
	err := c.call(ctx, provider.Request{Operation: "get call", Method: http.MethodGet, Path: "/call/" + escape(id)}, nil, &out)
	return out, err
}

// DeleteCall erases what Vapi keeps of a call. Vapi reports the end of it with a
// call.deleted message. That there is none is no error.
func (c *Client) DeleteCall(ctx context.Context, id string) error {
	return gone(c.call(ctx, provider.Request{
		Operation: "delete call", Method: http.MethodDelete, Path: "/call/" + escape(id), Idempotent: true,
	}, nil, nil))
}

// RecordingKind is which recording of a call.
type RecordingKind string

// The recordings that Vapi keeps.
const (
	StereoRecording    RecordingKind = "stereo"
	MonoRecording      RecordingKind = "mono"
	CustomerRecording  RecordingKind = "customer"
	AssistantRecording RecordingKind = "assistant"
)

// RecordingLocation is where a recording of a call lies for a short while. The
// address is a secret: whoever has it has the recording. It is fetched without
// our credential, by who checks where it leads.
func (c *Client) RecordingLocation(ctx context.Context, call string, kind RecordingKind) (string, error) {
	q := provider.Request{Operation: "locate recording", Method: http.MethodGet, Redirect: true}
	switch kind {
	case StereoRecording, MonoRecording, CustomerRecording, AssistantRecording:
		q.Path = fmt.Sprintf("/call/%s/%s-recording", escape(call), kind)
	default:
		return "", &provider.Error{Provider: "vapi", Operation: q.Operation, Kind: provider.Refused}
	}
	answer, err := c.http.Do(ctx, q)
	if err != nil {
		return "", err
	}
	to, err := url.Parse(answer.Header.Get("Location"))
	if answer.Status != http.StatusFound || err != nil || to.Host == "" {
		return "", unreadable(q, answer.Status)
	}
	return to.String(), nil
}
