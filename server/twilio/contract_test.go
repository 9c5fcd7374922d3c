package twilio_test

import (
	"context"
	"flag"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/server/provider"
	"github.com/voxanne/cascade/server/twilio"
	"github.com/voxanne/cascade/server/twilio/twiliofake"
)

// With credentials the contract is held against the real Twilio too, where it
// buys a number and releases it again:
//
//	go test ./server/twilio -args -twilio.sid=AC... -twilio.token=...
var (
	realSID   = flag.String("twilio.sid", "", "a main account at Twilio that tests may spend money of")
	realToken = flag.String("twilio.token", "", "its auth token")
	realBase  = flag.String("twilio.base", twilio.DefaultBase, "where that Twilio is")
)

const fakeToken = "main0token"

var fakeSID = "AC" + strings.Repeat("0", 32)

func startFake(t *testing.T) *twiliofake.Fake {
	t.Helper()
	f, err := twiliofake.Start(t.Context(), twiliofake.Config{AccountSID: fakeSID, AuthToken: fakeToken})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func client(t *testing.T, base, sid, token string, change ...func(*provider.Config)) *twilio.Client {
	t.Helper()
	c := twilio.Config{AccountSID: sid, AuthToken: token, HTTP: provider.Config{Base: base}}
	for _, f := range change {
		f(&c.HTTP)
	}
	v, err := twilio.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func each(t *testing.T, test func(t *testing.T, v *twilio.Client)) {
	t.Run("fake", func(t *testing.T) {
		t.Parallel()
		test(t, client(t, startFake(t).URL, fakeSID, fakeToken))
	})
	if *realSID != "" {
		t.Run("real", func(t *testing.T) {
			t.Parallel()
			test(t, client(t, *realBase, *realSID, *realToken))
		})
	}
}

func wantKind(t *testing.T, err error, want provider.Kind, code int) {
	t.Helper()
	if err == nil || provider.KindOf(err) != want || provider.CodeOf(err) != code {
		t.Errorf("%v, want %v and code %d", err, want, code)
	}
}

func TestAClinicsAccountLives(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, v *twilio.Client) {
		ctx, name := t.Context(), "contract "+uuid.NewString()
		a, err := v.CreateAccount(ctx, name)
		if err != nil || a.SID == "" || a.AuthToken == "" || a.Status != "active" {
			t.Fatalf("%s %s, %v", a.SID, a.Status, err)
		}
		t.Cleanup(func() { _ = v.CloseAccount(context.WithoutCancel(ctx), a.SID) })
		found, err := v.FindAccounts(ctx, name)
		if err != nil || len(found) != 1 || found[0].SID != a.SID || found[0].AuthToken != a.AuthToken {
			t.Errorf("found %d by name, %v", len(found), err)
		}
		key, err := v.CreateKey(ctx, a.SID, name)
		if err != nil || key.Secret == "" {
			t.Errorf("key: %v", err)
		}
		keys, err := v.FindKeys(ctx, a.SID, name)
		if err != nil || len(keys) != 1 || keys[0].SID != key.SID || keys[0].Secret != "" {
			t.Errorf("found %d keys: %v", len(keys), err)
		}
		for range 2 {
			if err := v.DeleteKey(ctx, a.SID, key.SID); err != nil {
				t.Error(err)
			}
		}
		numbers, err := v.SearchNumbers(ctx, a.SID, twilio.Search{Country: "US", AreaCode: 415, Most: 3})
		if err != nil || len(numbers) == 0 || len(numbers) > 3 {
			t.Fatalf("search: %v, %v", numbers, err)
		}
		n, err := v.BuyNumber(ctx, a.SID, twilio.Purchase{Number: numbers[0], Name: name})
		if err != nil || n.Number != numbers[0] || n.Account != a.SID {
			t.Fatalf("bought: %+v, %v", n, err)
		}
		own, err := v.FindNumbers(ctx, a.SID, name)
		if err != nil || len(own) != 1 || own[0] != n {
			t.Errorf("found: %+v, %v", own, err)
		}
		for range 2 {
			if err := v.ReleaseNumber(ctx, a.SID, n.SID); err != nil {
				t.Errorf("release: %v", err)
			}
		}
		for range 2 {
			if err := v.CloseAccount(ctx, a.SID); err != nil {
				t.Errorf("close: %v", err)
			}
		}
		if found, err := v.FindAccounts(ctx, name); err != nil || len(found) != 0 {
			t.Errorf("a closed account is found: %d, %v", len(found), err)
		}
	})
}

func TestWhatIsWrongIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, v *twilio.Client) {
		ctx, name := t.Context(), "contract "+uuid.NewString()
		a, err := v.CreateAccount(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = v.CloseAccount(context.WithoutCancel(ctx), a.SID) })
		_, err = v.BuyNumber(ctx, a.SID, twilio.Purchase{Number: "+15005550001", Name: name})
		wantKind(t, err, provider.Refused, twilio.CodeInvalidNumber)
		_, err = v.BuyNumber(ctx, a.SID, twilio.Purchase{Number: "+15005550000", Name: name})
		wantKind(t, err, provider.Refused, twilio.CodeNotAvailable)
		_, err = v.BuyNumber(ctx, a.SID, twilio.Purchase{Number: "+15005550006", Name: strings.Repeat("x", 65)})
		wantKind(t, err, provider.Refused, 0) // never sent
		if found, err := v.FindNumbers(ctx, "AC"+strings.Repeat("f", 32), name); err != nil || len(found) != 0 {
			t.Errorf("numbers of nobody: %v, %v", found, err)
		}
	})
}
