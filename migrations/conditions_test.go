package migrations_test

import (
	"regexp"
	"strings"
)

// token is a word, a bracket or a semicolon of SQL; what lies between is of no
// interest. Strings and comments are read as one.
var token = regexp.MustCompile(`'(?:[^']|'')*'|--[^\n]*|\w+|[();]|\|\||<>|:=`)

// openers stand before a condition, and closers behind one.
var (
	openers = map[string]bool{"where": true, "if": true, "on": true, "when": true, "and": true, "or": true, "(": true}
	closers = map[string]bool{
		"and": true, "or": true, "then": true, "loop": true, ";": true, ")": true, "order": true, "group": true,
		"limit": true, "for": true, "returning": true, "join": true, "left": true, "where": true, "on": true,
	}
)

// condition is one operand of what a text asks, and what it becomes when nobody
// asks it: true beside an AND or alone, false beside an OR or in an IF.
type condition struct {
	from, to int
	text     string
	neutral  string
}

// without is the text in which nobody asks the condition.
func (c condition) without(text string) string {
	return text[:c.from] + " " + c.neutral + " " + text[c.to:]
}

// conditionsOf finds every condition in SQL or PL/pgSQL, those inside brackets
// and subselects too.
func conditionsOf(sql string) []condition {
	tokens := token.FindAllStringIndex(sql, -1)
	word := func(i int) string { return strings.ToLower(sql[tokens[i][0]:tokens[i][1]]) }
	var found []condition
	for i := range tokens {
		if !openers[word(i)] {
			continue
		}
		depth, end, closer := 0, len(sql), ""
		for j := i + 1; j < len(tokens); j++ {
			if w := word(j); depth == 0 && closers[w] {
				end, closer = tokens[j][0], w
				break
			} else if w == "(" {
				depth++
			} else if w == ")" {
				depth--
			}
		}
		opener, text := word(i), strings.TrimSpace(sql[tokens[i][1]:end])
		joins := closer == "and" || closer == "or"
		if opener == "(" && !joins || text == "" || strings.HasPrefix(text, "conflict") || strings.HasPrefix(text, "constraint") {
			continue
		}
		neutral := "true"
		if opener == "or" || closer == "or" || opener == "if" && closer != "and" {
			neutral = "false"
		}
		found = append(found, condition{tokens[i][1], end, text, neutral})
	}
	return found
}
