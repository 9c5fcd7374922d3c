package rule_test

import (
	entgo "entgo.io/ent"

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

// guards are what stands between one row type and everybody, where ent keeps
// it, so that a test may take it away.
type guards struct {
	table        string
	policy       *entgo.Policy
	hooks        []entgo.Hook
	interceptors []entgo.Interceptor
}

// types are all row types; a test fails for one that is not here.
var types = map[string]guards{
	"AccessGrant":           {accessgrant.Table, &accessgrant.Policy, accessgrant.Hooks[:], accessgrant.Interceptors[:]},
	"Agent":                 {agent.Table, &agent.Policy, agent.Hooks[:], agent.Interceptors[:]},
	"APIKey":                {apikey.Table, &apikey.Policy, apikey.Hooks[:], apikey.Interceptors[:]},
	"Appointment":           {appointment.Table, &appointment.Policy, appointment.Hooks[:], appointment.Interceptors[:]},
	"AuditDecision":         {auditdecision.Table, &auditdecision.Policy, auditdecision.Hooks[:], nil},
	"BookingRules":          {bookingrules.Table, &bookingrules.Policy, bookingrules.Hooks[:], bookingrules.Interceptors[:]},
	"BreakGlassSession":     {breakglasssession.Table, &breakglasssession.Policy, breakglasssession.Hooks[:], breakglasssession.Interceptors[:]},
	"Call":                  {call.Table, &call.Policy, call.Hooks[:], call.Interceptors[:]},
	"Contact":               {contact.Table, &contact.Policy, contact.Hooks[:], contact.Interceptors[:]},
	"DailyStat":             {dailystat.Table, &dailystat.Policy, dailystat.Hooks[:], dailystat.Interceptors[:]},
	"Escalation":            {escalation.Table, &escalation.Policy, escalation.Hooks[:], escalation.Interceptors[:]},
	"EscalationRule":        {escalationrule.Table, &escalationrule.Policy, escalationrule.Hooks[:], escalationrule.Interceptors[:]},
	"FailedRecordingUpload": {failedrecordingupload.Table, &failedrecordingupload.Policy, failedrecordingupload.Hooks[:], failedrecordingupload.Interceptors[:]},
	"IdempotencyKey":        {idempotencykey.Table, &idempotencykey.Policy, idempotencykey.Hooks[:], idempotencykey.Interceptors[:]},
	"InboundAgentConfig":    {inboundagentconfig.Table, &inboundagentconfig.Policy, inboundagentconfig.Hooks[:], inboundagentconfig.Interceptors[:]},
	"Integration":           {integration.Table, &integration.Policy, integration.Hooks[:], integration.Interceptors[:]},
	"Invitation":            {invitation.Table, &invitation.Policy, invitation.Hooks[:], invitation.Interceptors[:]},
	"KnowledgeArticle":      {knowledgearticle.Table, &knowledgearticle.Policy, knowledgearticle.Hooks[:], knowledgearticle.Interceptors[:]},
	"Membership":            {membership.Table, &membership.Policy, membership.Hooks[:], membership.Interceptors[:]},
	"OAuthClient":           {oauthclient.Table, &oauthclient.Policy, oauthclient.Hooks[:], oauthclient.Interceptors[:]},
	"Onboarding":            {onboarding.Table, &onboarding.Policy, onboarding.Hooks[:], onboarding.Interceptors[:]},
	"OnboardingStep":        {onboardingstep.Table, &onboardingstep.Policy, onboardingstep.Hooks[:], onboardingstep.Interceptors[:]},
	"Organization":          {organization.Table, &organization.Policy, organization.Hooks[:], nil},
	"OrphanedRecording":     {orphanedrecording.Table, &orphanedrecording.Policy, orphanedrecording.Hooks[:], orphanedrecording.Interceptors[:]},
	"PhoneNumber":           {phonenumber.Table, &phonenumber.Policy, phonenumber.Hooks[:], phonenumber.Interceptors[:]},
	"PolicyApproval":        {policyapproval.Table, &policyapproval.Policy, policyapproval.Hooks[:], nil},
	"PolicyRevision":        {policyrevision.Table, &policyrevision.Policy, policyrevision.Hooks[:], nil},
	"PolicyShadow":          {policyshadow.Table, &policyshadow.Policy, policyshadow.Hooks[:], nil},
	"Recording":             {recording.Table, &recording.Policy, recording.Hooks[:], recording.Interceptors[:]},
	"RecordingDownload":     {recordingdownload.Table, &recordingdownload.Policy, recordingdownload.Hooks[:], recordingdownload.Interceptors[:]},
	"RecordingUpload":       {recordingupload.Table, &recordingupload.Policy, recordingupload.Hooks[:], recordingupload.Interceptors[:]},
	"RecordingUploadMetric": {recordinguploadmetric.Table, &recordinguploadmetric.Policy, recordinguploadmetric.Hooks[:], recordinguploadmetric.Interceptors[:]},
	"ToolCall":              {toolcall.Table, &toolcall.Policy, toolcall.Hooks[:], toolcall.Interceptors[:]},
	"TrustedDocument":       {trusteddocument.Table, &trusteddocument.Policy, trusteddocument.Hooks[:], nil},
	"User":                  {user.Table, &user.Policy, user.Hooks[:], nil},
	"WebhookDelivery":       {webhookdelivery.Table, &webhookdelivery.Policy, webhookdelivery.Hooks[:], webhookdelivery.Interceptors[:]},
	"WebhookEndpoint":       {webhookendpoint.Table, &webhookendpoint.Policy, webhookendpoint.Hooks[:], webhookendpoint.Interceptors[:]},
	"WebhookMessage":        {webhookmessage.Table, &webhookmessage.Policy, webhookmessage.Hooks[:], webhookmessage.Interceptors[:]},
}
