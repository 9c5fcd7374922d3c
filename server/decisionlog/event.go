package decisionlog

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/policy"
)

// path is the rule that answers, as OPA names one.
const path = "cascade/access/decision"

// Event is a decision as OPA's decision log has it: EventV1 of its package
// v1/plugins/logs, v1.22, without what Cascade has not got. Its "req_id" is a
// number, which our request ids are not: they are custom.request_id.
type Event struct {
	Labels      map[string]string `json:"labels"`
	DecisionID  string            `json:"decision_id"`
	TraceID     string            `json:"trace_id,omitempty"`
	Bundles     map[string]Bundle `json:"bundles,omitempty"`
	Path        string            `json:"path"`
	Input       json.RawMessage   `json:"input,omitempty"`
	Result      Result            `json:"result"`
	RequestedBy string            `json:"requested_by,omitempty"`
	Timestamp   time.Time         `json:"timestamp"`
	Custom      Custom            `json:"custom"`
}

// Bundle names a policy revision.
type Bundle struct {
	Revision string `json:"revision,omitempty"`
}

// Result is the answer, under the names that the policy itself uses.
type Result struct {
	Allow  bool        `json:"allow"`
	Reason string      `json:"reason"`
	OrgIDs []uuid.UUID `json:"org_ids"`
	Wide   bool        `json:"wide"`
	Masks  any         `json:"masks,omitempty"`
}

// Custom is what OPA has no field for: where the record is in its chain, whose
// hashes link one to the next, and the facts that people search by, which are
// there too where no policy was asked and so no input is.
type Custom struct {
	Chain          string                `json:"chain"`
	Seq            int64                 `json:"seq"`
	PrevHash       string                `json:"prev_hash"`
	Hash           string                `json:"hash"`
	RequestID      string                `json:"request_id"`
	SubjectKind    policy.Kind           `json:"subject_kind"`
	CredentialType policy.CredentialType `json:"credential_type,omitempty"`
	CredentialID   string                `json:"credential_id,omitempty"`
	Action         policy.Action         `json:"action"`
	Resource       policy.Resource       `json:"resource"`
	Operation      string                `json:"operation,omitempty"`
	OrgID          *uuid.UUID            `json:"org_id,omitempty"`
	AskedOrgIDs    []uuid.UUID           `json:"asked_org_ids"`
	Rows           *int                  `json:"row_count,omitempty"`
}

// row is a record in its chain, as the audit keeps it.
type row struct {
	Chain          string
	Seq            int64
	PrevHash, Hash []byte
	Body           string
}

// event writes a record as an Event, on one line.
func (r row) event(labels map[string]string) ([]byte, error) {
	var record audit.Record
	if err := json.Unmarshal([]byte(r.Body), &record); err != nil {
		return nil, fmt.Errorf("reading record %d of %s: %w", r.Seq, r.Chain, err)
	}
	e := Event{
		Labels: labels, DecisionID: record.ID.String(), TraceID: record.TraceID, Path: path, Input: record.Input,
		Timestamp: record.At, Result: Result{
			Allow: record.Allow, Reason: record.Reason, Wide: record.Wide, OrgIDs: record.OrgIDs,
		},
		Custom: Custom{
			Chain: r.Chain, Seq: r.Seq, PrevHash: hex.EncodeToString(r.PrevHash), Hash: hex.EncodeToString(r.Hash),
			RequestID: record.RequestID, SubjectKind: record.SubjectKind, CredentialType: record.CredentialType,
			CredentialID: record.CredentialID, Action: record.Action, Resource: record.Resource, Operation: record.Operation,
			OrgID: record.OrgID, AskedOrgIDs: record.AskedOrgIDs, Rows: record.Rows,
		},
	}
	if len(record.Masks) > 0 {
		e.Result.Masks = record.Masks
	}
	if record.Revision != "" {
		e.Bundles = map[string]Bundle{"cascade": {Revision: record.Revision}}
	}
	if record.SubjectID != nil {
		e.RequestedBy = record.SubjectID.String()
	}
	text, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("writing record %d of %s: %w", r.Seq, r.Chain, err)
	}
	return text, nil
}
