package vapi_test

import (
	"context"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/server/provider"
	"github.com/voxanne/cascade/server/vapi"
	"github.com/voxanne/cascade/server/vapi/vapifake"
)

// With a key the contract is held against the real Vapi too:
//
//	go test ./server/vapi -args -vapi.key=...
var (
	realKey  = flag.String("vapi.key", "", "a private key of a Vapi organization that tests may use")
	realBase = flag.String("vapi.base", vapi.DefaultBase, "where that Vapi is")
)

const fakeKey = "vapi-fake-key"

func startFake(t *testing.T) *vapifake.Fake {
	t.Helper()
	f, err := vapifake.Start(t.Context(), vapifake.Config{Key: fakeKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func client(t *testing.T, base, key string, change ...func(*vapi.Config)) *vapi.Client {
	t.Helper()
	c := vapi.Config{Key: key, HTTP: provider.Config{Base: base}}
	for _, f := range change {
		f(&c)
	}
	v, err := vapi.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// each runs a test against the fake, and against the real one when there is one.
func each(t *testing.T, test func(t *testing.T, base, key string)) {
	t.Run("fake", func(t *testing.T) {
		t.Parallel()
		test(t, startFake(t).URL, fakeKey)
	})
	if *realKey != "" {
		t.Run("real", func(t *testing.T) {
			t.Parallel()
			test(t, *realBase, *realKey)
		})
	}
}

func spec(name string) vapi.AssistantSpec {
	return vapi.AssistantSpec{
		Name: name, FirstMessage: "Hello.", MaxDurationSeconds: 60,
		Model: &vapi.Model{Provider: "openai", Model: "gpt-4o", Messages: []vapi.Message{{Role: "system", Content: "Be kind."}}},
		Voice: &vapi.Voice{Provider: "vapi", VoiceID: "Paige"},
		Server: &vapi.Server{
			URL: "https://api.example.com/webhooks/vapi/key", Secret: "s", TimeoutSeconds: 20,
			BackoffPlan: &vapi.BackoffPlan{Type: "exponential", MaxRetries: 6, BaseDelaySeconds: 2},
		},
		ServerMessages: []string{"status-update", "end-of-call-report", "tool-calls"},
		ArtifactPlan:   &vapi.ArtifactPlan{RecordingEnabled: true},
		Metadata:       map[string]string{"by": "contract test"},
	}
}

func wantKind(t *testing.T, err error, want provider.Kind) {
	t.Helper()
	if err == nil || provider.KindOf(err) != want {
		t.Errorf("%v, want %v", err, want)
	}
}

func TestAnAssistantLives(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, base, key string) {
		ctx, v, name, since := t.Context(), client(t, base, key), uuid.NewString(), time.Now().Add(-time.Minute)
		made, err := v.CreateAssistant(ctx, spec(name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = v.DeleteAssistant(context.WithoutCancel(ctx), made.ID) })
		found, err := v.FindAssistants(ctx, name, since)
		if err != nil || len(found) != 1 || found[0].ID != made.ID {
			t.Errorf("found by name: %v, %v", found, err)
		}
		if found, err := v.FindAssistants(ctx, "nobody's "+name[:8], since); err != nil || len(found) != 0 {
			t.Errorf("found by another name: %v, %v", found, err)
		}
		renamed, err := v.UpdateAssistant(ctx, made.ID, vapi.AssistantSpec{Name: "x" + name[1:]})
		if err != nil || renamed.Name != "x"+name[1:] {
			t.Errorf("renamed: %v, %v", renamed, err)
		}
		for range 2 {
			if err := v.DeleteAssistant(ctx, made.ID); err != nil {
				t.Errorf("deleting: %v", err)
			}
		}
		_, err = v.Assistant(ctx, made.ID)
		wantKind(t, err, provider.NotFound)
	})
}

func TestWhatIsWrongIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, base, key string) {
		ctx, v := t.Context(), client(t, base, key)
		_, err := v.CreateAssistant(ctx, spec(strings.Repeat("x", vapi.MaxName+1)))
		wantKind(t, err, provider.Refused)
		_, err = v.ImportNumber(ctx, vapi.TwilioNumber{Number: "020 7946 0000", AccountSID: "AC0", APIKey: "SK0", APISecret: "s"})
		wantKind(t, err, provider.Refused)
		_, err = v.Call(ctx, uuid.NewString())
		wantKind(t, err, provider.NotFound)
		_, err = v.RecordingLocation(ctx, uuid.NewString(), vapi.StereoRecording)
		wantKind(t, err, provider.NotFound)
		_, err = client(t, base, "not-"+key).Assistant(ctx, uuid.NewString())
		wantKind(t, err, provider.Refused)
		if strings.Contains(err.Error(), key) {
			t.Error("an error tells a key")
		}
	})
}
