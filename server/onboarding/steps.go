package onboarding

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/mail"
)

// Steps, by name, in the order in which they are done. The organization and the
// invitation of its owner were made together with the onboarding.
const (
	stepDefaults  = "defaults"  // agent, settings and knowledge base from the template
	stepInvite    = "invite"    // the letter to the owner, with the dashboard's link
	stepAccount   = "account"   // an account at Twilio; waits for verification
	stepKey       = "key"       // a key of that account, for Vapi
	stepNumber    = "number"    // a number; waits for a spending limit
	stepAssistant = "assistant" // an assistant at Vapi
	stepAnswer    = "answer"    // Vapi answers the number
)

// order is every step, first to last.
func (s *Saga) order() []step {
	ingest := func(r policy.Resource) need { return need{policy.Ingest, r} }
	return []step{
		{
			name: stepDefaults, keep: s.keepDefaults,
			needs: []need{ingest(policy.Agent), ingest(policy.InboundConfig), ingest(policy.KnowledgeArticle), ingest(policy.Integration)},
		},
		{name: stepInvite, do: s.invite},
		{
			name: stepAccount, needs: []need{ingest(policy.Integration)},
			may: s.verified, do: s.openAccount, keep: s.keepAccount, undo: s.closeAccount, forget: s.forgetAccount,
		},
		{
			name: stepKey, needs: []need{ingest(policy.Integration)},
			may: s.spending, do: s.makeKey, keep: s.keepKey, undo: s.deleteKey,
		},
		{
			name: stepNumber, needs: []need{ingest(policy.PhoneNumber), ingest(policy.Integration)},
			may: s.affordable, do: s.buyNumber, keep: s.keepNumber, undo: s.releaseNumber, forget: s.forgetNumber,
		},
		{
			name: stepAssistant, needs: []need{ingest(policy.Agent), {policy.Read, policy.InboundConfig}},
			may: s.spending, do: s.makeAssistant, keep: s.keepAssistant, undo: s.deleteAssistant, forget: s.forgetAssistant,
		},
		{
			name: stepAnswer, needs: []need{ingest(policy.PhoneNumber), ingest(policy.Integration)},
			may: s.spending, do: s.importNumber, keep: s.keepAnswer, undo: s.removeNumber,
		},
	}
}

// keepDefaults makes what a clinic begins with. All of it comes with the step's
// end, so it is there once; its owner may change every word of it.
func (s *Saga) keepDefaults(ctx context.Context, tx *rls.Tx, w *work, _ result) error {
	t, err := templateFor(w.name)
	if err != nil {
		return err
	}
	agent := s.NewID()
	err = tx.Exec(ctx, `insert into agents (org_id, id, name, role, system_prompt, first_message, active) values ($1, $2, $3, 'inbound', $4, $5, true)`,
		[]any{w.org, agent, t.Agent.Name, t.Agent.Prompt, t.Agent.Greeting}, nil)
	if err != nil {
		return fmt.Errorf("making the agent: %w", err)
	}
	err = tx.Exec(ctx, `
		insert into inbound_agent_config (org_id, id, agent_id, system_prompt, first_message, business_hours) values ($1, $2, $3, $4, $5, $6)
		on conflict (org_id) do nothing`,
		[]any{w.org, s.NewID(), agent, t.Agent.Prompt, t.Agent.Greeting, []byte(t.Hours)}, nil)
	if err != nil {
		return fmt.Errorf("making the settings: %w", err)
	}
	for _, a := range t.Articles {
		err := tx.Exec(ctx, `insert into knowledge_base (org_id, id, title, category, content) values ($1, $2, $3, $4, $5)`,
			[]any{w.org, s.NewID(), a.Title, a.Category, a.Content}, nil)
		if err != nil {
			return fmt.Errorf("making the knowledge base: %w", err)
		}
	}
	return s.keepWebhook(ctx, tx, w)
}

// keepWebhook makes the address that Vapi reports to, and what proves it. There
// is one already where a clinic was connected by hand, and it stays.
func (s *Saga) keepWebhook(ctx context.Context, tx *rls.Tx, w *work) error {
	id := s.NewID()
	place := secret.Place{Org: w.org, Row: id, Column: secret.IntegrationWebhookSecret}
	sealed, err := s.Secrets.Seal([]byte(w.hidden.VapiSecret), place.Bytes())
	if err != nil {
		return fmt.Errorf("sealing a webhook's secret: %w", err)
	}
	hash := sha256.Sum256([]byte(w.hidden.VapiKey))
	err = tx.Exec(ctx, `
		insert into integrations (org_id, id, provider, status, settings, webhook_key_hash, webhook_auth, webhook_secret)
		values ($1, $2, 'vapi', 'connected', '{}', $3, '{"method": "secret"}', $4) on conflict (org_id, provider) do nothing`,
		[]any{w.org, id, hash[:], sealed}, nil)
	if err != nil {
		return fmt.Errorf("making the webhook: %w", err)
	}
	return nil
}

// invite writes to the owner. A letter may come twice, with one Message-ID: no
// mail server can be asked whether it has taken a letter.
func (s *Saga) invite(ctx context.Context, w *work) (result, error) {
	link, err := s.dashboard(w.slug)
	if err != nil {
		return nil, err
	}
	// The token stands behind a #, which no server is sent and no proxy logs.
	link.Fragment = "invitation=" + w.hidden.Invitation
	text, err := letterFor(w.name, link.String())
	if err != nil {
		return nil, err
	}
	return nil, s.Mail.Send(ctx, mail.Letter{
		ID: w.id.String(), To: w.request.Email, Subject: "Your receptionist at " + w.name, Text: text,
	})
}

// dashboard is where the clinic's own sub-domain is, or the server itself where
// it is known by no name that could have one.
func (s *Saga) dashboard(slug string) (*url.URL, error) {
	base, err := url.Parse(s.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("reading our own address: %w", err)
	}
	base.Path = "/"
	if net.ParseIP(base.Hostname()) == nil {
		base.Host = slug + "." + base.Host
	}
	return base, nil
}

// verified says whether somebody knows who the clinic is.
func (s *Saga) verified(ctx context.Context, tx *rls.Tx, w *work) error {
	limit := new(int64)
	var isVerified bool
	_, err := rls.One(ctx, tx, `select verified_at is not null, coalesce(spend_limit_minor, 0) from onboardings where org_id = $1`,
		[]any{w.org}, &isVerified, limit)
	switch {
	case err != nil:
		return fmt.Errorf("asking whether the clinic is verified: %w", err)
	case !isVerified:
		return &waiting{"verification"}
	}
	w.limit = limit
	return s.spending(ctx, tx, w)
}

// spending says whether anything may be bought or called just now.
func (s *Saga) spending(context.Context, *rls.Tx, *work) error {
	if err := s.Spend(); err != nil {
		return &waiting{}
	}
	return nil
}

// affordable says whether one more number is within the clinic's limit.
func (s *Saga) affordable(ctx context.Context, tx *rls.Tx, w *work) error {
	if err := s.verified(ctx, tx, w); err != nil {
		return err
	}
	var spent int64
	_, err := rls.One(ctx, tx, `select coalesce(sum(monthly_cost_minor), 0)::bigint from phone_numbers where org_id = $1 and status <> 'released'`,
		[]any{w.org}, &spent)
	if err != nil {
		return fmt.Errorf("counting what is spent: %w", err)
	}
	if spent+s.Price > *w.limit {
		return &waiting{"spending_limit"}
	}
	return nil
}

// report is where a provider reports to, by what only it knows.
func (s *Saga) report(path, key string) string {
	return strings.TrimSuffix(s.PublicURL, "/") + path + key
}

// credentials are what a clinic's account at Twilio is opened with.
type credentials struct {
	AccountSID string `json:"accountSid"`
	AuthToken  string `json:"authToken"`
	KeySID     string `json:"apiKeySid,omitempty"`
	KeySecret  string `json:"apiKeySecret,omitempty"`
}

// keepCredentials seals the account's credentials into its integration.
func (s *Saga) keepCredentials(ctx context.Context, tx *rls.Tx, w *work, change func(*credentials)) error {
	id, c, err := s.account(ctx, tx, w)
	if err != nil {
		return err
	}
	if id == uuid.Nil {
		id = s.NewID()
	}
	change(&c)
	plain, err := json.Marshal(c) //nolint:gosec // G117: it is sealed before it is kept
	if err != nil {
		return errors.New("writing credentials down") // the cause may quote them
	}
	place := secret.Place{Org: w.org, Row: id, Column: secret.IntegrationCredentials}
	sealed, err := s.Secrets.Seal(plain, place.Bytes())
	if err != nil {
		return fmt.Errorf("sealing credentials: %w", err)
	}
	hash := sha256.Sum256([]byte(w.hidden.TwilioKey))
	err = tx.Exec(ctx, `
		insert into integrations (org_id, id, provider, status, settings, credentials, credentials_hint, webhook_key_hash)
		values ($1, $2, 'twilio', 'connected', '{}', $3, $4, $5)
		on conflict (org_id, provider) do update set status = 'connected', credentials = $3, credentials_hint = $4, webhook_key_hash = $5, updated_at = $6`,
		[]any{w.org, id, sealed, c.AccountSID[len(c.AccountSID)-4:], hash[:], s.Now()}, nil)
	if err != nil {
		return fmt.Errorf("keeping credentials: %w", err)
	}
	return nil
}

// account reads the integration with the clinic's account; the nil id means that
// there is none.
func (s *Saga) account(ctx context.Context, tx *rls.Tx, w *work) (id uuid.UUID, c credentials, err error) {
	var sealed []byte
	_, err = rls.One(ctx, tx, `select id, credentials from integrations where org_id = $1 and provider = 'twilio'`, []any{w.org}, &id, &sealed)
	if err != nil || sealed == nil {
		return id, c, err
	}
	place := secret.Place{Org: w.org, Row: id, Column: secret.IntegrationCredentials}
	plain, err := s.Secrets.Open(sealed, place.Bytes())
	if err != nil {
		return id, c, fmt.Errorf("opening credentials: %w", err)
	}
	if json.Unmarshal(plain, &c) != nil {
		return id, c, errors.New("credentials do not read") // the cause may quote them
	}
	return id, c, nil
}
