package recording

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// LinkLife is how long a link is good for. It is a right that whoever has it
// can use, so it is short.
const LinkLife = 5 * time.Minute

// Link is the right of one subject to hear one recording of one clinic for a
// short while. It names what the policy decided, so that the decision can be
// made anew, from live rows, whenever the link is used.
type Link struct {
	ID        uuid.UUID // of the download that it may become
	Org       uuid.UUID // the recording's
	Recording uuid.UUID
	Subject   uuid.UUID
	Home      uuid.UUID // the org of a partner's key; nil for people
	Decision  uuid.UUID // that gave it
	Kind      policy.Kind
	MFA       bool
	Expires   time.Time // to the second
}

// Signer writes links and reads them. Its zero value reads none.
type Signer struct{ key []byte }

// NewSigner makes a Signer with a key of its own, which is derived from the seal
// key: no link is a proof for the database, nor the other way round.
func NewSigner(seal rls.Key) Signer {
	key := sha256.Sum256([]byte(seal.Prove("recording.links v1")))
	return Signer{key[:]}
}

// linkKinds are the kinds of subjects that links are for, by the byte that
// stands for each.
var linkKinds = []policy.Kind{policy.Member, policy.Partner, policy.Support} //nolint:gochecknoglobals // immutable table

// linkSize is that of a link's binary form: a version, a kind, MFA, six ids and
// a time.
const linkSize = 3 + 6*16 + 8

// Sign writes a link as a token: base64url of its binary form and of an
// HMAC-SHA256 over it. It is a secret. ok is false for a kind of subject that
// gets no links.
func (s Signer) Sign(l Link) (token string, ok bool) {
	kind := slices.Index(linkKinds, l.Kind)
	if len(s.key) == 0 || kind < 0 {
		return "", false
	}
	b := make([]byte, 0, linkSize+sha256.Size)
	b = append(b, 1, byte(kind), 0) //nolint:gosec // an index of a short table
	if l.MFA {
		b[2] = 1
	}
	for _, id := range []uuid.UUID{l.ID, l.Org, l.Recording, l.Subject, l.Home, l.Decision} {
		b = append(b, id[:]...)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(l.Expires.Unix())) //nolint:gosec // after 1970
	return base64.RawURLEncoding.EncodeToString(append(b, s.mac(b)...)), true
}

// Read reads a token. ok is false for everything that Sign did not write, and
// for what is over or promises to live longer than a link may.
func (s Signer) Read(token string, now time.Time) (l Link, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(s.key) == 0 || len(b) != linkSize+sha256.Size || !hmac.Equal(b[linkSize:], s.mac(b[:linkSize])) {
		return Link{}, false
	}
	if b[0] != 1 || int(b[1]) >= len(linkKinds) {
		return Link{}, false
	}
	l = Link{Kind: linkKinds[b[1]], MFA: b[2] == 1}
	for i, id := range []*uuid.UUID{&l.ID, &l.Org, &l.Recording, &l.Subject, &l.Home, &l.Decision} {
		copy(id[:], b[3+16*i:])
	}
	l.Expires = time.Unix(int64(binary.BigEndian.Uint64(b[linkSize-8:])), 0) //nolint:gosec // Sign wrote it
	return l, now.Before(l.Expires) && l.Expires.Sub(now) <= LinkLife
}

func (s Signer) mac(b []byte) []byte {
	m := hmac.New(sha256.New, s.key)
	m.Write(b)
	return m.Sum(nil)
}
