package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/voxanne/cascade/bench/data"
	"github.com/voxanne/cascade/bench/load"
	"github.com/voxanne/cascade/ent/nodeid"
)

// question is what clients ask, in each contender's own words.
type question struct {
	name  string
	about string
	// floor and cascade make the request for a clinic; daily asks the floor to
	// read daily rows, as Cascade does, where it can.
	floor, daily, cascade maker
	// canaries is how many times the clinic's canary is in an answer, at least.
	canaries int
}

// maker makes a request for a clinic.
type maker func(s *stage, clinic int, random *rand.Rand) wire

// wire is one request before its headers, and a text that its answer must hold.
type wire struct {
	method, path, body string
	want               string
}

const callFields = `id status direction callerName callerNumber startedAt durationSeconds agent { name }`

var questions = []question{ //nolint:gochecknoglobals // immutable table
	{
		name: "Q1", about: "newest 20 calls with their agents", canaries: 40,
		floor:   func(*stage, int, *rand.Rand) wire { return wire{method: http.MethodGet, path: "/calls"} },
		cascade: graphql(`query Q1 { calls(first: 20) { nodes { `+callFields+` } } }`, nil),
	},
	{
		name: "Q2", about: "one call with its transcript", canaries: 2,
		floor: func(s *stage, c int, random *rand.Rand) wire {
			id := data.Call(c, random.IntN(s.db.Count(c))).String()
			return wire{method: http.MethodGet, path: "/calls/" + id, want: id}
		},
		cascade: graphql(`query Q2($id: ID!) { call(id: $id) { id status direction callerName startedAt durationSeconds transcript { speaker text at } } }`,
			func(s *stage, c int, random *rand.Rand) (map[string]any, string) {
				id := nodeid.Encode("call", data.Call(c, random.IntN(s.db.Count(c))))
				return map[string]any{"id": id}, id
			}),
	},
	{
		name: "Q3", about: "statistics of a year and the 10 latest calls", canaries: 20,
		floor:   stats("/stats"),
		daily:   stats("/stats/daily"),
		cascade: cascadeStats,
	},
	{
		name: "M1", about: "insert one knowledge-base row", canaries: 1,
		floor: func(_ *stage, c int, _ *rand.Rand) wire {
			body, _ := json.Marshal(article(c)) // texts always marshal
			return wire{method: http.MethodPost, path: "/knowledge", body: string(body)}
		},
		cascade: graphql(`mutation M1($in: CreateKnowledgeArticleInput!) { createKnowledgeArticle(input: $in) { knowledgeArticle { id title createdAt } } }`,
			func(_ *stage, c int, _ *rand.Rand) (map[string]any, string) {
				return map[string]any{"in": article(c)}, ""
			}),
	},
}

func article(clinic int) map[string]string {
	return map[string]string{"title": data.Canary(clinic) + " prices", "content": strings.Repeat("A check-up costs 60. ", 10)}
}

// days are the first and last day of the statistics: all that there are.
func days(s *stage) (from, to string) {
	return s.db.Base.Add(-data.Window).AddDate(0, 0, -1).Format("2006-01-02"), s.db.Base.AddDate(0, 0, 1).Format("2006-01-02")
}

func stats(path string) maker {
	return func(s *stage, c int, _ *rand.Rand) wire {
		from, to := days(s)
		return wire{method: http.MethodGet, path: path + "?from=" + from + "&to=" + to, want: fmt.Sprintf(`"total":%d,`, s.db.Count(c))}
	}
}

var cascadeStats = graphql( //nolint:gochecknoglobals // immutable
	`query Q3($from: Date!, $to: Date!) { callStats(from: $from, to: $to) { total today averageDurationSeconds byStatus { status count } }
		calls(first: 10) { nodes { `+callFields+` } } }`,
	func(s *stage, c int, _ *rand.Rand) (map[string]any, string) {
		from, to := days(s)
		return map[string]any{"from": from, "to": to}, fmt.Sprintf(`"total":%d,`, s.db.Count(c))
	})

// graphql asks a document, with variables and a text that the answer must hold.
func graphql(document string, variables func(*stage, int, *rand.Rand) (map[string]any, string)) maker {
	return func(s *stage, c int, random *rand.Rand) wire {
		body := map[string]any{"query": document}
		w := wire{method: http.MethodPost, path: "/graphql"}
		if variables != nil {
			body["variables"], w.want = variables(s, c, random)
		}
		text, _ := json.Marshal(body) // texts always marshal
		w.body = string(text)
		return w
	}
}

// shots are the requests of a question to one contender: a clinic by its size,
// or any as often as another, and whatever else at random.
func (s *stage) shots(of maker, canaries int) func(*rand.Rand) load.Shot {
	return func(random *rand.Rand) load.Shot {
		clinic := s.db.Draw(random)
		if s.even {
			clinic = random.IntN(s.db.Clinics)
		}
		return s.shot(of, canaries, clinic, random)
	}
}

// shot is one request for a clinic.
func (s *stage) shot(of maker, canaries, clinic int, random *rand.Rand) load.Shot {
	w := of(s, clinic, random)
	text := make([]byte, 0, 2<<10)
	text = fmt.Appendf(text, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nAccept: application/graphql-response+json, application/json\r\n",
		w.method, w.path, s.tokens[clinic])
	if w.body != "" {
		text = fmt.Appendf(text, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(w.body))
	}
	text = append(append(text, "\r\n"...), w.body...)
	return load.Shot{Wire: text, Check: func(body []byte) error { return check(body, clinic, canaries, w.want) }}
}

// check holds an answer to one clinic: no errors, its canary often enough, and
// no other's.
func check(body []byte, clinic, canaries int, want string) error {
	if bytes.Contains(body, []byte(`"errors"`)) {
		return errors.New("it holds errors")
	}
	if !bytes.Contains(body, []byte(want)) {
		return fmt.Errorf("it does not hold %s", want)
	}
	mine := []byte(data.Canary(clinic))
	found := 0
	for rest := body; ; found++ {
		at := bytes.Index(rest, []byte(data.CanaryPrefix))
		if at < 0 {
			break
		}
		if rest = rest[at:]; !bytes.HasPrefix(rest, mine) {
			return errors.New("it holds another clinic's data")
		}
		rest = rest[len(mine):]
	}
	if found < canaries {
		return fmt.Errorf("it holds the clinic's canary %d times, not %d", found, canaries)
	}
	return nil
}
