package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/knowledgearticle"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// CreateKnowledgeArticle is the resolver for the createKnowledgeArticle field.
func (r *mutationResolver) CreateKnowledgeArticle(ctx context.Context, input model.CreateKnowledgeArticleInput) (*model.CreateKnowledgeArticlePayload, error) {
	org, err := theOrg(ctx, policy.Create, policy.KnowledgeArticle)
	if err != nil {
		return nil, err
	}
	if err := checkArticle(model.UpdateKnowledgeArticleInput{Title: &input.Title, Content: &input.Content, Language: input.Language}); err != nil {
		return nil, err
	}
	row, err := ent.FromContext(ctx).KnowledgeArticle.Create().SetID(r.NewID()).SetOrgID(org).
		SetTitle(input.Title).SetContent(input.Content).SetNillableCategory(input.Category).
		SetNillableLanguage(input.Language).Save(ctx)
	if err != nil {
		return nil, err
	}
	return &model.CreateKnowledgeArticlePayload{KnowledgeArticle: shown(ctx, policy.KnowledgeArticle, row)}, nil
}

// UpdateKnowledgeArticle is the resolver for the updateKnowledgeArticle field.
func (r *mutationResolver) UpdateKnowledgeArticle(ctx context.Context, id string, input model.UpdateKnowledgeArticleInput) (*model.UpdateKnowledgeArticlePayload, error) {
	if err := checkArticle(input); err != nil {
		return nil, err
	}
	articleID, err := idOf("knowledge_article", id)
	if err != nil {
		return nil, err
	}
	row, err := updateArticle(ent.FromContext(ctx), articleID, input).Save(ctx)
	if err != nil {
		return nil, r.articleAbsent(ctx, err, articleID)
	}
	return &model.UpdateKnowledgeArticlePayload{KnowledgeArticle: shown(ctx, policy.KnowledgeArticle, row)}, nil
}

// RetireKnowledgeArticle is the resolver for the retireKnowledgeArticle field.
func (r *mutationResolver) RetireKnowledgeArticle(ctx context.Context, id string) (*model.RetireKnowledgeArticlePayload, error) {
	articleID, err := idOf("knowledge_article", id)
	if err != nil {
		return nil, err
	}
	client := ent.FromContext(ctx)
	_, err = client.KnowledgeArticle.Update().Where(knowledgearticle.ID(articleID), knowledgearticle.RetiredAtIsNil()).
		SetActive(false).SetRetiredAt(r.Now()).AddVersion(1).Save(ctx)
	if err != nil {
		return nil, err
	}
	row, err := client.KnowledgeArticle.Get(ctx, articleID)
	if err != nil {
		return nil, r.absent(ctx, err, policy.Update, policy.KnowledgeArticle, articleID)
	}
	return &model.RetireKnowledgeArticlePayload{KnowledgeArticle: row}, nil
}

// KnowledgeBase is the resolver for the knowledgeBase field.
func (r *queryResolver) KnowledgeBase(ctx context.Context, first *int, after *string, last *int, before *string, where *model.KnowledgeArticleWhere) (*page.Connection[ent.KnowledgeArticle], error) {
	q := filterArticles(ent.FromContext(ctx).KnowledgeArticle.Query(), where)
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, q, args, articleOrder(), func(q *ent.KnowledgeArticleQuery) {
		q.Select(articleColumns(ctx, askedFields(ctx, inList...))...)
	})
}

// KnowledgeArticle is the resolver for the knowledgeArticle field.
func (r *queryResolver) KnowledgeArticle(ctx context.Context, id string) (*ent.KnowledgeArticle, error) {
	return find(ctx, r.Resolver, "knowledge_article", policy.KnowledgeArticle, id, func(ctx context.Context, id uuid.UUID) (*ent.KnowledgeArticle, error) {
		return ent.FromContext(ctx).KnowledgeArticle.Query().Where(knowledgearticle.ID(id)).Only(ctx)
	})
}
