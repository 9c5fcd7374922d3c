package onboarding_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/onboarding"
	"github.com/voxanne/cascade/server/provider/fake"
)

// A clinic, from its form to a number that is answered.
func TestAClinicIsOnboarded(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	form := onboarding.Form{Name: "  Lantern   Dental ", Email: "Owner@lantern.example", Timezone: "America/New_York", AreaCode: "212"}
	made, err := s.saga.Create(ctx, policy.Subject{}, form, "form-1")
	if err != nil || made.Slug != "lantern-dental" || made.Before() {
		t.Fatalf("%+v, %v", made, err)
	}
	// The same form again is the same clinic, and another's of the same name is not.
	again, err := s.saga.Create(ctx, policy.Subject{}, form, "form-1")
	if err != nil || again.OrgID != made.OrgID || !again.Before() {
		t.Errorf("again: %+v, %v", again, err)
	}
	form.Email = "other@lantern.example"
	other, err := s.saga.Create(ctx, policy.Subject{}, form, "form-1")
	if err != nil || other.OrgID == made.OrgID || other.Slug != "lantern-dental-2" {
		t.Errorf("another's: %+v, %v", other, err)
	}

	// Who the clinic is, nobody knows yet: its owner is invited, and no more.
	if done, err := s.saga.Advance(ctx, made.OrgID); done || err != nil {
		t.Fatalf("%v, %v", done, err)
	}
	if got := s.text(t, `select waits_for from onboardings where org_id = $1`, made.OrgID); got != "verification" {
		t.Errorf("waits for %q", got)
	}
	if len(s.letters) != 1 || s.letters[0].To != "Owner@lantern.example" {
		t.Fatalf("letters: %+v", s.letters)
	}
	_, token, ok := strings.Cut(s.letters[0].Text, "https://lantern-dental.cascade.example/#invitation=")
	token, _, _ = strings.Cut(token, "\n")
	hash := sha256.Sum256([]byte(token))
	if !ok || s.text(t, `select count(*)::text from invitations where org_id = $1 and token_hash = $2 and role = 'owner'`, made.OrgID, hash[:]) != "1" {
		t.Errorf("the letter's link opens nothing: %q", token)
	}
	if s.sells.Faults.Seen()+s.voice.Faults.Seen() != 0 {
		t.Error("somebody was asked for something before the clinic was verified")
	}

	// A limit that no number fits into buys none.
	if err := s.saga.Verify(ctx, operator, made.OrgID, 100); err != nil {
		t.Fatal(err)
	}
	if done, err := s.saga.Advance(ctx, made.OrgID); done || err != nil {
		t.Fatalf("%v, %v", done, err)
	}
	if got := s.text(t, `select waits_for from onboardings where org_id = $1`, made.OrgID); got != "spending_limit" || s.sells.Bought() != 0 {
		t.Errorf("waits for %q, %d bought", got, s.sells.Bought())
	}
	// While limits are degraded no money is spent, and no attempt is counted.
	if err := s.saga.Verify(ctx, operator, made.OrgID, 5_00); err != nil {
		t.Fatal(err)
	}
	s.spend = errors.New("degraded")
	if done, err := s.saga.Advance(ctx, made.OrgID); done || err != nil || s.sells.Bought() != 0 {
		t.Fatalf("%v, %v, %d bought", done, err, s.sells.Bought())
	}
	s.spend = nil
	if status := s.drive(t, made.OrgID); status != "ready" {
		t.Fatalf("%s: %s", status, s.text(t, `select coalesce(failure, '') from onboardings where org_id = $1`, made.OrgID))
	}
	if wrong := s.inventory(t); len(wrong) > 0 || s.sells.Bought() != 1 {
		t.Errorf("orphans: %v; %d bought", wrong, s.sells.Bought())
	}
	got := s.text(t, `select n.e164 || ' ' || n.status || ' ' || a.name || ' ' || (select count(*) from knowledge_base k where k.org_id = n.org_id) ||
		' ' || c.first_message from phone_numbers n, agents a, inbound_agent_config c where n.org_id = $1 and a.org_id = $1 and c.org_id = $1 and c.agent_id = a.id`, made.OrgID)
	want := "+12125550000 active Front desk 3 Lantern Dental, this is the automated front desk. How can I help you today?"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := s.voice.Numbers()[0]; n["assistantId"] != nil || !strings.Contains(fmt.Sprint(n["server"]), "url:https://cascade.example/webhooks/vapi/") {
		t.Errorf("Vapi would not ask us who takes a call: %v", n)
	}
	if got := s.text(t, `select count(*)::text from onboardings where org_id = $1 and secrets is null and lease_token is null`, made.OrgID); got != "1" {
		t.Error("what was secret is still there")
	}
	if done, err := s.saga.Advance(ctx, made.OrgID); !done || err != nil {
		t.Errorf("once more: %v, %v", done, err)
	}
	// Every step was decided, and the clinic can read it.
	if got := s.text(t, `select (count(*) > 20 and bool_and(allow))::text from audit_decisions where org_id = $1`, made.OrgID); got != "true" {
		t.Error("decisions are missing")
	}
}

func TestAFormThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	good := onboarding.Form{Name: "Clinic", Email: "a@b.example"}
	for name, row := range map[string]struct {
		change func(*onboarding.Form)
		field  string
	}{
		"no name":     {func(f *onboarding.Form) { f.Name = " " }, "name"},
		"long name":   {func(f *onboarding.Form) { f.Name = strings.Repeat("x", 101) }, "name"},
		"control":     {func(f *onboarding.Form) { f.Name = "a\x00b" }, "name"},
		"no address":  {func(f *onboarding.Form) { f.Email = "a" }, "email"},
		"two":         {func(f *onboarding.Form) { f.Email = "a@b.example, c@d.example" }, "email"},
		"a header":    {func(f *onboarding.Form) { f.Email = "a@b.example\r\nBcc: c@d.example" }, "email"},
		"named":       {func(f *onboarding.Form) { f.Email = "A <a@b.example>" }, "email"},
		"timezone":    {func(f *onboarding.Form) { f.Timezone = "Mars/Olympus" }, "timezone"},
		"local":       {func(f *onboarding.Form) { f.Timezone = "Local" }, "timezone"},
		"locale":      {func(f *onboarding.Form) { f.Locale = "english" }, "locale"},
		"country":     {func(f *onboarding.Form) { f.Country = "USA" }, "country"},
		"area":        {func(f *onboarding.Form) { f.AreaCode = "41" }, "areaCode"},
		"not an area": {func(f *onboarding.Form) { f.AreaCode = "abc" }, "areaCode"},
	} {
		f := good
		row.change(&f)
		_, err := s.saga.Create(t.Context(), policy.Subject{}, f, "")
		if e, ok := errors.AsType[*onboarding.ErrForm](err); !ok || e.Field != row.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := s.text(t, `select count(*)::text from organizations`); got != "0" {
		t.Errorf("%s clinics were made of forms that cannot be used", got)
	}
}

// What can't go on is taken back, to the last thing that is paid for.
func TestWhatCannotGoOnIsUndone(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		path  string
		voice bool
	}{
		"account":   {"/2010-04-01/Accounts.json", false},
		"assistant": {"/assistant", true},
		"answer":    {"/phone-number", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			org := s.clinic(t, "Lantern")
			faults := s.sells.Faults
			if row.voice {
				faults = s.voice.Faults
			}
			faults.Next(http.MethodPost, row.path, fake.Fault{Lost: true, Status: 422})
			// Giving back fails too, at first.
			s.sells.Faults.Next(http.MethodDelete, "/", fake.Fault{Cut: true})
			s.sells.Faults.Next(http.MethodDelete, "/", fake.Fault{Lost: true, Status: 503})
			s.sells.Faults.Next(http.MethodDelete, "/", fake.Fault{Lost: true, Status: 503})
			s.sells.Faults.Next(http.MethodDelete, "/", fake.Fault{Lost: true, Status: 503})
			if status := s.drive(t, org); status != "failed" {
				t.Errorf("status %s", status)
			}
			if got := s.text(t, `select failure from onboardings where org_id = $1`, org); !strings.HasPrefix(got, name+": ") {
				t.Errorf("failure %q", got)
			}
			if wrong := s.inventory(t); len(wrong) > 0 || len(s.sells.Numbers()) > 0 || len(s.voice.Assistants()) > 0 {
				t.Errorf("left behind: %v", wrong)
			}
		})
	}
}

// Our own key, refused, is for the platform to mend: no clinic is undone for it.
func TestARefusedCredentialUndoesNobody(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org := s.clinic(t, "Lantern")
	for range 3 {
		s.voice.Faults.Next(http.MethodPost, "/assistant", fake.Fault{Lost: true, Status: http.StatusUnauthorized})
	}
	if status := s.drive(t, org); status != "ready" {
		t.Errorf("status %s", status)
	}
}

func TestAProviderIsLeftAloneForAsLongAsItAsks(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org := s.clinic(t, "Lantern")
	s.voice.Faults.Next(http.MethodPost, "/assistant", fake.Fault{Lost: true, Status: http.StatusTooManyRequests, RetryAfter: 10 * time.Minute})
	if done, err := s.saga.Advance(t.Context(), org); done || err != nil {
		t.Fatal(done, err)
	}
	if got := s.text(t, `select (next_attempt_at > now() + interval '9 minutes')::text from onboardings where org_id = $1`, org); got != "true" {
		t.Error("it would be asked again too soon")
	}
	if n, err := s.saga.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
}
