package vapi

import (
	"context"
	"net/http"
	"time"

	"github.com/voxanne/cascade/server/provider"
)

// TwilioNumber is a number that was bought at Twilio and that Vapi is to answer.
// Vapi gets a key of the account, never its auth token, which also signs what
// Twilio sends us.
type TwilioNumber struct {
	Number      string  `json:"number"` // E.164
	AccountSID  string  `json:"twilioAccountSid"`
	APIKey      string  `json:"twilioApiKey"`
	APISecret   string  `json:"twilioApiSecret"`
	Name        string  `json:"name,omitempty"` // up to MaxName characters
	AssistantID string  `json:"assistantId,omitempty"`
	Server      *Server `json:"server,omitempty"` // without an assistant: who is asked for one
}

// Number is one that Vapi answers.
type Number struct {
	ID        string    `json:"id"`
	Number    string    `json:"number"`
	Name      string    `json:"name"`
	Status    string    `json:"status"` // activating, active or blocked
	CreatedAt time.Time `json:"createdAt"`
}

func (n Number) label() (string, time.Time) { return n.Name, n.CreatedAt }

// ImportNumber lets Vapi answer a number. It is not idempotent: Vapi refuses the
// second time, so after an unknown outcome look for the name with FindNumbers.
func (c *Client) ImportNumber(ctx context.Context, n TwilioNumber) (Number, error) {
	q := provider.Request{Operation: "import number", Method: http.MethodPost, Path: "/phone-number"}
	var out Number
	err := c.call(ctx, q, struct {
		Provider string `json:"provider"`
		TwilioNumber
	}{"twilio", n}, &out)
	if err != nil {
		return Number{}, err
	}
	if out.ID == "" {
		return Number{}, unreadable(q, http.StatusCreated)
	}
	return out, nil
}

// FindNumbers lists the numbers of this name that were imported since.
func (c *Client) FindNumbers(ctx context.Context, name string, since time.Time) ([]Number, error) {
	return find[Number](ctx, c, "find number", "/phone-number", name, since)
}

// DeleteNumber takes a number from Vapi; it stays bought. That there is none is
// no error.
func (c *Client) DeleteNumber(ctx context.Context, id string) error {
	return gone(c.call(ctx, provider.Request{
		Operation: "delete number", Method: http.MethodDelete, Path: "/phone-number/" + escape(id), Idempotent: true,
	}, nil, nil))
}
