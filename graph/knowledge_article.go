package graph

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/knowledgearticle"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// maxArticle is the longest text of the knowledge base, in characters.
const maxArticle = 200_000

// articleOrder is the order of the knowledge base, newest first.
func articleOrder() page.Order[ent.KnowledgeArticle] {
	return page.Order[ent.KnowledgeArticle]{
		Name: "created_at", Desc: true, Expr: page.Column(knowledgearticle.FieldCreatedAt),
		Key: func(a *ent.KnowledgeArticle) any { return a.CreatedAt }, ID: func(a *ent.KnowledgeArticle) uuid.UUID { return a.ID },
	}
}

func filterArticles(q *ent.KnowledgeArticleQuery, w *model.KnowledgeArticleWhere) *ent.KnowledgeArticleQuery {
	if w == nil || w.IncludeRetired == nil || !*w.IncludeRetired {
		q = q.Where(knowledgearticle.RetiredAtIsNil())
	}
	if w != nil && w.Category != nil {
		q = q.Where(knowledgearticle.CategoryEQ(*w.Category))
	}
	if w != nil && w.Active != nil {
		q = q.Where(knowledgearticle.Active(*w.Active))
	}
	return q
}

func articleColumns(ctx context.Context, asked map[string]bool) []string {
	return lightColumns(ctx, policy.KnowledgeArticle, knowledgearticle.Columns, map[string]string{knowledgearticle.FieldContent: "content"}, asked)
}

func checkArticle(in model.UpdateKnowledgeArticleInput) error {
	return errors.Join(
		checkNamed(text{"title", in.Title, 200}, text{"content", in.Content, maxArticle}),
		checkLanguage(in.Language),
	)
}

// updateArticle changes an article that is in use, at the version its reader
// saw; any other is not found. An input that changes nothing makes no version.
func updateArticle(c *ent.Client, id uuid.UUID, in model.UpdateKnowledgeArticleInput) *ent.KnowledgeArticleUpdateOne {
	u := c.KnowledgeArticle.UpdateOneID(id).Where(knowledgearticle.RetiredAtIsNil()).
		SetNillableTitle(in.Title).SetNillableCategory(in.Category).SetNillableContent(in.Content).
		SetNillableLanguage(in.Language).SetNillableActive(in.Active)
	if in.ExpectedVersion != nil {
		u.Where(knowledgearticle.Version(*in.ExpectedVersion))
	}
	if changes := (model.UpdateKnowledgeArticleInput{ExpectedVersion: in.ExpectedVersion}); in != changes {
		u.AddVersion(1)
	}
	return u
}

// articleAbsent tells an article that is retired or was changed meanwhile, which
// is no secret to its clinic, from one that is not there.
func (r *Resolver) articleAbsent(ctx context.Context, err error, id uuid.UUID) error {
	if ent.IsNotFound(err) {
		row, missing := ent.FromContext(ctx).KnowledgeArticle.Query().Where(knowledgearticle.ID(id)).
			Select(knowledgearticle.FieldRetiredAt, knowledgearticle.FieldVersion).Only(ctx)
		switch {
		case missing != nil:
		case row.RetiredAt != nil:
			return fault.New(fault.Conflict, "This article is retired and stays as it is. Create a new one.")
		default:
			return fault.New(fault.Conflict, "Somebody else changed this article. Read it again, then change it.").With("version", row.Version)
		}
	}
	return r.absent(ctx, err, policy.Update, policy.KnowledgeArticle, id)
}
