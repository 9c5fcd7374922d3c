-- Recordings and the queue that brings them in. Queue rows name the provider's
-- call, never a URL: provider URLs are secrets with a short life.

create table recordings (
  org_id           uuid not null references organizations (id),
  id               uuid not null,
  call_id          uuid not null,
  kind             text not null check (kind in ('stereo', 'mono', 'customer', 'assistant')),
  object_key       text,
  content_type     text not null default 'audio/wav',
  bytes            bigint not null default 0 check (bytes >= 0),
  sha256           text,
  duration_seconds integer,
  legal_hold       boolean not null default false,
  stored_at        timestamptz not null,
  deleted_at       timestamptz,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, call_id, kind),
  foreign key (org_id, call_id) references call_logs (org_id, id)
);
create index recordings_list on recordings (org_id, stored_at desc, id desc);
select app.protect('recordings', 'recording');

create table recording_upload_queue (
  org_id           uuid not null references organizations (id),
  id               uuid not null,
  call_id          uuid not null,
  source           text not null check (source in ('vapi', 'twilio')),
  kind             text not null check (kind in ('stereo', 'mono', 'customer', 'assistant')),
  provider_ref     text not null,
  status           text not null default 'pending' check (status in ('pending', 'leased', 'done', 'dead')),
  priority         smallint not null default 100,
  attempt_count    integer not null default 0,
  max_attempts     integer not null default 8,
  next_attempt_at  timestamptz not null,
  lease_owner      text,
  lease_token      uuid,
  lease_expires_at timestamptz,
  deadline_at      timestamptz not null,
  last_error_class text,
  last_error       text,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, call_id, kind),
  foreign key (org_id, call_id) references call_logs (org_id, id)
);
create index recording_upload_queue_list on recording_upload_queue (org_id, created_at desc, id desc);
select app.protect('recording_upload_queue', 'recording_queue');

create table failed_recording_uploads (
  org_id          uuid not null references organizations (id),
  id              uuid not null,
  queue_id        uuid not null,
  call_id         uuid not null,
  error_class     text not null,
  error           text not null default '',
  attempts        integer not null,
  first_failed_at timestamptz not null,
  last_failed_at  timestamptz not null,
  next_retry_at   timestamptz,
  resolved_at     timestamptz,
  resolved_by     uuid,
  resolution      text check (resolution in ('requeued', 'recovered', 'discarded')),
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, queue_id) references recording_upload_queue (org_id, id),
  foreign key (org_id, call_id) references call_logs (org_id, id)
);
create index failed_recording_uploads_list on failed_recording_uploads (org_id, last_failed_at desc, id desc);
create index failed_recording_uploads_queue on failed_recording_uploads (org_id, queue_id);
create index failed_recording_uploads_call on failed_recording_uploads (org_id, call_id);
select app.protect('failed_recording_uploads', 'recording_queue');

create table orphaned_recordings (
  org_id       uuid not null references organizations (id),
  id           uuid not null,
  kind         text not null check (kind in ('object_without_row', 'row_without_object', 'incomplete_multipart')),
  storage_path text not null,
  etag         text,
  size_bytes   bigint not null default 0,
  detected_at  timestamptz not null,
  confirmed_at timestamptz,
  delete_after timestamptz,
  deleted_at   timestamptz,
  deleted_by   uuid,
  reason       text,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, storage_path)
);
create index orphaned_recordings_list on orphaned_recordings (org_id, detected_at desc, id desc);
select app.protect('orphaned_recordings', 'recording_queue');

create table recording_upload_metrics (
  org_id      uuid not null references organizations (id),
  id          uuid not null,
  queue_id    uuid not null,
  call_id     uuid not null,
  attempt_no  integer not null,
  status      text not null check (status in ('success', 'failure')),
  download_ms integer not null default 0,
  upload_ms   integer not null default 0,
  bytes       bigint not null default 0,
  error_class text,
  created_at  timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, queue_id) references recording_upload_queue (org_id, id),
  foreign key (org_id, call_id) references call_logs (org_id, id)
);
create index recording_upload_metrics_list on recording_upload_metrics (org_id, created_at desc, id desc);
create index recording_upload_metrics_queue on recording_upload_metrics (org_id, queue_id);
create index recording_upload_metrics_call on recording_upload_metrics (org_id, call_id);
select app.protect('recording_upload_metrics', 'recording_queue', commands => 'rc');

create table recording_downloads (
  org_id        uuid not null references organizations (id),
  id            uuid not null,
  recording_id  uuid not null,
  call_id       uuid not null,
  subject_id    uuid not null,
  decision_id   uuid not null,
  address       text,
  user_agent    text,
  downloaded_at timestamptz not null,
  primary key (org_id, id),
  foreign key (org_id, recording_id) references recordings (org_id, id),
  foreign key (org_id, call_id) references call_logs (org_id, id)
);
create index recording_downloads_list on recording_downloads (org_id, downloaded_at desc, id desc);
create index recording_downloads_recording on recording_downloads (org_id, recording_id);
create index recording_downloads_call on recording_downloads (org_id, call_id);
select app.protect('recording_downloads', 'recording', commands => 'rc');
