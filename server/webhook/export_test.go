package webhook

import (
	"context"

	"github.com/voxanne/cascade/server/webhook/vapi"
)

// BeforeApplying runs do after a message was kept and before it is applied.
func (h *Handler) BeforeApplying(do func(context.Context) error) {
	h.inbox.applying = func(ctx context.Context, _ vapi.Message) error { return do(ctx) }
}
