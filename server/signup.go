package server

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/transport"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/onboarding"
	"github.com/voxanne/cascade/server/ratelimit"
)

// The limits of signing up: of one client address, and of one e-mail address,
// which are charged the same whether or not the e-mail address is known.
const (
	maxSignup     = 4 << 10 // bytes of a form
	signupAddress = 10      // an hour
	signupMail    = 3       // an hour
	signupKey     = "Idempotency-Key"
)

//go:embed signup.html
var signupPage []byte

// signup lets anybody ask for a clinic. It answers the same whatever it knows of
// an e-mail address: what there is to say goes to that address alone.
type signup struct {
	create  func(ctx context.Context, by policy.Subject, f onboarding.Form, key string) (onboarding.Created, error)
	limiter *ratelimit.Limiter
	log     *slog.Logger
	wake    func()
}

// signups are the routes of signing up, where onboarding was set up.
func (a *App) signups() []Route {
	if a.onboarding == nil {
		return nil
	}
	s := signup{create: a.onboarding.Create, limiter: a.limiter, log: a.log, wake: a.wakeOnboarding}
	return []Route{
		{Pattern: "GET /signup", Handler: http.HandlerFunc(s.page), Proof: Nothing},
		{Pattern: "POST /signup", MaxBody: maxSignup, Proof: Nothing, Handler: through(http.HandlerFunc(s.take), []middleware{
			crossOrigin(a.config.Origins), a.health.available, a.signupAddresses.Middleware,
		})},
	}
}

// page is the demo form. It needs no script and no style, and may send itself
// nowhere but here.
func (signup) page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(signupPage) // a client that went away is not our fault
}

// take serves POST /signup with a JSON object or the form's fields: 202 for any
// form that can be used, 400 with what is wrong otherwise, 415 for anything else.
// The same form under one Idempotency-Key, or under none, makes one clinic.
func (s signup) take(w http.ResponseWriter, r *http.Request) {
	form, ok := readSignup(w, r)
	if !ok {
		return
	}
	key := r.Header.Get(signupKey)
	if len(key) > 255 {
		writeProblem(w, r, transport.Problem{
			Status: http.StatusBadRequest, Code: string(fault.BadUserInput), Detail: "Idempotency-Key must have at most 255 characters.",
		})
		return
	}
	if wrong := formErrors(form.Check()); len(wrong) > 0 {
		s.refuse(w, r, wrong)
		return
	}
	spent, err := s.charge(r.Context(), form.Email)
	if err == nil && spent {
		_, err = s.create(r.Context(), policy.Subject{}, form, key)
	}
	if err != nil {
		s.log.ErrorContext(r.Context(), "a sign-up could not be taken", "error", err)
		unavailable(w, r)
		return
	}
	if !spent { // who asked so often is told nothing that others are not
		exchangeOf(r.Context()).reason = "signup_email_limit"
	}
	s.wake()
	writeJSON(w, "application/json", http.StatusAccepted, map[string]string{
		"status": "accepted", "message": "Thank you. We have sent a letter to your e-mail address: go on from there.",
	})
}

// charge takes one sign-up from the e-mail address's share of the hour, which
// all nodes count together.
func (s signup) charge(ctx context.Context, email string) (bool, error) {
	sum := sha256.Sum256([]byte("signup " + strings.ToLower(strings.TrimSpace(email))))
	result, err := s.limiter.Spend(ctx, ratelimit.Key{OrgID: uuid.UUID(sum[:16])},
		ratelimit.Plan{Requests: signupMail, Burst: signupMail, Cost: signupMail}, 1)
	return result.Allowed, err
}

// readSignup reads a form, or answers why not.
func readSignup(w http.ResponseWriter, r *http.Request) (f onboarding.Form, ok bool) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && media == "application/json":
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		err = decoder.Decode(&f)
	case err == nil && media == "application/x-www-form-urlencoded":
		if err = r.ParseForm(); err == nil {
			f = onboarding.Form{
				Name: r.PostForm.Get("name"), Email: r.PostForm.Get("email"), Timezone: r.PostForm.Get("timezone"),
				AreaCode: r.PostForm.Get("areaCode"),
			}
		}
	default:
		writeProblem(w, r, transport.Problem{
			Status: http.StatusUnsupportedMediaType, Code: string(fault.BadUserInput), Detail: "Send application/json, or the form at GET /signup.",
		})
		return f, false
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		writeProblem(w, r, transport.Problem{
			Status: http.StatusRequestEntityTooLarge, Code: string(fault.TooComplex), Limit: &transport.Limit{Name: "body", Max: maxSignup},
		})
		return f, false
	}
	if err != nil {
		writeProblem(w, r, transport.Problem{
			Status: http.StatusBadRequest, Code: string(fault.BadUserInput),
			Detail: `Send {"name": "<the clinic's>", "email": "<the owner's>"}; timezone, locale, country and areaCode may be added.`,
		})
		return f, false
	}
	return f, true
}

// fieldError is one entry of a problem's errors (RFC 9457, 3.2).
type fieldError struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// formErrors are all that is wrong with a form.
func formErrors(err error) (all []fieldError) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, each := range joined.Unwrap() {
			all = append(all, formErrors(each)...)
		}
		return all
	}
	if e, ok := errors.AsType[*onboarding.ErrForm](err); ok {
		all = append(all, fieldError{e.Field, e.Text})
	}
	return all
}

func (signup) refuse(w http.ResponseWriter, r *http.Request, wrong []fieldError) {
	x := exchangeOf(r.Context())
	x.reason = "signup_form"
	writeJSON(w, "application/problem+json", http.StatusBadRequest, struct {
		problem
		Errors []fieldError `json:"errors"`
	}{problem{Problem: transport.Problem{
		Status: http.StatusBadRequest, Title: http.StatusText(http.StatusBadRequest), Code: string(fault.BadUserInput),
		Detail: "The form cannot be used as it is.",
	}, RequestID: x.id}, wrong})
}

// onboardEvery is how often onboardings that are due are looked for.
const onboardEvery = 2 * time.Second

// onboard advances onboardings until ctx ends: those that are due from time to
// time, and new ones at once.
func (a *App) onboard(ctx context.Context) {
	ticker := time.NewTicker(onboardEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-a.onboardNow:
		}
		if a.health.database() != nil {
			continue
		}
		// A step under way ends by itself; no new one begins.
		if _, err := a.onboarding.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "onboardings could not all go on", "error", err)
		}
	}
}

// wakeOnboarding lets what was just made begin at once.
func (a *App) wakeOnboarding() {
	select {
	case a.onboardNow <- struct{}{}:
	default: // it is awake
	}
}
