package demo

import (
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
)

// days is how far back the calls go.
const days = 60

// dataset is every row that a clinic owns, as ent has them.
type dataset struct {
	agents        []*ent.Agent
	numbers       []*ent.PhoneNumber
	configs       []*ent.InboundAgentConfig
	articles      []*ent.KnowledgeArticle
	integrations  []*ent.Integration
	rules         []*ent.EscalationRule
	contacts      []*ent.Contact
	calls         []*ent.Call
	appointments  []*ent.Appointment
	escalations   []*ent.Escalation
	recordings    []*ent.Recording
	uploads       []*ent.RecordingUpload
	failedUploads []*ent.FailedRecordingUpload
	orphans       []*ent.OrphanedRecording
	metrics       []*ent.RecordingUploadMetric
	downloads     []*ent.RecordingDownload
}

// maker makes a clinic's dataset: the same rows for the same clinic at the same
// moment, whoever makes them.
type maker struct {
	clinic
	*dataset
	rand     *rand.Rand
	org      uuid.UUID
	now      time.Time      // in the clinic's zone
	zone     *time.Location // the clinic's
	decision uuid.UUID      // under which recordings were downloaded
}

// newDataset makes the rows of a clinic with two months of calls up to now.
// Downloads of recordings name the decision under which they are written.
func newDataset(c clinic, now time.Time, decision uuid.UUID) (*dataset, error) {
	zone, err := time.LoadLocation(c.timezone)
	if err != nil {
		return nil, err
	}
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(c.slug)) // a hash never fails
	m := &maker{
		clinic: c, dataset: &dataset{}, org: c.id(), zone: zone, now: now.In(zone).Truncate(time.Second), decision: decision,
		rand: rand.New(rand.NewPCG(seed.Sum64(), 60)), //nolint:gosec // G404: made-up data, the same each time.
	}
	m.reception()
	m.people()
	m.phone()
	m.visits()
	m.sounds()
	m.relate()
	return m.dataset, nil
}

// id is a new id for a row made at t.
func (m *maker) id(t time.Time) uuid.UUID { return randomID(m.rand, t) }

// after is a time up to so many minutes after t, and not in the future.
func (m *maker) after(t time.Time, minutes int) time.Time {
	t = t.Add(time.Duration(1+m.rand.IntN(60*minutes)) * time.Second)
	if t.After(m.now) {
		return m.now
	}
	return t
}
