package demo

import (
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// account is somebody who logs in.
type account struct {
	email, name string
	kind        policy.Kind // of the platform's own people; empty for the others
}

// member is somebody in a clinic.
type member struct {
	account
	role policy.Role
}

// id is the account's user.
func (a account) id() uuid.UUID { return userID(a.email) }

// userID is the user with an e-mail address.
func userID(email string) uuid.UUID { return fixedID("user " + email) }

// locum works for two clinics, and so must say which one a request is about.
var locum = account{email: "locum@cascade-staffing.test", name: "Noor Castellan"}

// members are the people of a clinic, the one who works elsewhere too last.
func (c clinic) members() []member {
	at := func(local string) string { return local + "@" + c.slug + ".test" }
	list := []member{
		{account{email: at("owner"), name: c.practitioners[0]}, policy.Owner},
		{account{email: at("admin"), name: "Sam Whitfield"}, policy.Admin},
		{account{email: at("staff"), name: "Jo Marchetti"}, policy.Staff},
		{account{email: at("viewer"), name: "Robin Eames"}, policy.Viewer},
	}
	if c.slug == "sunrise-dental" || c.slug == "harbor-skin" {
		list = append(list, member{locum, policy.Staff})
	}
	return list
}

// platform are Cascade's own people: one of each kind, and a second one of
// security, because nobody approves what they wrote themselves.
func platform() []account {
	var list []account
	for _, kind := range []policy.Kind{policy.Support, policy.Security, policy.Auditor, policy.Operator} {
		list = append(list, account{email: string(kind) + "@cascade.test", name: "Cascade " + string(kind), kind: kind})
	}
	list = append(list, account{email: "security.second@cascade.test", name: "Cascade security, too", kind: policy.Security})
	return list
}

// The organizations that are no clinics.
const (
	partnerSlug  = "bridge-ehr"
	platformSlug = "cascade"
)

// grantMasks are the fields of a call that the partner does not see: what was
// said, and what was drawn from it word by word.
var grantMasks = map[policy.Resource][]string{
	policy.Call: {"transcript", "structured_data", "sentiment_summary"},
}

// keyScopes are what the partner's key is good for.
var keyScopes = []string{"call:read"}
