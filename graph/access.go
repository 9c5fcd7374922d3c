package graph

import (
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/accessgrant"
	"github.com/voxanne/cascade/ent/apikey"
	"github.com/voxanne/cascade/ent/breakglasssession"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

func accessGrantOrder() page.Order[ent.AccessGrant] {
	return latestFirst(accessgrant.FieldCreatedAt,
		func(g *ent.AccessGrant) time.Time { return g.CreatedAt }, func(g *ent.AccessGrant) uuid.UUID { return g.ID })
}

func apiKeyOrder() page.Order[ent.APIKey] {
	return latestFirst(apikey.FieldCreatedAt,
		func(k *ent.APIKey) time.Time { return k.CreatedAt }, func(k *ent.APIKey) uuid.UUID { return k.ID })
}

func breakGlassOrder() page.Order[ent.BreakGlassSession] {
	return latestFirst(breakglasssession.FieldCreatedAt,
		func(b *ent.BreakGlassSession) time.Time { return b.CreatedAt },
		func(b *ent.BreakGlassSession) uuid.UUID { return b.ID })
}

// maskMap is masks as GraphQL's Map has them.
func maskMap(masks map[policy.Resource][]string) map[string]any {
	out := make(map[string]any, len(masks))
	for resource, fields := range masks {
		out[string(resource)] = fields
	}
	return out
}
