package review_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review"
)

func verify(t *testing.T, records []review.Recorded, generations ...*opa.Generation) review.Verification {
	t.Helper()
	byRevision := map[string]*opa.Generation{}
	for _, g := range generations {
		byRevision[g.Revision()] = g
	}
	v, err := review.Verify(t.Context(), review.VerifyConfig{Generations: byRevision, Records: each(records)})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Whatever of a record is changed, the policy of its time finds it: by the answer,
// or by the question, which the input has too.
func TestATamperedRecordIsFound(t *testing.T) {
	t.Parallel()
	running := shipped(t)
	recorded := &log{t: t, by: running}
	recorded.ask(member(1, policy.Viewer, policy.Call, sunrise))           // allowed, with masks
	recorded.ask(updating(member(1, policy.Viewer, policy.Call, sunrise))) // denied
	for name, tamper := range map[string]struct {
		record int
		change func(*review.Recorded)
		fields []string
	}{
		"a denial made an allow": {1, func(r *review.Recorded) { r.Allow = true }, []string{"allow"}},
		"an allow made a denial": {0, func(r *review.Recorded) {
			r.Allow, r.Reason, r.OrgIDs, r.Masks = false, "role_lacks_right", nil, nil
		}, []string{"allow", "reason", "org_ids", "masks"}},
		"the reason":     {1, func(r *review.Recorded) { r.Reason = "not_a_member" }, []string{"reason"}},
		"another clinic": {0, func(r *review.Recorded) { r.OrgIDs = []uuid.UUID{harbor} }, []string{"org_ids"}},
		"a clinic less":  {0, func(r *review.Recorded) { r.OrgIDs = nil }, []string{"org_ids"}},
		"a mask more": {0, func(r *review.Recorded) {
			r.Masks = map[policy.Resource][]string{policy.Call: {"structured_data", "summary", "transcript"}}
		}, []string{"masks"}},
		"no masks":          {0, func(r *review.Recorded) { r.Masks = nil }, []string{"masks"}},
		"every clinic":      {0, func(r *review.Recorded) { r.Wide = true }, []string{"wide"}},
		"somebody else":     {0, func(r *review.Recorded) { r.SubjectID = numbered(9) }, []string{"subject_id"}},
		"another kind":      {0, func(r *review.Recorded) { r.SubjectKind = policy.Support }, []string{"subject_kind"}},
		"another action":    {1, func(r *review.Recorded) { r.Action = policy.Delete }, []string{"action"}},
		"another row type":  {0, func(r *review.Recorded) { r.Resource = policy.Contact }, []string{"resource"}},
		"another operation": {0, func(r *review.Recorded) { r.Operation = "Other" }, []string{"operation"}},
		"another question":  {0, func(r *review.Recorded) { r.AskedOrgIDs = append(slices.Clone(r.AskedOrgIDs), harbor) }, []string{"asked_org_ids"}},
		"another day":       {0, func(r *review.Recorded) { r.At = r.At.AddDate(0, 0, 1) }, []string{"at"}},
		"another question and answer": {0, func(r *review.Recorded) { r.Input = recorded.records[1].Input }, []string{
			"at", "action", "allow", "reason", "org_ids", "masks",
		}},
		"no input":                 {0, func(r *review.Recorded) { r.Input = nil }, []string{"input"}},
		"a failure of another day": {1, func(r *review.Recorded) { r.Reason, r.SubjectID = policy.ReasonFailed, numbered(9) }, []string{"subject_id", "reason"}},
	} {
		r := recorded.records[tamper.record]
		tamper.change(&r)
		v := verify(t, []review.Recorded{recorded.records[0], r, recorded.records[1]}, running)
		if v.Mismatches.Count != 1 || v.Verified != 2 || v.Holds() {
			t.Errorf("%s: %+v", name, v)
			continue
		}
		if x := v.Mismatches.Examples[0]; x.ID != r.ID || !cmp.Equal(x.Fields, tamper.fields) {
			t.Errorf("%s: %s %v", name, x.ID, x.Fields)
		}
		// A replay finds it too, unless there is nothing to replay.
		report := replay(t, review.ReplayConfig{Running: running, Candidate: running, Records: each([]review.Recorded{r})})
		if want := int64(1); len(r.Input) > 0 && (report.Mismatches.Count != want || report.Same() || report.Differing != 0) {
			t.Errorf("%s: replayed: %+v", name, report)
		}
	}
}

// Each record is verified under the policy of its time, and what nobody can
// verify is not taken for verified.
func TestEachUnderThePolicyOfItsTime(t *testing.T) {
	t.Parallel()
	older := shipped(t, edit{"cascade/member.rego", `"role_lacks_right"`, `"role_has_no_right"`})
	newer := shipped(t)
	before, after := &log{t: t, by: older}, &log{t: t, by: newer}
	denied := updating(member(1, policy.Viewer, policy.Call, sunrise))
	before.ask(denied)
	after.ask(denied)
	records := append(before.records, after.records...)
	if v := verify(t, records, older, newer); v.Verified != 2 || !v.Holds() {
		t.Errorf("both: %+v", v)
	}
	v := verify(t, records, newer)
	if v.Verified != 1 || v.Holds() || !cmp.Equal(v.Unknown, map[string]int64{older.Revision(): 1}) {
		t.Errorf("one unknown: %+v", v)
	}
	// The same record under the other policy is a mismatch.
	swapped := before.records[0]
	swapped.Revision = newer.Revision()
	if v := verify(t, []review.Recorded{swapped}, older, newer); v.Mismatches.Count != 1 {
		t.Errorf("swapped: %+v", v)
	}
	// A replay with another running revision leaves it alone.
	if report := replay(t, review.ReplayConfig{Running: newer, Candidate: newer, Records: before.all()}); report.Mismatches.Count != 0 || !report.Same() {
		t.Errorf("replayed: %+v", report)
	}
	failed := after.records[0]
	failed.Reason = policy.ReasonFailed
	foreign := after.records[0]
	foreign.Reason, foreign.Input = policy.ReasonForeignRow, nil
	accepted := foreign
	accepted.Allow, accepted.Reason = true, "invitation_accepted"
	old := after.records[0]
	old.Input = []byte(`{}`)
	v = verify(t, []review.Recorded{failed, foreign, accepted, old}, newer)
	if v.Failed != 1 || v.Verified != 0 || v.Mismatches.Count != 0 || v.Unreadable.Count != 1 || v.Records != 4 ||
		!cmp.Equal(v.Unasked, map[string]int64{policy.ReasonForeignRow: 1, "invitation_accepted": 1}) {
		t.Errorf("aside: %+v", v)
	}
	var text strings.Builder
	if err := v.WriteText(&text); err != nil || !strings.Contains(text.String(), "NOT COMPARED: 1 record could not be read") {
		t.Errorf("%v: %s", err, text.String())
	}
}
