// Package audit keeps decisions: durable before the answer leaves, in the
// mutation's own transaction for writes, and linked into chains of hashes that
// show when a record was changed or taken away.
package audit

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// Origin is where a decision came up.
type Origin struct {
	RequestID string
	TraceID   string
}

// Record is one decision as it is kept. Its JSON is what is hashed, so its
// fields keep their order; the database reads its columns from the same text.
// It holds facts about access and never health data.
type Record struct {
	ID             uuid.UUID                    `json:"id"`
	OrgID          *uuid.UUID                   `json:"org_id"` // when the decision is about one org
	At             time.Time                    `json:"at"`
	RequestID      string                       `json:"request_id"`
	TraceID        string                       `json:"trace_id,omitempty"`
	SubjectID      *uuid.UUID                   `json:"subject_id"`
	SubjectKind    policy.Kind                  `json:"subject_kind"`
	CredentialType policy.CredentialType        `json:"credential_type,omitempty"`
	CredentialID   string                       `json:"credential_id,omitempty"`
	Action         policy.Action                `json:"action"`
	Resource       policy.Resource              `json:"resource"`
	Operation      string                       `json:"operation,omitempty"`
	AskedOrgIDs    []uuid.UUID                  `json:"asked_org_ids"`
	OrgIDs         []uuid.UUID                  `json:"org_ids"`
	Wide           bool                         `json:"wide"`
	Allow          bool                         `json:"allow"`
	Reason         string                       `json:"reason"`
	Masks          map[policy.Resource][]string `json:"masks,omitempty"`
	Rows           *int                         `json:"row_count,omitempty"`
	Revision       string                       `json:"revision"`
	// Input is the document that the policy saw, for replay; absent where no
	// policy was asked.
	Input json.RawMessage `json:"input,omitempty"`
}

// NewRecord writes down a decision.
func NewRecord(d policy.Decision, o Origin) Record {
	q := d.Request()
	r := Record{
		ID: d.ID(), At: q.Now.UTC(), RequestID: o.RequestID, TraceID: o.TraceID,
		SubjectKind: q.Subject.Kind, CredentialType: q.Subject.Credential.Type, CredentialID: q.Subject.Credential.ID,
		Action: q.Action, Resource: q.Resource, Operation: q.Operation,
		AskedOrgIDs: orEmpty(q.Orgs), OrgIDs: orEmpty(d.Orgs()), Wide: d.Wide(),
		Allow: d.Allowed(), Reason: d.Reason(), Masks: d.Masks(), Revision: d.Revision(), Input: d.Input(),
	}
	if q.Subject.ID != uuid.Nil {
		r.SubjectID = &q.Subject.ID
	}
	if r.SubjectKind == "" {
		r.SubjectKind = "unknown"
	}
	switch {
	case len(q.Orgs) == 1:
		r.OrgID = &q.Orgs[0]
	case len(d.Orgs()) == 1 && len(q.Orgs) == 0:
		r.OrgID = &r.OrgIDs[0]
	}
	return r
}

func orEmpty(ids []uuid.UUID) []uuid.UUID {
	if ids == nil {
		return []uuid.UUID{}
	}
	return ids
}

// link is a record in its chain: the text as kept and the hash that covers it
// and everything before.
type link struct {
	body string
	hash [sha256.Size]byte
}

// chain links records after prev: hash = SHA-256(previous hash || body).
func chain(prev [sha256.Size]byte, records []Record) ([]link, error) {
	links := make([]link, len(records))
	for i, r := range records {
		body, err := json.Marshal(r)
		if err != nil {
			return nil, fmt.Errorf("writing a decision down: %w", err)
		}
		h := sha256.New()
		h.Write(prev[:])
		h.Write(body)
		h.Sum(prev[:0])
		links[i] = link{body: string(body), hash: prev}
	}
	return links, nil
}

// columns are links as the database's append function takes them.
func columns(links []link) (bodies []string, hashes [][]byte) {
	bodies, hashes = make([]string, len(links)), make([][]byte, len(links))
	for i := range links {
		bodies[i], hashes[i] = links[i].body, links[i].hash[:]
	}
	return bodies, hashes
}
