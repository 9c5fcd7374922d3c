package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/server/mail"
	"github.com/voxanne/cascade/server/onboarding"
	"github.com/voxanne/cascade/server/provider"
	"github.com/voxanne/cascade/server/ratelimit"
	"github.com/voxanne/cascade/server/twilio"
	"github.com/voxanne/cascade/server/vapi"
)

// Onboarding is what a server needs to take in clinics: all of it, or none.
type Onboarding struct {
	VapiKeyFile      string // a private key of our organization at Vapi
	TwilioAccountSID string // the main account, under which clinics' are
	TwilioTokenFile  string
	MailURL          string // smtp://user:password@host:587?from=..., or file:///directory
	VapiURL          string // empty: the real one
	TwilioURL        string // empty: the real one
}

// set reports whether any of it was given.
func (o Onboarding) set() bool { return o != Onboarding{} }

// openOnboarding puts the saga together, where it was set up.
func (a *App) openOnboarding(context.Context) error {
	c := a.config.Onboarding
	if !c.set() {
		return nil
	}
	if c.VapiKeyFile == "" || c.TwilioAccountSID == "" || c.TwilioTokenFile == "" || c.MailURL == "" || a.config.PublicURL == "" {
		return errors.New("onboarding needs CASCADE_VAPI_KEY_FILE, CASCADE_TWILIO_ACCOUNT_SID, CASCADE_TWILIO_TOKEN_FILE, CASCADE_MAIL_URL and CASCADE_PUBLIC_URL, all of them")
	}
	key, err := readSecret(c.VapiKeyFile)
	if err != nil {
		return fmt.Errorf("reading Vapi's key: %w", err)
	}
	token, err := readSecret(c.TwilioTokenFile)
	if err != nil {
		return fmt.Errorf("reading Twilio's token: %w", err)
	}
	voice, err := vapi.New(vapi.Config{Key: key, HTTP: provider.Config{Base: c.VapiURL, Now: a.now}})
	if err != nil {
		return err
	}
	carrier, err := twilio.New(twilio.Config{
		AccountSID: c.TwilioAccountSID, AuthToken: token, HTTP: provider.Config{Base: c.TwilioURL, Now: a.now},
	})
	if err != nil {
		return err
	}
	letters, err := a.openMail(c.MailURL)
	if err != nil {
		return err
	}
	a.onboardNow = make(chan struct{}, 1)
	// Each node counts by itself; the share of an e-mail address is all nodes'.
	a.signupAddresses, err = ratelimit.NewAddress(ratelimit.AddressConfig{
		Limit:   ratelimit.Limit{Rate: signupAddress, Burst: signupAddress, Period: time.Hour},
		Proxies: a.config.TrustedProxies,
		Refuse:  func(w http.ResponseWriter, r *http.Request, _ ratelimit.Result) { refuseAddress(w, r) },
	})
	if err != nil {
		return err
	}
	a.onboarding, err = onboarding.New(onboarding.Config{
		Policies: a.engine, Driver: a.driver, Records: a.records, Secrets: a.secrets, Voice: voice, Carrier: carrier, Mail: letters,
		Spend: func() error { return a.limiter.Guard(ratelimit.Money) },
		Log:   a.log, Now: a.now, NewID: a.newID, Random: rand.Reader, PublicURL: a.config.PublicURL,
		Origin: func(ctx context.Context) audit.Origin {
			x := exchangeOf(ctx)
			return audit.Origin{RequestID: x.id, TraceID: x.traceID}
		},
	})
	return err
}

func readSecret(path string) (string, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names it
	return string(bytes.TrimSpace(text)), err
}

// openMail reads where letters go. No error quotes the address, which may hold
// a password.
func (a *App) openMail(address string) (onboarding.Mailer, error) {
	malformed := errors.New("CASCADE_MAIL_URL: want smtp://user:password@host:587?from=address, or file:///directory")
	u, err := url.Parse(address)
	if err != nil {
		return nil, malformed
	}
	switch {
	case u.Scheme == "file" && u.Path != "":
		return mail.Directory{Path: u.Path, Sent: func(ctx context.Context, _ mail.Letter, file string) {
			a.log.InfoContext(ctx, "a letter was written", "file", file)
			if a.deps.Letter != nil {
				a.deps.Letter(file)
			}
		}}, nil
	case u.Scheme == "smtp" && u.Hostname() != "" && u.Query().Get("from") != "":
		port := 0
		if u.Port() != "" {
			if port, err = strconv.Atoi(u.Port()); err != nil {
				return nil, malformed
			}
		}
		password, _ := u.User.Password()
		return mail.NewSMTP(mail.SMTPConfig{
			Host: u.Hostname(), Port: port, Username: u.User.Username(), Password: password,
			From: u.Query().Get("from"), Domain: a.site.host,
		})
	default:
		return nil, malformed
	}
}

// Onboarding takes in clinics; nil where the server was not set up for it.
func (a *App) Onboarding() *onboarding.Saga { return a.onboarding }
