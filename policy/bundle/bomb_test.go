package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
)

// A bundle that would become sixty-four times what is allowed is cut while it
// streams: it costs no more memory than a large one that is allowed. So does one
// whose files are said to be full of zeros that are not in the archive at all.
//
// It runs alone, because it measures the memory of the process.
func TestABombIsCut(t *testing.T) {
	const claimed = 512 << 20
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

// longFile is one file of zeros.
func longFile(t *testing.T, size int) []byte {
	t.Helper()
	header := zipped(t, tarHeader("cascade/a.rego", '0', size))
	return append(header, zeros(t, size)...)
}

// zeros is an archive that is at its end from the first byte on. A gzip file
// may be several, one after another.
func zeros(t *testing.T, size int) []byte {
	t.Helper()
	return bytes.Repeat(zipped(t, make([]byte, 1<<20)), size>>20)
}

// sparse is files of a size of which nothing is in the archive: GNU's sparse
// format 0.1, which archive/tar reads and does not write.
func sparse(t *testing.T, files, size int) []byte {
	t.Helper()
	var archive []byte
	for i := range files {
		var records string
		for _, record := range []string{
			"GNU.sparse.major=0", "GNU.sparse.minor=1", "GNU.sparse.numblocks=1", "GNU.sparse.map=0,0",
			fmt.Sprintf("GNU.sparse.name=cascade/a%d.rego", i), fmt.Sprintf("GNU.sparse.size=%d", size),
		} {
			records += fmt.Sprintf("%d %s\n", len(record)+4, record)
		}
		block := make([]byte, 512)
		copy(block, records)
		archive = slices.Concat(archive, tarHeader("pax", 'x', len(records)), block, tarHeader("a", '0', 0))
	}
	return zipped(t, append(archive, make([]byte, 1024)...))
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
