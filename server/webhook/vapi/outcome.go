package vapi

import "strings"

// Outcome is the class of the reason for which a call ended.
type Outcome string

// The outcomes.
const (
	Completed   Outcome = "completed"
	Transferred Outcome = "transferred"
	Missed      Outcome = "missed" // nobody spoke: no answer, busy, hung up while ringing
	Voicemail   Outcome = "voicemail"
	Cancelled   Outcome = "cancelled"
	Failed      Outcome = "failed"
	// Unknown is every reason that the tables do not know. It is never counted
	// as completed: a new kind of failure must not look like a success.
	Unknown Outcome = "unknown"
)

// outcomes are the reasons known by name.
var outcomes = map[string]Outcome{
	"customer-ended-call":                                        Completed,
	"customer-ended-call-before-warm-transfer":                   Completed,
	"customer-ended-call-after-warm-transfer-attempt":            Completed,
	"customer-ended-call-during-transfer":                        Completed,
	"assistant-ended-call":                                       Completed,
	"assistant-said-end-call-phrase":                             Completed,
	"assistant-said-message-with-end-call-enabled":               Completed,
	"silence-timed-out":                                          Completed,
	"exceeded-max-duration":                                      Completed,
	"call.in-progress.twilio-completed-call":                     Completed,
	"call.in-progress.sip-completed-call":                        Completed,
	"vonage-completed":                                           Completed,
	"call.ending.hook-executed-say":                              Completed,
	"assistant-forwarded-call":                                   Transferred,
	"assistant-request-returned-forwarding-phone-number":         Transferred,
	"call.ringing.hook-executed-transfer":                        Transferred,
	"call.ending.hook-executed-transfer":                         Transferred,
	"customer-did-not-answer":                                    Missed,
	"customer-busy":                                              Missed,
	"call.ringing.sip-inbound-caller-hungup-before-call-connect": Missed,
	"voicemail":              Voicemail,
	"manually-canceled":      Cancelled,
	"scheduled-call-deleted": Cancelled,
	"call-deleted":           Cancelled,
	"customer-did-not-give-microphone-permission": Failed,
	"assistant-join-timed-out":                    Failed,
	"assistant-error":                             Failed,
	"database-error":                              Failed,
	"unknown-error":                               Failed,
	"worker-shutdown":                             Failed,
	"twilio-failed-to-connect-call":               Failed,
	"twilio-reported-customer-misdialed":          Failed,
	"vonage-disconnected":                         Failed,
	"vonage-failed-to-connect-call":               Failed,
	"vonage-rejected":                             Failed,
}

// outcomePrefixes are the families of reasons, for the hundreds that are not
// in the table; the first that fits decides.
var outcomePrefixes = []struct {
	prefix  string
	outcome Outcome
}{
	{"assistant-ended-call-", Completed},
	{"call.forwarding.error-", Failed},
	{"call.forwarding.", Transferred},
	{"call.start.error-", Failed},
	{"call-start-error-", Failed},
	{"call.ringing.error-", Failed},
	{"call.in-progress.error-", Failed},
	{"call.ending.error-", Failed},
	{"vapifault-", Failed},
	{"providerfault-", Failed},
	{"pipeline-", Failed},
	{"phone-call-provider-", Failed},
	{"assistant-request-", Failed},
	{"assistant-not-", Failed},
}

// Classify gives the class of one of Vapi's endedReason values; Unknown for
// the empty one.
func Classify(endedReason string) Outcome {
	reason := strings.ToLower(strings.TrimSpace(endedReason))
	if outcome, ok := outcomes[reason]; ok {
		return outcome
	}
	for _, family := range outcomePrefixes {
		if strings.HasPrefix(reason, family.prefix) {
			return family.outcome
		}
	}
	return Unknown
}
