package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
)

// run measures every cell once in each round, the contenders of one question
// directly after one another, and shows the medians.
func run(ctx context.Context, o options, log *slog.Logger) (err error) {
	s, err := setUp(ctx, o, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	all := cells(o)
	if len(all) == 0 {
		return errors.New("no contender has a question to answer; see the names in the tables of contender.go and question.go")
	}
	rounds := make([][]figures, len(all))
	for round := range o.rounds {
		for i, c := range all {
			f, err := s.measure(ctx, o, c, uint64(round*2))
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				f.Error = err.Error()
			}
			log.InfoContext(ctx, "measured", "round", round+1, "of", o.rounds, "question", f.Question, "contender", f.Contender,
				"clients", f.Clients, "rate", int(f.Rate), "error", f.Error)
			rounds[i] = append(rounds[i], f)
		}
	}
	r, err := newReport(ctx, o, s)
	if err != nil {
		return err
	}
	for _, list := range rounds {
		r.Figures = append(r.Figures, median(list))
	}
	if err := r.print(os.Stdout); err != nil {
		return err
	}
	path, err := r.write(o.results)
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "written", "file", path)
	if i := slices.IndexFunc(r.Figures, func(f figures) bool { return f.Error != "" }); i >= 0 {
		return errors.New("some answers were not what they must be; the table says which")
	}
	return nil
}

// cells are all that is measured, in order.
func cells(o options) []cell {
	var all []cell
	for _, q := range questions {
		for _, clients := range o.clients {
			for _, c := range contenders {
				switch {
				case !wanted(o.questions, q.name), !wanted(o.contenders, c.name):
				case c.ask(q) == nil:
				case c.part && clients == 1:
				default:
					all = append(all, cell{c, q, clients})
				}
			}
		}
	}
	return all
}

func wanted(list []string, name string) bool { return len(list) == 0 || slices.Contains(list, name) }

// median is the median of each figure over the rounds. One round without
// figures leaves none.
func median(rounds []figures) figures {
	m := rounds[0]
	for _, f := range rounds {
		if f.Error != "" {
			return f
		}
	}
	for _, of := range []func(*figures) *float64{
		func(f *figures) *float64 { return &f.Rate }, func(f *figures) *float64 { return &f.P50 },
		func(f *figures) *float64 { return &f.P99 }, func(f *figures) *float64 { return &f.ServerCPU },
		func(f *figures) *float64 { return &f.PostgresCPU },
		func(f *figures) *float64 { return &f.RedisCPU }, func(f *figures) *float64 { return &f.PeakMB },
	} {
		values := make([]float64, len(rounds))
		for i := range rounds {
			values[i] = *of(&rounds[i])
		}
		slices.Sort(values)
		*of(&m) = values[len(values)/2]
	}
	return m
}
