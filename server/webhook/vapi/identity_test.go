package vapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/server/webhook/vapi"
)

// TestEventKeys: members of one group are one event, of two groups are two.
func TestEventKeys(t *testing.T) {
	t.Parallel()
	groups := [][]string{
		{
			`"type":"end-of-call-report","call":{"id":"k-1"},"timestamp":1773651754321`,
			`"type":"end-of-call-report","call":{"id":"k-1"},"timestamp":1773651759999,"cost":1`,
		},
		{`"type":"end-of-call-report","call":{"id":"k-2"}`},
		{
			`"type":"status-update","status":"ended","call":{"id":"k-1"},"timestamp":1773651754321`,
			`"type":"status-update","status":"ended","call":{"id":"k-1"},"endedReason":"voicemail"`,
		},
		{`"type":"status-update","status":"ringing","call":{"id":"k-1"},"timestamp":1773651754321`},
		{`"type":"status-update","status":"ended","call":{"id":"k-2"}`},
		{`"type":"status-update","call":{"id":"k-1"}`},
		// No call: only the whole tells two of them apart.
		{`"type":"status-update","status":"ended","timestamp":1773651754321`},
		{`"type":"status-update","status":"ended","timestamp":1773651754322`},
		{
			`"type":"tool-calls","call":{"id":"k-1"},"toolCallList":[{"id":"t-1","name":"a"},{"id":"t-2","name":"b"}]`,
			`"type":"tool-calls","call":{"id":"k-1"},"toolCalls":[{"id":"t-2","function":{"name":"b"}},{"id":"t-1","function":{"name":"a"}}],"timestamp":1773651754321`,
		},
		{`"type":"tool-calls","call":{"id":"k-1"},"toolCallList":[{"id":"t-1","name":"a"}]`},
		{`"type":"tool-calls","call":{"id":"k-2"},"toolCallList":[{"id":"t-1","name":"a"}]`},
		{`"type":"tool-calls","call":{"id":"k-1"},"toolCallList":[{"name":"a"}]`},
		{`"type":"tool-calls","call":{"id":"k-1"}`},
		{`"type":"transcript","call":{"id":"k-1"},"timestamp":1773651754321,"role":"user","transcriptType":"final","transcript":"x"`},
		{`"type":"transcript","call":{"id":"k-1"},"timestamp":1773651754321,"role":"user","transcriptType":"partial","transcript":"x"`},
		{`"type":"transcript","call":{"id":"k-1"},"timestamp":1773651754321,"role":"assistant","transcriptType":"final","transcript":"x"`},
		{`"type":"transcript","call":{"id":"k-1"},"timestamp":1773651754322,"role":"user","transcriptType":"final","transcript":"x"`},
		{`"type":"transcript","call":{"id":"k-1"},"role":"user","transcriptType":"final","transcript":"x"`},
		{`"type":"transcript","call":{"id":"k-1"},"role":"user","transcriptType":"final","transcript":"y"`},
		{`"type":"speech-update","call":{"id":"k-1"},"timestamp":1773651754321,"status":"started","role":"user"`},
		{`"type":"speech-update","call":{"id":"k-1"},"timestamp":1773651754321,"status":"stopped","role":"user"`},
		{`"type":"hang","call":{"id":"k-1"},"timestamp":1773651754321`},
		{`"type":"hang","call":{"id":"k-1"}`},
		{
			`"type":"hang","call":{"id":"k-1","monitor":{"controlUrl":"https://a.example/1"}}`,
			`"call":{"monitor":{"controlUrl":"https://a.example/2"},"id":"k-1"},"type":"hang"`,
		},
		{`"type":"of.next.year"`},
	}
	owner := map[string]int{}
	for i, group := range groups {
		for _, in := range group {
			key := vapi.EventKey(parse(t, in))
			if j, taken := owner[key]; taken && j != i {
				t.Errorf("%s has the key of %s", in, groups[j][0])
			} else if !taken && in != group[0] {
				t.Errorf("%s has not the key of %s", in, group[0])
			}
			owner[key] = i
		}
	}
}

// TestEventKeyOfRetries: Vapi builds the body anew for each retry, with new
// presigned URLs and, for all we know, in another order. Whatever the type,
// and also where the body's hash is all there is, the key stays.
func TestEventKeyOfRetries(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 11))
	for _, kind := range []string{"end-of-call-report", "status-update", "tool-calls", "hang", "of.next.year"} {
		for _, call := range []string{`,"call":{"id":"k-1"}`, ``} {
			keys, bodies := map[string]bool{}, map[string]bool{}
			for range 50 {
				doc := tree(t, fmt.Appendf(nil, `{"message":{"type":%q,"status":"ended","toolCallList":[{"id":"t-1","name":"a"}],"artifact":{
					"presignedMonoUrl":"https://m.example/a?X-Amz-Signature=%x","recordingUrl":"https://m.example/%x.wav","note":"at https://m.example/?sig=%x",
					"json":"{\"presignedLogUrl\":\"%x\"}","presignedUrlsExpiresAt":%d,"nodes":[1.50,2,3]}%s}}`,
					kind, random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64(), random.Uint32(), call))
				var body bytes.Buffer
				shuffled(&body, doc, random)
				m, err := vapi.Parse(body.Bytes())
				if err != nil {
					t.Fatal(err)
				}
				keys[vapi.EventKey(m)], bodies[body.String()] = true, true
			}
			if len(keys) != 1 || len(bodies) != 50 {
				t.Errorf("%s%s: %d keys for %d bodies", kind, call, len(keys), len(bodies))
			}
		}
	}
}

// shuffled writes v with the members of its objects in random order.
func shuffled(w *bytes.Buffer, v any, random *rand.Rand) {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		w.WriteString("{")
		for i, k := range keys {
			if i > 0 {
				w.WriteString(" ,\n")
			}
			fmt.Fprintf(w, "%q: ", k)
			shuffled(w, v[k], random)
		}
		w.WriteString("}")
	case []any:
		w.WriteString("[")
		for i := range v {
			if i > 0 {
				w.WriteString(",")
			}
			shuffled(w, v[i], random)
		}
		w.WriteString("]")
	case json.Number:
		w.WriteString(v.String())
	default:
		text, _ := json.Marshal(v)
		w.Write(text)
	}
}

func TestToolCallsInEveryShape(t *testing.T) {
	t.Parallel()
	want := []vapi.ToolCall{{ID: "t-1", Name: "bookChair", Arguments: map[string]any{"day": "Thursday", "chairs": json.Number("1")}}}
	const nested = `{"id":"t-1","type":"function","function":{"name":"bookChair","arguments":{"day":"Thursday","chairs":1}}}`
	for name, in := range map[string]string{
		"nested":              `"toolCallList":[` + nested + `]`,
		"arguments as a text": `"toolCallList":[{"id":"t-1","function":{"name":"bookChair","arguments":"{\"day\":\"Thursday\",\"chairs\":1}"}}]`,
		"flat, arguments":     `"toolCallList":[{"id":"t-1","name":"bookChair","arguments":{"day":"Thursday","chairs":1}}]`,
		"flat, parameters":    `"toolCallList":[{"id":"t-1","name":"bookChair","parameters":{"day":"Thursday","chairs":1}}]`,
		"with its tool":       `"toolWithToolCallList":[{"type":"function","name":"bookChair","toolCall":{"id":"t-1","function":{"parameters":{"day":"Thursday","chairs":1}}}}]`,
		"legacy list":         `"toolCalls":[` + nested + `]`,
		"all at once":         `"toolCallList":[` + nested + `],"toolCalls":[` + nested + `],"toolWithToolCallList":[{"function":{"name":"bookChair"},"toolCall":` + nested + `}]`,
		"in pieces":           `"toolCallList":[{"id":"t-1"}],"toolCalls":[` + nested + `,7,null,{}]`,
	} {
		if diff := cmp.Diff(want, parse(t, `"type":"tool-calls",`+in).ToolCalls()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}

	got := parse(t, `"type":"function-call","functionCall":{"name":"bookChair","parameters":{"day":"Thursday","chairs":1}}`).ToolCalls()
	if diff := cmp.Diff([]vapi.ToolCall{{Name: "bookChair", Arguments: want[0].Arguments}}, got); diff != "" {
		t.Errorf("function-call (-want +got):\n%s", diff)
	}
	got = parse(t, `"type":"tool-calls","toolCallList":[{"id":"t-1","name":"a","arguments":"tomorrow"},{"id":"t-2","name":"a"},{"id":"t-3","name":"b","arguments":""},{"id":"t-4","name":"b","arguments":[1]}]`).ToolCalls()
	if diff := cmp.Diff([]vapi.ToolCall{
		{ID: "t-1", Name: "a", Malformed: true},
		{ID: "t-2", Name: "a", Arguments: map[string]any{}},
		{ID: "t-3", Name: "b", Arguments: map[string]any{}},
		{ID: "t-4", Name: "b", Malformed: true},
	}, got); diff != "" {
		t.Errorf("odd arguments (-want +got):\n%s", diff)
	}
	if got := parse(t, `"type":"hang","toolCallList":[`+nested+`]`).ToolCalls(); got != nil {
		t.Errorf("hang calls %v", got)
	}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reply vapi.Reply
		want  string
	}{
		{vapi.Reply{}, `{}`},
		{vapi.ToolReply(), `{"results":[]}`},
		{
			vapi.ToolReply(vapi.Done("t-1", "Thursday\n at 16:30"), vapi.Done("t-2", ""), vapi.NotDone("t-3", "no chair is free"), vapi.NotDone("t-4", "")),
			`{"results":[{"toolCallId":"t-1","result":"Thursday at 16:30"},{"toolCallId":"t-2","result":""},{"toolCallId":"t-3","error":"no chair is free"},{"toolCallId":"t-4","error":"failed"}]}`,
		},
		{vapi.FunctionReply("done"), `{"result":"done"}`},
		{vapi.FunctionReply(""), `{"result":""}`},
		{vapi.AssistantReply("a-1"), `{"assistantId":"a-1"}`},
		{vapi.ErrorReply("We are closed."), `{"error":"We are closed."}`},
	} {
		got, err := json.Marshal(tc.reply)
		if err != nil || string(got) != tc.want {
			t.Errorf("got %s, %v\nwant %s", got, err, tc.want)
		}
		if strings.ContainsAny(string(got), "\n\r") {
			t.Errorf("%s is more than one line", got)
		}
	}
}
