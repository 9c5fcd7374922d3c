package rollout

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/policy/bundle"
	"github.com/voxanne/cascade/policy/opa"
)

// DefaultLifetime is how long after its signing a bundle may be activated.
const DefaultLifetime = 30 * 24 * time.Hour

// LedgerConfig is what a Ledger needs.
type LedgerConfig struct {
	// Signer signs bundles: a key from a file or in a KMS. Without one nothing
	// can be proposed or rolled back here.
	Signer crypto.Signer
	// Keys are trusted to have signed what is rolled back to.
	Keys bundle.Keys
	// Engine compiles what is proposed, and knows what runs.
	Engine *opa.Engine
	Now    func() time.Time
	NewID  func() uuid.UUID
	// Lifetime bounds the time from signing to activation; zero means
	// DefaultLifetime.
	Lifetime time.Duration
}

// skew is how far the clocks of this machine and of the database may be apart.
const skew = time.Minute

// Ledger takes the steps of a policy's way, in the transaction that is handed
// in: the record of who decided commits with the step. Its errors are for people
// to read (fault.Fault).
type Ledger struct{ LedgerConfig }

// NewLedger makes a Ledger.
func NewLedger(c LedgerConfig) *Ledger {
	if c.Lifetime == 0 {
		c.Lifetime = DefaultLifetime
	}
	return &Ledger{c}
}

// Propose compiles, signs and keeps policies as a draft of author's. The same
// policies proposed again while they are not deployed begin anew.
func (l *Ledger) Propose(ctx context.Context, tx audit.Tx, texts map[string][]byte, author uuid.UUID, note string) (uuid.UUID, error) {
	files := bundle.FilesOf(texts)
	g, err := l.Engine.Compile(ctx, files)
	if err != nil {
		return uuid.Nil, fault.New(fault.BadUserInput, "The policies do not compile:\n%s", err)
	}
	sequence, data, expires, err := l.sign(ctx, inTx(tx), files, author, note)
	if err != nil {
		return uuid.Nil, err
	}
	id := l.NewID()
	var kept *uuid.UUID
	var refused string
	err = inTx(tx).ask(ctx, `select kept, refused from app.policy_propose($1, $2, $3, $4, $5, $6, $7, $8)`, []any{
		id, g.Revision(), sequence, data, author, note, expires,
		tx.Prove(message("policy.propose", id, g.Revision(), sequence, sum(data), author)),
	}, &kept, &refused)
	if err := outcome(refused, err); err != nil {
		return uuid.Nil, err
	}
	return *kept, nil
}

// Judge keeps a second person's verdict on a reviewed policy.
func (l *Ledger) Judge(ctx context.Context, tx audit.Tx, id, approver uuid.UUID, approve bool, note string) error {
	verdict := "rejected"
	if approve {
		verdict = "approved"
	}
	var refused string
	err := inTx(tx).ask(ctx, `select app.policy_judge($1, $2, $3, $4, $5, $6)`, []any{
		id, l.NewID(), approver, verdict, note, tx.Prove(message("policy.judge", id, approver, verdict)),
	}, &refused)
	return outcome(refused, err)
}

// Move takes a policy to another state; percent is of clinics, for a canary.
func (l *Ledger) Move(ctx context.Context, tx audit.Tx, id uuid.UUID, state string, percent int, actor uuid.UUID, why string) error {
	if state == "canary" && (percent < 1 || percent > 100) {
		return fault.New(fault.BadUserInput, "A canary is for 1 to 100 percent of the clinics.")
	}
	return l.move(ctx, inTx(tx), id, state, percent, &actor, why)
}

func (l *Ledger) move(ctx context.Context, db database, id uuid.UUID, state string, percent int, actor *uuid.UUID, why string) error {
	running := l.Engine.Current().Revision()
	var refused string
	err := db.ask(ctx, `select app.policy_move($1, $2, $3, $4, $5, $6, $7)`, []any{
		id, state, percent, running, actor, why, db.Prove(message("policy.move", id, state, percent, running, orDash(actor))),
	}, &refused)
	return outcome(refused, err)
}

// Rollback puts the policy that ran before back, signed anew, or, where none
// did, what the program was built with.
func (l *Ledger) Rollback(ctx context.Context, tx audit.Tx, actor uuid.UUID, why string) error {
	return l.rollback(ctx, inTx(tx), &actor, why)
}

func (l *Ledger) rollback(ctx context.Context, db database, actor *uuid.UUID, why string) error {
	var id *uuid.UUID
	var data []byte
	var author uuid.UUID
	err := db.ask(ctx, `select id, bundle, author from app.policy_before($1)`, []any{db.Prove("policy.before")}, &id, &data, &author)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	from := l.Engine.Current().Revision()
	var sequence *int64
	var expires *time.Time
	digest := "-"
	if id != nil {
		before, err := reopen(data, l.Keys)
		if err != nil {
			return fmt.Errorf("opening the policies to go back to: %w", err)
		}
		s, signed, until, err := l.sign(ctx, db, before.Files(), author, "rolled back to: "+why)
		if err != nil {
			return err
		}
		sequence, data, expires, digest = &s, signed, &until, sum(signed)
	}
	var refused string
	err = db.ask(ctx, `select app.policy_rollback($1, $2, $3, $4, $5, $6, $7, $8)`, []any{
		id, from, sequence, data, expires, actor, why,
		db.Prove(message("policy.rollback", orDash(id), from, orDash(sequence), digest, orDash(actor))),
	}, &refused)
	return outcome(refused, err)
}

// reopen opens a bundle whose time may be over, as that of one that ran may be.
func reopen(data []byte, keys bundle.Keys) (*bundle.Bundle, error) {
	claims, err := bundle.Inspect(data)
	if err != nil {
		return nil, err
	}
	return bundle.Open(data, bundle.Verification{Keys: keys, Now: claims.Statement.NotBefore})
}

// keepReview keeps what a review found.
func (l *Ledger) keepReview(ctx context.Context, db database, id uuid.UUID, f Findings) error {
	text, err := json.Marshal(f.Report)
	if err != nil {
		return fmt.Errorf("writing a review down: %w", err)
	}
	var refused string
	err = db.ask(ctx, `select app.policy_review($1, $2, $3, $4, $5, $6)`, []any{
		id, string(text), f.Passed, f.Widens, f.Base, db.Prove(message("policy.review", id, sum(text), letter(f.Passed), letter(f.Widens), f.Base)),
	}, &refused)
	return outcome(refused, err)
}

// sign draws the next sequence number and signs files with it.
func (l *Ledger) sign(ctx context.Context, db database, files fs.FS, author uuid.UUID, note string) (int64, []byte, time.Time, error) {
	if l.Signer == nil {
		return 0, nil, time.Time{}, fault.New(fault.Unavailable,
			"This server has no key to sign policies with: set CASCADE_POLICY_KEY_FILE, or pull bundles that are signed elsewhere.")
	}
	var sequence int64
	if err := db.ask(ctx, `select app.policy_next($1)`, []any{db.Prove("policy.next")}, &sequence); err != nil {
		return 0, nil, time.Time{}, fmt.Errorf("drawing a sequence number: %w", err)
	}
	now := l.Now()
	s := bundle.Statement{
		Sequence: sequence, NotBefore: now.Add(-skew), Expires: now.Add(l.Lifetime).Truncate(time.Second), Author: author.String(), Note: oneLine(note),
	}
	data, err := bundle.Sign(files, s, l.Signer)
	if err != nil {
		return 0, nil, time.Time{}, fault.New(fault.BadUserInput, "The policies cannot be signed: %s", err)
	}
	return sequence, data, s.Expires, nil
}

// message is what a proof is over: the step and what it is done with.
func message(parts ...any) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = fmt.Sprint(p)
	}
	return strings.Join(texts, " ")
}

// letter is a truth as Postgres writes it.
func letter(b bool) string {
	if b {
		return "t"
	}
	return "f"
}

func orDash[T any](v *T) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprint(*v)
}

func sum(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}

// oneLine is a note as a statement takes it: short, and on one line.
func oneLine(note string) string {
	line := strings.Join(strings.Fields(note), " ")
	if len(line) > 900 {
		line = strings.ToValidUTF8(line[:900], "") + strconv.Itoa(len(line)-900) + " more"
	}
	return line
}
