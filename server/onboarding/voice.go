package onboarding

import (
	"context"
	"fmt"
	"time"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/vapi"
)

// skew is how far a provider's clock may be behind ours.
const skew = time.Hour

// serverMessages are what Vapi reports: what the webhooks act on, and no more.
var serverMessages = []string{ //nolint:gochecknoglobals // immutable table
	"status-update", "end-of-call-report", "tool-calls", "transfer-destination-request", "hang",
}

// server is where Vapi reports to, and how often it tries.
func (s *Saga) server(w *work) *vapi.Server {
	return &vapi.Server{
		URL: s.report("/webhooks/vapi/", w.hidden.VapiKey), Secret: w.hidden.VapiSecret, TimeoutSeconds: 20,
		BackoffPlan: &vapi.BackoffPlan{Type: "exponential", MaxRetries: 6, BaseDelaySeconds: 2},
	}
}

// assistants are the clinic's of this onboarding: one, when all is well.
func (s *Saga) assistants(w *work, spec vapi.AssistantSpec) thing[vapi.Assistant] {
	return thing[vapi.Assistant]{
		find: func(ctx context.Context) ([]vapi.Assistant, error) {
			return s.Voice.FindAssistants(ctx, w.id.String(), w.since.Add(-skew))
		},
		make: func(ctx context.Context) (vapi.Assistant, error) { return s.Voice.CreateAssistant(ctx, spec) },
		id:   func(a vapi.Assistant) string { return a.ID },
		drop: s.Voice.DeleteAssistant,
	}
}

// makeAssistant makes the assistant that the clinic's settings describe. What
// it is told holds no health data: it is the template's, or the clinic's own.
func (s *Saga) makeAssistant(ctx context.Context, w *work) (result, error) {
	var prompt, greeting, voice string
	var seconds int
	err := s.scoped(ctx, w, "settings", func(ctx context.Context, tx *rls.Tx) error {
		found, err := rls.One(ctx, tx, `select coalesce(system_prompt, ''), first_message, voice, max_call_seconds from inbound_agent_config where org_id = $1`,
			[]any{w.org}, &prompt, &greeting, &voice, &seconds)
		if err == nil && !found {
			err = &cannot{"no_settings"}
		}
		return err
	}, need{policy.Read, policy.InboundConfig})
	if err != nil {
		return nil, err
	}
	a, err := s.assistants(w, vapi.AssistantSpec{
		Name: w.id.String(), FirstMessage: greeting, MaxDurationSeconds: seconds,
		Model:  &vapi.Model{Provider: "openai", Model: "gpt-4o", Messages: []vapi.Message{{Role: "system", Content: prompt}}},
		Voice:  &vapi.Voice{Provider: "vapi", VoiceID: voice},
		Server: s.server(w), ServerMessages: serverMessages,
		ArtifactPlan: &vapi.ArtifactPlan{RecordingEnabled: true},
	}).sole(ctx)
	if err != nil {
		return nil, err
	}
	return result{"assistant": a.ID}, nil
}

func (s *Saga) keepAssistant(ctx context.Context, tx *rls.Tx, w *work, r result) error {
	err := tx.Exec(ctx, `
		update agents set provider_assistant_id = $2, updated_at = $3
		 where org_id = $1 and id = (select agent_id from inbound_agent_config where org_id = $1)`,
		[]any{w.org, r["assistant"], s.Now()}, nil)
	if err != nil {
		return fmt.Errorf("keeping the assistant: %w", err)
	}
	return nil
}

func (s *Saga) deleteAssistant(ctx context.Context, w *work) error {
	return s.assistants(w, vapi.AssistantSpec{}).none(ctx)
}

func (s *Saga) forgetAssistant(ctx context.Context, tx *rls.Tx, w *work) error {
	return tx.Exec(ctx, `update agents set provider_assistant_id = null, updated_at = $3 where org_id = $1 and provider_assistant_id = $2`,
		[]any{w.org, w.of(stepAssistant)["assistant"], s.Now()}, nil)
}

// imported are the numbers that Vapi answers for this onboarding: one, when all
// is well.
func (s *Saga) imported(w *work, c credentials) thing[vapi.Number] {
	return thing[vapi.Number]{
		find: func(ctx context.Context) ([]vapi.Number, error) {
			return s.Voice.FindNumbers(ctx, w.id.String(), w.since.Add(-skew))
		},
		make: func(ctx context.Context) (vapi.Number, error) {
			return s.Voice.ImportNumber(ctx, vapi.TwilioNumber{
				Number: w.of(stepNumber)["number"], AccountSID: c.AccountSID, APIKey: c.KeySID, APISecret: c.KeySecret, Name: w.id.String(),
				// No assistant: Vapi asks us who takes each call, so that the
				// clinic's settings hold from the next call on.
				Server: s.server(w),
			})
		},
		id:   func(n vapi.Number) string { return n.ID },
		drop: s.Voice.DeleteNumber,
	}
}

func (s *Saga) importNumber(ctx context.Context, w *work) (result, error) {
	c, err := s.opened(ctx, w)
	if err != nil {
		return nil, err
	}
	n, err := s.imported(w, c).sole(ctx)
	if err != nil {
		return nil, err
	}
	return result{"vapi_number": n.ID}, nil
}

// keepAnswer puts the number into service.
func (s *Saga) keepAnswer(ctx context.Context, tx *rls.Tx, w *work, r result) error {
	var id string
	found, err := rls.One(ctx, tx, `
		update phone_numbers set status = 'active', provider_number_id = $3, updated_at = $4 where org_id = $1 and e164 = $2 returning id::text`,
		[]any{w.org, w.of(stepNumber)["number"], r["vapi_number"], s.Now()}, &id)
	if err != nil {
		return fmt.Errorf("putting the number into service: %w", err)
	}
	if !found {
		return &cannot{"number_gone"}
	}
	return nil
}

func (s *Saga) removeNumber(ctx context.Context, w *work) error {
	return s.imported(w, credentials{}).none(ctx)
}
