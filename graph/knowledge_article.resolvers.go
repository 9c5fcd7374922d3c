package graph

import (
	"context"
	"fmt"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// CreateKnowledgeArticle is the resolver for the createKnowledgeArticle field.
func (r *mutationResolver) CreateKnowledgeArticle(ctx context.Context, input model.CreateKnowledgeArticleInput) (*model.CreateKnowledgeArticlePayload, error) {
	panic(fmt.Errorf("not implemented: CreateKnowledgeArticle - createKnowledgeArticle"))
}

// UpdateKnowledgeArticle is the resolver for the updateKnowledgeArticle field.
func (r *mutationResolver) UpdateKnowledgeArticle(ctx context.Context, id string, input model.UpdateKnowledgeArticleInput) (*model.UpdateKnowledgeArticlePayload, error) {
	panic(fmt.Errorf("not implemented: UpdateKnowledgeArticle - updateKnowledgeArticle"))
}

// RetireKnowledgeArticle is the resolver for the retireKnowledgeArticle field.
func (r *mutationResolver) RetireKnowledgeArticle(ctx context.Context, id string) (*model.RetireKnowledgeArticlePayload, error) {
	panic(fmt.Errorf("not implemented: RetireKnowledgeArticle - retireKnowledgeArticle"))
}

// KnowledgeBase is the resolver for the knowledgeBase field.
func (r *queryResolver) KnowledgeBase(ctx context.Context, first *int, after *string, last *int, before *string, where *model.KnowledgeArticleWhere) (*page.Connection[ent.KnowledgeArticle], error) {
	panic(fmt.Errorf("not implemented: KnowledgeBase - knowledgeBase"))
}

// KnowledgeArticle is the resolver for the knowledgeArticle field.
func (r *queryResolver) KnowledgeArticle(ctx context.Context, id string) (*ent.KnowledgeArticle, error) {
	panic(fmt.Errorf("not implemented: KnowledgeArticle - knowledgeArticle"))
}
