package vapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/voxanne/cascade/server/webhook/vapi"
)

func report(tb testing.TB, body []byte) vapi.CallReport {
	tb.Helper()
	m, err := vapi.Parse(body)
	if err != nil {
		tb.Fatal(err)
	}
	r, ok := m.Report()
	if !ok {
		tb.Fatalf("%s is no report", m.Type)
	}
	return r
}

func TestReport(t *testing.T) {
	t.Parallel()
	got := report(t, fixture(t, "report.json"))
	start := time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC)
	want := vapi.CallReport{
		Call: vapi.Call{
			ID:             "5b0c2f64-8f1d-4c0e-9a51-0e7b1d2a6c11",
			Direction:      vapi.Inbound,
			CustomerNumber: "+12025550143",
			OurNumber:      "+12025550178",
			AssistantID:    "e91f7c38-2b6a-49d5-b1c4-7d80f3a2c966",
			PhoneNumberID:  "c7a1d0b2-0d4f-4d3b-8a0e-6f2b9d1e4a55",
			ProviderCallID: "CA5c1e0000000000000000000000000a7f",
			CreatedAt:      start.Add(-1500 * time.Millisecond),
		},
		StartedAt:       start,
		EndedAt:         start.Add(147600 * time.Millisecond),
		DurationSeconds: new(148),
		EndedReason:     "customer-ended-call",
		Outcome:         vapi.Completed,
		Summary:         "Odalys Ferreira has a broken retainer, no pain, and booked a check on Thursday at 16:30.",
		Success:         "true",
		Insights: vapi.Insights{
			CallerName:        "Odalys Ferreira",
			CallerPhone:       "+12025550143",
			Interest:          "retainer",
			PreferredTime:     "Thursday after four",
			AppointmentBooked: new(true),
			Escalation:        new(false),
			Sentiment:         "positive",
			SentimentScore:    new(87),
			Urgency:           "low",
			OutcomeSummary:    "check booked",
		},
		CostMicros: new(int64(193400)),
		Consent:    vapi.Granted,
		ConsentAt:  start.Add(8 * time.Second),
		Recordings: vapi.Recordings{Mono: true, Stereo: true, Assistant: true, Customer: true},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(vapi.CallReport{}, "Turns", "Insights.Data")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(got.Turns); n != 16 {
		t.Fatalf("%d turns", n)
	}
	if diff := cmp.Diff(vapi.Turn{Speaker: vapi.Caller, Text: "Odalys Ferreira.", At: 23640 * time.Millisecond}, got.Turns[5]); diff != "" {
		t.Errorf("turn 5 (-want +got):\n%s", diff)
	}
	if !got.Recordings.Any() || (vapi.Recordings{}).Any() {
		t.Error("Recordings.Any is wrong")
	}
	if len(got.Insights.Data) != 10 {
		t.Errorf("data: %v", got.Insights.Data)
	}
}

// TestReportOf2024 has no times, cost or consent of its own, an anonymous
// caller, and a second assistant whose clock begins anew.
func TestReportOf2024(t *testing.T) {
	t.Parallel()
	got := report(t, fixture(t, "report-2024.json"))
	start := time.Date(2024, 7, 1, 9, 0, 0, 0, time.UTC)
	want := vapi.CallReport{
		Call: vapi.Call{
			ID:             "71aa90de-6a1c-4a0f-8d5c-2b7f0c3e9d42",
			Direction:      vapi.Outbound,
			OurNumber:      "+12025550111",
			PhoneNumberID:  "2f6d1b7e-90c3-4f1a-a7d8-55e0b9c4d311",
			ProviderCallID: "CA00000000000000000000000000000b2c",
			CreatedAt:      start.Add(-3 * time.Second),
		},
		StartedAt:       start,
		EndedAt:         start.Add(16400 * time.Millisecond),
		DurationSeconds: new(16),
		EndedReason:     "assistant-forwarded-call",
		Outcome:         vapi.Transferred,
		Turns: []vapi.Turn{
			{Speaker: vapi.Assistant, Text: "Good day, Fernway Physiotherapy.", At: 1500 * time.Millisecond},
			{Speaker: vapi.Caller, Text: "I need the billing desk.", At: 5 * time.Second},
			{Speaker: vapi.Assistant, Text: "Billing, how can I help?", At: 9999500 * time.Microsecond},
			{Speaker: vapi.Caller, Text: "My invoice is wrong.", At: 13999500 * time.Microsecond},
		},
		Summary:    "The caller asked for billing and was put through.",
		Recordings: vapi.Recordings{Mono: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	m, err := vapi.Parse(fixture(t, "report-2024.json"))
	if err != nil {
		t.Fatal(err)
	}
	if to, ok := m.Transfer(); !ok || to.Number != "+12025550199" {
		t.Errorf("transferred to %+v", to)
	}
}

// TestReportOfNothing: what is not said is absent, and nothing is made up.
func TestReportOfNothing(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		``,
		`,"analysis":null,"artifact":null,"call":null,"cost":null,"costs":[],"startedAt":"soon","durationMs":"long"`,
		`,"analysis":[1],"artifact":"x","call":7,"cost":-0.5,"durationSeconds":-1,"messages":{"a":1},"compliance":{}`,
		`,"analysis":{"structuredData":{"sentiment":"euphoric","sentimentScore":"high","appointmentBooked":"perhaps","callerName":"Unknown","callerPhone":"none"}},"durationMs":1e300`,
	} {
		got := report(t, []byte(`{"message":{"type":"end-of-call-report"`+in+`}}`))
		want := vapi.CallReport{Outcome: vapi.Unknown}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(vapi.CallReport{}, "Insights.Data")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", in, diff)
		}
	}
}

func TestReportCases(t *testing.T) {
	t.Parallel()
	read := func(in string) vapi.CallReport {
		return report(t, []byte(`{"message":{"type":"end-of-call-report",`+in+`}}`))
	}
	for in, want := range map[string]int64{
		`"cost":0.2874`:                 287400,
		`"cost":"0.15"`:                 150000,
		`"cost":1e-7`:                   0,
		`"cost":0.0000005`:              1,
		`"cost":28.74e-2`:               287400,
		`"cost":0`:                      0,
		`"cost":123456789.1234565`:      123456789123457,
		`"costBreakdown":{"total":0.1}`: 100000,
		`"costs":[{"cost":0.1},{"cost":0.2},{"cost":1.1e-3}]`: 301100,
		`"call":{"cost":2}`: 2000000,
	} {
		if got := read(in).CostMicros; got == nil || *got != want {
			t.Errorf("%s: %v", in, cmp.Diff(&want, got))
		}
	}
	for _, in := range []string{`"cost":-1`, `"cost":1e300`, `"cost":true`, `"costs":[{"cost":0.1},{}]`} {
		if got := read(in).CostMicros; got != nil {
			t.Errorf("%s costs %d", in, *got)
		}
	}
	for in, want := range map[string]int{
		`"durationSeconds":61.5`:   62,
		`"durationMs":61499`:       61,
		`"durationMinutes":1.5`:    90,
		`"durationSeconds":"61.4"`: 61,
		`"durationSeconds":0`:      0,
		`"startedAt":"2026-03-16T09:00:00Z","endedAt":"2026-03-16T09:10:00Z"`:            600,
		`"call":{"startedAt":"2026-03-16T09:00:00Z","endedAt":"2026-03-16T09:00:05.2Z"}`: 5,
	} {
		if got := read(in).DurationSeconds; got == nil || *got != want {
			t.Errorf("%s: %v", in, cmp.Diff(&want, got))
		}
	}
	if got := read(`"startedAt":"2026-03-16T09:00:00Z","endedAt":"2026-03-16T08:00:00Z"`).DurationSeconds; got != nil {
		t.Errorf("ended before it began: %d s", *got)
	}
	for in, want := range map[string]vapi.Consent{
		`"compliance":{"recordingConsent":{"type":"verbal","grantedAt":"2026-03-16T09:00:08Z"}}`: vapi.Granted,
		`"compliance":{"recordingConsent":{"type":"verbal"}}`:                                    vapi.Refused,
		`"compliance":{"recordingConsent":{"type":"verbal","grantedAt":null}}`:                   vapi.Refused,
		`"compliance":{"recordingConsent":{"type":"stay-on-line","grantedAt":"later"}}`:          vapi.Refused,
		`"compliance":{"recordingConsent":null}`:                                                 vapi.NotAsked,
		`"compliance":{}`:                                                                        vapi.NotAsked,
	} {
		if got := read(in).Consent; got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		`"customer":{"number":"+1 (202) 555-0143"}`:                                       "+12025550143",
		`"call":{"customer":{"number":"+442079460958"}}`:                                  "+442079460958",
		`"customer":{"number":"anonymous"},"call":{"customer":{"number":"+12025550143"}}`: "+12025550143",
		`"customer":{"number":"202 555 0143"}`:                                            "",
		`"customer":{"sipUri":"sip:front@clinic.example"}`:                                "",
		`"customer":{"number":"+86282452253"}`:                                            "",
		`"customer":{"number":"+1202555014312345678"}`:                                    "",
	} {
		if got := read(in).CustomerNumber; got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
	if got := read(`"call":{"type":"webCall"},"endedReason":"` + strings.Repeat("ü", 200) + `"`); got.Direction != vapi.Web || got.EndedReason != strings.Repeat("ü", 128) {
		t.Errorf("direction %q, reason of %d bytes", got.Direction, len(got.EndedReason))
	}
	if got := read(`"artifact":{"messages":[],"transcript":"AI: Hello.\nUser: Good day:\nit is me\nAI:\nsystem note"}`).Turns; !cmp.Equal(got, []vapi.Turn{
		{Speaker: vapi.Assistant, Text: "Hello."}, {Speaker: vapi.Caller, Text: "Good day: it is me system note"},
	}) {
		t.Errorf("from the string: %+v", got)
	}
}

func TestInsights(t *testing.T) {
	t.Parallel()
	full := vapi.Insights{
		CallerName: "Ines Okafor", CallerPhone: "+442079460958", CallerEmail: "ines@example.com",
		Interest: "whitening, check", PreferredTime: "mornings", AppointmentBooked: new(false),
		Escalation: new(true), EscalationReason: "swollen jaw", Sentiment: "negative",
		SentimentScore: new(12), SentimentSummary: "worried", Urgency: "critical", OutcomeSummary: "call back",
	}
	for name, in := range map[string]string{
		"snake case": `"analysis":{"structuredData":{"caller_name":"Ines Okafor","caller_phone":"+44 20 7946 0958","caller_email":"ines@example.com","service_interest":["whitening","check"],
			"preferred_time":"mornings","appointment_booked":"no","escalation":"swollen jaw","sentiment":"Negative","sentiment_score":0.12,"sentiment_summary":"worried","sentiment_urgency":"Critical","short_outcome":"call back"}}`,
		"nested": `"analysis":{"structuredData":{"caller":{"name":"Ines Okafor","phone":"+442079460958","email":"ines@example.com"},"interests":["whitening","check"],"preferredTime":"mornings",
			"appointmentBooked":false,"escalated":true,"escalationReason":"swollen jaw","sentiment":{"label":"negative","score":"12","summary":"worried","urgency":"critical"},"outcome":"call back"}}`,
		"a string of JSON": `"analysis":{"structuredData":"{\"name\":\"Ines Okafor\",\"phone\":\"+442079460958\",\"email\":\"ines@example.com\",\"interest\":\"whitening, check\",\"preferredTime\":\"mornings\",\"booked\":0,\"emergency\":1,\"escalationReason\":\"swollen jaw\",\"sentimentLabel\":\"negative\",\"sentimentScore\":0.12,\"sentimentSummary\":\"worried\",\"urgency\":\"critical\",\"shortOutcome\":\"call back\"}"}`,
		"structured outputs": `"artifact":{"structuredOutputs":{"o-1":{"name":"Caller","result":{"callerName":"Ines Okafor","callerPhone":"+442079460958","callerEmail":"ines@example.com","interest":"whitening, check","preferredTime":"mornings","shortOutcome":"call back"}},
			"o-2":{"name":"Appointment Booked","result":false},"o-3":{"name":"Escalation","result":"swollen jaw"},"o-4":{"name":"Sentiment","result":"negative"},"o-5":{"name":"Sentiment Score","result":0.12},"o-6":{"name":"sentiment_summary","result":"worried"},"o-7":{"name":"Urgency","result":"critical"}}}`,
	} {
		got := report(t, []byte(`{"message":{"type":"end-of-call-report",`+in+`}}`)).Insights
		if diff := cmp.Diff(full, got, cmpopts.IgnoreFields(vapi.Insights{}, "Data")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if len(got.Data) == 0 {
			t.Errorf("%s: the rest is lost", name)
		}
	}
	for in, want := range map[string]*bool{
		`true`: new(true), `"yes"`: new(true), `"chest pain"`: new(true), `1`: new(true),
		`false`: new(false), `"None"`: new(false), `0`: new(false), `null`: nil, `"N/A"`: nil, `""`: nil,
	} {
		got := report(t, []byte(`{"message":{"type":"end-of-call-report","analysis":{"structuredData":{"emergency":`+in+`}}}}`)).Insights.Escalation
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("emergency %s (-want +got):\n%s", in, diff)
		}
	}
	for in, want := range map[string]int{`0`: 0, `1`: 100, `0.825`: 83, `82`: 82, `1.4`: 1, `100`: 100} {
		got := report(t, []byte(`{"message":{"type":"end-of-call-report","analysis":{"structuredData":{"sentimentScore":`+in+`}}}}`)).Insights.SentimentScore
		if got == nil || *got != want {
			t.Errorf("score %s: %v", in, cmp.Diff(&want, got))
		}
	}
}

// BenchmarkParse is the whole price of one report: read, redacted, encoded for
// keeping, named, understood.
func BenchmarkParse(b *testing.B) {
	body := fixture(b, "report.json")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		m, err := vapi.Parse(body)
		if err != nil {
			b.Fatal(err)
		}
		if r, _ := m.Report(); vapi.EventKey(m) == "" || r.ID == "" {
			b.Fatal("lost")
		}
	}
}

func BenchmarkRedact(b *testing.B) {
	body := fixture(b, "report.json")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := vapi.Redact(body); err != nil {
			b.Fatal(err)
		}
	}
}
