package demo

import (
	"strings"
	"time"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/contact"
)

// contactCount is how many people ring a clinic more than once.
const contactCount = 130

// people makes the contacts. Their state is what their calls make of it: see
// relate.
func (m *maker) people() {
	for i := range contactCount {
		born := m.now.AddDate(0, 0, -days-m.rand.IntN(90)).Add(-time.Duration(m.rand.IntN(86400)) * time.Second)
		name := pick(m.rand, m.first) + " " + pick(m.rand, m.last)
		phone := m.number(m.mobile, 100+i)
		c := &ent.Contact{
			ID: m.id(born), OrgID: m.org, CreatedAt: born, UpdatedAt: born,
			Name: new(m.mark(name)), Phone: &phone, Status: contact.StatusNew, Score: 10 + m.rand.IntN(30),
		}
		c.Search = searchText(*c.Name, phone)
		if chance(m.rand, 60) {
			local := strings.ReplaceAll(strings.ToLower(name), " ", ".")
			c.Email = new(strings.ReplaceAll(local, "'", "") + "+" + m.canary + "@mail.test")
		}
		m.contacts = append(m.contacts, c)
	}
}

// caller is the name of a contact without the canary word.
func (m *maker) caller(c *ent.Contact) string {
	name, _, _ := strings.Cut(*c.Name, " [")
	return name
}

// searchText is how names and numbers stand in the columns that are searched:
// lower case, single spaces.
func searchText(parts ...string) string {
	return strings.ToLower(strings.Join(strings.Fields(strings.Join(parts, " ")), " "))
}

// relate notes on each contact what the calls and visits made of them.
func (m *maker) relate() {
	byID := map[[16]byte]*ent.Contact{}
	for _, c := range m.contacts {
		byID[c.ID] = c
	}
	for _, call := range m.calls { // oldest first
		if call.ContactID == nil {
			continue
		}
		c := byID[*call.ContactID]
		c.LastContactAt, c.UpdatedAt = new(call.StartedAt), call.StartedAt
		if call.Transcript == nil {
			continue
		}
		c.Score = min(100, c.Score+5+m.rand.IntN(20))
		if c.Status == contact.StatusNew {
			c.Status = contact.StatusContacted
		}
		if interest, ok := call.StructuredData["serviceDiscussed"].(string); ok {
			c.Interest = &interest
			c.PreferredTime = new(m.mark(pick(m.rand, []string{"mornings", "after work", "Saturday", "any time on Tuesday", "lunch time"})))
			if c.Score >= 50 {
				c.Status = contact.StatusQualified
			}
		}
		if chance(m.rand, 35) {
			c.Notes = new(m.mark(pick(m.rand, []string{
				"Prefers to be called by the first name.", "Asked for a text message the day before.", "Hard of hearing; speak clearly.",
				"Comes with a carer.", "Do not call before ten.", "Would like to be told about a free slot earlier.",
			})))
		}
	}
	for _, a := range m.appointments {
		if a.ContactID == nil {
			continue
		}
		c := byID[*a.ContactID]
		switch {
		case a.Status == "completed":
			c.Status = contact.StatusConverted
		case a.Status == "no_show" && c.Status != contact.StatusConverted && chance(m.rand, 50):
			c.Status = contact.StatusLost
		case c.Status != contact.StatusConverted && c.Status != contact.StatusLost:
			c.Status = contact.StatusBooked
		}
	}
}
