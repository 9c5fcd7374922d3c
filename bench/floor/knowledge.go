package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// addArticle inserts one row of knowledge_base.
func (f *floor) addArticle(r *http.Request, org uuid.UUID, to []byte) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("reading the body: %w", err)
	}
	var in struct{ Title, Content string }
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, fmt.Errorf("reading the body: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("making an id: %w", err)
	}
	const query = `insert into knowledge_base (org_id, id, title, content) values ($1, $2, $3, $4) returning created_at`
	err = f.ask(r.Context(), org, question{query, []any{org, id, in.Title, in.Content}, func(rows pgx.Rows) error {
		var created time.Time
		_, err := pgx.ForEachRow(rows, []any{&created}, func() error {
			to = appendText(append(to, `{"id":`...), id.String())
			to = appendText(append(to, `,"title":`...), in.Title)
			to = append(appendTime(append(to, `,"createdAt":`...), created), '}')
			return nil
		})
		return err
	}})
	return to, err
}

// appendText appends a JSON string.
func appendText(to []byte, s string) []byte {
	to = append(to, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"', c == '\\':
			to = append(to, '\\', c)
		case c < 0x20:
			to = fmt.Appendf(to, `\u%04x`, c)
		default:
			to = append(to, c)
		}
	}
	return append(to, '"')
}

func appendOptional(to []byte, s *string) []byte {
	if s == nil {
		return append(to, "null"...)
	}
	return appendText(to, *s)
}

func appendNumber(to []byte, n *int) []byte {
	if n == nil {
		return append(to, "null"...)
	}
	return strconv.AppendInt(to, int64(*n), 10)
}

func appendTime(to []byte, t time.Time) []byte {
	to = append(to, '"')
	return append(t.UTC().AppendFormat(to, time.RFC3339Nano), '"')
}
