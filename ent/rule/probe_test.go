package rule_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/privacy"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy"
)

// probe tries everything with one row type through its client, and returns the
// first thing that is not as the comment on its table says, or nil.
func (w *world) probe(ctx context.Context, name string) error {
	table := types[name].table
	kind, word, _ := strings.Cut(w.comments[table], ":")
	r := policy.Resource(word)
	others := slices.DeleteFunc(policy.Resources(), func(o policy.Resource) bool { return o == r })
	full, none := w.may(ctx, nil, r), w.may(ctx, nil, others...)
	everywhere, elsewhere := wide(ctx, r), wide(ctx, others...)
	tries := []error{
		w.denied(ctx, name), w.writesDenied(ctx, name), w.writesDenied(none, name), w.writesDenied(everywhere, name),
	}
	if kind != "self" { // anybody is a person
		tries = append(tries, w.denied(none, name), w.denied(elsewhere, name))
	}
	if s, err := policy.ScopeFrom(everywhere); err == nil && s.Wide(r) {
		tries = append(tries, w.sees(everywhere, name, "", w.mine, w.rows[table]))
	}
	switch {
	case kind == "self":
		tries = append(tries, w.sees(full, name, "id", dbtest.RowID(w.mine, table), 1), w.writesDenied(full, name))
	case kind == "platform":
		tries = append(tries, w.denied(full, name), w.writesDenied(full, name))
	case table == "audit_decisions": // its own, and the one about several orgs
		tries = append(tries, w.sees(full, name, "", w.mine, 2), w.writesDenied(full, name))
	case table == "organizations":
		tries = append(tries, w.sees(full, name, "id", w.mine, 1), w.writes(full, name, true))
	default:
		tries = append(tries, w.sees(full, name, "org_id", w.mine, 1), w.writes(full, name, false), w.masks(ctx, name, r))
	}
	return errors.Join(tries...)
}

// all reads every row.
func (w *world) all(ctx context.Context, name string) (reflect.Value, error) {
	out := invoke(invoke(of(w.client, name), "Query")[0].Interface(), "All", ctx)
	return out[0], asError(out[1])
}

func asError(v reflect.Value) error {
	err, _ := reflect.TypeAssert[error](v)
	return err
}

// sees checks that so many rows are seen, all of one org unless column is empty.
func (w *world) sees(ctx context.Context, name, column string, org uuid.UUID, n int) error {
	rows, err := w.all(ctx, name)
	if err != nil || rows.Len() != n {
		return fmt.Errorf("reading: %d rows, %w", rows.Len(), err)
	}
	for i := range rows.Len() {
		if v := field(rows.Index(i), column); column != "" && v != org {
			return fmt.Errorf("reading: a row of %v", v)
		}
	}
	out := invoke(invoke(of(w.client, name), "Query")[0].Interface(), "Count", ctx)
	if err := asError(out[1]); err != nil || out[0].Int() != int64(n) {
		return fmt.Errorf("counting: %d rows, %w", out[0].Int(), err)
	}
	return nil
}

// field is the value of a row's field by its ent name; nil when there is none.
func field(row reflect.Value, name string) any {
	row = reflect.Indirect(row)
	for i := range row.NumField() {
		if tag, _, _ := strings.Cut(row.Type().Field(i).Tag.Get("json"), ","); tag == name && row.Type().Field(i).IsExported() {
			v := row.Field(i)
			if v.Kind() == reflect.Pointer && !v.IsNil() {
				v = v.Elem()
			}
			return v.Interface()
		}
	}
	return nil
}

func (w *world) denied(ctx context.Context, name string) error {
	if rows, err := w.all(ctx, name); !errors.Is(err, privacy.Deny) {
		return fmt.Errorf("reading: %d rows, %w", rows.Len(), err)
	}
	return nil
}

// within runs do in a transaction that is rolled back.
func (w *world) within(ctx context.Context, name string, do func(client any) error) (err error) {
	tx, err := w.client.Tx(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	return do(of(tx.Client(), name))
}

// create makes a row of org and says what comes of it.
func create(ctx context.Context, client any, org uuid.UUID) error {
	builder := invoke(client, "Create")[0].Interface()
	m, ok := reflect.TypeAssert[ent.Mutation](invoke(builder, "Mutation")[0])
	if !ok {
		return errors.New("no mutation")
	}
	_ = m.SetField("org_id", org) // a row type without an org has no such field
	return asError(invoke(builder, "Save", ctx)[1])
}

func (w *world) writesDenied(ctx context.Context, name string) error {
	return w.within(ctx, name, func(client any) error {
		if err := asError(invoke(invoke(client, "Update")[0].Interface(), "Save", ctx)[1]); !errors.Is(err, privacy.Deny) {
			return fmt.Errorf("updating: %w", err)
		}
		if err := asError(invoke(invoke(client, "Delete")[0].Interface(), "Exec", ctx)[1]); !errors.Is(err, privacy.Deny) {
			return fmt.Errorf("deleting: %w", err)
		}
		if err := create(ctx, client, w.mine); !errors.Is(err, privacy.Deny) {
			return fmt.Errorf("creating: %w", err)
		}
		return nil
	})
}

// writes checks that one's own rows are changed, removed and, unless nobody ever
// does, made; and no others.
func (w *world) writes(ctx context.Context, name string, never bool) error {
	changed, err := w.update(ctx, name)
	if err != nil || changed > 1 {
		return fmt.Errorf("updating: %d rows, %w", changed, err)
	}
	return w.within(ctx, name, func(client any) error {
		out := invoke(invoke(client, "Delete")[0].Interface(), "Exec", ctx)
		if err := asError(out[1]); err != nil || out[0].Int() != 1 {
			return fmt.Errorf("deleting: %d rows, %w", out[0].Int(), err)
		}
		if err := create(ctx, client, w.theirs); !errors.Is(err, privacy.Deny) {
			return fmt.Errorf("creating elsewhere: %w", err)
		}
		// What else is missing in the row is not the rule's to say.
		if err := create(ctx, client, w.mine); errors.Is(err, privacy.Deny) != never {
			return fmt.Errorf("creating: %w", err)
		}
		return nil
	})
}

// update sets each field that may change, in every row there is, to what it is
// in one's own, and returns the most rows that changed at once.
func (w *world) update(ctx context.Context, name string) (int64, error) {
	rows, err := w.all(ctx, name)
	if err != nil || rows.Len() == 0 {
		return 0, err
	}
	most := int64(0)
	for f := range rows.Index(0).Elem().Type().Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "" || tag == "-" || tag == "edges" {
			continue
		}
		err := w.within(ctx, name, func(client any) error {
			builder := invoke(client, "Update")[0].Interface()
			m, ok := reflect.TypeAssert[ent.Mutation](invoke(builder, "Mutation")[0])
			if !ok {
				return errors.New("no mutation")
			}
			_ = m.SetField(tag, field(rows.Index(0), tag)) // what is no field changes no row
			out := invoke(builder, "Save", ctx)
			most = max(most, out[0].Int())
			if err := asError(out[1]); errors.Is(err, privacy.Deny) {
				return err
			}
			return nil
		})
		if err != nil || most > 0 {
			return most, err
		}
	}
	return most, nil
}

// masks checks that every field that may be hidden is.
func (w *world) masks(ctx context.Context, name string, r policy.Resource) error {
	open, err := w.all(w.may(ctx, nil, r), name)
	if err != nil || open.Len() == 0 {
		return fmt.Errorf("reading: %d rows, %w", open.Len(), err)
	}
	for _, f := range r.Maskable() {
		if field(open.Index(0), f) == nil {
			continue // another table of the resource has it
		}
		if reflect.ValueOf(field(open.Index(0), f)).IsZero() {
			return fmt.Errorf("%s is empty in any case", f)
		}
		ctx := w.may(ctx, map[policy.Resource][]string{r: {f}}, r)
		rows, err := w.all(ctx, name)
		if err != nil {
			return err
		}
		if v := reflect.ValueOf(field(rows.Index(0), f)); !v.IsZero() {
			return fmt.Errorf("%s shows %v", f, v)
		}
		if err := w.sees(ctx, name, "org_id", w.mine, 1); err != nil { // masked, it counts all the same
			return err
		}
		var out []any
		selected := invoke(invoke(of(w.client, name), "Query")[0].Interface(), "Select", f)[0].Interface()
		if err := asError(invoke(selected, "Scan", ctx, &out)[0]); err == nil || !strings.Contains(err.Error(), "masked") {
			return fmt.Errorf("selecting %s: %v, %w", f, out, err)
		}
		if err := asError(invoke(selected, "All", ctx)[1]); err != nil {
			return fmt.Errorf("selecting rows for %s: %w", f, err)
		}
	}
	return nil
}
