package explain

import "github.com/voxanne/cascade/policy"

// sentences say what each reason means, of the shipped policies and of Go.
var sentences = map[string]string{
	"clinic_role":   "The subject's role in the organization includes it.",
	"grant":         "The partner's own organization, or a grant in force, includes it.",
	"break_glass":   "A break-glass session is open.",
	"system":        "The webhook or job was made for it.",
	"platform_role": "The platform's own people of this kind read it in every organization.",

	"scope_lacks_right":         "The credential's scopes do not name it.",
	"not_a_member":              "The subject is no member of the organization.",
	"org_inactive":              "The organization is not being served.",
	"mfa_required":              "It takes a second factor, and none was used.",
	"viewers_see_no_recordings": "Viewers hear recordings only where the organization shows its transcripts to viewers.",
	"role_lacks_right":          "The role does not include it.",
	"grant_missing":             "The organization granted the partner nothing.",
	"grant_lacks_right":         "No grant of the organization lists this action for this row type.",
	"grant_inactive":            "The grant that lists it is not in force.",
	"break_glass_missing":       "There is no break-glass session in the organization.",
	"break_glass_reads_only":    "A break-glass session is for reading what an emergency may need.",
	"break_glass_not_open":      "The break-glass session is not open.",
	"platform_lacks_right":      "The platform's own people of this kind may not.",
	"system_lacks_right":        "The webhook or job was not made for it.",
	"unknown_kind":              "The subject is of no known kind.",
	"no_org":                    "No organization was named.",

	policy.ReasonUndefined:    "The policy gave no answer; somebody was called.",
	policy.ReasonFailed:       "The policy failed or took too long; somebody was called.",
	policy.ReasonEnvelope:     "The policy allowed what no policy may allow; somebody was called.",
	policy.ReasonOrgNotProven: "The credential does not prove the organization that was named.",
	policy.ReasonForeignRow:   "The row belongs to another organization.",
}

// Sentence says what a reason means; ok is false for one that only a candidate's
// own policies know.
func Sentence(reason string) (sentence string, ok bool) {
	sentence, ok = sentences[reason]
	return sentence, ok
}
