package review

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// ErrRecord means that a text is no record of a decision. What reads records
// goes on after it.
var ErrRecord = errors.New("not a record of a decision")

// Recorded is one decision as the audit keeps it: of its record, the fields that
// a review reads. It holds no health data.
type Recorded struct {
	ID          uuid.UUID                    `json:"id"`
	At          time.Time                    `json:"at"`
	SubjectID   uuid.UUID                    `json:"subject_id"` // zero: nobody was known
	SubjectKind policy.Kind                  `json:"subject_kind"`
	Action      policy.Action                `json:"action"`
	Resource    policy.Resource              `json:"resource"`
	Operation   string                       `json:"operation"`
	AskedOrgIDs []uuid.UUID                  `json:"asked_org_ids"`
	OrgIDs      []uuid.UUID                  `json:"org_ids"`
	Wide        bool                         `json:"wide"`
	Allow       bool                         `json:"allow"`
	Reason      string                       `json:"reason"`
	Masks       map[policy.Resource][]string `json:"masks"`
	Revision    string                       `json:"revision"`
	// Input is the document that the policy saw; empty where none was asked.
	Input json.RawMessage `json:"input"`
}

// ParseRecord reads one record: the body of an audit record, or an event of
// OPA's decision log. Fields that it does not know are nobody's loss; a text
// without an id, a time or a question is ErrRecord.
func ParseRecord(text []byte) (Recorded, error) {
	var line struct {
		Recorded
		event
	}
	if err := json.Unmarshal(text, &line); err != nil {
		return Recorded{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	r := line.Recorded
	if line.DecisionID != uuid.Nil {
		var err error
		if r, err = line.recorded(line.Input); err != nil {
			return Recorded{}, fmt.Errorf("%w: %w", ErrRecord, err)
		}
	}
	if string(r.Input) == "null" {
		r.Input = nil
	}
	if r.ID == uuid.Nil || r.At.IsZero() || r.Action == "" || r.Resource == "" {
		return Recorded{}, fmt.Errorf("%w: without its id, its time or its question", ErrRecord)
	}
	return r, nil
}

// event is what a decision-log event has beside its input. The result is the
// decision after the envelope; custom has the other fields of the record.
type event struct {
	DecisionID uuid.UUID `json:"decision_id"`
	Timestamp  time.Time `json:"timestamp"`
	Bundles    map[string]struct {
		Revision string `json:"revision"`
	} `json:"bundles"`
	Result struct {
		Allow  bool                         `json:"allow"`
		Reason string                       `json:"reason"`
		OrgIDs []uuid.UUID                  `json:"org_ids"`
		Wide   bool                         `json:"wide"`
		Masks  map[policy.Resource][]string `json:"masks"`
	} `json:"result"`
	Custom json.RawMessage `json:"custom"`
}

func (e event) recorded(input json.RawMessage) (Recorded, error) {
	var r Recorded
	if len(e.Custom) > 0 {
		if err := json.Unmarshal(e.Custom, &r); err != nil {
			return Recorded{}, fmt.Errorf("custom: %w", err)
		}
	}
	r.ID, r.Input = e.DecisionID, input
	if r.At.IsZero() {
		r.At = e.Timestamp
	}
	r.Allow, r.Reason, r.OrgIDs = e.Result.Allow, e.Result.Reason, e.Result.OrgIDs
	r.Wide, r.Masks = e.Result.Wide, e.Result.Masks
	if r.Revision == "" && len(e.Bundles) == 1 {
		for _, b := range e.Bundles {
			r.Revision = b.Revision
		}
	}
	if r.Action != "" || len(input) == 0 {
		return r, nil
	}
	// An event that says nothing of its own is about what its input asks.
	var asked struct {
		Action    policy.Action   `json:"action"`
		Resource  policy.Resource `json:"resource"`
		Operation string          `json:"operation"`
		Orgs      []uuid.UUID     `json:"orgs"`
		Subject   struct {
			ID   uuid.UUID   `json:"id"`
			Kind policy.Kind `json:"kind"`
		} `json:"subject"`
	}
	if err := json.Unmarshal(input, &asked); err != nil {
		return Recorded{}, fmt.Errorf("input: %w", err)
	}
	r.Action, r.Resource, r.Operation, r.AskedOrgIDs = asked.Action, asked.Resource, asked.Operation, asked.Orgs
	r.SubjectID, r.SubjectKind = asked.Subject.ID, asked.Subject.Kind
	return r, nil
}
