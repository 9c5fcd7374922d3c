package onboarding

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/provider"
	"github.com/voxanne/cascade/server/twilio"
)

// candidates is how many numbers are tried that somebody else may be faster to buy.
const candidates = 5

// accounts are the clinic's at Twilio: one, when all is well.
func (s *Saga) accounts(w *work) thing[twilio.Account] {
	return thing[twilio.Account]{
		find: func(ctx context.Context) ([]twilio.Account, error) { return s.Carrier.FindAccounts(ctx, w.label()) },
		make: func(ctx context.Context) (twilio.Account, error) { return s.Carrier.CreateAccount(ctx, w.label()) },
		id:   func(a twilio.Account) string { return a.SID },
		drop: s.Carrier.CloseAccount,
	}
}

// openAccount makes the clinic's account. Its token is a secret and no result:
// keepAccount is given it beside.
func (s *Saga) openAccount(ctx context.Context, w *work) (result, error) {
	a, err := s.accounts(w).sole(ctx)
	if err != nil {
		return nil, err
	}
	w.fresh = credentials{AccountSID: a.SID, AuthToken: a.AuthToken}
	return result{"account": a.SID}, nil
}

func (s *Saga) keepAccount(ctx context.Context, tx *rls.Tx, w *work, _ result) error {
	return s.keepCredentials(ctx, tx, w, func(c *credentials) { *c = w.fresh })
}

func (s *Saga) closeAccount(ctx context.Context, w *work) error { return s.accounts(w).none(ctx) }

func (*Saga) forgetAccount(ctx context.Context, tx *rls.Tx, w *work) error {
	return tx.Exec(ctx, `update integrations set status = 'disconnected', credentials = null, credentials_hint = null, webhook_key_hash = null
		where org_id = $1 and provider = 'twilio'`, []any{w.org}, nil)
}

// makeKey makes a key for Vapi. Of one whose answer was lost the secret is lost
// too, so those that are there are deleted first; afterwards all but the one
// whose secret we have, should the request have been repeated on its way.
func (s *Saga) makeKey(ctx context.Context, w *work) (result, error) {
	account := w.of(stepAccount)["account"]
	if err := s.deleteKeys(ctx, w, ""); err != nil {
		return nil, err
	}
	key, err := s.Carrier.CreateKey(ctx, account, w.label())
	if err != nil {
		return nil, err
	}
	if err := s.deleteKeys(ctx, w, key.SID); err != nil {
		return nil, err
	}
	w.fresh = credentials{KeySID: key.SID, KeySecret: key.Secret}
	return result{"key": key.SID}, nil
}

// deleteKeys deletes the keys of this onboarding, but for one.
func (s *Saga) deleteKeys(ctx context.Context, w *work, but string) error {
	account := w.of(stepAccount)["account"]
	if account == "" {
		return nil // without an account there is no key
	}
	keys, err := s.Carrier.FindKeys(ctx, account, w.label())
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.SID == but {
			continue
		}
		if err := s.Carrier.DeleteKey(ctx, account, k.SID); err != nil {
			return err
		}
	}
	return nil
}

func (s *Saga) keepKey(ctx context.Context, tx *rls.Tx, w *work, _ result) error {
	return s.keepCredentials(ctx, tx, w, func(c *credentials) { c.KeySID, c.KeySecret = w.fresh.KeySID, w.fresh.KeySecret })
}

func (s *Saga) deleteKey(ctx context.Context, w *work) error { return s.deleteKeys(ctx, w, "") }

// numbers are the clinic's of this onboarding: one, when all is well.
func (s *Saga) numbers(w *work, number string) thing[twilio.Number] {
	account := w.of(stepAccount)["account"]
	return thing[twilio.Number]{
		find: func(ctx context.Context) ([]twilio.Number, error) {
			return s.Carrier.FindNumbers(ctx, account, w.label())
		},
		make: func(ctx context.Context) (twilio.Number, error) {
			return s.Carrier.BuyNumber(ctx, account, twilio.Purchase{Number: number, Name: w.label()})
		},
		id:   func(n twilio.Number) string { return n.SID },
		drop: func(ctx context.Context, sid string) error { return s.Carrier.ReleaseNumber(ctx, account, sid) },
	}
}

// buyNumber buys the clinic's number, unless it has been bought. Between any two
// purchases it looks whether the first was one.
func (s *Saga) buyNumber(ctx context.Context, w *work) (result, error) {
	there, found, err := s.numbers(w, "").only(ctx)
	if err != nil {
		return nil, err
	}
	if !found {
		if there, err = s.buyOne(ctx, w); err != nil {
			return nil, err
		}
	}
	return result{"number": there.Number, "sid": there.SID}, nil
}

func (s *Saga) buyOne(ctx context.Context, w *work) (twilio.Number, error) {
	free, err := s.free(ctx, w)
	if err != nil {
		return twilio.Number{}, err
	}
	for _, number := range free {
		n, err := s.numbers(w, number).sole(ctx)
		if provider.CodeOf(err) == twilio.CodeNotAvailable || provider.CodeOf(err) == twilio.CodeInvalidNumber {
			continue
		}
		return n, err
	}
	if len(free) == 0 {
		return twilio.Number{}, &cannot{"no_numbers"}
	}
	return twilio.Number{}, &provider.Error{Provider: "twilio", Operation: "buy number", Kind: provider.Unavailable}
}

// free lists numbers to buy: of the area that was asked for, or of any.
func (s *Saga) free(ctx context.Context, w *work) ([]string, error) {
	search := twilio.Search{Country: w.request.Country, AreaCode: twilio.AreaCode(w.request.AreaCode), Most: candidates}
	account := w.of(stepAccount)["account"]
	free, err := s.Carrier.SearchNumbers(ctx, account, search)
	if err == nil && len(free) == 0 && search.AreaCode != 0 {
		search.AreaCode = 0
		free, err = s.Carrier.SearchNumbers(ctx, account, search)
	}
	if provider.KindOf(err) == provider.NotFound && err != nil {
		return nil, &cannot{"no_numbers"} // Twilio sells none in this country
	}
	return free, err
}

// keepNumber makes the number's row, not in service yet.
func (s *Saga) keepNumber(ctx context.Context, tx *rls.Tx, w *work, r result) error {
	err := tx.Exec(ctx, `
		insert into phone_numbers (org_id, id, e164, label, provider, country, status, monthly_cost_minor)
		values ($1, $2, $3, 'Front desk', 'twilio', $4, 'inactive', $5)
		on conflict (org_id, e164) do update set status = 'inactive', released_at = null, monthly_cost_minor = $5, updated_at = $6`,
		[]any{w.org, s.NewID(), r["number"], w.request.Country, s.Price, s.Now()}, nil)
	if err != nil {
		return fmt.Errorf("keeping the number: %w", err)
	}
	return nil
}

func (s *Saga) releaseNumber(ctx context.Context, w *work) error {
	if w.of(stepAccount)["account"] == "" {
		return nil // without an account nothing was bought
	}
	return s.numbers(w, "").none(ctx)
}

func (s *Saga) forgetNumber(ctx context.Context, tx *rls.Tx, w *work) error {
	return tx.Exec(ctx, `update phone_numbers set status = 'released', released_at = $3, updated_at = $3 where org_id = $1 and e164 = $2`,
		[]any{w.org, w.of(stepNumber)["number"], s.Now()}, nil)
}

// opened reads the account's credentials outside of a step's own transactions.
func (s *Saga) opened(ctx context.Context, w *work) (c credentials, err error) {
	err = s.scoped(ctx, w, "credentials", func(ctx context.Context, tx *rls.Tx) error {
		var id uuid.UUID
		if id, c, err = s.account(ctx, tx, w); err == nil && (id == uuid.Nil || c.KeySecret == "") {
			err = errors.New("onboarding: the account's credentials are gone")
		}
		return err
	}, need{policy.Read, policy.Integration})
	return c, err
}
