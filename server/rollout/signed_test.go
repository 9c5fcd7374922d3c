package rollout_test

import (
	"crypto"
	"io/fs"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy/bundle"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server/stage"
)

// same is the shipped policies with a comment more: another revision that decides
// alike.
func same(t *testing.T, comment string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(rego.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := rego.Files.ReadFile(name)
		files[name] = &fstest.MapFile{Data: text, Mode: 0o444}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	const name = "cascade/system.rego"
	files[name].Data = append(files[name].Data, "\n# "+comment+"\n"...)
	return files
}

// signer is the key that the scene's servers trust.
func (s *scene) signer(t *testing.T) crypto.Signer {
	t.Helper()
	text, err := os.ReadFile(s.Config.PolicyKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	key, err := bundle.ParsePrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sign signs files as they would be if they had been proposed: for an hour.
func sign(t *testing.T, files fs.FS, sequence int64, key crypto.Signer, change func(*bundle.Statement)) (data []byte, revision string) {
	t.Helper()
	now := time.Now()
	statement := bundle.Statement{
		Sequence: sequence, NotBefore: now.Add(-time.Minute), Expires: now.Add(time.Hour).Truncate(time.Second), Author: "a test",
	}
	if change != nil {
		change(&statement)
	}
	data, err := bundle.Sign(files, statement, key)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := bundle.Inspect(data)
	if err != nil {
		t.Fatal(err)
	}
	return data, claims.Revision
}

// keep puts a policy into the database in a state, as only its owner could.
func (s *scene) keep(t *testing.T, revision, state string, sequence int64, data []byte) uuid.UUID {
	t.Helper()
	id := stage.NewID()
	s.Exec(t, `insert into policy_revisions (id, revision, sequence, state, bundle, author_id, expires_at, moved_at)
		values ($1, $2, $3, $4, $5, (select id from users where subject = 'author'), now() + interval '1 hour', now())`, id, revision, sequence, state, data)
	return id
}
