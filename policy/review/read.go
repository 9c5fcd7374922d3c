package review

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
)

// maxRecord bounds one line: far more than a decision about every clinic of a
// partner takes.
const maxRecord = 1 << 20

// ReadRecords reads records of decisions, one JSON object a line, plain or
// gzipped: bodies of the audit or OPA decision-log events (ParseRecord). A line
// that is neither yields ErrRecord with its number, and the next one follows; a
// reader that fails yields its error and ends. It holds one line at a time.
func ReadRecords(from io.Reader) iter.Seq2[Recorded, error] {
	return func(yield func(Recorded, error) bool) {
		lines, err := plain(bufio.NewReaderSize(from, 1<<16))
		if err != nil {
			yield(Recorded{}, err)
			return
		}
		var line []byte
		for number := 1; ; number++ {
			var long bool
			line, long, err = readLine(lines, line[:0])
			if text := bytes.TrimSpace(line); len(text) > 0 || long {
				r, wrong := ParseRecord(text)
				if long {
					r, wrong = Recorded{}, fmt.Errorf("%w: longer than %d bytes", ErrRecord, maxRecord)
				}
				if wrong != nil {
					wrong = fmt.Errorf("line %d: %w", number, wrong)
				}
				if !yield(r, wrong) {
					return
				}
			}
			if err != nil {
				if !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
					yield(Recorded{}, fmt.Errorf("reading records: line %d: %w", number, err))
				}
				return
			}
		}
	}
}

// plain takes the compression away, if there is any.
func plain(from *bufio.Reader) (*bufio.Reader, error) {
	magic, err := from.Peek(2)
	if err != nil || magic[0] != 0x1f || magic[1] != 0x8b {
		return from, nil //nolint:nilerr // what is too short to be gzip is read as it is
	}
	unzipped, err := gzip.NewReader(from)
	if err != nil {
		return nil, fmt.Errorf("reading records: %w", err)
	}
	return bufio.NewReaderSize(unzipped, 1<<16), nil
}

// readLine reads a line into buffer. Of one that is too long it keeps the
// beginning and reads past the rest.
func readLine(from *bufio.Reader, buffer []byte) (line []byte, long bool, err error) {
	for {
		part, err := from.ReadSlice('\n')
		if len(buffer)+len(part) > maxRecord {
			long = true
		} else {
			buffer = append(buffer, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return buffer, long, err
		}
	}
}
