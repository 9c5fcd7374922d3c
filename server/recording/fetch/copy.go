package fetch

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"time"
)

// Recording is what was fetched.
type Recording struct {
	Type   string // audio/wav, audio/mpeg or audio/ogg
	Bytes  int64
	SHA256 [sha256.Size]byte
}

// Fetch writes the recording at address to dst. What it wrote before an error is
// not to be used. Every error is a *Failure.
func (f *Fetcher) Fetch(ctx context.Context, address string, dst io.Writer) (Recording, error) {
	ctx, cancel := context.WithTimeout(ctx, f.Timeout)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	pause := time.AfterFunc(f.Pause, func() { stop(errPause) })
	defer pause.Stop()
	w, err := f.open(ctx, address)
	if err != nil {
		return Recording{}, err
	}
	defer func() { _ = w.Body.Close() }()
	kind, ok := declared(w.Header.Get("Content-Type"))
	encoding := w.Header.Get("Content-Encoding")
	switch {
	case !ok || encoding != "" && encoding != "identity":
		return Recording{}, fail(Type, nil)
	case w.ContentLength > f.MaxBytes:
		return Recording{}, fail(TooLarge, nil)
	case w.ContentLength < 0 && w.ProtoMajor == 1 && len(w.TransferEncoding) == 0:
		return Recording{}, fail(Truncated, errors.New("the end cannot be told from a cut"))
	}
	in := &incoming{ctx: ctx, body: w.Body, alive: func() { pause.Reset(f.Pause) }}
	return f.copy(in, dst, kind)
}

// copy moves the bytes, counts them and looks at the first.
func (f *Fetcher) copy(in *incoming, dst io.Writer, kind *sound) (Recording, error) {
	head := make([]byte, headLength)
	n, err := io.ReadFull(in, head)
	head = head[:n]
	switch {
	case errors.Is(err, io.EOF):
		return Recording{}, fail(Empty, nil)
	case err != nil && (!errors.Is(err, io.ErrUnexpectedEOF) || in.err != nil):
		return Recording{}, in.failure(err)
	}
	out := Recording{Type: recognized(head, kind)}
	if out.Type == "" {
		return Recording{}, fail(Content, nil)
	}
	sum := sha256.New()
	spool := io.MultiWriter(sum, spooled{dst})
	if _, err := spool.Write(head); err != nil {
		return Recording{}, err
	}
	// One byte more than may come tells that more would.
	rest, err := io.CopyBuffer(onlyWriter{spool}, io.LimitReader(in, f.MaxBytes-int64(n)+1), make([]byte, 64<<10))
	out.Bytes = int64(n) + rest
	switch {
	case err != nil:
		return Recording{}, in.failure(err)
	case out.Bytes > f.MaxBytes:
		return Recording{}, fail(TooLarge, nil)
	}
	sum.Sum(out.SHA256[:0])
	return out, nil
}

// incoming is a body whose every byte shows that the sender is alive.
type incoming struct {
	ctx   context.Context //nolint:containedctx // one fetch's, for the cause of its end
	body  io.Reader
	alive func()
	err   error // of the body, but for its end
}

// Read implements io.Reader.
func (i *incoming) Read(p []byte) (int, error) {
	n, err := i.body.Read(p)
	if n > 0 {
		i.alive()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		i.err = err
	}
	return n, err
}

// failure is what an error of copying means.
func (i *incoming) failure(err error) error {
	if i.err != nil {
		err = i.err
	}
	return ofNetwork(i.ctx, err)
}

// spooled tells a failure to keep from a failure to read.
type spooled struct{ io.Writer }

// Write implements io.Writer.
func (s spooled) Write(p []byte) (int, error) {
	n, err := s.Writer.Write(p)
	if err != nil {
		err = fail(Spool, err)
	}
	return n, err
}

// onlyWriter keeps io.Copy from ways around the buffer that is given to it.
type onlyWriter struct{ io.Writer }
