package opa

import (
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/voxanne/cascade/policy"
)

// errShape means that the policy answered in another shape than agreed.
var errShape = errors.New("the policy's answer has the wrong shape")

// verdictFields are the fields of an answer: all of them, no others.
var verdictFields = map[string]func(*policy.Verdict, ast.Value) error{
	"allow":  func(v *policy.Verdict, x ast.Value) error { return readBool(x, &v.Allow) },
	"wide":   func(v *policy.Verdict, x ast.Value) error { return readBool(x, &v.Wide) },
	"reason": func(v *policy.Verdict, x ast.Value) error { return readString(x, &v.Reason) },
	"org_ids": func(v *policy.Verdict, x ast.Value) error {
		ids, err := readStrings(x)
		if err != nil {
			return err
		}
		for _, s := range ids {
			id, err := uuid.Parse(s)
			// Parse reads other spellings too; the input has one, and so has its answer.
			if err != nil || id.String() != s {
				return fmt.Errorf("org_ids: %w", errShape)
			}
			v.OrgIDs = append(v.OrgIDs, id)
		}
		return nil
	},
	"obligations": func(v *policy.Verdict, x ast.Value) (err error) {
		v.Obligations, err = readStrings(x)
		return err
	},
	"masks": func(v *policy.Verdict, x ast.Value) error {
		object, ok := x.(ast.Object)
		if !ok {
			return fmt.Errorf("masks: %w", errShape)
		}
		v.Masks = make(map[policy.Resource][]string, object.Len())
		return object.Iter(func(key, value *ast.Term) error {
			var resource string
			if err := readString(key.Value, &resource); err != nil {
				return err
			}
			fields, err := readStrings(value.Value)
			v.Masks[policy.Resource(resource)] = fields
			return err
		})
	},
}

// readVerdict reads an answer strictly: an unknown field, a missing field or a
// wrong type is errShape. A lenient reader would turn a typo into access.
func readVerdict(answer any) (policy.Verdict, error) {
	object, ok := answer.(ast.Object)
	if !ok {
		return policy.Verdict{}, errShape
	}
	if object.Len() != len(verdictFields) {
		return policy.Verdict{}, fmt.Errorf("%d fields: %w", object.Len(), errShape)
	}
	var v policy.Verdict
	err := object.Iter(func(key, value *ast.Term) error {
		var name string
		if err := readString(key.Value, &name); err != nil {
			return err
		}
		read, ok := verdictFields[name]
		if !ok {
			return fmt.Errorf("field %q: %w", name, errShape)
		}
		return read(&v, value.Value)
	})
	if err != nil {
		return policy.Verdict{}, err
	}
	return v, nil
}

func readBool(x ast.Value, to *bool) error {
	b, ok := x.(ast.Boolean)
	if !ok {
		return errShape
	}
	*to = bool(b)
	return nil
}

func readString(x ast.Value, to *string) error {
	s, ok := x.(ast.String)
	if !ok {
		return errShape
	}
	*to = string(s)
	return nil
}

// readStrings accepts an array or a set: Rego authors use both for lists.
func readStrings(x ast.Value) ([]string, error) {
	var out []string
	add := func(t *ast.Term) error {
		var s string
		if err := readString(t.Value, &s); err != nil {
			return err
		}
		out = append(out, s)
		return nil
	}
	switch list := x.(type) {
	case *ast.Array:
		err := list.Iter(add)
		return out, err
	case ast.Set:
		err := list.Iter(add)
		return out, err
	default:
		return nil, errShape
	}
}
