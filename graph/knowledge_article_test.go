package graph_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/policy"
)

const (
	createArticle = `mutation($in: CreateKnowledgeArticleInput!) { createKnowledgeArticle(input: $in) { knowledgeArticle { id title category content language version active } } }`
	updateArticle = `mutation($id: ID!, $in: UpdateKnowledgeArticleInput = {}) { updateKnowledgeArticle(id: $id, input: $in) { knowledgeArticle { title content version } } }`
	retireArticle = `mutation($id: ID!) { retireKnowledgeArticle(id: $id) { knowledgeArticle { id version active retiredAt } } }`
)

type articleRow struct {
	ID, Title, Category, Content, Language string
	Version                                int
	Active                                 bool
}

// Two people edit the price list: the second, who did not see the first's
// change, is told so and changes nothing.
func TestAnArticlesLife(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	var made struct {
		CreateKnowledgeArticle struct{ KnowledgeArticle articleRow }
	}
	in := map[string]any{"title": "Prices", "content": "A check-up is 60.", "category": "PRICING"}
	c.ask(t, c.admin, createArticle, map[string]any{"in": in}).decode(t, &made)
	article := made.CreateKnowledgeArticle.KnowledgeArticle
	want := articleRow{
		ID: article.ID, Title: "Prices", Category: "PRICING", Content: "A check-up is 60.", Language: "en", Version: 1, Active: true,
	}
	if diff := cmp.Diff(want, article); diff != "" {
		t.Error(diff)
	}

	for _, step := range []struct {
		in      map[string]any
		code    string
		version int
	}{
		{map[string]any{"content": "A check-up is 65.", "expectedVersion": 1}, "", 2},
		{map[string]any{"content": "A check-up is 50.", "expectedVersion": 1}, "CONFLICT", 2},
		{map[string]any{"expectedVersion": 2}, "", 2},
		{map[string]any{}, "", 2},
		{map[string]any{"title": "Price list"}, "", 3},
		{map[string]any{"active": false, "expectedVersion": 3}, "", 4},
	} {
		got := c.ask(t, c.admin, updateArticle, map[string]any{"id": article.ID, "in": step.in})
		if got.code() != step.code {
			t.Errorf("%v: %s", step.in, got.Body)
		}
		if n := c.count(t, `select version from knowledge_base`); n != step.version {
			t.Errorf("%v: version %d, want %d", step.in, n, step.version)
		}
	}
	if n := c.count(t, `select count(*) from knowledge_base where content = 'A check-up is 65.' and title = 'Price list' and not active`); n != 1 {
		t.Error("the changes did not add up")
	}

	c.row(t, "knowledge_article", "knowledge_base", c.other, map[string]any{"title": "Foreign", "content": "canary-harbor"})
	const list = `query($where: KnowledgeArticleWhere) { knowledgeBase(where: $where) { totalCount edges { node { title content } } } }`
	for _, l := range []struct {
		where map[string]any
		n     string
	}{
		{nil, `"totalCount":1`},
		{map[string]any{"category": "PRICING"}, `"totalCount":1`},
		{map[string]any{"category": "GENERAL"}, `"totalCount":0`},
		{map[string]any{"active": true}, `"totalCount":0`},
	} {
		if got := c.ask(t, c.viewer, list, map[string]any{"where": l.where}); !strings.Contains(got.Body, l.n) || strings.Contains(got.Body, "harbor") {
			t.Errorf("%v: %s", l.where, got.Body)
		}
	}
	for range 2 {
		if got := c.ask(t, c.admin, retireArticle, map[string]any{"id": article.ID}); !strings.Contains(got.Body, `"version":5,"active":false,"retiredAt":"2`) {
			t.Errorf("retired: %s", got.Body)
		}
	}
	if got := c.ask(t, c.admin, updateArticle, map[string]any{"id": article.ID, "in": map[string]any{"active": true}}); got.code() != "CONFLICT" {
		t.Errorf("a retired article came back: %s", got.Body)
	}
	if got := c.ask(t, c.viewer, list, map[string]any{"where": nil}); !strings.Contains(got.Body, `"totalCount":0`) {
		t.Errorf("a retired article is listed: %s", got.Body)
	}
	if got := c.ask(t, c.viewer, list, map[string]any{"where": map[string]any{"includeRetired": true}}); !strings.Contains(got.Body, `"content":"A check-up is 65."`) {
		t.Errorf("a retired article is lost: %s", got.Body)
	}
	if n := c.recorded(t, c.admin, policy.Create, policy.KnowledgeArticle); n != 1 {
		t.Errorf("%d records of the creation", n)
	}
}

func TestArticlesOfOthers(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	foreign := c.row(t, "knowledge_article", "knowledge_base", c.other, map[string]any{"title": "Foreign", "content": "canary-harbor"})
	c.refuses(t, c.owner, updateArticle, map[string]any{"in": map[string]any{"title": "Mine"}}, foreign)
	c.refuses(t, c.owner, retireArticle, nil, foreign)
	if got := c.ask(t, c.owner, `query($id: ID!) { knowledgeArticle(id: $id) { content } }`, map[string]any{"id": foreign}); strings.Contains(got.Body, "canary") {
		t.Errorf("a foreign article shows: %s", got.Body)
	}
	if n := c.count(t, `select count(*) from knowledge_base where title = 'Foreign' and version = 1 and retired_at is null`); n != 1 {
		t.Error("the other clinic's article was touched")
	}
}

func TestArticlesThatCouldNotBe(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	for name, in := range map[string]map[string]any{
		"no title":       {"title": ""},
		"a long title":   {"title": strings.Repeat("x", 201)},
		"no content":     {"content": " \n"},
		"a long content": {"content": strings.Repeat("x", 200_001)},
		"a NUL":          {"content": "a\x00b"},
		"a language":     {"language": "en_GB.UTF-8"},
	} {
		whole := map[string]any{"title": "Prices", "content": "A check-up is 60."}
		maps.Copy(whole, in)
		if got := c.ask(t, c.admin, createArticle, map[string]any{"in": whole}); got.code() != "BAD_USER_INPUT" {
			t.Errorf("%s: %.200s", name, got.Body)
		}
	}
	if n := c.count(t, `select count(*) from knowledge_base`); n != 0 {
		t.Errorf("%d articles were made", n)
	}
}
