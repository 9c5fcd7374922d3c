package attack

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/server/stage"
)

// links are asked for by everybody at every clinic, and changed in every place:
// none may play another clinic's recording, and whoever may hear one hears it.
func (a *attack) links(ctx context.Context) error {
	var shots []shot
	for _, who := range a.everybody() {
		for _, c := range a.World.Clinics() {
			token, err := a.link(ctx, who, c)
			if err != nil {
				return err
			}
			if (token != "") != who.sees(c, "recording") {
				a.tell(&a.report.Unexpected, "a link of "+c.Slug+" as "+who.String()+": ", []string{fmt.Sprintf("given: %t", token != "")})
			}
			if token == "" {
				continue
			}
			shots = append(shots, shot{name: "a link of " + c.Slug, cells: 1, who: who, wantStatus: http.StatusOK, loose: true, request: play(token)})
			for way, forged := range a.forged(token, c) {
				shots = append(shots, shot{
					name: "a link of " + c.Slug + " with " + way, cells: 1, who: who, wantStatus: http.StatusNotFound, loose: true, request: play(forged),
				})
			}
		}
	}
	if len(shots) == 0 {
		return fmt.Errorf("nobody was given a link")
	}
	return a.all(ctx, shots)
}

// voices gives each clinic something to hear.
func (a *attack) voices(ctx context.Context) error {
	for _, c := range a.World.Clinics() {
		if err := a.voice(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// voice puts the sound of a clinic's first recording into the store: its canary.
func (a *attack) voice(ctx context.Context, c *stage.Clinic) error {
	key := "org/" + c.ID.String() + "/call/x/stereo-x"
	store, err := url.Parse(a.Stage.Config.BlobURL)
	if err != nil {
		return fmt.Errorf("finding the store: %w", err)
	}
	path := filepath.Join(store.Path, key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making a recording: %w", err)
	}
	if err := os.WriteFile(path, []byte(c.Canary), 0o600); err != nil {
		return fmt.Errorf("making a recording: %w", err)
	}
	_, err = a.ledger.conn.Exec(ctx, `update recordings set object_key = $3, bytes = $4, deleted_at = null where org_id = $1 and id = $2`,
		c.ID, c.Rows["recordings"][0], key, len(c.Canary))
	if err != nil {
		return fmt.Errorf("making a recording: %w", err)
	}
	return nil
}

// link asks for one of a clinic's first recording; "" when none is given.
func (a *attack) link(ctx context.Context, who *stance, c *stage.Clinic) (string, error) {
	got, err := a.client.send(ctx, who, request{
		document:  `query($id: ID!) { recordingPlayback(id: $id) { url } }`,
		variables: map[string]any{"id": nodeid.Encode("recording", c.Rows["recordings"][0])},
	})
	if err != nil {
		return "", err
	}
	link, _ := got.data()["recordingPlayback"].(map[string]any)
	address, _ := link["url"].(string)
	return address[strings.LastIndex(address, "/")+1:], nil
}

func play(token string) request { return request{method: http.MethodGet, path: "/recordings/" + token} }

// forged are a link with each of its ids made another clinic's, with a byte
// changed, cut short, and signed by nobody.
func (a *attack) forged(token string, own *stage.Clinic) map[string]string {
	plain, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return nil
	}
	all := map[string]string{
		"its end cut off": token[:len(token)-4], "more at its end": token + "AAAA", "another end": token[:len(token)-3] + "AAA",
		"nothing": "x", "its kind changed": changed(plain, func(b []byte) { b[1] ^= 1 }), "a later end": changed(plain, func(b []byte) { b[106] ^= 0x40 }),
		"a sum of noughts": changed(plain, func(b []byte) { clear(b[107:]) }),
	}
	for _, c := range a.World.Clinics() {
		if c == own {
			continue
		}
		org, row := c.ID, c.Rows["recordings"][0]
		for name, at := range map[string][]uuid.UUID{"org": {org}, "org and recording": {org, row}} {
			all["the "+name+" of "+c.Slug] = changed(plain, func(b []byte) {
				for i, id := range at {
					copy(b[3+16*(i+1):], id[:])
				}
			})
		}
		all["the recording of "+c.Slug] = changed(plain, func(b []byte) { copy(b[3+16*2:], row[:]) })
	}
	return all
}

func changed(plain []byte, change func([]byte)) string {
	other := slices.Clone(plain)
	change(other)
	return base64.RawURLEncoding.EncodeToString(other)
}
