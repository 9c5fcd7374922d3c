package twilio_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/voxanne/cascade/server/provider"
	"github.com/voxanne/cascade/server/provider/fake"
	"github.com/voxanne/cascade/server/twilio"
)

const root = "/2010-04-01/Accounts"

// A purchase whose answer is lost is found by its name, and a purchase that was
// not made is not: that is all that keeps money from being spent twice.
func TestALostPurchaseIsFound(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault fake.Fault
		kind  provider.Kind
		found int
	}{
		"cut before":  {fake.Fault{Lost: true, Cut: true}, provider.Unknown, 0},
		"cut after":   {fake.Fault{Cut: true}, provider.Unknown, 1},
		"slow before": {fake.Fault{Lost: true, Hang: true}, provider.Unknown, 0},
		"slow after":  {fake.Fault{Hang: true}, provider.Unknown, 1},
		"500 before":  {fake.Fault{Lost: true, Status: 500}, provider.Unknown, 0},
		"500 after":   {fake.Fault{Status: 500}, provider.Unknown, 1},
		"429":         {fake.Fault{Lost: true, Status: 429, RetryAfter: time.Second}, provider.RateLimited, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := startFake(t)
			v := client(t, f.URL, fakeSID, fakeToken, func(c *provider.Config) { c.Timeout = 200 * time.Millisecond })
			a, err := v.CreateAccount(t.Context(), "clinic")
			if err != nil {
				t.Fatal(err)
			}
			f.Faults.Next(http.MethodPost, root+"/"+a.SID+"/IncomingPhoneNumbers", row.fault)
			_, err = v.BuyNumber(t.Context(), a.SID, twilio.Purchase{Number: "+14155550001", Name: "request-1"})
			wantKind(t, err, row.kind, 0)
			if strings.Contains(err.Error(), "+1415") || strings.Contains(err.Error(), fakeToken) || strings.Contains(err.Error(), "127.0.0.1") {
				t.Errorf("%v tells too much", err)
			}
			found, err := v.FindNumbers(t.Context(), a.SID, "request-1")
			if err != nil || len(found) != row.found || f.Bought() != row.found {
				t.Errorf("found %v, bought %d, want %d: %v", found, f.Bought(), row.found, err)
			}
		})
	}
}

func TestTheFakeIsStrict(t *testing.T) {
	t.Parallel()
	f := startFake(t)
	main := root + "/" + fakeSID
	for name, row := range map[string]struct {
		user, password, path string
		form                 url.Values
		status               int
		code                 string
	}{
		"wrong token":   {fakeSID, "x", main + "/IncomingPhoneNumbers.json", url.Values{"PhoneNumber": {"+15005550006"}}, 401, "20003"},
		"bought":        {fakeSID, fakeToken, main + "/IncomingPhoneNumbers.json", url.Values{"PhoneNumber": {"+15005550006"}}, 201, "PN"},
		"not E.164":     {fakeSID, fakeToken, main + "/IncomingPhoneNumbers.json", url.Values{"PhoneNumber": {"5005550006"}}, 400, "21421"},
		"long name":     {fakeSID, fakeToken, main + "/IncomingPhoneNumbers.json", url.Values{"PhoneNumber": {"+15005550007"}, "FriendlyName": {strings.Repeat("x", 65)}}, 400, "FriendlyName"},
		"empty area":    {fakeSID, fakeToken, main + "/IncomingPhoneNumbers.json", url.Values{"AreaCode": {"533"}}, 400, "21452"},
		"unknown field": {fakeSID, fakeToken, main + "/IncomingPhoneNumbers.json", url.Values{"PhoneNumber": {"+15005550007"}, "Friendly": {"x"}}, 400, "20001"},
		"nobody's":      {fakeSID, fakeToken, root + "/AC1/IncomingPhoneNumbers.json", url.Values{"PhoneNumber": {"+15005550007"}}, 404, "20404"},
		"own end":       {fakeSID, fakeToken, main + ".json", url.Values{"Status": {"closed"}}, 400, "20008"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.URL+row.path, strings.NewReader(row.form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(row.user, row.password)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body := make([]byte, 512)
		n, _ := answer.Body.Read(body)
		_ = answer.Body.Close()
		if answer.StatusCode != row.status || !strings.Contains(string(body[:n]), row.code) {
			t.Errorf("%s: %d %s", name, answer.StatusCode, body[:n])
		}
	}
}

// The vector is Twilio's own example with a known token.
func TestASignatureIsForOneAddressAndOneForm(t *testing.T) {
	t.Parallel()
	const token, address, signature = "12345", "https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="
	form := func(change func(url.Values)) url.Values {
		f := url.Values{
			"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"},
			"From": {"+14158675309"}, "To": {"+18005551212"},
		}
		change(f)
		return f
	}
	same := func(url.Values) {}
	for name, row := range map[string]struct {
		token, address string
		form           url.Values
		signature      string
		want           bool
	}{
		"signed":        {token, address, form(same), signature, true},
		"other token":   {"12346", address, form(same), signature, false},
		"no token":      {"", address, form(same), signature, false},
		"other address": {token, "https://mycompany.com/other.php?foo=1&bar=2", form(same), signature, false},
		"other host":    {token, "https://evil.example/myapp.php?foo=1&bar=2", form(same), signature, false},
		"other field":   {token, address, form(func(f url.Values) { f.Set("Digits", "1235") }), signature, false},
		"one more":      {token, address, form(func(f url.Values) { f.Set("X", "1") }), signature, false},
		"one twice":     {token, address, form(func(f url.Values) { f.Add("Digits", "9999") }), signature, false},
		"no signature":  {token, address, form(same), "", false},
	} {
		if got := twilio.Signed(row.token, row.address, row.form, row.signature); got != row.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
