package reception

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
)

// maxPassages is how many passages answer a question.
const maxPassages = 3

// Passage is what one article says about a question.
type Passage struct {
	Title, Text string
	// Rank is larger for a better match; only its order means anything.
	Rank float64
}

// searchArticles finds the articles that share words with a question, by their
// stems: an article's language says how its words were read, and the question is
// read once for each language that the clinic writes in. Any word is enough, for
// people ask in sentences; the more of them, and in the title, the higher the
// rank. A question of words that mean nothing there ("is it the") finds nothing.
//
// The primary key's clinic finds the articles, whose words are then compared one
// by one; 0041 says why no index of words helps. Texts are cut out for the best
// articles alone.
const searchArticles = `
	with asked as materialized (
	  select l.config, replace(plainto_tsquery(l.config, $2)::text, ' & ', ' | ')::tsquery as query
	    from (select distinct app.text_config(language) as config from knowledge_base
	           where org_id = $1 and active and retired_at is null) l
	), hits as materialized (
	  select k.id, k.title, k.content, a.config, a.query, ts_rank(k.words, a.query, 1) as rank
	    from knowledge_base k join asked a on a.config = app.text_config(k.language)
	   where k.org_id = $1 and k.active and k.retired_at is null and k.words @@ a.query
	   order by rank desc, k.id limit $3
	)
	select title, rank,
	       ts_headline(config, left(content, 100000), query, 'StartSel="", StopSel="", MaxFragments=3, MinWords=15, MaxWords=60, FragmentDelimiter=" ... "')
	  from hits order by rank desc, id`

// Search finds what the clinic's active articles say about a question, best first.
func (*Desk) Search(ctx context.Context, tx *rls.Tx, org uuid.UUID, question string) ([]Passage, error) {
	question = strings.ToValidUTF8(strings.ReplaceAll(question, "\x00", " "), " ")
	if len(question) > maxQuestion {
		question = strings.ToValidUTF8(question[len(question)-maxQuestion:], "")
	}
	var list []Passage
	var p Passage
	err := each(ctx, tx, searchArticles, []any{org, question, maxPassages}, []any{&p.Title, &p.Rank, &p.Text}, func() error {
		list = append(list, p)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("searching the knowledge base: %w", err)
	}
	return list, nil
}

// maxQuestion is how much of a question counts, in bytes; its end, where people
// come to the point.
const maxQuestion = 500

// lookUpKnowledge answers a question from the clinic's articles.
func lookUpKnowledge(ctx context.Context, j *job) (string, error) {
	list, err := j.Search(ctx, j.tx, j.call.Org, j.args.text("question"))
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", refuse("nothing_known", "The clinic has said nothing about this. Do not guess: offer that a member of staff calls back.")
	}
	parts := make([]string, len(list))
	for i, p := range list {
		parts[i] = p.Title + ": " + p.Text
	}
	return strings.Join(parts, " || "), nil
}
