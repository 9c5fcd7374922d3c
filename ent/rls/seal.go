package rls

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/policy"
)

// actionKeys are the names of the actions in a seal.
var actionKeys = []struct {
	action policy.Action
	key    byte
}{
	{policy.Read, 'r'}, {policy.Create, 'c'}, {policy.Update, 'u'}, {policy.Delete, 'd'},
}

// Seal writes the scope as app.scope() of the database opens it:
//
//	<key id>.<hex HMAC-SHA256 of the json>.<json>
//
// It is good for one backend until expires. Whoever may write a row may see
// that it is there, so write orgs count as read orgs too: Postgres asks for
// both before an UPDATE or a RETURNING.
func (k Key) Seal(s policy.Scope, backend uint32, expires time.Time) string {
	body := sealBody(s, backend, expires)
	mac := hmac.New(sha256.New, k.secret[:])
	mac.Write(body)
	sealed := make([]byte, 0, len(k.id)+2+2*sha256.Size+len(body))
	sealed = append(sealed, k.id...)
	sealed = append(sealed, '.')
	sealed = hex.AppendEncode(sealed, mac.Sum(nil))
	sealed = append(sealed, '.')
	return string(append(sealed, body...))
}

// Refused reports whether err is the database's refusal to open a seal. The
// driver makes a new one for every statement, so it is never the asker's doing:
// the clocks are apart, or the key is not the database's.
func Refused(err error) bool {
	state, ok := errors.AsType[*pgconn.PgError](err)
	return ok && state.Code == "42501" && state.Message == "scope refused"
}

// sealBody is JSON written by hand: it runs for every statement, and holds
// nothing that needs escaping.
func sealBody(s policy.Scope, backend uint32, expires time.Time) []byte {
	lists := map[byte]map[policy.Resource][]uuid.UUID{}
	put := func(key byte, r policy.Resource, orgs []uuid.UUID) {
		if lists[key] == nil {
			lists[key] = map[policy.Resource][]uuid.UUID{}
		}
		lists[key][r] = append(lists[key][r], orgs...)
	}
	s.Each(func(a policy.Action, r policy.Resource, orgs []uuid.UUID) {
		for _, k := range actionKeys {
			if k.action == a {
				put(k.key, r, orgs)
				if a != policy.Read {
					put('r', r, orgs)
				}
			}
		}
	})
	b := make([]byte, 0, 256)
	b = append(b, `{"e":`...)
	b = strconv.AppendInt(b, expires.Unix(), 10)
	b = append(b, `,"p":`...)
	b = strconv.AppendUint(b, uint64(backend), 10)
	b = append(b, `,"s":"`...)
	b = append(b, s.Subject().ID.String()...)
	b = append(b, '"')
	for _, k := range actionKeys {
		if len(lists[k.key]) == 0 {
			continue
		}
		b = append(b, ',', '"', k.key, '"', ':', '{')
		first := true
		for r, orgs := range lists[k.key] {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(b, '"')
			b = append(b, r...)
			b = append(b, `":"{`...)
			for i, org := range orgs {
				if i > 0 {
					b = append(b, ',')
				}
				b = append(b, org.String()...)
			}
			b = append(b, `}"`...)
		}
		b = append(b, '}')
	}
	wide := false
	s.EachWide(func(r policy.Resource) {
		if !wide {
			b = append(b, `,"a":[`...)
		} else {
			b = append(b, ',')
		}
		wide = true
		b = strconv.AppendQuote(b, string(r))
	})
	if wide {
		b = append(b, ']')
	}
	return append(b, '}')
}
