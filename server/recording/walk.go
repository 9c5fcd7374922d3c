package recording

import (
	"context"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
)

// The kinds of orphans, as the database has them.
const (
	withoutRow    = "object_without_row"
	withoutObject = "row_without_object"
	incomplete    = "incomplete_multipart"
)

// orphan is an object without a row, a row without its object, or an upload that
// never ended.
type orphan struct {
	kind, path string
	size       int64
}

// found is what a walk through a clinic's store and rows came to.
type found struct {
	orphans []orphan
	objects int
	whole   bool // nothing was left out
}

// maxOrphans is how many one walk notes: more are for the next.
const maxOrphans = 1000

// rowPage is how many rows are read at once.
const rowPage = 500

// walk holds a clinic's objects against its rows: two lists in the same order,
// side by side, so that memory does not grow with them. What is younger than
// settled may be on its way and is left alone.
func (s *Sweeper) walk(ctx context.Context, org uuid.UUID, settled time.Time) (found, error) {
	out := found{whole: true}
	note := func(o orphan) {
		if len(out.orphans) == maxOrphans {
			out.whole = false
			return
		}
		out.orphans = append(out.orphans, o)
	}
	rows := rowsInOrder{desk: &s.desk, org: org}
	missing := func(r stored) {
		if r.since.Before(settled) && !r.erased {
			note(orphan{withoutObject, r.key, r.size})
		}
	}
	err := s.Store.objects(ctx, org, func(o object) error {
		out.objects++
		for {
			r, ok, err := rows.peek(ctx)
			switch {
			case err != nil:
				return err
			case ok && r.key < o.key:
				missing(r)
				rows.next()
				continue
			case ok && r.key == o.key:
				rows.next()
			case !o.modified.Before(settled):
			case s.Store.unfinished(o.key):
				note(orphan{incomplete, o.key, o.size})
			default:
				note(orphan{withoutRow, o.key, o.size})
			}
			return nil
		}
	})
	if err != nil {
		return out, err
	}
	for {
		r, ok, err := rows.peek(ctx)
		if err != nil {
			return out, err
		}
		if !ok {
			break
		}
		missing(r)
		rows.next()
	}
	uploads, err := s.Store.uploads(ctx, org)
	for _, u := range uploads {
		if u.at.Before(settled) {
			note(orphan{incomplete, u.key, 0})
		}
	}
	return out, err
}

// stored is what a recording's row says of its object.
type stored struct {
	key    string
	size   int64
	since  time.Time
	erased bool
}

// rowsInOrder are a clinic's recordings in the order of their keys.
type rowsInOrder struct {
	*desk
	org  uuid.UUID
	page []stored
	last string
	done bool
}

// peek is the next row, if there is one.
func (r *rowsInOrder) peek(ctx context.Context) (stored, bool, error) {
	if len(r.page) == 0 && !r.done {
		err := rls.Each(ctx, r.Driver, `
			select object_key, bytes, stored_at, deleted_at is not null from recordings
			 where org_id = $1 and object_key is not null and object_key collate "C" > $2
			 order by object_key collate "C" limit $3`, []any{r.org, r.last, rowPage}, func(rows *entsql.Rows) error {
			var s stored
			err := rows.Scan(&s.key, &s.size, &s.since, &s.erased)
			r.page, r.last = append(r.page, s), s.key
			return err
		})
		if err != nil {
			return stored{}, false, err
		}
		r.done = len(r.page) < rowPage
	}
	if len(r.page) == 0 {
		return stored{}, false, nil
	}
	return r.page[0], true, nil
}

func (r *rowsInOrder) next() { r.page = r.page[1:] }
