// Package unruled attacks a server whose privacy rules of ent are down. They are
// variables of the generated packages, so that they fall for the whole process:
// hence a package, and a process, of its own. Nothing of it is in the product.
package unruled

import (
	"entgo.io/ent"

	"github.com/voxanne/cascade/ent/accessgrant"
	"github.com/voxanne/cascade/ent/agent"
	"github.com/voxanne/cascade/ent/apikey"
	"github.com/voxanne/cascade/ent/appointment"
	"github.com/voxanne/cascade/ent/auditdecision"
	"github.com/voxanne/cascade/ent/bookingrules"
	"github.com/voxanne/cascade/ent/breakglasssession"
	"github.com/voxanne/cascade/ent/call"
	"github.com/voxanne/cascade/ent/contact"
	"github.com/voxanne/cascade/ent/dailystat"
	"github.com/voxanne/cascade/ent/escalation"
	"github.com/voxanne/cascade/ent/escalationrule"
	"github.com/voxanne/cascade/ent/failedrecordingupload"
	"github.com/voxanne/cascade/ent/idempotencykey"
	"github.com/voxanne/cascade/ent/inboundagentconfig"
	"github.com/voxanne/cascade/ent/integration"
	"github.com/voxanne/cascade/ent/invitation"
	"github.com/voxanne/cascade/ent/knowledgearticle"
	"github.com/voxanne/cascade/ent/membership"
	"github.com/voxanne/cascade/ent/oauthclient"
	"github.com/voxanne/cascade/ent/onboarding"
	"github.com/voxanne/cascade/ent/onboardingstep"
	"github.com/voxanne/cascade/ent/organization"
	"github.com/voxanne/cascade/ent/orphanedrecording"
	"github.com/voxanne/cascade/ent/phonenumber"
	"github.com/voxanne/cascade/ent/policyapproval"
	"github.com/voxanne/cascade/ent/policyrevision"
	"github.com/voxanne/cascade/ent/policyshadow"
	"github.com/voxanne/cascade/ent/privacy"
	"github.com/voxanne/cascade/ent/recording"
	"github.com/voxanne/cascade/ent/recordingdownload"
	"github.com/voxanne/cascade/ent/recordingupload"
	"github.com/voxanne/cascade/ent/recordinguploadmetric"
	"github.com/voxanne/cascade/ent/toolcall"
	"github.com/voxanne/cascade/ent/trusteddocument"
	"github.com/voxanne/cascade/ent/user"
	"github.com/voxanne/cascade/ent/webhookdelivery"
	"github.com/voxanne/cascade/ent/webhookendpoint"
	"github.com/voxanne/cascade/ent/webhookmessage"
)

// policies are ent's rules by the package that holds them. A test holds the list
// against what ent generates.
func policies() map[string]*ent.Policy {
	return map[string]*ent.Policy{
		"accessgrant":           &accessgrant.Policy,
		"agent":                 &agent.Policy,
		"apikey":                &apikey.Policy,
		"appointment":           &appointment.Policy,
		"auditdecision":         &auditdecision.Policy,
		"bookingrules":          &bookingrules.Policy,
		"toolcall":              &toolcall.Policy,
		"breakglasssession":     &breakglasssession.Policy,
		"call":                  &call.Policy,
		"contact":               &contact.Policy,
		"dailystat":             &dailystat.Policy,
		"escalation":            &escalation.Policy,
		"escalationrule":        &escalationrule.Policy,
		"failedrecordingupload": &failedrecordingupload.Policy,
		"idempotencykey":        &idempotencykey.Policy,
		"inboundagentconfig":    &inboundagentconfig.Policy,
		"integration":           &integration.Policy,
		"invitation":            &invitation.Policy,
		"knowledgearticle":      &knowledgearticle.Policy,
		"membership":            &membership.Policy,
		"oauthclient":           &oauthclient.Policy,
		"onboarding":            &onboarding.Policy,
		"onboardingstep":        &onboardingstep.Policy,
		"organization":          &organization.Policy,
		"orphanedrecording":     &orphanedrecording.Policy,
		"phonenumber":           &phonenumber.Policy,
		"policyapproval":        &policyapproval.Policy,
		"policyshadow":          &policyshadow.Policy,
		"policyrevision":        &policyrevision.Policy,
		"recording":             &recording.Policy,
		"recordingdownload":     &recordingdownload.Policy,
		"recordingupload":       &recordingupload.Policy,
		"recordinguploadmetric": &recordinguploadmetric.Policy,
		"trusteddocument":       &trusteddocument.Policy,
		"user":                  &user.Policy,
		"webhookdelivery":       &webhookdelivery.Policy,
		"webhookendpoint":       &webhookendpoint.Policy,
		"webhookmessage":        &webhookmessage.Policy,
	}
}

// takeDown takes every rule away. It must run before anything else
// of the process does.
func takeDown() {
	for _, p := range policies() {
		*p = privacy.Policy{} // no rule, which ent takes for yes
	}
}
