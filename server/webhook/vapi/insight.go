package vapi

import (
	"encoding/json"
	"strings"
)

// Insights are what the clinic's own analysis plan drew from a call. Vapi
// leaves their names to whoever wrote the plan, so each is looked for under
// the names in use, in camelCase or snake_case, flat or nested. What the
// analysis does not say is nil or empty: there is no default sentiment.
type Insights struct {
	CallerName  string
	CallerPhone string // E.164
	CallerEmail string
	// Interest is the service asked about; several are joined by a comma.
	Interest          string
	PreferredTime     string // in the caller's words
	AppointmentBooked *bool
	Escalation        *bool
	EscalationReason  string
	// Sentiment is positive, neutral or negative.
	Sentiment string
	// SentimentScore is 0, the worst, to 100.
	SentimentScore   *int
	SentimentSummary string
	// Urgency is low, medium, high or critical.
	Urgency string
	// OutcomeSummary is what came of the call, in a few words.
	OutcomeSummary string
	// Data is all of the analysis, for what has no field here.
	Data map[string]any
}

// insights reads analysis.structuredData first, then its newer forms.
func (m Message) insights() Insights {
	f := m.findings()
	in := Insights{
		CallerName:        clip(f.said("callername", "customername", "fullname", "patientname", "leadname", "contactname", "name"), 200),
		CallerPhone:       firstNumber(f.all("callerphone", "callerphonenumber", "phonenumber", "phone", "contactphone", "leadphone", "callbacknumber")...),
		CallerEmail:       clip(f.said("calleremail", "emailaddress", "email", "contactemail", "leademail"), 254),
		Interest:          clip(f.said("interest", "interests", "serviceinterest", "serviceinterests", "servicesinterested", "servicediscussed", "servicerequested", "service", "treatment"), 500),
		PreferredTime:     clip(f.said("preferredtime", "preferreddatetime", "preferredslot", "preferredappointmenttime", "appointmentpreferredtime", "preferreddate"), 200),
		AppointmentBooked: f.flag("appointmentbooked", "appointmentscheduled", "booked", "isbooked", "bookingconfirmed"),
		EscalationReason:  clip(f.said("escalationreason", "emergencyreason", "escalationdetails"), 1000),
		Sentiment:         f.oneOf([]string{"positive", "neutral", "negative"}, "sentiment", "sentimentlabel", "callersentiment", "usersentiment"),
		SentimentScore:    f.percent("sentimentscore"),
		SentimentSummary:  clip(f.said("sentimentsummary"), 1000),
		Urgency:           f.oneOf([]string{"low", "medium", "high", "critical"}, "urgency", "sentimenturgency", "urgencylevel"),
		OutcomeSummary:    clip(f.said("shortoutcome", "outcomesummary", "calloutcome", "outcome"), 1000),
		Data:              f.data,
	}
	in.Escalation = f.escalation(&in.EscalationReason)
	return in
}

// escalation takes any word but a denial for a yes, and for the reason where
// there is no other: of the two mistakes, overlooking an emergency is worse.
func (f findings) escalation(reason *string) *bool {
	names := []string{"escalation", "escalated", "emergencyescalation", "emergency", "isemergency", "needsescalation", "escalationneeded", "escalationrequired", "requiresescalation"}
	yes := f.flag(names...)
	if yes != nil {
		return yes
	}
	said := f.said(names...)
	if said == "" {
		return nil
	}
	if *reason == "" {
		*reason = clip(said, 1000)
	}
	return new(true)
}

// said is the first text under names that says something.
func (f findings) said(names ...string) string { return firstSaid(f.all(names...)...) }

// oneOf is the first value under names that is one of words, in lower case.
func (f findings) oneOf(words []string, names ...string) string {
	for _, v := range f.all(names...) {
		for _, word := range words {
			if strings.EqualFold(text(v), word) {
				return word
			}
		}
	}
	return ""
}

// flag is the first clear yes or no under names.
func (f findings) flag(names ...string) *bool {
	for _, v := range f.all(names...) {
		answer, ok := v.(bool)
		switch strings.ToLower(text(v)) {
		case "true", "yes", "y", "1":
			answer, ok = true, true
		case "false", "no", "n", "0", "none":
			answer, ok = false, true
		}
		if ok {
			return &answer
		}
	}
	return nil
}

// percent is the first score under names: 0 to 1 as a share, above that as a
// percentage.
func (f findings) percent(names ...string) *int {
	for _, v := range f.all(names...) {
		thousandths, ok := scaled(json.Number(text(v)), 3)
		if !ok || thousandths < 0 || thousandths > 100_000 {
			continue
		}
		step := int64(10)
		if thousandths > 1000 {
			step = 1000
		}
		n := int((thousandths + step/2) / step)
		return &n
	}
	return nil
}

// firstSaid is the first of vs that says something: not one of the words by
// which a model says that it found nothing. Lists are joined.
func firstSaid(vs ...any) string {
	for _, v := range vs {
		s := text(v)
		if l := list(v); s == "" && len(l) > 0 {
			var parts []string
			for _, item := range l {
				if part := text(item); part != "" {
					parts = append(parts, part)
				}
			}
			s = strings.Join(parts, ", ")
		}
		switch strings.ToLower(strings.Trim(s, ".")) {
		case "", "null", "none", "n/a", "na", "nil", "unknown", "undefined", "not provided", "not specified", "not mentioned":
			continue
		}
		return s
	}
	return ""
}
