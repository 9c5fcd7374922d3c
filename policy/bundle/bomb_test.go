package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"
)

// A bundle that would become sixteen times what is allowed is cut while it
// streams: it costs no more memory than a large one that is allowed. So does one
// whose files are said to be full of zeros that are not in the archive at all.
//
// It runs alone, because it measures the memory of the process.
func TestABombIsCut(t *testing.T) {
	const claimed = 128 << 20
	for name, bomb := range map[string][]byte{
		"one long file":  longFile(t, claimed),
		"sparse files":   sparse(t, 64, claimed/64),
		"no file at all": zeros(t, claimed),
	} {
		if len(bomb) > DefaultMaxBytes/4 {
			t.Fatalf("%s: the bomb has %d bytes itself", name, len(bomb))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Open(bomb, Verification{})
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 8*DefaultMaxBytes {
			t.Errorf("%s: reading it took %d bytes", name, took)
		} else {
			t.Logf("%s: %d bytes packed, %d allocated", name, len(bomb), took)
		}
		if !errors.Is(err, TooLarge) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func longFile(t *testing.T, size int64) []byte {
	t.Helper()
	return pour(t, func(out io.Writer) error {
		archive := tar.NewWriter(out)
		if err := archive.WriteHeader(&tar.Header{Name: "cascade/a.rego", Typeflag: tar.TypeReg, Size: size}); err != nil {
			return err
		}
		_, err := io.CopyN(archive, zero{}, size)
		return errors.Join(err, archive.Close())
	})
}

// zeros is an archive that is at its end from the first byte on.
func zeros(t *testing.T, size int64) []byte {
	t.Helper()
	return pour(t, func(out io.Writer) error {
		_, err := io.CopyN(out, zero{}, size)
		return err
	})
}

// sparse is files of a size of which nothing is in the archive: GNU's sparse
// format 0.1, which archive/tar reads and does not write.
func sparse(t *testing.T, files int, size int64) []byte {
	t.Helper()
	return pour(t, func(out io.Writer) error {
		for i := range files {
			var records string
			for _, record := range [][2]string{
				{"GNU.sparse.major", "0"},
				{"GNU.sparse.minor", "1"},
				{"GNU.sparse.name", fmt.Sprintf("cascade/a%d.rego", i)},
				{"GNU.sparse.size", fmt.Sprint(size)},
				{"GNU.sparse.numblocks", "1"},
				{"GNU.sparse.map", "0,0"},
			} {
				line := " " + record[0] + "=" + record[1] + "\n"
				length := len(line) + 2
				records += fmt.Sprintf("%d%s", length, line)
			}
			block := make([]byte, 512)
			copy(block, records)
			for _, part := range [][]byte{tarHeader("pax", 'x', len(records)), block, tarHeader("a", '0', 0)} {
				if _, err := out.Write(part); err != nil {
					return err
				}
			}
		}
		_, err := out.Write(make([]byte, 1024))
		return err
	})
}

// tarHeader is a header block of POSIX 1003.1-1988.
func tarHeader(name string, kind byte, size int) []byte {
	block := make([]byte, 512)
	copy(block, name)
	copy(block[100:], "0000644\x000000000\x000000000\x00")
	copy(block[124:], fmt.Sprintf("%011o\x0000000000000\x00        ", size))
	block[156] = kind
	copy(block[257:], "ustar\x0000")
	sum := 0
	for _, b := range block {
		sum += int(b)
	}
	copy(block[148:], fmt.Sprintf("%06o\x00 ", sum))
	return block
}

func pour(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(write(zip), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type zero struct{}

func (zero) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
