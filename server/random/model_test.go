package random_test

import (
	"slices"
	"strings"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/stage"
)

// The model says who may see what, at the most. It is written by hand from the
// table of section 4 of the design, and reads nothing of the policies.

// trails are the types that tell of decisions; policies those of policies, which
// are the platform's.
const (
	trails   = "AuditDecision BreakGlassReport BreakGlassResource DecisionExplanation DecisionRule"
	policies = "PolicyRevision PolicyApproval PolicyShadow PolicyFile RunningPolicy"
)

// atWork are the types of rows that each role sees in its own clinic.
var atWork = map[policy.Role][]string{ //nolint:gochecknoglobals // immutable table
	policy.Viewer: words("Agent Appointment BookingRules Call CallStats Contact Escalation EscalationRule InboundAgentConfig KnowledgeArticle Organization PhoneNumber"),
	policy.Staff: words("Agent Appointment BookingRules Call CallStats Contact Escalation EscalationRule InboundAgentConfig KnowledgeArticle Organization PhoneNumber " +
		"FailedRecordingUpload OrphanedRecording Recording RecordingUpload RecordingUploadMetric RecordingPlayback RecordingMetrics"),
	policy.Admin: words("Agent Appointment BookingRules Call CallStats Contact Escalation EscalationRule InboundAgentConfig KnowledgeArticle Organization PhoneNumber " +
		"FailedRecordingUpload OrphanedRecording Recording RecordingUpload RecordingUploadMetric RecordingPlayback RecordingMetrics " +
		"AccessGrant APIKey BreakGlassSession " + trails + " Integration Invitation Membership Onboarding OnboardingStep"),
	policy.Owner: words("Agent Appointment BookingRules Call CallStats Contact Escalation EscalationRule InboundAgentConfig KnowledgeArticle Organization PhoneNumber " +
		"FailedRecordingUpload OrphanedRecording Recording RecordingUpload RecordingUploadMetric RecordingPlayback RecordingMetrics " +
		"AccessGrant APIKey BreakGlassSession " + trails + " Integration Invitation Membership Onboarding OnboardingStep"),
}

var (
	// inEmergency is what support staff see in the clinic of an open session.
	inEmergency = words("Agent Appointment " + trails + " BookingRules Call CallStats Contact Escalation EscalationRule InboundAgentConfig KnowledgeArticle Organization PhoneNumber " +
		"FailedRecordingUpload OrphanedRecording Recording RecordingUpload RecordingUploadMetric RecordingPlayback RecordingMetrics")
	// everywhere is what the platform's own people see of every org: no health data.
	everywhere = map[policy.Kind][]string{ //nolint:gochecknoglobals // immutable table
		policy.Security: words("AccessGrant BreakGlassSession Organization " + trails + " " + policies),
		policy.Auditor:  words("AccessGrant BreakGlassSession Organization " + trails + " " + policies),
		policy.Operator: words("Onboarding OnboardingStep Organization"),
	}
	// granted are the types that a grant's row types stand for.
	granted = map[string]string{"call": "Call", "contact": "Contact", "appointment": "Appointment"} //nolint:gochecknoglobals // immutable table
	// hiddenFrom are the fields that nobody shows to viewers, until the clinic says so.
	hiddenFrom = map[policy.Role][]string{policy.Viewer: words("Call.transcript Call.structuredData")} //nolint:gochecknoglobals // immutable table
)

func words(list string) []string { return strings.Fields(list) }

// rights are what one subject may see at the most.
type rights struct {
	types  map[*stage.Clinic][]string // by clinic
	wide   []string                   // of every org
	own    []string                   // of a partner's own organization
	hidden []string                   // "Type.field", in every answer
	empty  bool                       // a partner whose own organization has no rows but itself
	past   bool                       // a partner who was once granted more, and may know by whom
}

// rightsOf reads them off the subject's facts. Those that others change while
// the test runs stand for the most that they can become: within the writers'
// clinic any member can be made an owner.
func rightsOf(s *stage.Subject, writers *stage.Clinic) rights {
	r := rights{types: map[*stage.Clinic][]string{}}
	if s.Gone {
		return r
	}
	for clinic, role := range s.Roles {
		r.types[clinic] = atWork[role]
		if clinic == writers {
			r.types[clinic] = atWork[policy.Owner]
			continue
		}
		r.hidden = append(r.hidden, hiddenFrom[role]...)
	}
	if s.Kind == policy.Partner {
		r.own = atWork[policy.Staff]
		if !slices.Contains(s.Scopes, "contact:read") {
			r.own = words("Call")
		}
	}
	for _, g := range s.Grants {
		if !g.Active {
			r.past = true
			continue
		}
		for _, resource := range g.Resources {
			r.types[g.From] = append(r.types[g.From], granted[resource])
		}
		for resource, fields := range g.Masks {
			for _, field := range fields {
				r.hidden = append(r.hidden, granted[resource]+"."+camel(field))
			}
		}
	}
	if s.Session != nil {
		r.types[s.Session] = inEmergency
	}
	r.wide = everywhere[s.Kind]
	return r
}

// inClinic gives a key of a clinic its clinic.
func (r rights) inClinic(c *stage.Clinic) rights {
	r.types[c] = r.own
	return r
}

// may reports whether a row of the type may be seen: of the clinic or, with nil,
// of a clinic that the answer does not name.
func (r rights) may(typeName string, of *stage.Clinic) bool {
	if slices.Contains(r.wide, typeName) {
		return true
	}
	if of != nil {
		return slices.Contains(r.types[of], typeName)
	}
	if slices.Contains(r.own, typeName) {
		return true
	}
	for _, types := range r.types {
		if slices.Contains(types, typeName) {
			return true
		}
	}
	return false
}

// sees reports whether the clinic is any of the subject's business.
func (r rights) sees(c *stage.Clinic) bool { return len(r.types[c]) > 0 || len(r.wide) > 0 }

func camel(name string) string {
	parts := strings.Split(name, "_")
	for i, part := range parts[1:] {
		parts[i+1] = strings.ToUpper(part[:1]) + part[1:]
	}
	return strings.Join(parts, "")
}
