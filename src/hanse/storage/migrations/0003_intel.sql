-- What members tell each other: values, claims, sightings, STIX as it was told.

create table observable (
    id            bigint generated always as identity primary key,
    kind          text not null,
    value         text not null,
    digest        bytea not null unique,            -- SHA-256 of kind:value; a URL may be longer than an index row
    host_reversed text not null default '',         -- com.example.www. for suffix search
    created_at    timestamptz not null
);
create index observable_value on observable (left(value, 200) text_pattern_ops);
create index observable_host on observable (left(host_reversed, 200) text_pattern_ops) where host_reversed <> '';

create table report (
    id         uuid primary key,
    member_id  uuid not null references member (id),
    actor      text not null,
    channel    text not null check (channel in ('form', 'paste', 'csv', 'rest', 'bundle', 'misp', 'taxii')),
    at         timestamptz not null,
    title      text not null default '',
    total      integer not null,
    taken      integer not null,
    joined     integer not null,                    -- values somebody had reported before
    refused    jsonb not null default '[]'          -- [{row, reason}], bounded
);
create index report_member on report (member_id, at desc);

create table claim (
    id            uuid primary key,
    observable_id bigint not null references observable (id),
    member_id     uuid not null references member (id),
    report_id     uuid references report (id),
    category      text not null,
    confidence    smallint not null check (confidence between 0 and 100),
    audience_id   integer not null references audience (id),
    is_anonymous  boolean not null,
    note          text not null default '',
    brand_id      uuid references brand (id),
    valid_from    timestamptz not null,
    valid_until   timestamptz,
    status        text not null check (status in ('active', 'withdrawn')),
    status_reason text not null default '',
    revision      integer not null,
    reported_at   timestamptz not null,
    revised_at    timestamptz not null,
    stix_id       text not null,
    unique (observable_id, member_id)
);
create index claim_member on claim (member_id, revised_at desc);
create index claim_revised on claim (revised_at desc);
create index claim_stix on claim (stix_id);

create table claim_term (
    claim_id     uuid primary key references claim (id) on delete cascade,
    audience_id  integer not null,
    terms        text[] not null                    -- words and hanzi bigrams of everything said
);
create index claim_term_terms on claim_term using gin (terms);

create table sighting (
    observable_id bigint not null references observable (id),
    member_id     uuid not null references member (id),
    hour          timestamptz not null,
    audience_id   integer not null references audience (id),
    count         bigint not null check (count > 0),
    first_seen    timestamptz not null,
    last_seen     timestamptz not null,
    source        text not null check (source in ('edge', 'person', 'stix')),
    primary key (observable_id, member_id, hour, audience_id, source)
);
create index sighting_hour on sighting (hour);

-- Operator-defined TAXII collections ("pots") and the virtual ones.
create table taxii_root (
    path           text primary key check (path ~ '^/([A-Za-z0-9._~-]+/)+$'),
    title          text not null,
    description    text not null default '',
    max_page_size  integer not null default 1000 check (max_page_size between 1 and 10000),
    created_at     timestamptz not null
);
create table taxii_collection (
    id           uuid primary key,
    root         text not null references taxii_root (path),
    kind         text not null check (kind in ('all', 'enforceable', 'circle', 'pot')),
    circle_id    uuid references circle (id),
    alias        text,
    title        text not null,
    description  text not null default '',
    created_at   timestamptz not null,
    closed_at    timestamptz,
    check ((kind = 'circle') = (circle_id is not null))
);
create index taxii_collection_root on taxii_collection (root, created_at, id);
create table taxii_grant (
    collection_id  uuid not null references taxii_collection (id),
    member_id      uuid references member (id),
    key_id         uuid references api_key (id),
    can_read       boolean not null,
    can_write      boolean not null,
    check ((member_id is null) <> (key_id is null)),
    unique nulls not distinct (collection_id, member_id, key_id)
);
-- Whoever remembers the collections keeps the epoch beside them.
create trigger epoch after insert or update or delete on taxii_root
    for each statement execute function raise_membership_epoch();
create trigger epoch after insert or update or delete on taxii_collection
    for each statement execute function raise_membership_epoch();
create trigger epoch after insert or update or delete on taxii_grant
    for each statement execute function raise_membership_epoch();

create table stix_object (
    added         timestamptz not null,             -- TAXII date_added, in commit order
    id            bigint generated always as identity,  -- tells rows of a seed apart
    pot           uuid not null,                    -- all zeroes: the alliance's main store
    stix_id       text collate "C" not null,
    type          text collate "C" not null,
    spec_version  text not null,
    version       text not null,                    -- as it was told; empty: it has none
    version_at    timestamptz not null,             -- 1970 where there is no version
    audience_id   integer not null,                 -- no foreign keys: checking two for
    member_id     uuid,                             -- each row took 40 % of the writing
    is_alone      boolean not null,                 -- true: no other row has this stix_id
    is_enforceable boolean not null,
    body          bytea not null,
    primary key (added, id)
);
alter table stix_object alter column body set storage external;
create index stix_object_stix_id on stix_object (stix_id);
create index stix_object_pot on stix_object (pot, added, id)
    where pot <> '00000000-0000-0000-0000-000000000000';
create index stix_object_pot_type on stix_object (pot, type, added, id)
    where pot <> '00000000-0000-0000-0000-000000000000';
create index stix_object_audience on stix_object (audience_id, added, id);
create index stix_object_type on stix_object (type, added, id);
create index stix_object_enforceable on stix_object (added, id) where is_enforceable;

create table taxii_status (
    id         uuid primary key,
    root       text not null,
    caller     text not null,
    at         timestamptz not null,
    body       bytea not null
);
create index taxii_status_at on taxii_status (at);
