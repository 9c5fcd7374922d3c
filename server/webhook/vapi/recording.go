package vapi

import "time"

// Consent is whether the caller agreed to be recorded.
type Consent string

// The consents. NotAsked: the report says nothing of consent.
const (
	NotAsked Consent = ""
	Granted  Consent = "granted"
	Refused  Consent = "refused"
)

// consent reads compliance.recordingConsent. Where consent was asked for and
// no time of granting is given, it was refused: then nothing may be fetched.
func (m Message) consent() (Consent, time.Time) {
	for _, v := range []any{
		at(m.body, "compliance", "recordingConsent"),
		at(m.body, "artifact", "compliance", "recordingConsent"),
		at(m.body, "call", "compliance", "recordingConsent"),
	} {
		if v == nil {
			continue
		}
		if granted := moment(at(v, "grantedAt")); !granted.IsZero() {
			return Granted, granted
		}
		return Refused, time.Time{}
	}
	return NotAsked, time.Time{}
}

// Recordings says which recordings of a call there are. It does not say where:
// those addresses carry a right or expire within the hour, so a recording is
// fetched from the provider by the call's id.
type Recordings struct {
	Mono, Stereo, Assistant, Customer, Video bool
}

// Any reports whether there is any recording.
func (r Recordings) Any() bool { return r != Recordings{} }

// recordings looks at every place that ever named one. Their values are
// redacted by now; that there is one is all that is left, and all that is read.
func (m Message) recordings() Recordings {
	artifact, call := m.body["artifact"], m.body["call"]
	recording := at(artifact, "recording")
	mono := at(recording, "mono")
	return Recordings{
		Mono: firstText(m.body["recordingUrl"], at(artifact, "recordingUrl"), at(artifact, "presignedMonoUrl"),
			at(mono, "combinedUrl"), mono, recording, at(call, "recordingUrl")) != "",
		Stereo: firstText(m.body["stereoRecordingUrl"], at(artifact, "stereoRecordingUrl"),
			at(artifact, "presignedStereoUrl"), at(recording, "stereoUrl"), at(call, "stereoRecordingUrl")) != "",
		Assistant: firstText(at(artifact, "presignedAssistantUrl"), at(mono, "assistantUrl")) != "",
		Customer:  firstText(at(artifact, "presignedCustomerUrl"), at(mono, "customerUrl")) != "",
		Video: firstText(at(artifact, "videoRecordingUrl"), at(artifact, "presignedVideoUrl"),
			at(recording, "videoUrl")) != "",
	}
}
