package dev

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/voxanne/cascade/server/console"
)

// question is what a dashboard asks first.
const question = `{ callStats { today total completed missed } calls(first: 3) { nodes { callerName callerNumber status startedAt summary agent { name } } } }`

// editorQuestion is the same, for a person to change.
const editorQuestion = `# Whoever is chosen above sees their own clinic, and nothing else.
query Dashboard {
  viewer { kind memberships { slug role } }
  callStats { today total completed missed averageDurationSeconds }
  calls(first: 10) {
    totalCount
    nodes { callerName status direction startedAt durationSeconds sentiment summary agent { name } }
  }
}
`

// introduce says what to try, each on one line that works when pasted.
func (a *About) introduce(out io.Writer, now time.Time, took time.Duration) {
	clinic := a.Orgs[0]
	_, _ = fmt.Fprintf(out, `
Cascade runs at %[1]s, %[2]v after its start. Ctrl-C stops it.

Ask what a dashboard asks:

  curl -s %[3]s -H 'Authorization: Bearer %[4]s' -H 'Content-Type: application/json' -d '{"query":"%[5]s"}'

Let the telephone ring:

  curl -si %[6]s -H 'X-Vapi-Secret: %[7]s' -H 'Content-Type: application/json' -d '{"message":{"type":"status-update","status":"in-progress","timestamp":%[8]d,"call":{"id":"try-%[8]d","type":"inboundPhoneCall","customer":{"number":"+15550140042"}}}}'

Sign up a clinic, which the operator then verifies:

  curl -si %[9]s/signup -H 'Content-Type: application/json' -d '{"name":"Lantern Dental","email":"owner@lantern.example","areaCode":"415"}'

Look around, as anybody of the demo:

  %[3]s

`, a.URL, took.Round(10*time.Millisecond), a.GraphQL, clinic.Members[0].Token, question,
		clinic.Vapi.URL, clinic.Vapi.Secret, now.UnixMilli(), a.URL)
}

// newPage is GraphiQL with everybody to choose from.
func newPage(a *About) http.Handler {
	var accounts []console.Account
	for _, org := range a.Orgs {
		for _, m := range org.Members {
			accounts = append(accounts, console.Account{Name: m.Email + ", " + m.Role + " of " + org.Name, Token: m.Token})
		}
	}
	accounts = append(accounts, console.Account{Name: a.Partner.Slug + ", partner", Token: a.Partner.APIKey})
	for _, p := range a.Platform {
		accounts = append(accounts, console.Account{Name: p.Email + ", " + p.Kind, Token: p.Token})
	}
	return console.Handler(console.Config{Query: editorQuestion, Accounts: accounts})
}
