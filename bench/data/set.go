// Package data makes the database that every contender of the benchmark is
// measured on: clinics of Zipf's sizes, calls in the order of time, and texts
// that carry their clinic's canary.
package data

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sort"
	"time"

	"github.com/google/uuid"
)

// Window is the time that the calls are spread over, evenly.
const Window = 360 * 24 * time.Hour

// AgentsPerClinic is how many agents answer a clinic's calls.
const AgentsPerClinic = 10

// Issuer and Audience are what the tokens of the clinics' staff say.
const (
	Issuer   = "https://issuer.bench.invalid"
	Audience = "cascade-bench"
)

// Size says how much there is.
type Size struct {
	Clinics int `json:"clinics"`
	Calls   int `json:"calls"`
}

func (s Size) String() string { return fmt.Sprintf("%dx%d", s.Clinics, s.Calls) }

// Set knows every row without reading it: ids are computed, not kept, so that
// a load generator can ask for any call of any clinic. Clinics are numbered
// from 0, the largest first; a clinic's calls from 0, the oldest first.
type Set struct {
	Size
	// Base is when the newest call started.
	Base time.Time

	share  []float64 // of the clinics up to and with this one, of all calls
	clinic []uint16  // of each call, in the order of time
	counts []int     // calls of each clinic
}

// NewSet draws the clinic of each call by Zipf's law (exponent 1): the same
// size gives the same set.
func NewSet(size Size, base time.Time) *Set {
	s := &Set{
		Size: size, Base: base.UTC().Truncate(time.Second),
		share: make([]float64, size.Clinics), clinic: make([]uint16, size.Calls), counts: make([]int, size.Clinics),
	}
	total := 0.0
	for k := range s.share {
		total += 1 / float64(k+1)
		s.share[k] = total
	}
	for k := range s.share {
		s.share[k] /= total
	}
	random := rand.New(rand.NewPCG(1, uint64(size.Calls))) //nolint:gosec // G404: the set must be the same again
	for n := range s.clinic {
		c := s.Draw(random)
		s.clinic[n] = uint16(c) //nolint:gosec // G115: clinics are checked by Open
		s.counts[c]++
	}
	return s
}

// Draw picks a clinic by its size.
func (s *Set) Draw(random *rand.Rand) int {
	return min(sort.SearchFloat64s(s.share, random.Float64()), s.Clinics-1)
}

// Count is how many calls the clinic has.
func (s *Set) Count(clinic int) int { return s.counts[clinic] }

// Org is the clinic's id. Its digits are the clinic's number, so that SQL can
// compute it too; so are the ones below.
func Org(clinic int) uuid.UUID { return numbered(0x018f, 0, clinic) }

// User is the id of the clinic's one member of staff.
func User(clinic int) uuid.UUID { return numbered(0x0191, 0, clinic) }

// Agent is the id of one of the clinic's agents.
func Agent(clinic, n int) uuid.UUID { return numbered(0x0192, n, clinic) }

// Call is the id of one of the clinic's calls. Ids grow with time, as UUIDv7's.
func Call(clinic, n int) uuid.UUID { return numbered(0x0190, n, clinic) }

// Login is what the issuer calls the clinic's member of staff.
func Login(clinic int) string { return fmt.Sprintf("staff-%04d", clinic) }

// Slug is the clinic's short name.
func Slug(clinic int) string { return fmt.Sprintf("clinic-%04d", clinic) }

// Zone is the clinic's time zone.
func Zone(clinic int) string {
	return [...]string{"Europe/London", "America/New_York", "America/Los_Angeles", "Australia/Sydney"}[clinic%4]
}

// Canary is the word in the texts of this clinic and of no other.
func Canary(clinic int) string { return CanaryPrefix + fmt.Sprintf("%04d", clinic) }

// CanaryPrefix begins every clinic's canary.
const CanaryPrefix = "canary-"

// numbered writes kkkknnnn-nnnn-7000-8000-cccccccccccc, with n and c in decimal
// digits.
func numbered(kind uint16, n, clinic int) uuid.UUID {
	id := uuid.UUID{6: 0x70, 8: 0x80}
	binary.BigEndian.PutUint16(id[0:], kind)
	for i, v := 5, n; i >= 2; i, v = i-1, v/100 {
		id[i] = digits(v)
	}
	for i, v := 15, clinic; i >= 10; i, v = i-1, v/100 {
		id[i] = digits(v)
	}
	return id
}

// digits are the last two decimal digits of v, one in each half of a byte.
func digits(v int) byte { return byte(v/10%10<<4 | v%10) } //nolint:gosec // G115: at most 0x99
