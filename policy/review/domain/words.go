package domain

import (
	"strings"

	"github.com/voxanne/cascade/policy"
)

// plurals are the row types as people speak of them, where adding an s to the
// name is not how.
var plurals = map[policy.Resource]string{
	policy.APIKey:            "API keys",
	policy.AuditDecision:     "decision records",
	policy.BreakGlassSession: "break-glass sessions",
	policy.CallStats:         "call statistics",
	policy.InboundConfig:     "inbound agent settings",
	policy.RecordingQueue:    "recording queues",
}

// Rows names the rows of r in the plural: "access grants".
func Rows(r policy.Resource) string {
	if words, ok := plurals[r]; ok {
		return words
	}
	return strings.ReplaceAll(string(r), "_", " ") + "s"
}

// Subjects names the subjects of kind k in the plural.
func Subjects(k policy.Kind) string {
	switch k {
	case policy.Member:
		return "members"
	case policy.Partner:
		return "partners"
	case policy.Support:
		return "support staff"
	case policy.Security:
		return "security staff"
	case policy.Auditor:
		return "auditors"
	case policy.Operator:
		return "operators"
	case policy.System:
		return "webhooks and jobs"
	default:
		return "subjects of no known kind"
	}
}

// RoleNames names those who have role r: "owners", "staff".
func RoleNames(r policy.Role) string {
	if r == policy.Staff {
		return "staff"
	}
	return string(r) + "s"
}

// List joins words as in "calls, contacts and recordings".
func List(words []string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}

// Few is List with no more than most words, and the rest counted.
func Few(words []string, most int, rest string) string {
	if len(words) <= most {
		return List(words)
	}
	return strings.Join(words[:most], ", ") + " and " + Count(len(words)-most, "more "+rest)
}
