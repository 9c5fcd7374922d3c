// Package transcript is the shape in which a call's words are kept.
package transcript

// Turn is one thing said in a call.
type Turn struct {
	Speaker string  `json:"speaker"` // assistant or caller
	Text    string  `json:"text"`
	At      float64 `json:"at"` // seconds from the call's start
}
