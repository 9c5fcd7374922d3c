package bundle

import (
	"bytes"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// tree is files in memory, by path. It is an fs.FS that nobody can change.
type tree map[string][]byte

var _ fs.ReadFileFS = tree(nil)

// FilesOf are texts by their paths as a file system that nobody can change: what
// Sign and the engine take. The caller must not change the texts any more.
func FilesOf(texts map[string][]byte) fs.FS { return tree(maps.Clone(texts)) }

// Open implements fs.FS.
func (t tree) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if text, ok := t[name]; ok {
		return &openFile{node{name: path.Base(name), size: int64(len(text))}, bytes.NewReader(text)}, nil
	}
	entries := t.entries(name)
	if len(entries) == 0 && name != "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &openDir{node{name: path.Base(name), dir: true}, entries}, nil
}

// ReadFile implements fs.ReadFileFS. What it returns is the caller's.
func (t tree) ReadFile(name string) ([]byte, error) {
	text, ok := t[name]
	if !ok {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	return bytes.Clone(text), nil
}

// names are the paths in lexical order.
func (t tree) names() []string { return slices.Sorted(maps.Keys(t)) }

// entries lists a directory, which is there when a file lies below it.
func (t tree) entries(dir string) []fs.DirEntry {
	found := map[string]node{}
	for name, text := range t {
		rest, below := strings.CutPrefix(name, dir+"/")
		if dir == "." {
			rest, below = name, true
		}
		if !below {
			continue
		}
		if first, _, deeper := strings.Cut(rest, "/"); deeper {
			found[first] = node{name: first, dir: true}
		} else {
			found[first] = node{name: first, size: int64(len(text))}
		}
	}
	entries := make([]fs.DirEntry, 0, len(found))
	for _, name := range slices.Sorted(maps.Keys(found)) {
		entries = append(entries, fs.FileInfoToDirEntry(found[name]))
	}
	return entries
}

// node is the fs.FileInfo of a file or directory of a tree.
type node struct {
	name string
	size int64
	dir  bool
}

func (n node) Name() string       { return n.name }
func (n node) Size() int64        { return n.size }
func (n node) ModTime() time.Time { return time.Time{} }
func (n node) IsDir() bool        { return n.dir }
func (n node) Sys() any           { return nil }

func (n node) Mode() fs.FileMode {
	if n.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

type openFile struct {
	node
	*bytes.Reader
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.node, nil }
func (f *openFile) Size() int64                { return f.size }
func (*openFile) Close() error                 { return nil }

type openDir struct {
	node
	rest []fs.DirEntry
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.node, nil }
func (*openDir) Close() error                 { return nil }

func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: fs.ErrInvalid}
}

// ReadDir implements fs.ReadDirFile.
func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(d.rest) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(d.rest) {
		n = len(d.rest)
	}
	list := d.rest[:n:n]
	d.rest = d.rest[n:]
	return list, nil
}
