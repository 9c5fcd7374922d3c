package policy

import (
	"time"

	"github.com/google/uuid"
)

// Kind says what sort of principal a subject is.
type Kind string

// The kinds of subject, as the policy knows them.
const (
	Member   Kind = "member"   // staff of one or more clinics
	Partner  Kind = "partner"  // an integration acting for a partner organization
	Support  Kind = "support"  // platform staff; nothing without break-glass
	Security Kind = "security" // platform staff; policies and decisions
	Auditor  Kind = "auditor"  // audit records and evidence, never health data
	Operator Kind = "operator" // platform staff; organizations' existence
	System   Kind = "system"   // a webhook or job, for one clinic
)

// Kinds returns every kind of subject.
func Kinds() []Kind { return []Kind{Member, Partner, Support, Security, Auditor, Operator, System} }

// Role is a member's role in one clinic.
type Role string

// The roles, from most to least.
const (
	Owner  Role = "owner"
	Admin  Role = "admin"
	Staff  Role = "staff"
	Viewer Role = "viewer"
)

// Roles returns every role, from most to least.
func Roles() []Role { return []Role{Owner, Admin, Staff, Viewer} }

// OrgStatus says whether an organization may be served.
type OrgStatus string

// The statuses of an organization.
const (
	OrgActive    OrgStatus = "active"
	OrgSuspended OrgStatus = "suspended"
	OrgClosed    OrgStatus = "closed"
)

// OrgStatuses returns every status of an organization.
func OrgStatuses() []OrgStatus { return []OrgStatus{OrgActive, OrgSuspended, OrgClosed} }

// Membership is a live fact: this subject belongs to that org with this role.
type Membership struct {
	OrgID uuid.UUID
	Slug  string
	Role  Role
	// Status is the organization's, not the membership's: a membership that
	// ended is not listed at all.
	Status OrgStatus
	// ViewersSeeTranscripts is the clinic's own choice for its viewers.
	ViewersSeeTranscripts bool
}

// Grant is a clinic's permission to a partner, as its row says. Whether it is
// active is for the policy and the envelope to judge, by Expires and Revoked.
type Grant struct {
	ID        uuid.UUID
	OrgID     uuid.UUID // the clinic that gave it
	Slug      string
	PartnerID uuid.UUID // the partner organization it was given to
	Actions   []Action
	Resources []Resource
	Masks     map[Resource][]string
	Starts    time.Time
	Expires   time.Time // zero: a fault; every grant ends
	Revoked   bool
	Status    OrgStatus // the clinic's
}

// BreakGlass is an emergency session of support staff in one clinic.
type BreakGlass struct {
	ID         uuid.UUID
	OrgID      uuid.UUID
	Slug       string
	Approved   bool // by a second person
	Starts     time.Time
	Expires    time.Time
	Ended      bool
	Status     OrgStatus // the clinic's
	Ticket     string
	ApproverID uuid.UUID
}

// CredentialType says how a subject proved itself.
type CredentialType string

// The types of credential.
const (
	JWT     CredentialType = "jwt"
	Key     CredentialType = "api_key"
	OAuth2  CredentialType = "oauth2"
	Webhook CredentialType = "webhook"
	Job     CredentialType = "job"
)

// CredentialTypes returns every type of credential.
func CredentialTypes() []CredentialType { return []CredentialType{JWT, Key, OAuth2, Webhook, Job} }

// Credential is the verified proof, never the secret itself.
type Credential struct {
	Type CredentialType
	// ID names it in records: a token's jti, an API key's public id.
	ID string
	// Scopes narrow what the credential may be used for, as
	// "<resource>:<action>"; nil means no narrowing and is only ever so for JWT.
	Scopes []string
	// MFA is what the verified token says (aal, amr).
	MFA bool
	// Expires is when the proof itself ends; zero means that it does not.
	Expires time.Time
}

// Subject is an authenticated principal with the facts that were proved about
// it from our own tables. The zero Subject is nobody.
type Subject struct {
	ID   uuid.UUID
	Kind Kind
	// OrgID is a partner's own organization, or the one clinic of a System
	// subject; zero for the others.
	OrgID       uuid.UUID
	OrgSlug     string
	OrgStatus   OrgStatus
	Memberships []Membership
	Grants      []Grant
	BreakGlass  []BreakGlass
	Credential  Credential
}

// Known reports whether s is anybody.
func (s Subject) Known() bool { return s.ID != uuid.Nil && s.Kind != "" }

// Proven lists the orgs that s may choose among: those its live facts name,
// whether or not they allow anything there now. No other org can be named by a
// header, a host or an argument (design: "nobody names their own clinic").
func (s Subject) Proven() []uuid.UUID {
	var orgs []uuid.UUID
	seen := map[uuid.UUID]bool{uuid.Nil: true}
	add := func(id uuid.UUID) {
		if !seen[id] {
			seen[id] = true
			orgs = append(orgs, id)
		}
	}
	add(s.OrgID)
	for _, m := range s.Memberships {
		add(m.OrgID)
	}
	for _, g := range s.Grants {
		add(g.OrgID)
	}
	for _, b := range s.BreakGlass {
		add(b.OrgID)
	}
	return orgs
}

// OrgNamed finds a proven org by id or slug. ok is false for every org that is
// not proven, whether it exists or not.
func (s Subject) OrgNamed(name string) (id uuid.UUID, ok bool) {
	match := func(id uuid.UUID, slug string) bool {
		return name != "" && id != uuid.Nil && (name == slug || name == id.String())
	}
	if match(s.OrgID, s.OrgSlug) {
		return s.OrgID, true
	}
	for _, m := range s.Memberships {
		if match(m.OrgID, m.Slug) {
			return m.OrgID, true
		}
	}
	for _, g := range s.Grants {
		if match(g.OrgID, g.Slug) {
			return g.OrgID, true
		}
	}
	for _, b := range s.BreakGlass {
		if match(b.OrgID, b.Slug) {
			return b.OrgID, true
		}
	}
	return uuid.Nil, false
}
