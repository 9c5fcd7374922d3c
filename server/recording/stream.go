package recording

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// slowest is how long a client may take for what is written to it at once.
const slowest = 30 * time.Second

// stream sends a recording, whole or in ranges. The tag is its hash, so that a
// range of one recording is never sewn to another's.
func (p *Player) stream(w http.ResponseWriter, r *http.Request, a audio) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Disposition", "inline")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // a dashboard's page plays it
	if a.sum != "" {
		h.Set("ETag", `"`+a.sum+`"`)
	}
	from := &reading{ctx: r.Context(), bucket: p.Store, key: a.key, size: a.bytes}
	defer from.close()
	if err := from.open(); err != nil { // before any header says that it is there
		p.Log.ErrorContext(r.Context(), "a recording could not be read", "class", Store)
		for _, name := range []string{"Content-Type", "Content-Disposition", "ETag"} {
			h.Del(name)
		}
		if absent(err) { // the sweep notes it, too
			p.config.Absent(w, r, "object_missing")
			return
		}
		p.config.Unavailable(w, r, "store_unavailable")
		return
	}
	http.ServeContent(patient{w, http.NewResponseController(w)}, r, "", a.stored, from)
}

// patient gives a client time for each piece, and not for the whole.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Write implements io.Writer.
func (w patient) Write(b []byte) (int, error) {
	_ = w.control.SetWriteDeadline(time.Now().Add(slowest)) // a writer without deadlines has none to move
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w patient) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// reading is an object of the store as an io.ReadSeeker. It asks the store when
// it is read, from where it stands, and holds nothing of it.
type reading struct {
	ctx    context.Context //nolint:containedctx // one request's
	bucket *Bucket
	key    string
	size   int64
	at     int64 // where the next byte is read
	body   io.ReadCloser
	stands int64 // where body is
}

// open sees to it that body stands where the next byte is.
func (r *reading) open() (err error) {
	if r.body != nil && r.stands != r.at {
		r.close()
	}
	if r.body == nil {
		r.body, err = r.bucket.from(r.ctx, r.key, r.at)
		r.stands = r.at
	}
	return err
}

// Read implements io.Reader.
func (r *reading) Read(b []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if err := r.open(); err != nil {
		return 0, err
	}
	n, err := r.body.Read(b)
	r.at += int64(n)
	r.stands = r.at
	if errors.Is(err, io.EOF) && r.at < r.size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Seek implements io.Seeker. What is open stays so until something else is read:
// http.ServeContent seeks to the end and back to learn the size.
func (r *reading) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	default:
	}
	if offset < 0 {
		return r.at, errors.New("recording: before the beginning")
	}
	r.at = offset
	return offset, nil
}

func (r *reading) close() {
	if r.body != nil {
		_ = r.body.Close() // only read from
		r.body = nil
	}
}
