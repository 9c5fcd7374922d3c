package reception

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/voxanne/cascade/policy"
)

// Tool is one thing that an assistant may ask for during a call, as its provider
// is told of it.
type Tool struct {
	Name        string
	Description string
	// Parameters is the JSON Schema of its arguments.
	Parameters json.RawMessage
}

// Tools lists what an assistant can do, in the order of its table. The caller
// owns the slice.
func Tools() []Tool {
	all := make([]Tool, len(tools))
	for i, t := range tools {
		all[i] = Tool{t.name, t.about, schema(t.params)}
	}
	return all
}

// Need is one kind of access to rows of one type.
type Need struct {
	Action   policy.Action
	Resource policy.Resource
}

// tool is a row of the table.
type tool struct {
	name, about string
	params      []param
	needs       []Need
	// books: it takes a place in the clinic's calendars, one message at a time.
	books bool
	// late: it is still worth doing when the call is over and the caller was told
	// that it could not be done.
	late bool
	work func(context.Context, *job) (string, error)
}

var (
	readClinic = []Need{{policy.Read, policy.Organization}, {policy.Read, policy.BookingRules}, {policy.Read, policy.InboundConfig}}
	keepLead   = []Need{{policy.Ingest, policy.Contact}, {policy.Ingest, policy.Call}}
	keepVisit  = slices.Concat(readClinic, keepLead, []Need{{policy.Ingest, policy.Appointment}})
	raiseAlarm = []Need{{policy.Read, policy.Organization}, {policy.Read, policy.EscalationRule}, {policy.Ingest, policy.Escalation}, {policy.Ingest, policy.Call}}
)

var tools = []tool{
	{
		name: "capture_lead", late: true, needs: keepLead, work: captureLead,
		about: "Keep who is calling and what they want. Call it as soon as the caller has said their name or their wish, and again when they say more.",
		params: []param{
			{name: "name", kind: kindText, max: 200, about: "The caller's full name, as they said it."},
			{name: "email", kind: kindText, max: 254, about: "The caller's e-mail address, if they gave one."},
			{name: "interest", kind: kindText, max: 500, about: "The service or question that the call is about."},
			{name: "preferred_time", kind: kindText, max: 200, about: "When they would like to come, in their own words."},
			{name: "callback_number", kind: kindText, max: 40, about: "Another number to call back on, if they gave one."},
		},
	},
	{
		name: "find_free_slots", needs: slices.Concat(readClinic, []Need{{policy.Read, policy.Appointment}}), work: findFreeSlots,
		about: "Find times that are free for an appointment. Offer at most three of them at once.",
		params: []param{
			{name: "date", kind: kindDay, about: "The first day to look at, as YYYY-MM-DD in the clinic's time zone; today unless given."},
			{name: "service", kind: kindText, max: 200, about: "What the appointment is for."},
			{name: "part_of_day", kind: kindWord, words: []string{"morning", "afternoon", "evening"}, about: "If the caller cares."},
		},
	},
	{
		name: "book_appointment", books: true, needs: keepVisit, work: bookAppointment,
		about: "Book an appointment for the caller at a time that find_free_slots gave and the caller agreed to.",
		params: []param{
			{name: "starts_at", kind: kindMoment, required: true, about: "The time in brackets that find_free_slots gave, unchanged."},
			{name: "service", kind: kindText, max: 200, about: "What the appointment is for."},
			{name: "name", kind: kindText, max: 200, about: "The caller's full name."},
			{name: "notes", kind: kindText, max: 1000, about: "What the clinic should know beforehand."},
		},
	},
	{
		name: "move_appointment", books: true, needs: keepVisit, work: moveAppointment,
		about: "Move an appointment of the caller to another free time.",
		params: []param{
			{name: "starts_at", kind: kindMoment, required: true, about: "The new time, as find_free_slots gave it."},
			appointmentParam,
		},
	},
	{
		name: "cancel_appointment", books: true, needs: keepVisit, work: cancelAppointment,
		about:  "Cancel an appointment of the caller, once they have confirmed that they mean it.",
		params: []param{appointmentParam},
	},
	{
		name: "lookup_knowledge", needs: []Need{{policy.Read, policy.KnowledgeArticle}}, work: lookUpKnowledge,
		about:  "Look up what the clinic says about a question. Answer from what it returns, and from nothing else.",
		params: []param{{name: "question", kind: kindText, required: true, max: 500, about: "The caller's question in a few words."}},
	},
	{
		name: "escalate", late: true, needs: raiseAlarm, work: escalateCall,
		about: "Call in a person: at once in an emergency, or when the caller asks for one, complains, or asks something clinical.",
		params: []param{
			{name: "reason", kind: kindWord, required: true, words: reasons, about: "Why a person is needed."},
			{name: "urgency", kind: kindWord, words: []string{"low", "medium", "high", "critical"}, about: "critical when somebody may be in danger."},
			{name: "summary", kind: kindText, max: 500, about: "One sentence for whoever takes over."},
		},
	},
}

var appointmentParam = param{
	name: "appointment_id", kind: kindText, max: 64,
	about: "Which one, when the caller has several: the id that an earlier answer gave.",
}

// toolNamed finds a tool; ok is false when there is none.
func toolNamed(name string) (t tool, ok bool) {
	i := slices.IndexFunc(tools, func(t tool) bool { return t.name == name })
	if i < 0 {
		return tool{}, false
	}
	return tools[i], true
}
