package local

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
)

// unpack writes the files of a package's archive below dir, which must not
// exist, and then the links that the package lists, since such archives cannot
// hold links themselves. Nothing can land outside dir: os.Root sees to it.
func unpack(archive io.Reader, dir string) error {
	//nolint:gosec // G301: public programs, which another account may have to run.
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()

	zipped, err := gzip.NewReader(archive)
	if err != nil {
		return err
	}
	for files := tar.NewReader(zipped); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return link(root)
		}
		if err != nil {
			return err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if err := extract(root, header, files); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
	}
}

// extract writes one file, executable or not.
func extract(root *os.Root, header *tar.Header, from io.Reader) error {
	if err := root.MkdirAll(path.Dir(header.Name), 0o755); err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if header.Mode&0o100 != 0 {
		mode = 0o755
	}
	file, err := root.OpenFile(header.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.CopyN(file, from, header.Size)
	return errors.Join(err, file.Close())
}

// link makes the links of native/pg-symlinks.json, relative, so that the tree
// can be moved.
func link(root *os.Root) error {
	list, err := root.ReadFile("package/native/pg-symlinks.json")
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(list, &links); err != nil {
		return fmt.Errorf("reading the list of links: %w", err)
	}
	for _, l := range links {
		to, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := root.Symlink(to, path.Join("package", l.Target)); err != nil {
			return err
		}
	}
	return nil
}
