package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/recording/fetch"
)

// kept is a recording in the store.
type kept struct {
	fetch.Recording
	key string
}

// bring fetches a job's recording and puts it into the store. In between it
// looks once more whether it may be kept, so that what was refused or erased
// meanwhile never enters the store.
func (d *desk) bring(ctx context.Context, j *job) (kept, error) {
	scoped := policy.WithScope(ctx, j.scope)
	locator, err := d.Locators(scoped, j.Org, j.source)
	if err != nil {
		return kept{}, located(err)
	}
	address, err := locator.RecordingLocation(scoped, j.ref, j.kind)
	if err != nil {
		return kept{}, located(err)
	}
	spool, err := d.spool()
	if err != nil {
		return kept{}, failure(fetch.Spool, err)
	}
	defer func() { _ = spool.Close() }() // it has no name: with its last handle it is gone
	began := d.Now()
	got, err := d.Fetcher.Fetch(ctx, address, spool)
	j.download = d.Now().Sub(began)
	if err != nil {
		return kept{}, err
	}
	j.bytes = got.Bytes
	if err := d.permitted(scoped, j); err != nil {
		return kept{}, err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return kept{}, failure(fetch.Spool, err)
	}
	out := kept{Recording: got, key: Key(j.Org, j.call, j.kind, got.SHA256)}
	began = d.Now()
	err = d.Store.put(ctx, out.key, got, spool)
	j.upload = d.Now().Sub(began)
	if err != nil {
		return kept{}, failure(Store, err)
	}
	return out, nil
}

// spool makes a file without a name, so that no crash leaves a voice behind.
func (d *desk) spool() (*os.File, error) {
	f, err := os.CreateTemp(d.Spool, "cascade-recording-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// located keeps what a Locator says of itself and hides everything else, which
// may quote an address.
func located(err error) error {
	if f, ok := errors.AsType[*fetch.Failure](err); ok {
		return f
	}
	return failure(Locate, fmt.Errorf("asking where a recording lies: %w", err))
}
