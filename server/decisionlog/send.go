package decisionlog

import (
	"context"
	"errors"
)

// parcel is events that go together, and the rows that they are of.
type parcel struct {
	rows   []row
	events [][]byte
}

// send delivers rows in parcels of at most batchBytes, and notes each as it is
// delivered.
func (e *Exporter) send(ctx context.Context, rows []row) (sent int, err error) {
	var p parcel
	size := 0
	flush := func() error {
		if len(p.rows) == 0 {
			return nil
		}
		n, err := e.deliver(ctx, p)
		sent += n
		p, size = parcel{}, 0
		return err
	}
	for _, r := range rows {
		event, err := r.event(e.Labels)
		if err != nil {
			return sent, err
		}
		if size+len(event) > batchBytes {
			if err := flush(); err != nil {
				return sent, err
			}
		}
		p.rows, p.events, size = append(p.rows, r), append(p.events, event), size+len(event)
	}
	return sent, flush()
}

// deliver hands a parcel to the sink, sets aside what it refuses of it, and then
// notes how far the sink is.
func (e *Exporter) deliver(ctx context.Context, p parcel) (sent int, err error) {
	refused := map[int]int{} // place in the parcel -> status
	if err := e.offer(ctx, p, 0, refused); err != nil {
		return 0, err
	}
	sent = len(p.rows) - len(refused)
	for i, status := range refused {
		if sent == 0 {
			// It takes nothing at all: the fault is not the event's.
			return 0, &Later{Status: status}
		}
		if err := e.outbox.refused(ctx, p.rows[i], status); err != nil {
			return 0, err
		}
		e.aside.Add(1)
		e.Log.ErrorContext(ctx, "the decision log's sink refuses a decision, which is set aside",
			"chain", p.rows[i].Chain, "seq", p.rows[i].Seq, "status", status)
	}
	if err := e.outbox.delivered(ctx, p.rows); err != nil {
		return 0, err
	}
	e.delivered.Add(int64(sent))
	return sent, nil
}

// offer delivers a parcel, and where the sink refuses it, each half by itself,
// down to the events that are refused alone.
func (e *Exporter) offer(ctx context.Context, p parcel, from int, refused map[int]int) error {
	err := e.Sink.Deliver(ctx, p.events)
	no, ok := errors.AsType[*Refusal](err)
	if !ok {
		return err
	}
	if len(p.events) == 1 {
		refused[from] = no.Status
		return nil
	}
	half := len(p.events) / 2
	if err := e.offer(ctx, parcel{p.rows[:half], p.events[:half]}, from, refused); err != nil {
		return err
	}
	return e.offer(ctx, parcel{p.rows[half:], p.events[half:]}, from+half, refused)
}
