package bundle

import "fmt"

// Refusal is a reason for which a bundle is not accepted: a stable code, for
// errors.Is, logs and metrics. Its text is one line that ends in what to do.
type Refusal string

// The refusals, in the order in which Open looks for them.
const (
	// TooLarge means over the limit, packed or unpacked.
	TooLarge Refusal = "too_large"
	// Malformed means not a gzipped tar archive, or a broken one.
	Malformed Refusal = "malformed"
	// BadEntry means a link, a device, or anything else that is no file.
	BadEntry Refusal = "bad_entry"
	// BadPath means a name that is absolute, leaves the bundle, or has
	// characters that some file system reads in its own way.
	BadPath Refusal = "bad_path"
	// Duplicate means a name that is there twice, or as file and directory.
	Duplicate Refusal = "duplicate"
	// Delta means a patch of another bundle; none of those can be signed.
	Delta Refusal = "delta"
	// Compiled means policies as Wasm or as a plan, which nobody can review.
	Compiled Refusal = "compiled"
	// HasData means data beside the policies.
	HasData Refusal = "has_data"
	// UnknownFile means a file that is neither policy nor schema.
	UnknownFile Refusal = "unknown_file"
	// Unsigned means no signature.
	Unsigned Refusal = "unsigned"
	// UnknownKey means signed with a key that is not among the trusted ones.
	UnknownKey Refusal = "unknown_key"
	// BadSignature means that the key did not sign this.
	BadSignature Refusal = "bad_signature"
	// NoStatement means a manifest without a statement, or not as Sign writes it.
	NoStatement Refusal = "no_statement"
	// OtherRoots means that it claims other packages than ours.
	OtherRoots Refusal = "other_roots"
	// Changed means a file added, removed or changed after signing.
	Changed Refusal = "changed"
	// WrongRevision means that the revision is not the digest of the policies.
	WrongRevision Refusal = "wrong_revision"
	// BadStatement means a statement that states nothing: no sequence number, no
	// time, no author.
	BadStatement Refusal = "bad_statement"
	// NotYetValid means before its time.
	NotYetValid Refusal = "not_yet_valid"
	// Expired means after its time.
	Expired Refusal = "expired"
	// Stale means a sequence number not above the active one.
	Stale Refusal = "stale"
	// OtherInput means written for another input than the engine sends.
	OtherInput Refusal = "other_input"
	// BadPolicy means that OPA does not read it, or finds a package elsewhere.
	BadPolicy Refusal = "bad_policy"
)

// remedies say what to do about each.
var remedies = map[Refusal]string{
	TooLarge:      "leave out what is no policy, or raise the limit",
	Malformed:     "build it with `cascade policy sign`, or fetch it again",
	BadEntry:      "pack regular files only",
	BadPath:       "name files by letters, digits, '.', '_' and '-', relative to the bundle",
	Duplicate:     "pack each file once",
	Delta:         "sign the whole bundle",
	Compiled:      "ship the policies as .rego files",
	HasData:       "write it as a rule; rows come with the input",
	UnknownFile:   "leave it out",
	Unsigned:      "sign it with `cascade policy sign`",
	UnknownKey:    "sign it with a trusted key, or trust this one",
	BadSignature:  "do not use it; sign it again",
	NoStatement:   "sign it with `cascade policy sign`",
	OtherRoots:    "claim the root \"" + Root + "\" alone",
	Changed:       "do not use it; sign it again",
	WrongRevision: "sign it again",
	BadStatement:  "sign it again with what is missing",
	NotYetValid:   "wait, or sign it again",
	Expired:       "review it and sign it again",
	Stale:         "sign it again with a higher number",
	OtherInput:    "test it against this program's schema and sign it again",
	BadPolicy:     "mend it and sign it again",
}

// Error implements error.
func (r Refusal) Error() string { return string(r) + ": " + remedies[r] }

// refusal is a Refusal with what was found.
type refusal struct {
	reason Refusal
	found  string
}

// refuse quotes nothing by itself: what comes from a bundle goes through %q, so
// that the message stays one line of plain text.
func refuse(r Refusal, format string, args ...any) error {
	return &refusal{r, fmt.Sprintf(format, args...)}
}

func (r *refusal) Error() string {
	return string(r.reason) + ": " + r.found + ": " + remedies[r.reason]
}

func (r *refusal) Unwrap() error { return r.reason }
