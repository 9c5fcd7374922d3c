package graph

import (
	"context"
	"io/fs"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/policyrevision"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// Policies takes candidate policies on their way. Each step is kept in the
// transaction that is handed in, and its errors are for people to read.
type Policies interface {
	// Propose keeps policies, given as texts by their names, as a draft of author's.
	Propose(ctx context.Context, tx audit.Tx, files map[string][]byte, author uuid.UUID, note string) (uuid.UUID, error)
	// Review begins to review a draft, and returns: the report is kept later.
	Review(ctx context.Context, id uuid.UUID, bundle []byte) error
	Judge(ctx context.Context, tx audit.Tx, id, approver uuid.UUID, approve bool, note string) error
	Move(ctx context.Context, tx audit.Tx, id uuid.UUID, state string, percent int, actor uuid.UUID, why string) error
	Rollback(ctx context.Context, tx audit.Tx, actor uuid.UUID, why string) error
	// Files are the policies in a kept bundle, for people to read.
	Files(bundle []byte) (fs.FS, error)
	// Running names the revisions that decide here; canary and shadow may be "".
	Running() (active, canary string, percent int, shadow string)
}

// policies is who ships policies here.
func (r *Resolver) policies() (Policies, error) {
	if r.Policies == nil {
		return nil, fault.New(fault.Unavailable, "Policies are not shipped through this server.")
	}
	return r.Policies, nil
}

func policyRevisionOrder() page.Order[ent.PolicyRevision] {
	return latestFirst(policyrevision.FieldCreatedAt,
		func(p *ent.PolicyRevision) time.Time { return p.CreatedAt }, func(p *ent.PolicyRevision) uuid.UUID { return p.ID })
}

// maxPolicyFiles bounds how many files a proposal may have.
const maxPolicyFiles = 200

// policyFiles are the files of a proposal. What they may be is the engine's to
// say.
func policyFiles(in []*model.PolicyFileInput) (map[string][]byte, error) {
	if len(in) > maxPolicyFiles {
		return nil, fault.New(fault.BadUserInput, "At most %d files.", maxPolicyFiles)
	}
	files := make(map[string][]byte, len(in))
	for _, f := range in {
		if !fs.ValidPath(f.Name) || files[f.Name] != nil {
			return nil, fault.New(fault.BadUserInput, "Each file needs a relative name of its own, such as cascade/member.rego.")
		}
		files[f.Name] = []byte(f.Text)
	}
	return files, nil
}

// movePolicy takes a policy to a state and returns it as it is then.
func (r *mutationResolver) movePolicy(ctx context.Context, id, state string, percent int, why string) (*model.MovePolicyPayload, error) {
	policies, err := r.policies()
	if err != nil {
		return nil, err
	}
	row, err := idOf("policy_revision", id)
	if err != nil {
		return nil, err
	}
	if err := policies.Move(ctx, txFrom(ctx), row, state, percent, decidedFrom(ctx).request.Subject.ID, why); err != nil {
		return nil, err
	}
	now, err := r.policyRevision(ctx, row)
	return &model.MovePolicyPayload{PolicyRevision: now}, err
}

// judgePolicy keeps a verdict and returns what it is on.
func (r *mutationResolver) judgePolicy(ctx context.Context, id string, approve bool, note string) (*model.JudgePolicyPayload, error) {
	policies, err := r.policies()
	if err != nil {
		return nil, err
	}
	row, err := idOf("policy_revision", id)
	if err != nil {
		return nil, err
	}
	if err := policies.Judge(ctx, txFrom(ctx), row, decidedFrom(ctx).request.Subject.ID, approve, note); err != nil {
		return nil, err
	}
	now, err := r.policyRevision(ctx, row)
	return &model.JudgePolicyPayload{PolicyRevision: now}, err
}

func (r *mutationResolver) policyRevision(ctx context.Context, id uuid.UUID) (*ent.PolicyRevision, error) {
	return current(ctx, r.Resolver, policy.Update, policy.PolicyRevision, id, ent.FromContext(ctx).PolicyRevision.Get)
}

// runningPolicy is what decides here.
func runningPolicy(p Policies) *model.RunningPolicy {
	active, canary, percent, shadow := p.Running()
	out := &model.RunningPolicy{Active: active, Percent: percent}
	if canary != "" {
		out.Canary = &canary
	}
	if shadow != "" {
		out.Shadow = &shadow
	}
	return out
}

// readFiles lists files in the order of their names.
func readFiles(files fs.FS) ([]*model.PolicyFile, error) {
	var out []*model.PolicyFile
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		out = append(out, &model.PolicyFile{Name: name, Text: string(text)})
		return err
	})
	return out, err
}
