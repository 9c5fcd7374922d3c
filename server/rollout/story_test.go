package rollout_test

import (
	"strings"
	"testing"
)

// A change that widens access goes its whole way, on two servers, and back: it is
// stopped where its author is alone, asked beside what runs, tried, and rolled back.
func TestAPolicyGoesItsWay(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	other := s.beside(t)
	before, _ := s.running(t)
	// Viewers may take notes on calls.
	id := s.propose(t, candidate(t, "cascade/roles.rego", `		"call": {"read"},
		"call_stats": {"read"},
		"contact": {"read"},
		"escalation": {"read"},
		"escalation_rule": {"read"},
		"inbound_agent_config": {"read"},
		"knowledge_article": {"read"},
		"organization": {"read"},
		"phone_number": {"read"},
	},
	"staff"`, `		"call": {"read"},
		"call_stats": {"read"},
		"contact": {"read"},
		"escalation": {"read"},
		"escalation_rule": {"read"},
		"inbound_agent_config": {"read"},
		"knowledge_article": {"read"},
		"organization": {"read"},
		"phone_number": {"read"},
		"recording_queue": {"read"},
	},
	"staff"`))
	if why := s.step(t, s.author, `activatePolicy(id: "`+id+`")`); !strings.Contains(why, "no way there") {
		t.Errorf("a draft became active: %q", why)
	}
	r := s.reviewed(t, id)
	// The tests beside the roles say the table a second time, so they do not pass.
	if r.State != "DRAFT" || r.Report["passed"] != false {
		t.Fatalf("a review that its own tests fail: %s, widens %v, passed %v, %v", r.State, r.Widens, r.Report["passed"], r.Report["failed"])
	}

	files := candidate(t, "cascade/roles.rego", `"phone_number": {"read"},
	},
	"staff"`, `"phone_number": {"read"},
		"recording_queue": {"read"},
	},
	"staff"`)
	for i := range files {
		if files[i]["name"] == "cascade/roles_test.rego" {
			files[i]["text"] = strings.Replace(files[i]["text"], "recording_queue      -  ", "recording_queue      r  ", 1)
		}
	}
	id = s.propose(t, files)
	r = s.reviewed(t, id)
	if r.State != "REVIEWED" || !r.Widens {
		t.Fatalf("%s, widens %v: %v", r.State, r.Widens, r.Report)
	}
	if why := s.step(t, s.author, `activatePolicy(id: "`+id+`")`); !strings.Contains(why, "somebody other than its author") {
		t.Errorf("its author activated what widens: %q", why)
	}
	if why := s.step(t, s.author, `approvePolicy(id: "`+id+`")`); !strings.Contains(why, "second person") {
		t.Errorf("its author approved it: %q", why)
	}
	if why := s.step(t, s.second, `approvePolicy(id: "`+id+`", note: "agreed")`); why != "" {
		t.Fatal(why)
	}

	// A viewer asks what the candidate would allow: the shadow says so, and nobody else.
	const queue = `{ recordingUploads { totalCount } }`
	if why := s.step(t, s.second, `shadowPolicy(id: "`+id+`")`); why != "" {
		t.Fatal(why)
	}
	s.eventually(t, "the shadow differs on both servers", func() bool {
		for _, at := range []*scene{s, other} {
			if answer := at.Ask(t, queue, s.viewer); !answer.Is("FORBIDDEN", "role_lacks_right") {
				t.Fatalf("a shadow decided: %s", answer.Body)
			}
		}
		shadows := s.read(t, id).Shadows
		return len(shadows) == 2 && shadows[0].Differing > 0 && shadows[1].Differing > 0
	})
	if why := s.step(t, s.author, `canaryPolicy(id: "`+id+`", percent: 100)`); why != "" {
		t.Fatal(why)
	}
	for _, at := range []*scene{s, other} {
		s.eventually(t, "the canary decides", func() bool { return len(at.Ask(t, queue, s.viewer).Errors) == 0 })
		if active, canary := at.running(t); active != before || canary != r.Revision {
			t.Errorf("active %s, canary %s", active, canary)
		}
	}
	if why := s.step(t, s.author, `activatePolicy(id: "`+id+`")`); why != "" {
		t.Fatal(why)
	}
	for _, at := range []*scene{s, other} {
		s.eventually(t, "it is active", func() bool { active, canary := at.running(t); return active == r.Revision && canary == "" })
	}
	third := s.beside(t)
	if active, _ := third.running(t); active != r.Revision {
		t.Errorf("a server that starts now runs %s", active)
	}
	if why := other.step(t, s.author, `rollbackPolicy(why: "viewers were told too much")`); why != "" {
		t.Fatal(why)
	}
	for _, at := range []*scene{s, other, third} {
		s.eventually(t, "what ran before runs again", func() bool { active, _ := at.running(t); return active == before })
		if answer := at.Ask(t, queue, s.viewer); !answer.Is("FORBIDDEN", "role_lacks_right") {
			t.Errorf("after the rollback: %s", answer.Body)
		}
	}
	if r := s.read(t, id); r.State != "RETIRED" || r.MovedWhy != "viewers were told too much" {
		t.Errorf("%+v", r)
	}
	if n := s.Count(t, `select count(*) from audit_decisions where chain = 'platform' and resource = 'policy_revision' and allow`); n < 10 {
		t.Errorf("%d steps are on record", n)
	}
}
