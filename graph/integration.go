package graph

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/integration"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// secretName matches the names of settings that are secrets put in the wrong
// place: settings are shown, credentials never.
var secretName = regexp.MustCompile(`(?i)(secret|passw(or)?d|credentials?|authorization|(api|private|access|signing)[_-]?key|token)$`)

// integrationOrder is the order of a list of integrations, newest first.
func integrationOrder() page.Order[ent.Integration] {
	return page.Order[ent.Integration]{
		Name: "created_at", Desc: true, Expr: page.Column(integration.FieldCreatedAt),
		Key: func(i *ent.Integration) any { return i.CreatedAt }, ID: func(i *ent.Integration) uuid.UUID { return i.ID },
	}
}

func checkIntegration(in model.ConnectIntegrationInput) error {
	if len(in.Credentials) == 0 {
		return fault.New(fault.BadUserInput, `credentials must hold the provider's, by name, such as {"apiKey": "..."}.`).With("field", "credentials")
	}
	for name := range in.Settings {
		if secretName.MatchString(name) {
			return fault.New(fault.BadUserInput, "settings are shown to those who see integrations. Put what is secret into credentials.").
				With("field", "settings")
		}
	}
	return errors.Join(checkObject("credentials", in.Credentials), checkObject("settings", in.Settings))
}

// integrationFor is the id of the clinic's connection to a provider, which it
// makes when there is none: credentials are sealed for a row that is there. Two
// who connect at once get the same row, one after the other.
func (r *Resolver) integrationFor(ctx context.Context, org uuid.UUID, provider integration.Provider) (uuid.UUID, error) {
	if err := decidedFrom(ctx).decisions[need{policy.Update, policy.Integration}].Err(); err != nil {
		return uuid.Nil, err
	}
	client := ent.FromContext(ctx)
	err := client.Integration.Create().SetID(r.NewID()).SetOrgID(org).SetProvider(provider).SetSettings(map[string]any{}).
		OnConflictColumns(integration.FieldOrgID, integration.FieldProvider).DoNothing().Exec(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return uuid.Nil, fmt.Errorf("making an integration: %w", err)
	}
	return client.Integration.Query().Where(integration.OrgID(org), integration.ProviderEQ(provider)).OnlyID(ctx)
}

// connect keeps the credentials in the row: sealed, with a hint.
func (r *Resolver) connect(ctx context.Context, org, id uuid.UUID, in model.ConnectIntegrationInput) (*ent.Integration, error) {
	plain, err := json.Marshal(in.Credentials)
	if err != nil {
		return nil, errors.New("writing credentials down") // the cause may quote them
	}
	sealed, err := r.seal(string(plain), secret.Place{Org: org, Row: id, Column: secret.IntegrationCredentials})
	if err != nil {
		return nil, err
	}
	u := ent.FromContext(ctx).Integration.UpdateOneID(id).SetStatus(integration.StatusConnected).SetCredentials(sealed).ClearLastCheckedAt()
	if hint := hintOf(in.Credentials); hint != "" {
		u.SetCredentialsHint(hint)
	} else {
		u.ClearCredentialsHint()
	}
	if in.Settings != nil {
		u.SetSettings(in.Settings)
	}
	return u.Save(ctx)
}

// shortest is the least length of a secret of which four characters may be
// shown: so that they are no help in guessing the rest.
const shortest = 12

// hintOf is the last four characters of the longest text among credentials, or
// "" when it is too short to show any.
func hintOf(credentials any) string {
	longest := strings.TrimSpace(longestText(credentials))
	if runes := []rune(longest); len(runes) >= shortest {
		return string(runes[len(runes)-4:])
	}
	return ""
}

// longestText looks through objects and lists; among texts of one length the
// order of bytes decides, so that the same credentials have the same hint.
func longestText(value any) string {
	longest := ""
	take := func(s string) {
		if len(s) > len(longest) || (len(s) == len(longest) && s > longest) {
			longest = s
		}
	}
	switch v := value.(type) {
	case string:
		take(v)
	case map[string]any:
		for _, inner := range v {
			take(longestText(inner))
		}
	case []any:
		for _, inner := range v {
			take(longestText(inner))
		}
	}
	return longest
}
