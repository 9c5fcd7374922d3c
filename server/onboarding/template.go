package onboarding

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"text/template"
)

// The texts that a clinic begins with, and the letter to its owner.
//
//go:embed template
var texts embed.FS

// beginning is what a clinic begins with.
type beginning struct {
	Agent struct {
		Name     string `json:"name"`
		Prompt   string `json:"prompt"`
		Greeting string `json:"greeting"`
	} `json:"agent"`
	Hours    json.RawMessage `json:"hours"`
	Articles []struct {
		Title    string `json:"title"`
		Category string `json:"category"`
		Content  string `json:"content"`
	} `json:"articles"`
}

// templateFor is the beginning of a clinic of this name. The name is put in once
// the texts are read, so that nothing in it can be more than text.
func templateFor(clinic string) (b beginning, err error) {
	text, err := texts.ReadFile("template/clinic.json")
	if err != nil {
		return b, fmt.Errorf("reading the template: %w", err)
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return b, fmt.Errorf("reading the template: %w", err)
	}
	for _, field := range []*string{&b.Agent.Name, &b.Agent.Prompt, &b.Agent.Greeting} {
		*field = strings.ReplaceAll(*field, "{clinic}", clinic)
	}
	for i := range b.Articles {
		b.Articles[i].Content = strings.ReplaceAll(b.Articles[i].Content, "{clinic}", clinic)
	}
	return b, nil
}

// letterFor is the letter to the owner.
func letterFor(clinic, link string) (string, error) {
	t, err := template.ParseFS(texts, "template/letter.txt")
	if err != nil {
		return "", fmt.Errorf("reading the letter: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, struct{ Clinic, Link string }{clinic, link}); err != nil {
		return "", fmt.Errorf("writing the letter: %w", err)
	}
	return b.String(), nil
}
