package dev

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/server"
	"github.com/voxanne/cascade/server/demo"
)

// About is dev.json: where everything is and who may come in. It holds live
// credentials of a server that only this machine can reach.
type About struct {
	URL      string   `json:"url"`
	GraphQL  string   `json:"graphql"`
	OwnerDSN string   `json:"owner_dsn"`
	AppDSN   string   `json:"app_dsn"`
	RedisURL string   `json:"redis_url"`
	Orgs     []Org    `json:"orgs"`
	Partner  Partner  `json:"partner"`
	Platform []Person `json:"platform"`
}

// Org is a clinic in dev.json.
type Org struct {
	ID      uuid.UUID `json:"id"`
	Slug    string    `json:"slug"`
	Name    string    `json:"name"`
	Members []Member  `json:"members"`
	Vapi    Vapi      `json:"vapi"`
}

// Member is somebody of a clinic, with a token.
type Member struct {
	Email string `json:"email"`
	Role  string `json:"role"`
	Token string `json:"token"`
}

// Vapi is where a clinic's assistant reports to, and the secret it sends.
type Vapi struct {
	URL    string `json:"url"`
	Secret string `json:"secret"`
}

// Partner is the partner organization, with its API key.
type Partner struct {
	ID     uuid.UUID `json:"id"`
	Slug   string    `json:"slug"`
	APIKey string    `json:"api_key"`
}

// Person is one of the platform's own people, with a token.
type Person struct {
	Email string `json:"email"`
	Kind  string `json:"kind"`
	Token string `json:"token"`
}

// describe puts dev.json together, with tokens for everybody.
func describe(site string, b *backing, w *demo.World, sign tokens) (*About, error) {
	about := &About{
		URL: site, GraphQL: site + "/graphql", OwnerDSN: b.ownerDSN(), AppDSN: b.appDSN(), RedisURL: b.redis.URL(),
		Partner: Partner{ID: w.Partner.ID, Slug: w.Partner.Slug, APIKey: w.Partner.APIKey.Reveal()},
	}
	for _, c := range w.Clinics {
		org := Org{
			ID: c.ID, Slug: c.Slug, Name: c.Name,
			Vapi: Vapi{URL: site + "/webhooks/vapi/" + c.Vapi.Key, Secret: c.Vapi.Secret},
		}
		for _, p := range c.Members {
			choice := ""
			if worksFor(w, p) > 1 {
				choice = c.Slug // the token that stands under a clinic is about that clinic
			}
			token, err := sign.of(p, choice)
			if err != nil {
				return nil, err
			}
			org.Members = append(org.Members, Member{Email: p.Email, Role: string(p.Role), Token: token})
		}
		about.Orgs = append(about.Orgs, org)
	}
	for _, p := range w.Platform {
		token, err := sign.of(p, "")
		if err != nil {
			return nil, err
		}
		about.Platform = append(about.Platform, Person{Email: p.Email, Kind: string(p.Kind), Token: token})
	}
	return about, nil
}

// worksFor is in how many clinics p is.
func worksFor(w *demo.World, p demo.Person) int {
	n := 0
	for _, c := range w.Clinics {
		if slices.ContainsFunc(c.Members, func(m demo.Person) bool { return m.Subject == p.Subject }) {
			n++
		}
	}
	return n
}

// tell writes dev.json, whole: who finds it finds a server that answers.
func (d *directory) tell(about *About) error {
	text, err := json.MarshalIndent(about, "", "  ")
	if err != nil {
		return fmt.Errorf("writing dev.json: %w", err)
	}
	return writeFile(d.in(server.DataManifest), append(text, '\n'))
}

// untell removes dev.json: its tokens outlive the server.
func (d *directory) untell() error {
	if err := os.Remove(d.in(server.DataManifest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing dev.json: %w", err)
	}
	return nil
}
