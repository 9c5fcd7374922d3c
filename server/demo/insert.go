package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"entgo.io/ent/dialect"

	"github.com/voxanne/cascade/ent/agent"
	"github.com/voxanne/cascade/ent/appointment"
	"github.com/voxanne/cascade/ent/call"
	"github.com/voxanne/cascade/ent/contact"
	"github.com/voxanne/cascade/ent/escalation"
	"github.com/voxanne/cascade/ent/escalationrule"
	"github.com/voxanne/cascade/ent/failedrecordingupload"
	"github.com/voxanne/cascade/ent/inboundagentconfig"
	"github.com/voxanne/cascade/ent/integration"
	"github.com/voxanne/cascade/ent/knowledgearticle"
	"github.com/voxanne/cascade/ent/orphanedrecording"
	"github.com/voxanne/cascade/ent/phonenumber"
	"github.com/voxanne/cascade/ent/recording"
	"github.com/voxanne/cascade/ent/recordingdownload"
	"github.com/voxanne/cascade/ent/recordingupload"
	"github.com/voxanne/cascade/ent/recordinguploadmetric"
)

// insert writes the whole dataset, each table in one statement and after those
// that it refers to.
func (d *dataset) insert(ctx context.Context, tx dialect.ExecQuerier) error {
	for _, step := range []struct {
		table string
		rows  any
	}{
		{agent.Table, d.agents},
		{phonenumber.Table, d.numbers},
		{inboundagentconfig.Table, d.configs},
		{knowledgearticle.Table, d.articles},
		{integration.Table, d.integrations},
		{escalationrule.Table, d.rules},
		{contact.Table, d.contacts},
		{call.Table, d.calls},
		{appointment.Table, d.appointments},
		{escalation.Table, d.escalations},
		{recording.Table, d.recordings},
		{recordingupload.Table, d.uploads},
		{failedrecordingupload.Table, d.failedUploads},
		{orphanedrecording.Table, d.orphans},
		{recordinguploadmetric.Table, d.metrics},
		{recordingdownload.Table, d.downloads},
	} {
		if err := insertRows(ctx, tx, step.table, step.rows); err != nil {
			return fmt.Errorf("inserting into %s: %w", step.table, err)
		}
	}
	return nil
}

// insertRows sends a slice of pointers to ent's rows as one JSON document: one
// statement and one parameter, however many rows there are.
func insertRows(ctx context.Context, tx dialect.ExecQuerier, table string, rows any) error {
	list := reflect.ValueOf(rows)
	if list.Len() == 0 {
		return nil
	}
	columns := columnsOf(list.Index(0).Elem().Type())
	records := make([]map[string]any, list.Len())
	for i := range records {
		records[i] = make(map[string]any, len(columns))
		for name, field := range columns {
			records[i][name] = list.Index(i).Elem().Field(field).Interface()
		}
	}
	document, err := json.Marshal(records)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(columns))
	for name := range columns {
		names = append(names, name)
	}
	all := strings.Join(names, ", ")
	statement := "insert into " + table + " (" + all + ") select " + all + " from jsonb_populate_recordset(null::" + table + ", $1)"
	return tx.Exec(ctx, statement, []any{string(document)}, nil)
}

// columnsOf are the columns of one of ent's row types, by the place of their
// fields. Sensitive columns, which ent never writes out, are not among them.
func columnsOf(row reflect.Type) map[string]int {
	columns := map[string]int{}
	for i := range row.NumField() {
		name, _, _ := strings.Cut(row.Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" && name != "edges" {
			columns[name] = i
		}
	}
	return columns
}
