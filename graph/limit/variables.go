package limit

import "github.com/vektah/gqlparser/v2/gqlerror"

// variables measures the values that a request brings beside its document. They
// are where a filter of a thousand nested "not" would hide: the document that
// uses it is a single line.
func (l Limits) variables(variables map[string]any) *gqlerror.Error {
	v := valueCount{limits: l}
	for _, value := range variables {
		if err := v.count(value, 0); err != nil {
			return err
		}
	}
	return nil
}

type valueCount struct {
	limits Limits
	values int
}

// count walks value and stops at the first limit passed, before it is much
// deeper than it may be.
func (c *valueCount) count(value any, depth int) *gqlerror.Error {
	c.values++
	if c.values > c.limits.InputValues {
		return exceeded("inputValues", c.limits.InputValues, c.values)
	}
	switch value.(type) {
	case map[string]any, []any:
		depth++
	}
	if depth > c.limits.InputDepth {
		return exceeded("inputDepth", c.limits.InputDepth, depth)
	}
	switch value := value.(type) {
	case map[string]any:
		for _, child := range value {
			if err := c.count(child, depth); err != nil {
				return err
			}
		}
	case []any:
		for _, child := range value {
			if err := c.count(child, depth); err != nil {
				return err
			}
		}
	}
	return nil
}
