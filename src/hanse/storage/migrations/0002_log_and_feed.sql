-- One log: every deed and every feed item is a leaf, numbered in commit order.

create table log_head (
    only_one  boolean primary key default true check (only_one),
    size      bigint not null,
    frontier  bytea not null,                       -- compact range of the Merkle tree
    last_at   timestamptz not null                  -- strictly increasing; also the source of date_added
);
insert into log_head (size, frontier, last_at) values (0, '', '2000-01-01T00:00:00Z');

create table log_entry (
    seq        bigint primary key,
    at         timestamptz not null,
    kind       text not null check (kind in ('event', 'item')),
    leaf_data  bytea not null                       -- SHA-256(salt || body)
);
create table log_body (
    seq     bigint primary key references log_entry (seq),
    salt    bytea not null,
    body    bytea,                                  -- null: erased, the leaf still proves it was there
    act     text not null default '',
    actor   text not null default '',
    member_id uuid,                                 -- whose deed, for filters; may be null
    subject text not null default ''
);
create index log_body_act on log_body (act, seq);
create index log_body_subject on log_body (subject, seq) where subject <> '';
create table log_node (
    level  smallint not null,
    idx    bigint not null,
    hash   bytea not null,
    primary key (level, idx)
);
create table log_checkpoint (
    size  bigint primary key,
    note  text not null,
    at    timestamptz not null
);

create table audience (
    id       integer generated always as identity primary key,
    origin   uuid references member (id),
    tlp      text not null check (tlp in ('clear', 'green', 'amber', 'amber+strict', 'red')),
    circles  uuid[] not null,                       -- sorted
    pot      uuid,                                  -- an operator-defined collection
    unique nulls not distinct (origin, tlp, circles, pot)
);
create trigger epoch after insert or update or delete on audience
    for each statement execute function raise_membership_epoch();

create table feed_item (
    seq          bigint primary key references log_entry (seq),
    kind         text not null check (kind in ('claim', 'withdraw', 'grant', 'revoke')),
    claim_id     uuid not null,
    revision     integer not null,
    audience_id  integer not null references audience (id),
    only_member  uuid references member (id)
);
create index feed_item_claim on feed_item (claim_id, seq);

-- The newest truth about each claim, so that a reader is never sent what is over.
create table feed_claim (
    claim_id     uuid primary key,
    revision     integer not null,
    audience_id  integer not null references audience (id),
    is_active    boolean not null,
    seq          bigint not null                    -- leaf of the newest claim or withdraw item
);
create index feed_claim_active on feed_claim (audience_id) where is_active;

create table edge_ack (
    edge_id  uuid not null references edge (id),
    seq      bigint not null,
    at       timestamptz not null,
    primary key (edge_id, seq)
);
