package recording

import (
	"context"
	"fmt"
)

// Health is how recordings fare on the whole platform. It names nobody.
type Health struct {
	Waiting     int64 // due, and not yet brought in
	LateSeconds int64 // how long the oldest of them has been due
	BelowTarget int64 // clinics in which fewer than 95 of 100 tries of the last hour succeeded
}

// Measure asks for the platform's figures, by a proof that the program asks.
func Measure(ctx context.Context, c Config) (h Health, err error) {
	asked := c.Now().Unix()
	err = c.Driver.Pool.QueryRow(ctx, `select waiting, late_seconds, below from app.recording_health($1, $2)`,
		asked, c.Driver.Key.Prove(fmt.Sprintf("recording.health %d", asked))).Scan(&h.Waiting, &h.LateSeconds, &h.BelowTarget)
	if err != nil {
		return h, fmt.Errorf("measuring recordings: %w", err)
	}
	return h, nil
}
