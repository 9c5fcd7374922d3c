package review_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review"
)

// A report reads from what widens to what does not matter, says the same of many
// clinics once, and leaves nothing out.
func TestAReportForPeople(t *testing.T) {
	t.Parallel()
	running := shipped(t)
	candidate := shipped(
		t, edit{"cascade/member.rego", `"role_lacks_right"`, `"role_has_no_right"`},
		edit{"cascade/roles.rego", `"recording": {"read", "create"},`, `"recording": {"read", "create", "update"},`},
		edit{"cascade/member.rego", "\tmembership.status == \"active\"\n", ""},
	)
	recorded := &log{t: t, by: running}
	for n := range 7 {
		recorded.ask(updating(member(n, policy.Staff, policy.Recording, numbered(100+n))))
	}
	recorded.ask(updating(member(1, policy.Staff, policy.Recording, sunrise)))
	recorded.ask(updating(member(2, policy.Staff, policy.Recording, sunrise)))
	recorded.ask(suspended(member(1, policy.Staff, policy.Call, harbor)))
	recorded.ask(member(1, policy.Staff, policy.Call, harbor))
	tampered := recorded.records[len(recorded.records)-1]
	tampered.Reason = "grant"
	foreign := tampered
	foreign.Reason, foreign.Input = policy.ReasonForeignRow, nil
	report := replay(t, review.ReplayConfig{
		Running: running, Candidate: candidate, Records: each(append(recorded.records, tampered, foreign)), Name: name,
	})
	var text strings.Builder
	if err := report.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	want := `candidate ` + candidate.Revision() + ` beside running ` + running.Revision() + `
12 decisions made again, recorded from 2026-11-23T12:00:00Z to 2026-11-23T12:10:00Z
10 differ

Newly allowed: 9 times
  staff gains update of recordings in 8 clinics (9 times): role_lacks_right -> clinic_role
    in Sunrise Dental (2 times, 2 people), for example 01000000-0000-7000-8000-000000000007
    in 01000000-0000-7000-8000-000000000064 (1 time, 1 person), for example 01000000-0000-7000-8000-000000000000
    in 01000000-0000-7000-8000-000000000065 (1 time, 1 person), for example 01000000-0000-7000-8000-000000000001
    in 01000000-0000-7000-8000-000000000066 (1 time, 1 person), for example 01000000-0000-7000-8000-000000000002
    in 01000000-0000-7000-8000-000000000067 (1 time, 1 person), for example 01000000-0000-7000-8000-000000000003
    and 3 clinics more

Other reasons: 1 time
  staff is still denied read of calls in Harbor Skin, for another reason (1 time, 1 person): org_inactive -> outside_envelope
    first 2026-11-23T12:09:00Z, last 2026-11-23T12:09:00Z, for example 01000000-0000-7000-8000-000000000009

ALARM: the candidate answers outside_envelope 1 time: no policy may

MISMATCH: 1 record contradicted by the policy of the time: tampered with, or the policy is not deterministic
  01000000-0000-7000-8000-00000000000a of 2026-11-23T12:10:00Z: reason
    recorded allow grant, decided allow clinic_role

no policy was asked: foreign_row 1
`
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	nothing := replay(t, review.ReplayConfig{Running: running, Candidate: candidate, Records: each(nil)})
	text.Reset()
	if err := nothing.WriteText(&text); err != nil || !strings.Contains(text.String(), "this says nothing about the candidate") {
		t.Errorf("%v: %s", err, text.String())
	}
}
