package vapifake

import (
	"encoding/json"
	"net/http"
	"regexp"
)

// e164 is ITU-T E.164 with its plus.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

type numberBody struct {
	Provider            string          `json:"provider"`
	Number              string          `json:"number"`
	TwilioAccountSID    string          `json:"twilioAccountSid"`
	TwilioAuthToken     string          `json:"twilioAuthToken"`
	TwilioAPIKey        string          `json:"twilioApiKey"`
	TwilioAPISecret     string          `json:"twilioApiSecret"`
	Name                string          `json:"name"`
	AssistantID         string          `json:"assistantId"`
	Server              *serverBody     `json:"server"`
	SMSEnabled          *bool           `json:"smsEnabled"`
	FallbackDestination json.RawMessage `json:"fallbackDestination"`
}

func (f *Fake) importNumber(w http.ResponseWriter, r *http.Request) {
	var b numberBody
	row, ok := read(w, r, &b, func() []string { return append(b.wrong(), b.Server.wrong()...) })
	if !ok {
		return
	}
	for _, other := range f.numbers {
		if text(other, "number") == b.Number {
			refuse(w, http.StatusBadRequest, "Existing Phone Number "+b.Number+" Has Identical `twilioAccountSid` And `number`.")
			return
		}
	}
	if _, exists := f.assistants[b.AssistantID]; b.AssistantID != "" && !exists {
		refuse(w, http.StatusBadRequest, "Couldn't Find Assistant "+b.AssistantID+".")
		return
	}
	if !f.config.Owns(b.TwilioAccountSID, b.TwilioAPIKey, b.TwilioAPISecret, b.Number) {
		refuse(w, http.StatusBadRequest, "Number "+b.Number+" Not Found On Twilio. Check The Credentials.")
		return
	}
	row["status"] = "active"
	f.create(w, f.numbers, row)
}

func (b numberBody) wrong() []string {
	var all []string
	if b.Provider != "twilio" {
		all = append(all, "provider must be twilio")
	}
	if !e164.MatchString(b.Number) {
		all = append(all, "number must be a valid phone number in the E.164 format")
	}
	if b.TwilioAccountSID == "" || (b.TwilioAuthToken == "" && (b.TwilioAPIKey == "" || b.TwilioAPISecret == "")) {
		all = append(all, "twilioAccountSid and either twilioAuthToken or twilioApiKey and twilioApiSecret are needed")
	}
	if len(b.Name) > 40 {
		all = append(all, "name must be shorter than or equal to 40 characters")
	}
	return all
}
