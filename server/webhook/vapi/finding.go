package vapi

import (
	"maps"
	"slices"
)

// findings are the results of an analysis by folded name. A nested one is
// known by its path as well: sentiment.label is sentimentlabel.
type findings struct {
	data   object
	byName map[string]any
}

// findings gathers the forms that Vapi has for them, oldest first; of two with
// one name the first stays.
func (m Message) findings() findings {
	f := findings{byName: map[string]any{}}
	for _, source := range []any{
		at(m.body, "analysis", "structuredData"), at(m.body, "call", "analysis", "structuredData"),
	} {
		f.add(unwrap(source))
	}
	for _, part := range list(at(m.body, "analysis", "structuredDataMulti")) {
		f.add(unwrap(part))
	}
	outputs, _ := at(m.body, "artifact", "structuredOutputs").(object)
	for _, id := range slices.Sorted(maps.Keys(outputs)) {
		result := unwrap(at(outputs[id], "result"))
		if name := text(at(outputs[id], "name")); name != "" && result != nil {
			if o, ok := result.(object); ok {
				f.add(o)
			} else {
				f.add(object{name: result})
			}
		}
	}
	return f
}

// add takes the members of v, if it has any.
func (f *findings) add(v any) {
	o, _ := v.(object)
	for _, key := range slices.Sorted(maps.Keys(o)) {
		if f.data == nil {
			f.data = object{}
		}
		if _, known := f.data[key]; !known {
			f.data[key] = o[key]
		}
	}
	f.index("", o)
}

func (f *findings) index(path string, o object) {
	for _, key := range slices.Sorted(maps.Keys(o)) {
		name := path + fold(key)
		if child, ok := o[key].(object); ok {
			f.index(name, child)
			continue
		}
		if _, known := f.byName[name]; !known && o[key] != nil {
			f.byName[name] = o[key]
		}
	}
}

// all lists the values under names, in the order of names.
func (f findings) all(names ...string) (values []any) {
	for _, name := range names {
		if v, ok := f.byName[name]; ok {
			values = append(values, v)
		}
	}
	return values
}

// unwrap reads JSON that came as a string; anything else is returned as it is.
func unwrap(v any) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	inner, _, err := decode([]byte(s))
	if err != nil {
		return v
	}
	return inner
}
