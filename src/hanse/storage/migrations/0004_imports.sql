-- Large imports: handed in whole, worked off in pieces, each piece in the same
-- transaction as the note of how far it has come, so that a crash neither loses nor
-- doubles a row.

create table import_job (
    id          uuid primary key,
    member_id   uuid not null references member (id),
    actor_kind  text not null,
    actor_id    uuid,
    actor_label text not null,
    form        text not null check (form in ('csv', 'paste')),
    title       text not null default '',
    defaults    bytea not null,                     -- JSON, see intel.importing
    input       bytea,                              -- deflated; null once finished
    total       integer not null,
    done        integer not null default 0,
    taken       integer not null default 0,
    joined      integer not null default 0,
    refused     integer not null default 0,
    state       text not null default 'waiting'
                check (state in ('waiting', 'running', 'done', 'stopped')),
    problem     text not null default '',
    submitted_at timestamptz not null,
    finished_at timestamptz,
    runner      uuid,                               -- the worker at it, while its lease lasts
    leased_until timestamptz
);
create index import_job_open on import_job (submitted_at) where state in ('waiting', 'running');
create index import_job_member on import_job (member_id, submitted_at desc);

create table import_refusal (
    job_id  uuid not null references import_job (id) on delete cascade,
    row     integer not null,
    reason  text not null,
    primary key (job_id, row)
);
