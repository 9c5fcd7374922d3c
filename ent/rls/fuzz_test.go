package rls_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// FuzzSeal makes scopes out of bytes, three a decision: which row type, which
// action, which org. What the seal says, read by the JSON of the standard
// library, is what the scope says, and the mac is that of RFC 2104.
func FuzzSeal(f *testing.F) {
	f.Add([]byte{}, uint32(1), int64(0))
	f.Add([]byte{0, 0, 1, 0, 1, 1, 0, 2, 2, 7, 3, 3}, uint32(4711), int64(4102444800))
	f.Add(bytes.Repeat([]byte{9, 0, 5, 9, 2, 6}, 20), ^uint32(0), int64(-1))
	key, err := rls.ParseKey([]byte("fuzz:" + strings.Repeat("5a", 32)))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, decisions []byte, backend uint32, expires int64) {
		want := map[string]map[string][]string{}
		add := func(key string, r policy.Resource, org uuid.UUID) {
			if want[key] == nil {
				want[key] = map[string][]string{}
			}
			if list := want[key][string(r)]; !slices.Contains(list, org.String()) {
				want[key][string(r)] = append(list, org.String())
			}
		}
		subject := policy.Subject{ID: uuid.Max, Kind: policy.Member}
		for i := range 4 {
			org := uuid.NewSHA1(uuid.Nil, []byte{byte(i)})
			subject.Memberships = append(subject.Memberships, policy.Membership{OrgID: org, Role: policy.Owner, Status: policy.OrgActive})
		}
		var made []policy.Decision
		for ; len(decisions) >= 3; decisions = decisions[3:] {
			r := policy.Resources()[int(decisions[0])%len(policy.Resources())]
			action := []policy.Action{policy.Read, policy.Create, policy.Update, policy.Delete}[decisions[1]%4]
			org := subject.Memberships[decisions[2]%4].OrgID
			d := policy.Judge(policy.Request{Subject: subject, Action: action, Resource: r, Orgs: []uuid.UUID{org}},
				policy.Verdict{Allow: true, OrgIDs: []uuid.UUID{org}}, policy.Evidence{})
			if d.Err() != nil {
				t.Fatal(d.Err())
			}
			made = append(made, d)
			add(string(action)[:1], r, org)
			add("r", r, org) // who writes a row may see it
		}
		id, rest, _ := strings.Cut(key.Seal(policy.NewScope(subject, made...), backend, time.Unix(expires, 0)), ".")
		sum, body, _ := strings.Cut(rest, ".")
		mac := hmac.New(sha256.New, bytes.Repeat([]byte{0x5a}, 32))
		mac.Write([]byte(body))
		if id != "fuzz" || sum != hex.EncodeToString(mac.Sum(nil)) {
			t.Fatalf("sealed as %s.%s", id, sum)
		}
		var got struct {
			E          int64
			P          uint32
			S          uuid.UUID
			R, C, U, D map[string]string
			A          []string
		}
		strict := json.NewDecoder(strings.NewReader(body))
		strict.DisallowUnknownFields()
		if err := strict.Decode(&got); err != nil || got.E != expires || got.P != backend || got.S != subject.ID || got.A != nil {
			t.Fatalf("%s reads as %+v, %v", body, got, err)
		}
		read := map[string]map[string][]string{}
		for key, lists := range map[string]map[string]string{"r": got.R, "c": got.C, "u": got.U, "d": got.D} {
			for r, list := range lists {
				if read[key] == nil {
					read[key] = map[string][]string{}
				}
				for org := range strings.SplitSeq(strings.Trim(list, "{}"), ",") {
					// Twice does no harm: it is a set to the database.
					if !slices.Contains(read[key][r], org) {
						read[key][r] = append(read[key][r], org)
					}
				}
			}
		}
		if diff := cmp.Diff(want, read, cmpopts.SortSlices(strings.Compare)); diff != "" {
			t.Errorf("%s: (-scope +seal)\n%s", body, diff)
		}
	})
}

// FuzzParseKey holds that what reads as a key is written as it was read, and that
// an error never holds the text.
func FuzzParseKey(f *testing.F) {
	f.Add([]byte("prod-1:" + strings.Repeat("ab", 32)))
	f.Add([]byte(" prod-1:" + strings.Repeat("AB", 32) + "\n"))
	f.Add([]byte("prod-1"))
	f.Add([]byte(":\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := rls.ParseKey(text)
		if err != nil {
			if len(bytes.TrimSpace(text)) > 40 && strings.Contains(err.Error(), string(bytes.TrimSpace(text))) {
				t.Errorf("the error holds the text")
			}
			return
		}
		again, err := rls.ParseKey(k.File())
		if err != nil || again != k || !strings.EqualFold(string(bytes.TrimSpace(text)), string(bytes.TrimSpace(k.File()))) {
			t.Errorf("%q is written as %q and read as %v, %v", text, k.File(), again, err)
		}
	})
}
