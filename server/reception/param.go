package reception

import "encoding/json"

// kind is what a parameter takes.
type kind int

const (
	kindText   kind = iota + 1
	kindMoment      // RFC 3339, with its offset
	kindDay         // YYYY-MM-DD
	kindWord        // one of a few
)

// param is one parameter of a tool.
type param struct {
	name     string
	kind     kind
	about    string // for the model that fills it in
	required bool
	max      int      // characters of a text
	words    []string // of a kindWord
}

// property is a parameter in JSON Schema, draft 2020-12, as far as models use it.
type property struct {
	Type        string   `json:"type"`
	Description string   `json:"description"`
	Format      string   `json:"format,omitempty"`
	Enum        []string `json:"enum,omitempty"`
	MaxLength   int      `json:"maxLength,omitempty"`
}

// schema is the JSON Schema of a tool's arguments.
func schema(params []param) json.RawMessage {
	doc := struct {
		Type       string              `json:"type"`
		Properties map[string]property `json:"properties"`
		Required   []string            `json:"required"`
		Additional bool                `json:"additionalProperties"`
	}{"object", map[string]property{}, []string{}, false}
	for _, p := range params {
		v := property{Type: "string", Description: p.about, Enum: p.words, MaxLength: p.max}
		switch p.kind {
		case kindMoment:
			v.Format = "date-time"
		case kindDay:
			v.Format = "date"
		default:
		}
		doc.Properties[p.name] = v
		if p.required {
			doc.Required = append(doc.Required, p.name)
		}
	}
	text, err := json.Marshal(doc)
	if err != nil { // cannot be: strings and numbers
		return json.RawMessage(`{}`)
	}
	return text
}
