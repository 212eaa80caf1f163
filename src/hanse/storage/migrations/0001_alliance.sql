-- The alliance: who is in it, who speaks for whom, which circles and brands there are.

create table alliance (
    only_one    boolean primary key default true check (only_one),
    name_en     text not null,
    name_zh     text not null,
    origin      text not null,              -- name of the log and of the hub's key
    created_at  timestamptz not null
);

create table agreement (
    version       text primary key,
    text_en       text not null,
    text_zh       text not null,
    published_at  timestamptz not null
);

create table member (
    id                uuid primary key,
    name_en           text not null,
    name_zh           text not null,
    sector            text not null,
    customers         bigint not null check (customers >= 0),   -- size of the customer base, people
    contacts          jsonb not null default '[]',              -- [{name, duty, email}]
    status            text not null check (status in ('applied', 'approved', 'active', 'suspended')),
    status_reason     text not null default '',
    applied_at        timestamptz not null,
    approved_at       timestamptz,
    active_at         timestamptz,
    suspended_at      timestamptz,
    agreement_version text references agreement (version),
    agreement_signed_at timestamptz,
    agreement_signed_by text
);
create unique index member_name_en on member (lower(name_en));

create table person (
    id             uuid primary key,
    member_id      uuid references member (id),     -- null: operator or overseer
    organisation   text not null default '',        -- an overseer's authority
    email          text not null,                   -- log-in name, lower case
    name           text not null,
    role           text not null check (role in ('member_analyst', 'member_admin', 'operator', 'overseer')),
    password_hash  text not null,                   -- argon2id
    totp_sealed    bytea,                           -- encrypted under the hub's secret; null: not set up
    totp_last_step bigint not null default 0,       -- a code is good once
    language       text not null default 'en' check (language in ('en', 'zh_Hans')),
    theme          text not null default 'auto' check (theme in ('auto', 'light', 'dark')),
    is_disabled    boolean not null default false,
    created_at     timestamptz not null,
    last_login_at  timestamptz,
    check ((role in ('member_analyst', 'member_admin')) = (member_id is not null))
);
create unique index person_email on person (email);

create table session (
    token_sha256  bytea primary key,
    person_id     uuid not null references person (id) on delete cascade,
    created_at    timestamptz not null,
    seen_at       timestamptz not null,
    expires_at    timestamptz not null,
    is_complete   boolean not null                  -- false: the password was right, the second factor is due
);
create index session_person on session (person_id);

create table throttle (
    subject      text primary key,                  -- e.g. login:<sha256 of the e-mail>
    failures     integer not null,
    since        timestamptz not null,
    blocked_until timestamptz
);

create table invitation (
    id             uuid primary key,
    secret_sha256  bytea not null unique,
    purpose        text not null check (purpose in ('person', 'edge', 'reset')),
    role           text,                            -- for a person
    member_id      uuid references member (id),
    organisation   text not null default '',
    name           text not null default '',        -- of the person or of the edge
    person_id      uuid references person (id),     -- whose password is reset
    created_by     text not null,
    created_at     timestamptz not null,
    expires_at     timestamptz not null,
    used_at        timestamptz,
    revoked_at     timestamptz
);

create table edge (
    id           uuid primary key,
    member_id    uuid not null references member (id),
    name         text not null,
    version      text not null default '',
    enrolled_at  timestamptz not null,
    seen_at      timestamptz,
    acked_seq    bigint not null default -1,        -- last leaf of the log the edge says it stands on
    acked_at     timestamptz,
    revoked_at   timestamptz
);
create index edge_member on edge (member_id);

create table api_key (
    id             uuid primary key,
    public_id      text not null unique,            -- the recognisable part, shown always
    secret_sha256  bytea not null,
    name           text not null,
    basic_user     text unique,                     -- user name for HTTP Basic, if not the public id
    member_id      uuid references member (id),     -- null: the association's own
    edge_id        uuid references edge (id),
    person_id      uuid references person (id),     -- who made it
    role           text not null default 'member' check (role in ('member', 'operator', 'overseer')),
    scopes         text[] not null,
    created_at     timestamptz not null,
    expires_at     timestamptz,
    used_at        timestamptz,
    revoked_at     timestamptz,
    rotated_from   uuid references api_key (id)
);
create index api_key_member on api_key (member_id);

create table circle (
    id          uuid primary key,
    name_en     text not null,
    name_zh     text not null,
    purpose     text not null default '',
    created_at  timestamptz not null,
    closed_at   timestamptz
);
create unique index circle_name_en on circle (lower(name_en));

create table circle_member (
    circle_id  uuid not null references circle (id),
    member_id  uuid not null references member (id),
    joined_at  timestamptz not null,
    primary key (circle_id, member_id)
);
create index circle_member_member on circle_member (member_id);

create table brand (
    id          uuid primary key,
    member_id   uuid not null references member (id),
    name_en     text not null,
    name_zh     text not null,
    created_at  timestamptz not null,
    removed_at  timestamptz
);
create table brand_domain (
    brand_id    uuid not null references brand (id) on delete cascade,
    value       text not null,                      -- official domain, or a pattern such as *pay-lotus*
    is_pattern  boolean not null,
    primary key (brand_id, value, is_pattern)
);

-- Drawn anew by every change that may change who sees what; whoever remembers a
-- visibility keeps this number beside it. Random, not counted: a number that was
-- rolled back must never come again with another meaning.
create table membership_epoch (
    only_one boolean primary key default true check (only_one),
    n        bigint not null
);
insert into membership_epoch (n) values (hashtextextended(gen_random_uuid()::text, 0));

create function raise_membership_epoch() returns trigger language plpgsql as $$
begin
    update membership_epoch set n = hashtextextended(gen_random_uuid()::text, 0);
    notify hanse_membership;
    return null;
end $$;
create trigger epoch after insert or update or delete on circle_member
    for each statement execute function raise_membership_epoch();
create trigger epoch after insert or update of status or delete on member
    for each statement execute function raise_membership_epoch();
create trigger epoch after insert or update of closed_at or delete on circle
    for each statement execute function raise_membership_epoch();
create trigger epoch after update of revoked_at or delete on api_key
    for each statement execute function raise_membership_epoch();
create trigger epoch after update of revoked_at or delete on edge
    for each statement execute function raise_membership_epoch();

create table idempotency (
    caller          text not null,
    idempotency_key text not null,
    request_sha256  bytea not null,
    status          smallint not null,
    body            bytea not null,
    at              timestamptz not null,
    primary key (caller, idempotency_key)
);
