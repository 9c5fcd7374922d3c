package pull

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/voxanne/cascade/policy/bundle"
)

// Look looks once: it fetches what lies there, unless it is what it was, and
// hands it to Apply if it proves itself and is newer than the active bundle. A
// bundle that was refused is fetched again the next time, for its time may come.
// An error may wrap a bundle.Refusal. Look is for one goroutine at a time.
func (p *Puller) Look(ctx context.Context) (applied bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.config.Timeout)
	defer cancel()
	data, etag, err := p.fetch(ctx)
	if err != nil {
		return false, fmt.Errorf("fetching policies: %w", err)
	}
	if data == nil {
		return false, nil
	}
	b, err := p.open(ctx, data)
	if err != nil {
		return false, fmt.Errorf("opening fetched policies: %w", err)
	}
	if b != nil {
		if err := p.config.Apply(ctx, b); err != nil {
			return false, fmt.Errorf("applying fetched policies: %w", err)
		}
	}
	p.etag = etag
	return b != nil, nil
}

// fetch returns nothing when nothing changed there.
func (p *Puller) fetch(ctx context.Context) (data []byte, etag string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.config.URL, http.NoBody)
	if err != nil {
		return nil, "", bare(err)
	}
	request.Header.Set("Accept", "application/gzip, application/octet-stream")
	// Also keeps the transport from unpacking what is verified packed.
	request.Header.Set("Accept-Encoding", "identity")
	if p.config.Token != "" {
		request.Header.Set("Authorization", "Bearer "+p.config.Token)
	}
	if p.etag != "" {
		request.Header.Set("If-None-Match", p.etag)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, "", bare(err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	switch {
	case response.StatusCode == http.StatusNotModified && p.etag != "":
		return nil, "", nil
	case response.StatusCode != http.StatusOK:
		return nil, "", fmt.Errorf("the server answered %d", response.StatusCode)
	}
	// One byte over the limit is enough for the bundle to be refused for it.
	data, err = io.ReadAll(io.LimitReader(response.Body, p.config.MaxBytes+1))
	if err != nil {
		return nil, "", err
	}
	return data, response.Header.Get("ETag"), nil
}

// open returns nothing when data is the active bundle. Another one with its
// number is refused: whoever signed has signed two.
func (p *Puller) open(ctx context.Context, data []byte) (*bundle.Bundle, error) {
	sequence, digest, err := p.config.Active(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading what is active: %w", err)
	}
	v := bundle.Verification{
		Keys: p.config.Keys, Now: p.config.Now(), InputSchema: p.config.InputSchema, MaxBytes: p.config.MaxBytes,
	}
	b, err := bundle.Open(data, v)
	if err != nil || b.Statement().Sequence > sequence {
		return b, err
	}
	if b.Statement().Sequence == sequence && b.Digest() == digest {
		return nil, nil
	}
	v.After = sequence
	return bundle.Open(data, v)
}

// bare leaves out the URL, whose query may hold a signature.
func bare(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}
