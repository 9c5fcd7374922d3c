package review_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review"
)

// minute is n minutes after noon, when the nth decision was made.
func minute(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

// hidesEmails is a policy that hides contacts' addresses from staff, beyond what
// the envelope asks for.
var hidesEmails = edit{"cascade/member.rego", "# METADATA\n# title: Why not", `masks := {"contact": {"email", "phone"}} if {
	input.resource == "contact"
	some org in orgs
	input.subject.memberships[org].role == "staff"
}

# METADATA
# title: Why not`}

// Each story is one change of a policy, and what it does to those who ask.
func TestWhatAChangeDoes(t *testing.T) {
	t.Parallel()
	staff := review.Who{Kind: policy.Member, Role: policy.Staff}
	ehr := review.Who{Kind: policy.Partner, Partner: bridge, PartnerName: "Bridge EHR"}
	for title, story := range map[string]struct {
		running, candidate []edit
		ask                []policy.Request
		want               []review.Group
		said               []string
		alarms             map[string]int64
	}{
		"a right of a role": {
			candidate: []edit{{"cascade/roles.rego", `"recording": {"read", "create"},`, `"recording": {"read", "create", "update"},`}},
			ask: []policy.Request{
				updating(member(1, policy.Staff, policy.Recording, sunrise)),
				updating(member(2, policy.Staff, policy.Recording, sunrise)),
				updating(member(1, policy.Staff, policy.Recording, sunrise)),
				updating(member(3, policy.Staff, policy.Recording, harbor)),
				updating(member(4, policy.Viewer, policy.Recording, sunrise)),
				member(1, policy.Staff, policy.Recording, sunrise),
			},
			want: []review.Group{
				{
					Change: review.NewlyAllowed, Who: staff, Clinic: sunrise, ClinicName: "Sunrise Dental",
					Action: policy.Update, Resource: policy.Recording, Allowed: true, Before: "role_lacks_right", After: "clinic_role",
					Count: 3, Subjects: 2, Exact: true, First: minute(0), Last: minute(2), Example: numbered(0),
				},
				{
					Change: review.NewlyAllowed, Who: staff, Clinic: harbor, ClinicName: "Harbor Skin",
					Action: policy.Update, Resource: policy.Recording, Allowed: true, Before: "role_lacks_right", After: "clinic_role",
					Count: 1, Subjects: 1, Exact: true, First: minute(3), Last: minute(3), Example: numbered(3),
				},
			},
			said: []string{
				"staff gains update of recordings in Sunrise Dental (3 times, 2 people): role_lacks_right -> clinic_role",
				"staff gains update of recordings in Harbor Skin (1 time, 1 person): role_lacks_right -> clinic_role",
			},
		},
		"a condition less": {
			candidate: []edit{{"cascade/partner.rego", "orgs := [org |\n\tin_scope\n", "orgs := [org |\n"}},
			ask: []policy.Request{
				unscoped(partner(1, policy.Call, sunrise)),
				unscoped(partner(2, policy.Call, sunrise)),
				partner(1, policy.Call, sunrise),
				unscoped(partner(1, policy.Contact, sunrise)),
			},
			want: []review.Group{{
				Change: review.NewlyAllowed, Who: ehr, Clinic: sunrise, ClinicName: "Sunrise Dental",
				Action: policy.Read, Resource: policy.Call, Allowed: true, Before: "scope_lacks_right", After: "grant",
				Count: 2, Subjects: 2, Exact: true, First: minute(0), Last: minute(1), Example: numbered(0),
			}},
			said: []string{"partner Bridge EHR gains read of calls in Sunrise Dental (2 times, 2 keys): scope_lacks_right -> grant"},
		},
		"a condition less that the envelope keeps": {
			candidate: []edit{{"cascade/member.rego", "\tmembership.status == \"active\"\n", ""}},
			ask:       []policy.Request{suspended(member(1, policy.Staff, policy.Call, sunrise)), member(1, policy.Staff, policy.Call, harbor)},
			want: []review.Group{{
				Change: review.ReasonChanged, Who: staff, Clinic: sunrise, ClinicName: "Sunrise Dental",
				Action: policy.Read, Resource: policy.Call, Before: "org_inactive", After: policy.ReasonEnvelope,
				Count: 1, Subjects: 1, Exact: true, First: minute(0), Last: minute(0), Example: numbered(0),
			}},
			said: []string{
				"staff is still denied read of calls in Sunrise Dental, for another reason (1 time, 1 person): org_inactive -> outside_envelope",
			},
			alarms: map[string]int64{policy.ReasonEnvelope: 1},
		},
		"a mask less": {
			running: []edit{hidesEmails},
			ask: []policy.Request{
				member(1, policy.Staff, policy.Contact, sunrise, harbor),
				member(2, policy.Owner, policy.Contact, sunrise),
			},
			want: []review.Group{
				{
					Change: review.MasksLost, Who: staff, Clinic: sunrise, ClinicName: "Sunrise Dental",
					Action: policy.Read, Resource: policy.Contact, Fields: []string{"email", "phone"}, Allowed: true,
					Before: "clinic_role", After: "clinic_role",
					Count: 1, Subjects: 1, Exact: true, First: minute(0), Last: minute(0), Example: numbered(0),
				},
				{
					Change: review.MasksLost, Who: staff, Clinic: harbor, ClinicName: "Harbor Skin",
					Action: policy.Read, Resource: policy.Contact, Fields: []string{"email", "phone"}, Allowed: true,
					Before: "clinic_role", After: "clinic_role",
					Count: 1, Subjects: 1, Exact: true, First: minute(0), Last: minute(0), Example: numbered(0),
				},
			},
			said: []string{
				"staff now sees email, phone in its read of contacts in Sunrise Dental (1 time, 1 person)",
				"staff now sees email, phone in its read of contacts in Harbor Skin (1 time, 1 person)",
			},
		},
		"a mask more": {
			candidate: []edit{hidesEmails},
			ask:       []policy.Request{member(1, policy.Staff, policy.Contact, sunrise)},
			want: []review.Group{{
				Change: review.MasksGained, Who: staff, Clinic: sunrise, ClinicName: "Sunrise Dental",
				Action: policy.Read, Resource: policy.Contact, Fields: []string{"email", "phone"}, Allowed: true,
				Before: "clinic_role", After: "clinic_role",
				Count: 1, Subjects: 1, Exact: true, First: minute(0), Last: minute(0), Example: numbered(0),
			}},
			said: []string{"staff no longer sees email, phone in its read of contacts in Sunrise Dental (1 time, 1 person)"},
		},
		"a clinic more and one less": {
			// What owners may, and what viewers: one subject with a role in each.
			candidate: []edit{
				{"cascade/roles.rego", "\t\t\"contact\": {\"read\"},\n", ""},
				{"cascade/roles.rego", "\t\"staff\": {\n", "\t\"staff\": {\n\t\t\"webhook_message\": {\"read\"},\n"},
			},
			ask: []policy.Request{
				inTwo(policy.Contact, policy.Viewer, policy.Owner),
				inTwo(policy.WebhookMessage, policy.Owner, policy.Staff),
			},
			want: []review.Group{
				{
					Change: review.OrgsGained, Who: staff, Clinic: harbor, ClinicName: "Harbor Skin",
					Action: policy.Read, Resource: policy.WebhookMessage, Allowed: true, Before: "clinic_role", After: "clinic_role",
					Count: 1, Subjects: 1, Exact: true, First: minute(1), Last: minute(1), Example: numbered(1),
				},
				{
					Change: review.OrgsLost, Who: review.Who{Kind: policy.Member, Role: policy.Viewer}, Clinic: sunrise, ClinicName: "Sunrise Dental",
					Action: policy.Read, Resource: policy.Contact, Allowed: true, Before: "clinic_role", After: "clinic_role",
					Count: 1, Subjects: 1, Exact: true, First: minute(0), Last: minute(0), Example: numbered(0),
				},
			},
			said: []string{
				"staff gains read of webhook messages in Harbor Skin, beside others (1 time, 1 person)",
				"viewer loses read of contacts in Sunrise Dental, and keeps others (1 time, 1 person)",
			},
		},
		"a reason by another name": {
			candidate: []edit{{"cascade/member.rego", `"role_lacks_right"`, `"role_has_no_right"`}},
			ask: []policy.Request{
				updating(member(1, policy.Viewer, policy.Call, sunrise)),
				member(1, policy.Viewer, policy.Call, sunrise),
			},
			want: []review.Group{{
				Change: review.ReasonChanged, Who: review.Who{Kind: policy.Member, Role: policy.Viewer}, Clinic: sunrise, ClinicName: "Sunrise Dental",
				Action: policy.Update, Resource: policy.Call, Before: "role_lacks_right", After: "role_has_no_right",
				Count: 1, Subjects: 1, Exact: true, First: minute(0), Last: minute(0), Example: numbered(0),
			}},
			said: []string{
				"viewer is still denied update of calls in Sunrise Dental, for another reason (1 time, 1 person): role_lacks_right -> role_has_no_right",
			},
		},
		"what the platform reads everywhere": {
			candidate: []edit{{"cascade/roles.rego", "\t\t\"audit_decision\": {\"read\"},\n\t\t\"break_glass\": {\"read\"},\n\t\t\"organization\": {\"read\"},\n\t\t\"policy_revision\": {\"read\"},\n\t},\n\t\"operator\"", "\t},\n\t\"operator\""}},
			ask: []policy.Request{{
				Subject: policy.Subject{ID: numbered(1), Kind: policy.Auditor, Credential: policy.Credential{Type: policy.JWT, MFA: true}},
				Action:  policy.Read, Resource: policy.AuditDecision, Operation: "Story",
			}},
			want: []review.Group{{
				Change: review.NewlyDenied, Who: review.Who{Kind: policy.Auditor}, Everywhere: true,
				Action: policy.Read, Resource: policy.AuditDecision, Before: "platform_role", After: "platform_lacks_right",
				Count: 1, Subjects: 1, Exact: true, First: minute(0), Last: minute(0), Example: numbered(0),
			}},
			said: []string{"auditor loses read of audit decisions in every clinic (1 time, 1 person): platform_role -> platform_lacks_right"},
		},
		"an obligation less": {
			candidate: []edit{{"cascade/access.rego", `"obligations": ["show_clinic"],`, `"obligations": [],`}},
			ask: []policy.Request{{
				Subject: policy.Subject{
					ID: numbered(1), Kind: policy.Support, Credential: policy.Credential{Type: policy.JWT, MFA: true},
					BreakGlass: []policy.BreakGlass{{
						ID: numbered(2), OrgID: sunrise, Approved: true, ApproverID: numbered(3), Status: policy.OrgActive,
						Starts: noon, Expires: noon.Add(time.Hour),
					}},
				},
				Action: policy.Read, Resource: policy.Call, Orgs: []uuid.UUID{sunrise}, Operation: "Story",
			}},
			want: []review.Group{{
				Change: review.ObligationsLost, Who: review.Who{Kind: policy.Support}, Clinic: sunrise, ClinicName: "Sunrise Dental",
				Action: policy.Read, Resource: policy.Call, Fields: []string{"show_clinic"}, Allowed: true, Before: "break_glass", After: "break_glass",
				Count: 1, Subjects: 1, Exact: true, First: minute(0), Last: minute(0), Example: numbered(0),
			}},
			said: []string{"support keeps its read of calls in Sunrise Dental without show_clinic (1 time, 1 person)"},
		},
		"nothing": {ask: []policy.Request{member(1, policy.Staff, policy.Call, sunrise), updating(member(1, policy.Viewer, policy.Call, sunrise))}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			running, candidate := shipped(t, story.running...), shipped(t, story.candidate...)
			recorded := &log{t: t, by: running}
			for _, q := range story.ask {
				recorded.ask(q)
			}
			report := replay(t, review.ReplayConfig{Running: running, Candidate: candidate, Records: recorded.all(), Name: name})
			if len(report.Groups) == 0 {
				report.Groups = nil
			}
			if diff := cmp.Diff(story.want, report.Groups); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			var said []string
			for _, g := range report.Groups {
				said = append(said, g.Sentence())
			}
			if diff := cmp.Diff(story.said, said); diff != "" {
				t.Errorf("-want +said:\n%s", diff)
			}
			if diff := cmp.Diff(story.alarms, report.Alarms); diff != "" && len(story.alarms)+len(report.Alarms) > 0 {
				t.Errorf("alarms: %s", diff)
			}
			if report.Replayed != int64(len(story.ask)) || report.Mismatches.Count != 0 || report.Same() != (len(story.want) == 0) {
				t.Errorf("%d replayed, %d mismatches, same %v", report.Replayed, report.Mismatches.Count, report.Same())
			}
			widens := len(story.want) > 0 && story.want[0].Change.Widens()
			if report.Widens() != widens {
				t.Errorf("widens: %v", report.Widens())
			}
		})
	}
}

func updating(q policy.Request) policy.Request {
	q.Action = policy.Update
	return q
}

func unscoped(q policy.Request) policy.Request {
	q.Subject.Credential.Scopes = []string{"organization:read"}
	return q
}

func suspended(q policy.Request) policy.Request {
	q.Subject.Memberships[0].Status = policy.OrgSuspended
	return q
}

// inTwo reads r in both clinics, with a role in each.
func inTwo(r policy.Resource, inSunrise, inHarbor policy.Role) policy.Request {
	q := member(1, inSunrise, r, sunrise, harbor)
	q.Subject.Memberships[1].Role = inHarbor
	return q
}

// However many clinics differ, so many groups of each change are kept, and the
// rest is counted. One change never hides another.
func TestWhatIsKeptIsBounded(t *testing.T) {
	t.Parallel()
	running := shipped(t)
	candidate := shipped(
		t, edit{"cascade/member.rego", `"role_lacks_right"`, `"role_has_no_right"`},
		edit{"cascade/roles.rego", `"recording": {"read", "create"},`, `"recording": {"read", "create", "update"},`},
	)
	recorded := &log{t: t, by: running}
	const clinics = 100
	for n := range clinics {
		recorded.ask(updating(member(n, policy.Viewer, policy.Call, numbered(1000+n))))
	}
	recorded.ask(updating(member(1, policy.Staff, policy.Recording, sunrise)))
	var produced atomic.Int64
	const workers = 2
	report := replay(t, review.ReplayConfig{
		Running: running, Candidate: candidate, Groups: 5, Workers: workers,
		Records: func(yield func(review.Recorded, error) bool) {
			for range 20 {
				for _, r := range recorded.records {
					produced.Add(1)
					if !yield(r, nil) {
						return
					}
				}
			}
		},
		// What is read ahead is bounded too: the batches in the queue, those that
		// are worked on, and one at either end, of 64 each.
		Progress: func(done int64) {
			if ahead := produced.Load() - done; ahead > (2*workers+workers+2)*64 {
				t.Errorf("%d records are held", ahead)
			}
		},
	})
	kept := map[review.Change]int{}
	for _, g := range report.Groups {
		kept[g.Change]++
	}
	if diff := cmp.Diff(map[review.Change]int{review.NewlyAllowed: 1, review.ReasonChanged: 5}, kept); diff != "" {
		t.Error(diff)
	}
	if report.Changes[review.ReasonChanged] != 20*clinics || report.Unkept[review.ReasonChanged] != 20*(clinics-5) || report.Changes[review.NewlyAllowed] != 20 {
		t.Errorf("changes %v, unkept %v", report.Changes, report.Unkept)
	}
	if report.Groups[0].Change != review.NewlyAllowed {
		t.Errorf("%s comes first", report.Groups[0].Change)
	}
	var text strings.Builder
	if err := report.WriteText(&text); err != nil || !strings.Contains(text.String(), "and 1,900 more") {
		t.Errorf("%v: %s", err, text.String())
	}
}

// A report does not depend on how many worked on it.
func TestTheOrderIsTheRecords(t *testing.T) {
	t.Parallel()
	running := shipped(t)
	candidate := shipped(t, edit{"cascade/member.rego", `"role_lacks_right"`, `"role_has_no_right"`})
	recorded := &log{t: t, by: running}
	for n := range 400 {
		recorded.ask(updating(member(n%90, policy.Viewer, policy.Call, numbered(1000+n%17))))
	}
	one := replay(t, review.ReplayConfig{Running: running, Candidate: candidate, Records: recorded.all(), Workers: 1, Groups: 10})
	many := replay(t, review.ReplayConfig{Running: running, Candidate: candidate, Records: recorded.all(), Workers: 16, Groups: 10})
	if diff := cmp.Diff(one, many); diff != "" {
		t.Error(diff)
	}
}

// What cannot be compared is counted and shown, and never taken for the same.
func TestWhatCannotBeReplayedIsCounted(t *testing.T) {
	t.Parallel()
	running := shipped(t)
	recorded := &log{t: t, by: running}
	recorded.ask(member(1, policy.Staff, policy.Call, sunrise))
	good := recorded.records[0]
	older, foreign := good, good
	older.ID, older.Input = numbered(7), []byte(strings.Replace(string(good.Input), `"operation":"Story",`, "", 1))
	foreign.Allow, foreign.Reason, foreign.Input = false, policy.ReasonForeignRow, nil
	report := replay(t, review.ReplayConfig{Running: running, Candidate: running, Records: func(yield func(review.Recorded, error) bool) {
		_ = yield(good, nil) && yield(foreign, nil) && yield(older, nil) &&
			yield(review.Recorded{}, errors.Join(errors.New("line 4"), review.ErrRecord)) && yield(good, nil)
	}})
	if report.Records != 5 || report.Replayed != 2 || report.Unreadable.Count != 2 || report.Same() {
		t.Errorf("%+v", report)
	}
	if diff := cmp.Diff(map[string]int64{policy.ReasonForeignRow: 1}, report.Unasked); diff != "" {
		t.Error(diff)
	}
	if x := report.Unreadable.Examples; x[0].ID != numbered(7) || !strings.Contains(x[0].Error, opa.ErrInput.Error()) || !strings.Contains(x[1].Error, "line 4") {
		t.Errorf("%+v", x)
	}
}

// Records that end in an error, a caller that has gone and a candidate that loops
// end a replay, and nothing is reported as if it were whole.
func TestAReplayThatEndsEarly(t *testing.T) {
	t.Parallel()
	running := shipped(t)
	recorded := &log{t: t, by: running}
	for n := range 100 {
		recorded.ask(member(n, policy.Staff, policy.Call, sunrise))
	}
	endless := func(yield func(review.Recorded, error) bool) {
		for yield(recorded.records[0], nil) {
		}
	}
	lost := errors.New("the connection is gone")
	report, err := review.Replay(t.Context(), review.ReplayConfig{
		Running: running, Candidate: running, Records: func(yield func(review.Recorded, error) bool) {
			for _, r := range recorded.records {
				_ = yield(r, nil)
			}
			yield(review.Recorded{}, lost)
		},
	})
	if !errors.Is(err, lost) || report.Replayed != 0 {
		t.Errorf("%v: %+v", err, report)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = review.Replay(ctx, review.ReplayConfig{
		Running: running, Candidate: running, Records: endless, Progress: func(int64) { cancel() },
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	loop := only(t, `digits := [0,1,2,3,4,5,6,7,8,9]
decision := count([1 | some a in digits; some b in digits; some c in digits; some d in digits; some e in digits; some f in digits; some g in digits; a+b+c+d+e+f+g == 99])`, time.Millisecond)
	_, err = review.Replay(t.Context(), review.ReplayConfig{Running: running, Candidate: loop, Records: endless})
	if !errors.Is(err, review.ErrFailing) {
		t.Errorf("looping: %v", err)
	}
}
