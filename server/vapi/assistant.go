package vapi

import (
	"context"
	"net/http"
	"time"

	"github.com/voxanne/cascade/server/provider"
)

// MaxName is how long the name of an assistant or a number may be.
const MaxName = 40

// AssistantSpec is what an assistant is made of, as Vapi's API has it. Fields
// left empty are not sent.
type AssistantSpec struct {
	Name               string            `json:"name,omitempty"` // up to MaxName characters
	FirstMessage       string            `json:"firstMessage,omitempty"`
	Model              *Model            `json:"model,omitempty"`
	Voice              *Voice            `json:"voice,omitempty"`
	Transcriber        *Transcriber      `json:"transcriber,omitempty"`
	Server             *Server           `json:"server,omitempty"`
	ServerMessages     []string          `json:"serverMessages,omitempty"`
	ArtifactPlan       *ArtifactPlan     `json:"artifactPlan,omitempty"`
	MaxDurationSeconds int               `json:"maxDurationSeconds,omitempty"` // 10 to 43200
	Metadata           map[string]string `json:"metadata,omitempty"`
}

// Model is the language model and what it is told.
type Model struct {
	Provider string    `json:"provider"`
	Model    string    `json:"model"`
	Messages []Message `json:"messages,omitempty"`
}

// Message is what the model is told before a call begins.
type Message struct {
	Role    string `json:"role"` // system, as a rule
	Content string `json:"content"`
}

// Voice is who speaks.
type Voice struct {
	Provider string `json:"provider"`
	VoiceID  string `json:"voiceId"`
}

// Transcriber is who listens.
type Transcriber struct {
	Provider string `json:"provider"`
	Model    string `json:"model,omitempty"`
	Language string `json:"language,omitempty"`
}

// Server is where Vapi reports to.
type Server struct {
	URL            string       `json:"url"`
	Secret         string       `json:"secret,omitempty"` // comes back as X-Vapi-Secret
	TimeoutSeconds int          `json:"timeoutSeconds,omitempty"`
	BackoffPlan    *BackoffPlan `json:"backoffPlan,omitempty"` // nil: a message that fails is lost
}

// BackoffPlan is how often Vapi repeats a message that was not taken.
type BackoffPlan struct {
	Type             string `json:"type"` // fixed or exponential
	MaxRetries       int    `json:"maxRetries"`
	BaseDelaySeconds int    `json:"baseDelaySeconds"`
}

// ArtifactPlan is what Vapi keeps of a call.
type ArtifactPlan struct {
	RecordingEnabled bool   `json:"recordingEnabled"`
	RecordingFormat  string `json:"recordingFormat,omitempty"`
}

// Assistant is one that exists.
type Assistant struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"createdAt"`
}

func (a Assistant) label() (string, time.Time) { return a.Name, a.CreatedAt }

// CreateAssistant makes an assistant. It is not idempotent: give it a name of
// its own, and after an unknown outcome look for that with FindAssistants.
func (c *Client) CreateAssistant(ctx context.Context, spec AssistantSpec) (Assistant, error) {
	return c.assistant(ctx, provider.Request{
		Operation: "create assistant", Method: http.MethodPost, Path: "/assistant",
	}, spec)
}

// UpdateAssistant changes what spec says of an assistant.
func (c *Client) UpdateAssistant(ctx context.Context, id string, spec AssistantSpec) (Assistant, error) {
	return c.assistant(ctx, provider.Request{
		Operation: "update assistant", Method: http.MethodPatch, Path: "/assistant/" + escape(id), Idempotent: true,
	}, spec)
}

// Assistant is the one with this id.
func (c *Client) Assistant(ctx context.Context, id string) (Assistant, error) {
	return c.assistant(ctx, provider.Request{
		Operation: "get assistant", Method: http.MethodGet, Path: "/assistant/" + escape(id),
	}, nil)
}

func (c *Client) assistant(ctx context.Context, q provider.Request, spec any) (Assistant, error) {
	var a Assistant
	if err := c.call(ctx, q, spec, &a); err != nil {
		return Assistant{}, err
	}
	if a.ID == "" {
		return Assistant{}, unreadable(q, http.StatusOK)
	}
	return a, nil
}

// FindAssistants lists the assistants of this name that were created since.
func (c *Client) FindAssistants(ctx context.Context, name string, since time.Time) ([]Assistant, error) {
	return find[Assistant](ctx, c, "find assistant", "/assistant", name, since)
}

// DeleteAssistant deletes one. That there is none is no error.
func (c *Client) DeleteAssistant(ctx context.Context, id string) error {
	return gone(c.call(ctx, provider.Request{
		Operation: "delete assistant", Method: http.MethodDelete, Path: "/assistant/" + escape(id), Idempotent: true,
	}, nil, nil))
}
