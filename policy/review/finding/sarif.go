package finding

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
)

// Rule describes what findings of one name are about.
type Rule struct {
	ID    string
	Title string
	Help  string
}

// The parts of SARIF 2.1.0 (OASIS) that a code scanner reads.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string        `json:"id"`
		Short *sarifMessage `json:"shortDescription,omitempty"`
		Full  *sarifMessage `json:"fullDescription,omitempty"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     Level           `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
)

// WriteSARIF writes findings as one run of SARIF 2.1.0. A scanner finds the files
// in the repository when they are named from its root. A rule that is not among
// rules is listed by its name alone; a finding about no file has no location.
func WriteSARIF(w io.Writer, rules []Rule, all []Finding) error {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "cascade policy", Rules: []sarifRule{}}}, Results: []sarifResult{}}
	for _, r := range rules {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{ID: r.ID, Short: message(r.Title), Full: message(r.Help)})
	}
	for _, f := range all {
		index := slices.IndexFunc(run.Tool.Driver.Rules, func(r sarifRule) bool { return r.ID == f.Rule })
		if index < 0 {
			index = len(run.Tool.Driver.Rules)
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{ID: f.Rule})
		}
		run.Results = append(run.Results, sarifResult{
			RuleID: f.Rule, RuleIndex: index, Level: f.Level, Message: sarifMessage{f.Message}, Locations: locations(f),
		})
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
	if err != nil {
		return fmt.Errorf("writing SARIF: %w", err)
	}
	return nil
}

func locations(f Finding) []sarifLocation {
	if f.File == "" {
		return []sarifLocation{}
	}
	where := sarifPhysical{Artifact: sarifArtifact{(&url.URL{Path: f.File}).String()}}
	if f.Line > 0 {
		where.Region = &sarifRegion{f.Line, f.Column}
	}
	return []sarifLocation{{where}}
}

func message(text string) *sarifMessage {
	if text == "" {
		return nil
	}
	return &sarifMessage{text}
}
