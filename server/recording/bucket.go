package recording

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob" // s3://
	"gocloud.dev/gcerrors"

	"github.com/voxanne/cascade/server/recording/fetch"
)

// Bucket is the store: a directory, or a bucket of S3 or of what speaks like it.
type Bucket struct {
	bucket *blob.Bucket
	name   string // of S3's; empty for a directory
}

// OpenBucket opens the store at an address:
//
//	file:///var/lib/cascade/recordings       a directory, for one machine
//	s3://bucket?region=eu-central-1          S3; credentials as AWS programs find them
//	s3://bucket?region=x&endpoint=https://…&use_path_style=true
//
// It refuses what cannot work, and asks nothing over a network; Reachable does.
func OpenBucket(ctx context.Context, address string) (*Bucket, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("opening the store of recordings: the address does not read")
	}
	var b *blob.Bucket
	switch u.Scheme {
	case "file":
		b, err = openDirectory(u)
	case "s3":
		b, err = openS3(ctx, u)
	default:
		err = fmt.Errorf("want file:// or s3://, not %s://", u.Scheme)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the store of recordings: %w", err)
	}
	return &Bucket{bucket: b, name: u.Host}, nil
}

// DirectoryURL is the address of a directory as a store.
func DirectoryURL(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }

func openDirectory(u *url.URL) (*blob.Bucket, error) {
	if u.Host != "" || !filepath.IsAbs(u.Path) || filepath.Clean(u.Path) == "/" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("want file:// and the absolute path of a directory, and no more")
	}
	if info, err := os.Stat(u.Path); err != nil || !info.IsDir() { //nolint:gosec // the operator names it
		return nil, errors.New("there is no such directory: make it, and let the server alone read it")
	}
	probe, err := os.CreateTemp(u.Path, ".probe-")
	if err != nil {
		return nil, fmt.Errorf("the directory cannot be written: %w", err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil { //nolint:gosec // it was made here
		return nil, err
	}
	// A temporary file beside the object: a rename within one file system is
	// atomic. What an object is, its row says.
	return fileblob.OpenBucket(u.Path, &fileblob.Options{NoTempDir: true, DirFileMode: 0o700, Metadata: fileblob.MetadataDontWrite})
}

func openS3(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	endpoint := u.Query().Get("endpoint")
	switch {
	case u.Host == "" || u.Path != "" || u.User != nil:
		return nil, errors.New("want s3:// and the name of a bucket; credentials do not belong into an address")
	case u.Query().Get("region") == "":
		return nil, errors.New("want the bucket's region, as s3://bucket?region=eu-central-1")
	case endpoint != "" && !strings.HasPrefix(endpoint, "https://") && !strings.HasPrefix(endpoint, "http://127.0.0.1:"):
		return nil, errors.New("want an endpoint that starts with https://")
	}
	return blob.OpenBucket(ctx, u.String())
}

// Reachable asks whether the store answers, and the bucket is there.
func (b *Bucket) Reachable(ctx context.Context) error {
	ok, err := b.bucket.IsAccessible(ctx)
	if err == nil && !ok {
		err = errors.New("no such bucket, or no right to it")
	}
	return err
}

// Close frees what the store holds.
func (b *Bucket) Close() error { return b.bucket.Close() }

// prefix is where all objects of a clinic lie, and nobody else's: a bucket's
// policy can wall clinics by it.
func prefix(org uuid.UUID) string { return "org/" + org.String() + "/" }

// Key is the one name of a recording with these bytes. A second upload lands on
// it again and changes nothing; other bytes have another name, so that a worker
// that lost its lease overwrites nothing. It holds ids and no health data.
func Key(org, call uuid.UUID, kind string, sum [sha256.Size]byte) string {
	return prefix(org) + "call/" + call.String() + "/" + kind + "-" + hex.EncodeToString(sum[:])
}

// callOf is the call that a key is about; false for a key that is not ours.
func callOf(org uuid.UUID, key string) (uuid.UUID, bool) {
	rest, ok := strings.CutPrefix(key, prefix(org)+"call/")
	name, _, found := strings.Cut(rest, "/")
	id, err := uuid.Parse(name)
	return id, ok && found && err == nil
}

// put stores all of r under a key, or nothing.
func (b *Bucket) put(ctx context.Context, key string, what fetch.Recording, r io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := b.bucket.NewWriter(ctx, key, &blob.WriterOptions{
		ContentType: what.Type, DisableContentTypeDetection: true, BufferSize: 5 << 20, MaxConcurrency: 1,
	})
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(w, sum)}, struct{ io.Reader }{r}, make([]byte, 64<<10))
	if err == nil && (n != what.Bytes || [sha256.Size]byte(sum.Sum(nil)) != what.SHA256) {
		err = errors.New("what was kept here is not what came") // a disk that lies
	}
	if err != nil {
		cancel() // nothing is stored under the key
		return errors.Join(err, w.Close())
	}
	return w.Close()
}

// delete removes an object; one that is not there is no error.
func (b *Bucket) delete(ctx context.Context, key string) error {
	if err := b.bucket.Delete(ctx, key); !absent(err) {
		return err
	}
	return nil
}

// absent reports whether an error of the store says that there is no such object.
func absent(err error) bool { return gcerrors.Code(err) == gcerrors.NotFound }

// from reads an object from an offset to its end.
func (b *Bucket) from(ctx context.Context, key string, offset int64) (io.ReadCloser, error) {
	r, err := b.bucket.NewRangeReader(ctx, key, offset, -1, nil)
	if err != nil {
		return nil, err // not a nil reader that is no nil interface
	}
	return r, nil
}
