package vapifake

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
)

// assistantBody is every field of an assistant that this fake knows. Vapi knows
// more, and like this one refuses what it does not know.
type assistantBody struct {
	Name               *string         `json:"name"`
	FirstMessage       *string         `json:"firstMessage"`
	Model              *modelBody      `json:"model"`
	Voice              *voiceBody      `json:"voice"`
	Transcriber        json.RawMessage `json:"transcriber"`
	Server             *serverBody     `json:"server"`
	ServerMessages     []string        `json:"serverMessages"`
	ArtifactPlan       json.RawMessage `json:"artifactPlan"`
	AnalysisPlan       json.RawMessage `json:"analysisPlan"`
	CompliancePlan     json.RawMessage `json:"compliancePlan"`
	MaxDurationSeconds *float64        `json:"maxDurationSeconds"`
	EndCallPhrases     []string        `json:"endCallPhrases"`
	Metadata           map[string]any  `json:"metadata"`
}

type modelBody struct {
	Provider    string            `json:"provider"`
	Model       string            `json:"model"`
	Messages    []json.RawMessage `json:"messages"`
	Tools       []json.RawMessage `json:"tools"`
	ToolIDs     []string          `json:"toolIds"`
	Temperature *float64          `json:"temperature"`
}

type voiceBody struct {
	Provider string `json:"provider"`
	VoiceID  string `json:"voiceId"`
}

type serverBody struct {
	URL            string          `json:"url"`
	Secret         string          `json:"secret"`
	CredentialID   string          `json:"credentialId"`
	TimeoutSeconds float64         `json:"timeoutSeconds"`
	BackoffPlan    json.RawMessage `json:"backoffPlan"`
}

// wrong is what Vapi has against the body, a sentence each.
func (b assistantBody) wrong() []string {
	var all []string
	if b.Name != nil && len(*b.Name) > 40 {
		all = append(all, "name must be shorter than or equal to 40 characters")
	}
	if b.Model != nil && (b.Model.Provider == "" || b.Model.Model == "") {
		all = append(all, "model.provider and model.model must be strings")
	}
	if b.Voice != nil && (b.Voice.Provider == "" || b.Voice.VoiceID == "") {
		all = append(all, "voice.provider and voice.voiceId must be strings")
	}
	if s := b.MaxDurationSeconds; s != nil && (*s < 10 || *s > 43200) {
		all = append(all, "maxDurationSeconds must be between 10 and 43200")
	}
	return append(all, b.Server.wrong()...)
}

func (s *serverBody) wrong() []string {
	if s == nil {
		return nil
	}
	var all []string
	if !strings.HasPrefix(s.URL, "http://") && !strings.HasPrefix(s.URL, "https://") {
		all = append(all, "server.url must be a URL address")
	}
	if s.TimeoutSeconds != 0 && (s.TimeoutSeconds < 1 || s.TimeoutSeconds > 300) {
		all = append(all, "server.timeoutSeconds must be between 1 and 300")
	}
	return all
}

func (f *Fake) createAssistant(w http.ResponseWriter, r *http.Request) {
	var body assistantBody
	if row, ok := read(w, r, &body, func() []string { return body.wrong() }); ok {
		f.create(w, f.assistants, row)
	}
}

func (f *Fake) updateAssistant(w http.ResponseWriter, r *http.Request) {
	row, ok := find(w, r, f.assistants)
	if !ok {
		return
	}
	var body assistantBody
	change, ok := read(w, r, &body, func() []string { return body.wrong() })
	if !ok {
		return
	}
	maps.Copy(row, change)
	row["updatedAt"] = f.moment().Format(layout)
	answer(w, http.StatusOK, row)
}

// read reads a body that must hold nothing but known fields, and gives it as it
// was sent.
func read(w http.ResponseWriter, r *http.Request, into any, wrong func() []string) (map[string]any, bool) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		refuse(w, http.StatusBadRequest, "Content-Type must be application/json")
		return nil, false
	}
	text, err := io.ReadAll(r.Body)
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(into)
	}
	row := map[string]any{}
	if err == nil {
		err = json.Unmarshal(text, &row)
	}
	if err != nil {
		field, unknown := strings.CutPrefix(err.Error(), `json: unknown field "`)
		if unknown {
			err = errors.New("property " + strings.TrimSuffix(field, `"`) + " should not exist")
		}
		refuse(w, http.StatusBadRequest, err.Error())
		return nil, false
	}
	if all := wrong(); len(all) > 0 {
		refuse(w, http.StatusBadRequest, all...)
		return nil, false
	}
	return row, true
}
