package decisionlog

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

// postTime bounds one request.
const postTime = 30 * time.Second

// post is a Sink by HTTP: a gzipped JSON array, as OPA sends.
type post struct {
	url       string
	tokenFile string
	client    *http.Client
}

// Deliver implements Sink.
func (s *post) Deliver(ctx context.Context, events [][]byte) error {
	body, err := packed(events)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, body)
	if err != nil {
		return errors.New("decisionlog: no request can be made of the address")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Content-Encoding", "gzip")
	if s.tokenFile != "" {
		token, err := os.ReadFile(s.tokenFile)
		if err != nil {
			return fmt.Errorf("reading the token of the decision log: %w", err)
		}
		r.Header.Set("Authorization", "Bearer "+string(bytes.TrimSpace(token)))
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("sending decisions: %w", err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10))
	_ = answer.Body.Close()
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300 && err == nil:
		return nil
	case code == http.StatusBadRequest || code == http.StatusRequestEntityTooLarge:
		return &Refusal{Status: code}
	default:
		return &Later{Status: code, After: retryAfter(answer.Header.Get("Retry-After"), answer.Header.Get("Date"))}
	}
}

// Close implements Sink.
func (s *post) Close() error {
	s.client.CloseIdleConnections()
	return nil
}

func packed(events [][]byte) (*bytes.Buffer, error) {
	var body bytes.Buffer
	zip := gzip.NewWriter(&body)
	for i, e := range events {
		head := ","
		if i == 0 {
			head = "["
		}
		if _, err := io.WriteString(zip, head); err != nil {
			return nil, err
		}
		if _, err := zip.Write(e); err != nil {
			return nil, err
		}
	}
	if _, err := io.WriteString(zip, "]"); err != nil {
		return nil, err
	}
	return &body, zip.Close()
}

// retryAfter reads the header of RFC 9110, section 10.2.3: seconds, or a date,
// which counts from the answer's own.
func retryAfter(value, date string) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return min(time.Unix(int64(seconds), 0).Sub(time.Unix(0, 0)), mostPause)
	}
	at, err := http.ParseTime(value)
	now, nowErr := http.ParseTime(date)
	if err != nil || nowErr != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), mostPause)
}
