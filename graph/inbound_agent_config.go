package graph

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/inboundagentconfig"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/policy"
)

var (
	weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	// clockForm compares as text like the times that it stands for.
	clockForm = regexp.MustCompile(`^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`)
)

func checkInbound(in model.UpdateInboundAgentConfigInput) error {
	return errors.Join(
		checkPlain(text{"systemPrompt", in.SystemPrompt, maxPrompt}, text{"firstMessage", in.FirstMessage, maxFirstMessage}),
		checkNamed(text{"voice", in.Voice, 100}),
		checkLanguage(in.Language),
		checkRange("maxCallSeconds", in.MaxCallSeconds, leastCall, mostCall),
		checkHours("businessHours", in.BusinessHours),
	)
}

// checkHours refuses opening hours that do not say when a clinic is open: each
// weekday has spans, in order and apart, that end after they begin.
func checkHours(field string, hours map[string]any) error {
	bad := func() error {
		return fault.New(fault.BadUserInput,
			`%s must be like {"mon": [{"open": "09:00", "close": "17:30"}]}: mon to sun, spans in order within a day, 00:00 to 24:00.`, field).
			With("field", field)
	}
	for day, value := range hours {
		spans, ok := value.([]any)
		if !ok || !slices.Contains(weekdays, day) {
			return bad()
		}
		before := ""
		for _, s := range spans {
			span, ok := s.(map[string]any)
			opens, isOpen := span["open"].(string)
			closes, isClose := span["close"].(string)
			if !ok || !isOpen || !isClose || len(span) != 2 || !clockForm.MatchString(opens) || !clockForm.MatchString(closes) ||
				opens < before || closes <= opens {
				return bad()
			}
			before = closes
		}
	}
	return checkObject(field, hours)
}

// inboundConfig is the id of the clinic's one configuration, which it makes when
// there is none. Two who make it at once get the same.
func (r *Resolver) inboundConfig(ctx context.Context, org uuid.UUID) (uuid.UUID, error) {
	client := ent.FromContext(ctx)
	id, err := client.InboundAgentConfig.Query().Where(inboundagentconfig.OrgID(org)).OnlyID(ctx)
	if !ent.IsNotFound(err) {
		return id, err
	}
	if err := decidedFrom(ctx).decisions[need{policy.Create, policy.InboundConfig}].Err(); err != nil {
		return uuid.Nil, err
	}
	err = client.InboundAgentConfig.Create().SetID(r.NewID()).SetOrgID(org).SetBusinessHours(map[string]any{}).
		OnConflictColumns(inboundagentconfig.FieldOrgID).DoNothing().Exec(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return uuid.Nil, fmt.Errorf("making the inbound configuration: %w", err)
	}
	return client.InboundAgentConfig.Query().Where(inboundagentconfig.OrgID(org)).OnlyID(ctx)
}

func updateInbound(ctx context.Context, id uuid.UUID, in model.UpdateInboundAgentConfigInput, agentID, numberID *uuid.UUID) *ent.InboundAgentConfigUpdateOne {
	u := ent.FromContext(ctx).InboundAgentConfig.UpdateOneID(id).
		SetNillableFirstMessage(in.FirstMessage).SetNillableVoice(in.Voice).SetNillableLanguage(in.Language).
		SetNillableMaxCallSeconds(in.MaxCallSeconds).SetNillableEnabled(in.Enabled).
		SetNillableAgentID(agentID).SetNillablePhoneNumberID(numberID)
	put(in.SystemPrompt, u.SetSystemPrompt, u.ClearSystemPrompt)
	if in.BusinessHours != nil {
		u.SetBusinessHours(in.BusinessHours)
	}
	if nulled(ctx, "agentId") {
		u.ClearAgentID()
	}
	if nulled(ctx, "phoneNumberId") {
		u.ClearPhoneNumberID()
	}
	return u
}
