package onboarding

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/mail"
	"github.com/voxanne/cascade/server/twilio"
	"github.com/voxanne/cascade/server/vapi"
)

// What an onboarding does when it is not told otherwise.
const (
	DefaultLease   = time.Minute
	DefaultTries   = 12
	DefaultPrice   = 115 // what a number costs a month, in cents
	DefaultInvited = 7 * 24 * time.Hour
	DefaultBatch   = 20
	firstWait      = 2 * time.Second
	longestWait    = 30 * time.Minute
	notNow         = 30 * time.Second
)

// Voice answers the phone: the part of a vapi.Client that is needed here.
type Voice interface {
	CreateAssistant(ctx context.Context, spec vapi.AssistantSpec) (vapi.Assistant, error)
	FindAssistants(ctx context.Context, name string, since time.Time) ([]vapi.Assistant, error)
	DeleteAssistant(ctx context.Context, id string) error
	ImportNumber(ctx context.Context, n vapi.TwilioNumber) (vapi.Number, error)
	FindNumbers(ctx context.Context, name string, since time.Time) ([]vapi.Number, error)
	DeleteNumber(ctx context.Context, id string) error
}

// Carrier sells numbers: the part of a twilio.Client that is needed here.
type Carrier interface {
	CreateAccount(ctx context.Context, name string) (twilio.Account, error)
	FindAccounts(ctx context.Context, name string) ([]twilio.Account, error)
	CloseAccount(ctx context.Context, sid string) error
	CreateKey(ctx context.Context, account, name string) (twilio.Key, error)
	FindKeys(ctx context.Context, account, name string) ([]twilio.Key, error)
	DeleteKey(ctx context.Context, account, sid string) error
	SearchNumbers(ctx context.Context, account string, s twilio.Search) ([]string, error)
	BuyNumber(ctx context.Context, account string, p twilio.Purchase) (twilio.Number, error)
	FindNumbers(ctx context.Context, account, name string) ([]twilio.Number, error)
	ReleaseNumber(ctx context.Context, account, sid string) error
}

// Mailer sends letters. What it says of a failure is a *provider.Error.
type Mailer interface {
	Send(ctx context.Context, l mail.Letter) error
}

// Sealer seals what is kept and never shown, and opens it at the same place.
type Sealer interface {
	Seal(plain, aad []byte) ([]byte, error)
	Open(sealed, aad []byte) ([]byte, error)
}

// Config is what a Saga needs. All without a default is required.
type Config struct {
	Policies policy.Source
	Driver   *rls.Driver
	Records  *audit.Writer
	Secrets  Sealer
	Voice    Voice
	Carrier  Carrier
	Mail     Mailer
	// Spend says whether money may be spent just now; an error means not yet.
	Spend  func() error
	Log    *slog.Logger
	Now    func() time.Time
	NewID  func() uuid.UUID
	Random io.Reader // of secrets: cryptographic
	// PublicURL is our own address, scheme and host: where providers report to,
	// and what clinics have a sub-domain of.
	PublicURL string

	Lease  time.Duration // zero means DefaultLease; longer than any request to a provider
	Tries  int           // of a step before it is given up; zero means DefaultTries
	Price  int64         // of a number, a month, in minor units; zero means DefaultPrice
	Origin func(context.Context) audit.Origin
}

// Saga onboards clinics. It is safe for concurrent use, by several processes too.
type Saga struct {
	Config
	steps []step
	// at runs at every boundary of a step; tests end the process there.
	at func(ctx context.Context, boundary string) error
}

// New makes a Saga.
func New(c Config) (*Saga, error) {
	if c.Policies == nil || c.Driver == nil || c.Secrets == nil || c.Voice == nil || c.Carrier == nil || c.Mail == nil ||
		c.Spend == nil || c.Log == nil || c.Now == nil || c.NewID == nil || c.Random == nil || c.PublicURL == "" {
		return nil, errors.New("onboarding: the configuration lacks a part")
	}
	if c.Lease == 0 {
		c.Lease = DefaultLease
	}
	if c.Tries == 0 {
		c.Tries = DefaultTries
	}
	if c.Price == 0 {
		c.Price = DefaultPrice
	}
	if c.Origin == nil {
		c.Origin = func(context.Context) audit.Origin { return audit.Origin{} }
	}
	s := &Saga{Config: c, at: func(context.Context, string) error { return nil }}
	s.steps = s.order()
	return s, nil
}
