package recording

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// PlayerConfig is what a Player needs beside the Config.
type PlayerConfig struct {
	Config
	Signer Signer
	// Address says where a request comes from, for the download's row.
	Address func(*http.Request) string
	// Absent answers a link that opens nothing, whyever. Unavailable answers one
	// that cannot be judged now.
	Absent, Unavailable func(w http.ResponseWriter, r *http.Request, reason string)
}

// Player hands recordings out to whoever has a link. It is safe for concurrent
// use.
type Player struct {
	desk
	config PlayerConfig
}

// NewPlayer makes a Player.
func NewPlayer(c PlayerConfig) *Player { return &Player{desk{c.withDefaults()}, c} }

// sound is a recording as its row has it.
type audio struct {
	key, contentType, sum string
	call                  uuid.UUID
	bytes                 int64
	stored                time.Time
}

// errClosed means that a link opens nothing now.
var errClosed = errors.New("recording: the link opens nothing")

// ServeHTTP serves GET /recordings/{token}: the recording, whole or in ranges
// (RFC 9110, section 14), or 404 for a link that is forged, over, or opens
// nothing any more: a clinic that is suspended, a subject that may no longer, a
// recording that is gone. Nobody learns which. What is heard is decided anew and
// recorded before the first byte.
func (p *Player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	link, ok := p.config.Signer.Read(r.PathValue("token"), p.Now())
	if !ok {
		p.config.Absent(w, r, "link_invalid")
		return
	}
	what, err := p.admit(r.Context(), link, r)
	switch {
	case errors.Is(err, errClosed):
		p.config.Absent(w, r, "link_closed")
	case err != nil:
		p.Log.ErrorContext(r.Context(), "a link could not be judged", "class", classOf(err))
		p.config.Unavailable(w, r, "link_unjudged")
	default:
		p.stream(w, r, what)
	}
}

// admit decides for the link's subject as things are now, and writes down that
// the link was used: once for each link, however often it is.
func (p *Player) admit(ctx context.Context, l Link, r *http.Request) (what audio, err error) {
	job := p.decide(ctx, jobSubject(l.Org, l.ID, "recording-playback"), "play recording",
		need{policy.Read, policy.Organization}, need{policy.Read, standings[l.Kind]}, need{policy.Create, policy.Recording})
	records := job.records
	if job.denied == nil {
		ctx := policy.WithScope(ctx, job.scope)
		err = p.inTx(ctx, l.Org, func(tx *rls.Tx) ([]audit.Record, error) {
			subject, err := p.standing(ctx, tx, l)
			if err != nil {
				return nil, err
			}
			theirs := p.decideFor(ctx, subject, l.Org)
			records = append(records, theirs.records...)
			if theirs.denied != nil {
				return nil, errClosed
			}
			if what, err = find(policy.WithScope(ctx, theirs.scope), tx, l); err != nil {
				return nil, err
			}
			return records, p.used(ctx, tx, l, what.call, r)
		})
		if !errors.Is(err, errClosed) {
			return what, err
		}
	}
	if err := p.Records.Append(records...)(ctx); err != nil {
		return audio{}, err
	}
	return audio{}, errClosed
}

// decideFor is the subject's own decision to hear recordings of the clinic.
func (p *Player) decideFor(ctx context.Context, s policy.Subject, org uuid.UUID) permit {
	d := p.Policies.For([]uuid.UUID{org}).Decide(ctx, policy.Request{
		Subject: s, Action: policy.Read, Resource: policy.Recording, Orgs: []uuid.UUID{org}, Operation: "play recording", Now: p.Now(),
	})
	return permit{policy.NewScope(s, d), []audit.Record{audit.NewRecord(d, p.Origin(ctx))}, d.Err()}
}

// inTx runs work in a transaction and keeps the records that it returns with it.
func (p *Player) inTx(ctx context.Context, org uuid.UUID, work func(*rls.Tx) ([]audit.Record, error)) error {
	tx, err := p.Driver.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit this does nothing
	records, err := work(tx)
	if err != nil {
		return err
	}
	if err := audit.AppendTx(ctx, tx, org, records...); err != nil {
		return err
	}
	return tx.Commit()
}

// find reads the recording's row, under the scope of whoever hears it.
func find(ctx context.Context, tx *rls.Tx, l Link) (audio, error) {
	var a audio
	found, err := rls.One(ctx, tx, `select object_key, content_type, coalesce(sha256, ''), call_id, bytes, stored_at from recordings
		where org_id = $1 and id = $2 and deleted_at is null and object_key is not null`, []any{l.Org, l.Recording},
		&a.key, &a.contentType, &a.sum, &a.call, &a.bytes, &a.stored)
	if err == nil && !found {
		err = errClosed
	}
	return a, err
}

// used writes the download's row.
func (p *Player) used(ctx context.Context, tx *rls.Tx, l Link, call uuid.UUID, r *http.Request) error {
	address := ""
	if p.config.Address != nil {
		address = p.config.Address(r)
	}
	return tx.Exec(ctx, `
		insert into recording_downloads (org_id, id, recording_id, call_id, subject_id, decision_id, address, user_agent, downloaded_at)
		values ($1, $2, $3, $4, $5, $6, nullif($7, ''), nullif($8, ''), $9) on conflict (org_id, id) do nothing`,
		[]any{l.Org, l.ID, l.Recording, call, l.Subject, l.Decision, address, agent(r), p.Now()}, nil)
}

// agent is what a client calls itself, as far as Postgres keeps it.
func agent(r *http.Request) string {
	text := strings.ToValidUTF8(strings.ReplaceAll(r.UserAgent(), "\x00", ""), "")
	for len(text) > 200 {
		_, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
	}
	return text
}
