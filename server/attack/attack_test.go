package attack_test

import (
	"testing"
	"time"

	"github.com/voxanne/cascade/server/attack"
	"github.com/voxanne/cascade/server/stage"
)

func TestMatrix(t *testing.T) {
	t.Parallel()
	s := stage.Prepare(t)
	w := stage.Populate(t, s)
	s.Start(t)
	began := time.Now()
	report, err := attack.Run(t.Context(), attack.Config{Stage: s, World: w})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report, time.Since(began))
	show(t, "leak", report.Leaks)
	show(t, "crossing", report.Crossings)
	show(t, "unexpected", report.Unexpected)
}

func show(t *testing.T, kind string, all []string) {
	t.Helper()
	for _, one := range all[:min(len(all), 60)] {
		t.Errorf("%s: %s", kind, one)
	}
}
