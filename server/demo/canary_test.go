package demo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// coded are the columns that hold codes, numbers and addresses in place of
// somebody's words. Every other column of every clinic's table holds texts;
// one that is added is a text until it is listed here.
var coded = map[string]bool{
	"access_grants.actions": true, "access_grants.masks": true, "access_grants.resources": true,
	"agents.language": true, "agents.model": true, "agents.role": true, "agents.voice": true,
	"appointments.status":         true,
	"call_logs.caller_number":     true,
	"call_logs.currency":          true,
	"call_logs.direction":         true,
	"call_logs.ended_reason":      true,
	"call_logs.our_number":        true,
	"call_logs.provider":          true,
	"call_logs.recording_consent": true, "call_logs.recording_state": true,
	"call_logs.search": true, "call_logs.sentiment": true, "call_logs.status": true, "call_logs.urgency": true,
	"contacts.phone": true, "contacts.status": true,
	"escalation_rules.transfer_number": true, "escalation_rules.trigger": true,
	"escalations.status": true, "escalations.urgency": true,
	"failed_recording_uploads.error_class": true, "failed_recording_uploads.resolution": true,
	"inbound_agent_config.language": true, "inbound_agent_config.voice": true,
	"integrations.credentials_hint": true, "integrations.provider": true, "integrations.status": true, "integrations.webhook_auth": true,
	"knowledge_base.category": true, "knowledge_base.language": true,
	"memberships.email": true, "memberships.role": true,
	"orphaned_recordings.kind": true,
	"phone_numbers.country":    true, "phone_numbers.currency": true, "phone_numbers.e164": true, "phone_numbers.provider": true,
	"phone_numbers.status":                 true,
	"recording_downloads.address":          true,
	"recording_upload_metrics.error_class": true, "recording_upload_metrics.status": true,
	"recording_upload_queue.kind": true, "recording_upload_queue.last_error_class": true,
	"recording_upload_queue.source": true, "recording_upload_queue.status": true,
	"recordings.content_type": true, "recordings.kind": true, "recordings.sha256": true,
}

// Every text of a clinic carries its own canary word and nobody else's. The
// columns come from the catalog, so that a new one cannot be forgotten.
func TestEveryTextCarriesItsClinicsCanary(t *testing.T) {
	t.Parallel()
	w := seed(t)
	canaries := map[string]string{
		"sunrise-dental": "canary-sunrise", "harbor-skin": "canary-harbor", "northside-physio": "canary-northside",
	}
	columns := w.strings(t, `
		select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
		 where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and not a.attisdropped
		   and c.relname not like 'audit%' and c.relname <> 'org_daily_stats'
		   and a.atttypid in ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype, 'varchar'::regtype)
		   and exists (select from pg_attribute o where o.attrelid = c.oid and o.attname = 'org_id') order by 1`)
	if len(columns) < 80 {
		t.Fatalf("the catalog has only %d columns of texts", len(columns))
	}
	for name := range coded {
		if !slices.Contains(columns, name) {
			t.Errorf("%s is no column of texts", name)
		}
	}
	seen := 0
	for _, clinic := range w.world.Clinics {
		own := canaries[clinic.Slug]
		for _, name := range columns {
			table, column, _ := strings.Cut(name, ".")
			for _, text := range w.strings(t, fmt.Sprintf(`select %s::text from %s where org_id = $1 and %s is not null`, column, table, column), clinic.ID) {
				for _, canary := range canaries {
					if canary != own && strings.Contains(text, canary) {
						t.Fatalf("%s of %s holds %s", name, clinic.Slug, canary)
					}
				}
				if !coded[name] && !strings.Contains(text, own) {
					t.Fatalf("%s of %s lacks %s: %.80q", name, clinic.Slug, own, text)
				}
				seen++
			}
		}
		if n := w.strings(t, `select turn ->> 'text' from call_logs, jsonb_array_elements(transcript) turn
			where org_id = $1 and turn ->> 'text' not like '%' || $2 || '%'`, clinic.ID, own); len(n) > 0 {
			t.Errorf("%d turns of %s lack its canary: %q", len(n), clinic.Slug, n[0])
		}
	}
	if seen < 10_000 {
		t.Errorf("only %d texts were looked at", seen)
	}
}

func TestConversationsTakeTurns(t *testing.T) {
	t.Parallel()
	w := seed(t)
	for _, odd := range w.strings(t, `
		select id::text || ' ' || jsonb_array_length(transcript) from call_logs
		 where transcript is not null and (jsonb_array_length(transcript) not between 4 and 12
		    or exists (select from jsonb_array_elements(transcript) with ordinality e(turn, n)
		                where turn ->> 'speaker' <> case n % 2 when 1 then 'assistant' else 'caller' end
		                   or (turn ->> 'at')::float > duration_seconds
		                   or turn ->> 'text' like '%{%'))`) {
		t.Error(odd)
	}
}
