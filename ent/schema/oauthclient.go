package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/pgarray"
	"github.com/voxanne/cascade/policy"
)

// OAuthClient is a client of the OAuth2 client-credentials flow (RFC 6749, 4.4).
type OAuthClient struct{ ent.Schema }

// Annotations of OAuthClient.
func (OAuthClient) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("oauth_clients")}
}

// Mixin of OAuthClient.
func (OAuthClient) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Created{}, Owned{Resource: policy.APIKey}}
}

// Fields of OAuthClient.
func (OAuthClient) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		field.String("client_id").Immutable(),
		field.Bytes("secret_hash").Immutable().Sensitive(),
		field.Other("scopes", pgarray.Text{}).SchemaType(textArray).Immutable(),
		field.UUID("created_by", uuid.UUID{}).Immutable(),
		field.Time("revoked_at").Optional().Nillable(),
	}
}
