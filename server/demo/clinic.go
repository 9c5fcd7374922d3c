package demo

import (
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"
)

// clinic is one of the three, with the words its calls are made of.
type clinic struct {
	slug, name, canary string
	timezone, region   string
	locale, language   string // BCP 47
	country            string // ISO 3166-1
	plan, currency     string

	// line, mobile and desk are patterns of fictional numbers, in E.164: the
	// clinic's own, its callers', and where calls are handed over to.
	line, mobile, desk string

	first, last   []string // names of callers
	practitioners []string
	services      []service
	complaints    []string // what hurts, after "I have"
	urgent        []string // what cannot wait, after "I have"
	payers        []string // who pays, after "Do you take"
	articles      []article
	hours         map[string][]span
}

// service is something that a clinic does.
type service struct {
	name    string
	minutes int
	price   string
}

// article is a text of the knowledge base.
type article struct{ category, title, content string }

// span is a part of a day's business hours.
type span struct {
	Open  string `json:"open"`
	Close string `json:"close"`
}

// clinics are the three.
func clinics() []clinic { return []clinic{sunriseDental(), harborSkin(), northsidePhysio()} }

// id is the clinic's organization.
func (c clinic) id() uuid.UUID { return fixedID("org " + c.slug) }

// mark puts the clinic's canary word into a text.
func (c clinic) mark(text string) string { return text + " [" + c.canary + "]" }

// number fills a pattern of a telephone number.
func (c clinic) number(pattern string, n int) string { return fmt.Sprintf(pattern, n) }

// weekdays are the same hours from Monday to Friday, and others on Saturday.
func weekdays(saturday []span, all ...span) map[string][]span {
	week := map[string][]span{"sat": saturday, "sun": {}}
	for _, day := range []string{"mon", "tue", "wed", "thu", "fri"} {
		week[day] = all
	}
	return week
}

// pick takes one of a list.
func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// chance is true in so many cases of a hundred.
func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }
