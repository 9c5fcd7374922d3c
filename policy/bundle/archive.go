package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
)

// DefaultMaxBytes bounds a bundle, packed and unpacked. The engine compiles an
// eighth of it at most; the rest is for tests.
const DefaultMaxBytes = 8 << 20

// maxFiles bounds the files of a bundle.
const maxFiles = 1000

// pack writes files as a gzipped tar archive, always the same for the same
// files: in lexical order, of nobody, at no time.
func pack(files tree) ([]byte, error) {
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	archive := tar.NewWriter(zip)
	for _, name := range files.names() {
		header := &tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(files[name])), ModTime: time.Unix(0, 0)}
		if err := archive.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("packing %s: %w", name, err)
		}
		if _, err := archive.Write(files[name]); err != nil {
			return nil, fmt.Errorf("packing %s: %w", name, err)
		}
	}
	if err := errors.Join(archive.Close(), zip.Close()); err != nil {
		return nil, fmt.Errorf("packing: %w", err)
	}
	return out.Bytes(), nil
}

// unpack reads an archive and stops as soon as it is over the limit, so that
// what it takes of memory is bounded by the limit and not by what the archive
// would become. A limit of zero is DefaultMaxBytes.
//
// OPA writes names with a slash before them and tar with "./"; unpack takes
// those off, and returns as odd the first name that it found so.
func unpack(data []byte, limit int64) (files tree, odd string, err error) {
	if limit <= 0 {
		limit = DefaultMaxBytes
	}
	if int64(len(data)) > limit {
		return nil, "", refuse(TooLarge, "it has %d bytes, over the limit of %d", len(data), limit)
	}
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, "", refuse(Malformed, "it is not gzipped")
	}
	stream := &meter{from: zip, left: limit}
	u := unpacking{archive: tar.NewReader(stream), left: limit, files: tree{}}
	if err = u.all(); err == nil {
		_, err = io.Copy(io.Discard, stream) // to the end, where the checksum is
	}
	if reason := Refusal(""); err != nil && !errors.As(err, &reason) {
		if errors.Is(err, errOver) {
			return nil, "", refuse(TooLarge, "unpacked it is over the limit of %d bytes", limit)
		}
		return nil, "", refuse(Malformed, "it does not unpack (%q)", err)
	}
	return u.files, u.odd, err
}

// unpacking is an archive on its way into memory.
type unpacking struct {
	archive *tar.Reader
	left    int64 // bytes of files; a sparse one is larger than its part of the archive
	files   tree
	odd     string
}

func (u *unpacking) all() error {
	for {
		header, err := u.archive.Next()
		if errors.Is(err, io.EOF) {
			return u.files.unambiguous()
		}
		if err != nil {
			return err
		}
		if header.Typeflag == tar.TypeDir {
			continue
		}
		if err := u.file(header); err != nil {
			return err
		}
	}
}

func (u *unpacking) file(header *tar.Header) error {
	name, dotted := strings.CutPrefix(header.Name, "./")
	if !dotted {
		name = strings.TrimPrefix(name, "/")
	}
	if name != header.Name && u.odd == "" {
		u.odd = header.Name
	}
	u.left -= header.Size
	switch _, twice := u.files[name]; {
	case header.Typeflag != tar.TypeReg:
		return refuse(BadEntry, "%q is no regular file", header.Name)
	case !plain(name):
		return refuse(BadPath, "%q is no plain relative path", header.Name)
	case twice:
		return refuse(Duplicate, "%q is there twice", name)
	case u.left < 0:
		return errOver
	case len(u.files) == maxFiles:
		return refuse(TooLarge, "it has more than %d files", maxFiles)
	}
	text, err := io.ReadAll(u.archive)
	u.files[name] = text
	return err
}

// unambiguous refuses a file that is the directory of another.
func (t tree) unambiguous() error {
	for name := range t {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if _, ok := t[dir]; ok {
				return refuse(Duplicate, "%q is a file and a directory", dir)
			}
		}
	}
	return nil
}

// plain accepts what every file system reads alike.
func plain(name string) bool {
	odd := func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("._-/", r)
	}
	return fs.ValidPath(name) && name != "." && !strings.ContainsFunc(name, odd)
}

var errOver = errors.New("over the limit")

// meter reads one byte more than left, and then fails.
type meter struct {
	from io.Reader
	left int64
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left < 0 {
		return 0, errOver
	}
	if int64(len(p)) > m.left+1 {
		p = p[:m.left+1]
	}
	n, err := m.from.Read(p)
	m.left -= int64(n)
	return n, err
}
