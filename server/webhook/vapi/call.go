package vapi

import (
	"regexp"
	"strings"
	"time"
)

// Direction is which way a call went, as Vapi's call.type says. Empty: it does
// not say, and nothing else is asked.
type Direction string

// The directions.
const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
	Web      Direction = "web" // no telephone: a browser or a socket
)

// Call is what a message knows about the call it belongs to. Every field may
// be empty.
type Call struct {
	// ID is Vapi's.
	ID        string
	Direction Direction
	// CustomerNumber and OurNumber are E.164 or empty. A caller who withheld
	// the number has none.
	CustomerNumber string
	CustomerName   string
	OurNumber      string
	// AssistantID and PhoneNumberID are Vapi's ids.
	AssistantID   string
	PhoneNumberID string
	// ProviderCallID is the carrier's: Twilio's CallSid.
	ProviderCallID string
	// CreatedAt is when Vapi made the call, before it rang.
	CreatedAt time.Time
}

// Call reads the message's call. Inside a webhook message.call is the snapshot
// of its creation: its status and times are not those of the call's end, and
// are not read.
func (m Message) Call() Call {
	call, number := m.body["call"], m.body["phoneNumber"]
	c := Call{
		ID:             m.CallID,
		CustomerNumber: firstNumber(at(m.body, "customer", "number"), at(call, "customer", "number")),
		CustomerName:   clip(firstSaid(at(m.body, "customer", "name"), at(call, "customer", "name")), 200),
		OurNumber:      firstNumber(at(number, "number"), at(call, "phoneNumber", "number"), at(call, "phoneNumber")),
		AssistantID:    ident(at(call, "assistantId"), at(m.body, "assistant", "id"), at(number, "assistantId")),
		PhoneNumberID:  ident(at(call, "phoneNumberId"), at(number, "id")),
		ProviderCallID: ident(at(call, "phoneCallProviderId")),
		CreatedAt:      moment(at(call, "createdAt")),
	}
	switch text(at(call, "type")) {
	case "inboundPhoneCall":
		c.Direction = Inbound
	case "outboundPhoneCall":
		c.Direction = Outbound
	case "webCall", "vapi.websocketCall":
		c.Direction = Web
	}
	return c
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// withheld are the numbers by which carriers say that there is none: the words
// anonymous, restricted, blocked, unknown and unavailable on a telephone's
// keys. Taken for numbers they would make one contact of all who hide.
var withheld = map[string]bool{
	"+266696687": true, "+7378742833": true, "+2562533": true, "+8656696": true, "+86282452253": true,
}

// firstNumber is the first of vs that is a telephone number with its country,
// in E.164; spaces, dots, dashes and brackets are dropped.
func firstNumber(vs ...any) string {
	for _, v := range vs {
		s := strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "").Replace(text(v))
		if e164.MatchString(s) && !withheld[s] {
			return s
		}
	}
	return ""
}
