package vapifake

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The most that a list gives, and what it gives when not asked for a number.
const (
	mostRows    = 1000
	defaultRows = 100
)

// bounds are the conditions on times, by the end of their names.
var bounds = map[string]func(row, bound string) bool{ //nolint:gochecknoglobals // immutable table
	"Ge": func(row, bound string) bool { return row >= bound },
	"Gt": func(row, bound string) bool { return row > bound },
	"Le": func(row, bound string) bool { return row <= bound },
	"Lt": func(row, bound string) bool { return row < bound },
}

// list gives the newest rows that the query's conditions let through.
func (f *Fake) list(rows map[string]map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		limit, wrong := defaultRows, []string{}
		found := slices.SortedFunc(maps.Values(rows), oldest)
		slices.Reverse(found)
		for name, values := range r.URL.Query() {
			field, holds := condition(name)
			switch {
			case len(values) != 1:
				wrong = append(wrong, name+" must be given once")
			case name == "limit":
				n, err := strconv.Atoi(values[0])
				if err != nil || n < 0 || n > mostRows {
					wrong = append(wrong, "limit must not be greater than 1000")
				}
				limit = n
			case name == "assistantId" || name == "phoneNumberId":
				found = slices.DeleteFunc(found, func(row map[string]any) bool { return text(row, name) != values[0] })
			case holds != nil:
				at, err := time.Parse(time.RFC3339, values[0])
				if err != nil {
					wrong = append(wrong, name+" must be a valid ISO 8601 date string")
				}
				bound := at.UTC().Format(layout)
				found = slices.DeleteFunc(found, func(row map[string]any) bool { return !holds(text(row, field), bound) })
			default:
				wrong = append(wrong, "property "+name+" should not exist")
			}
		}
		if len(wrong) > 0 {
			refuse(w, http.StatusBadRequest, wrong...)
			return
		}
		answer(w, http.StatusOK, found[:min(limit, len(found))])
	}
}

// condition reads a name as createdAtGe.
func condition(name string) (field string, holds func(row, bound string) bool) {
	for _, field := range []string{"createdAt", "updatedAt"} {
		if end, ok := strings.CutPrefix(name, field); ok && bounds[end] != nil {
			return field, bounds[end]
		}
	}
	return "", nil
}
