package reception

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/voxanne/cascade/server/webhook/vapi"
)

// FuzzArguments: whatever a model writes for arguments, each tool's check ends in
// arguments of the declared kinds or in a refusal that can be said, and quotes
// nothing of what came.
func FuzzArguments(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"name":"Ann"}`, `{"starts_at":"2026-12-01T10:00:00-05:00"}`, `{"starts_at":"2026-12-01T10:00:00"}`, `{"starts_at":1}`,
		`{"date":"2026-02-30","part_of_day":"MORNING"}`, `{"reason":"emergency","urgency":"critical"}`, `{"org_id":"x"}`, `[1]`, `null`, `"x"`,
		`{"name":"\u0000\u0007\ud800"}`, `{"starts_at":"9999-12-31T23:59:60+99:99"}`, `{"appointment_id":"appointment_00000000000000000000000000"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, tool := range tools {
			m, err := vapi.Parse([]byte(`{"message":{"type":"tool-calls","toolCallList":[{"id":"t1","name":"` + tool.name + `","arguments":` + string(quoted) + `}]}}`))
			if err != nil || len(m.ToolCalls()) != 1 {
				return // no message: other tests have it
			}
			call := m.ToolCalls()[0]
			got, err := decode(tool.params, call)
			if err != nil {
				refusal, ok := asRefusal(err)
				if !ok || refusal.Code == "" || refusal.Say == "" || strings.ContainsAny(refusal.Say, "\n\r") {
					t.Fatalf("%s: %v", tool.name, err)
				}
				continue
			}
			for name := range call.Arguments {
				if !strings.Contains(names(tool.params)+",", name+",") {
					t.Fatalf("%s takes %q", tool.name, name)
				}
			}
			for _, p := range tool.params {
				checkKind(t, tool.name, p, got)
			}
		}
	})
}

func checkKind(t *testing.T, tool string, p param, got arguments) {
	t.Helper()
	s := got.text(p.name)
	switch {
	case s == "":
		if p.required {
			t.Fatalf("%s goes without %s", tool, p.name)
		}
		return
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0) || s != strings.TrimSpace(s) || p.max > 0 && utf8.RuneCountInString(s) > p.max:
		t.Fatalf("%s takes %q for %s", tool, s, p.name)
	}
	switch p.kind {
	case kindMoment:
		at := got.moment(p.name)
		again, err := time.Parse(time.RFC3339, s)
		if err != nil || !again.Equal(at) || at.Year() < 2000 || at.Year() > 2199 {
			t.Fatalf("%s takes %q for a moment", tool, s)
		}
	case kindDay:
		if day, err := time.Parse(time.DateOnly, s); err != nil || day.Format(time.DateOnly) != s {
			t.Fatalf("%s takes %q for a day", tool, s)
		}
	case kindWord:
		if !strings.Contains(" "+strings.Join(p.words, " ")+" ", " "+s+" ") {
			t.Fatalf("%s takes %q for %s", tool, s, p.name)
		}
	default:
	}
}

// FuzzWords: no text breaks the search for words, and a phrase between other words
// is always found, however it is written.
func FuzzWords(f *testing.F) {
	f.Add("so", "please")
	f.Add("I’m", "!!")
	f.Add("¿", "ça")
	f.Add("not", "")
	f.Fuzz(func(t *testing.T, before, after string) {
		said := wordsOf(before + " . x, Chest -- PAIN; " + after)
		if a, ok := alarmOf(said); !ok || a != danger {
			t.Fatalf("%q is overheard", said)
		}
	})
}

func TestAlarms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"I can't breathe":                           "emergency",
		"I CANNOT breathe!":                         "emergency",
		"He is not breathing":                       "emergency",
		"Chest-pain since this morning":             "emergency",
		"Ich bekomme keine Luft":                    "emergency",
		"J’ai une douleur à la poitrine":            "emergency",
		"Tengo dolor en el pecho":                   "emergency",
		"It is bleeding":                            "urgent_symptom",
		"Is this an emergency line?":                "urgent_symptom",
		"It was never bleeding":                     "",
		"Bleedings":                                 "",
		"I have chest hair and a pain in the arm":   "",
		"My chest. Pain? None.":                     "emergency", // overlooking one is worse
		"No bleeding, but chest pain":               "emergency",
		"not bleeding then, and now it is bleeding": "urgent_symptom",
		"": "",
	} {
		if got, _ := alarmOf(wordsOf(text)); got.code != want {
			t.Errorf("%q: %q, want %q", text, got.code, want)
		}
	}
}
