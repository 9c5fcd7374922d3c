package reception

import "errors"

// Refusal is why a tool did nothing: a stable code, and a sentence that the
// assistant may say or follow. It holds nothing that the caller may not hear.
type Refusal struct{ Code, Say string }

// Error implements error with the code alone.
func (r *Refusal) Error() string { return "tool refused: " + r.Code }

func refuse(code, say string) *Refusal { return &Refusal{code, say} }

// The codes of answers that no tool gives itself.
const (
	codeDone   = "done"
	codeFailed = "failed"
	codeDenied = "denied"
	codeLate   = "too_late"
)

// sayFailed is for what is our own fault.
const sayFailed = "This cannot be done just now. Please offer that a member of staff calls back."

func asRefusal(err error) (*Refusal, bool) { return errors.AsType[*Refusal](err) }
