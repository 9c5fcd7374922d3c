package audit

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// The statements that speak to the audit. The last argument of each proves that
// the program asks: SQL slipped into one of its statements runs as the same role
// and could append false records, or learn from a chain's length what another
// clinic does.
const (
	chainHead     = `select seq, hash from app.audit_head($1, $2)`
	appendRecords = `select app.audit_append($1, $2, $3, $4, $5, $6)`
)

// heading, appending and attempting are what the proofs are over; the migration
// that made app.proven says the same. The hash of the last link covers all that
// is appended and all that was before, so that one proof is enough for a batch.
func heading(chain string) string { return "audit.head " + chain }

func appending(chain string, first int64, links []link) string {
	last := links[len(links)-1].hash
	return "audit.append " + chain + " " + strconv.FormatInt(first, 10) + " " + hex.EncodeToString(last[:])
}

func attempting(resource policy.Resource, ids []uuid.UUID, record string) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	return "audit.attempt " + string(resource) + " " + strings.Join(texts, ",") + " " + record
}
