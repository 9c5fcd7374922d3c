package dev

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/voxanne/cascade/server"
	"github.com/voxanne/cascade/server/twilio/twiliofake"
	"github.com/voxanne/cascade/server/vapi/vapifake"
)

// What the fakes of a development server are opened with. They listen on this
// machine alone, and sell nothing.
const (
	fakeVapiKey     = "dev-vapi-key" //nolint:gosec // it opens a fake on this machine
	fakeTwilioSID   = "AC000000000000000000000000000000de"
	fakeTwilioToken = "devtwiliotoken" //nolint:gosec // it opens a fake on this machine
)

// providers are the fakes of those whom clinics are onboarded with.
type providers struct {
	voice *vapifake.Fake
	sells *twiliofake.Fake
}

// startProviders starts the fakes. What they know ends with them: a clinic that
// is half onboarded when the server ends is begun anew with the next.
func startProviders(ctx context.Context) (p providers, err error) {
	if p.sells, err = twiliofake.Start(ctx, twiliofake.Config{AccountSID: fakeTwilioSID, AuthToken: fakeTwilioToken}); err != nil {
		return p, err
	}
	p.voice, err = vapifake.Start(ctx, vapifake.Config{Key: fakeVapiKey, Owns: p.sells.Owns})
	return p, err
}

// stop ends them.
func (p providers) stop() error { return errors.Join(p.sells.Close(), p.voice.Close()) }

// onboarding is a server's configuration that leads to the fakes, and its
// letters into the data directory.
func (p providers) onboarding(dir *directory) (server.Onboarding, error) {
	c := server.Onboarding{
		VapiKeyFile: dir.in("vapi.key"), TwilioTokenFile: dir.in("twilio.token"), TwilioAccountSID: fakeTwilioSID,
		MailURL: "file://" + dir.in("mail"), VapiURL: p.voice.URL, TwilioURL: p.sells.URL,
	}
	for file, text := range map[string]string{c.VapiKeyFile: fakeVapiKey, c.TwilioTokenFile: fakeTwilioToken} {
		if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
			return c, fmt.Errorf("writing a fake's key: %w", err)
		}
	}
	return c, nil
}
