CREATE TABLE parties (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    registered_by TEXT NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    legal_form TEXT NOT NULL CHECK (legal_form IN ('enterprise', 'private_enterprise', 'cooperative', 'cooperative_group', 'household', 'union', 'alliance', 'agency')),
    roles TEXT NOT NULL,
    tax_code TEXT UNIQUE,
    province_code TEXT NOT NULL,
    commune_code TEXT,
    address TEXT,
    place_given TEXT,
    lat_e6 INTEGER NOT NULL,
    lon_e6 INTEGER NOT NULL,
    phone TEXT,
    email TEXT,
    authority_provinces TEXT NOT NULL
);
CREATE INDEX parties_by_created ON parties (created_at, id);
CREATE INDEX parties_by_province ON parties (province_code, created_at, id);

CREATE TABLE external_ids (
    owner_id TEXT NOT NULL,
    resource TEXT NOT NULL CHECK (resource IN ('party', 'product', 'offer', 'demand')),
    system TEXT NOT NULL,
    external_id TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    PRIMARY KEY (owner_id, resource, system, external_id)
);
CREATE INDEX external_ids_by_resource ON external_ids (resource_id, system);
CREATE INDEX external_ids_by_name ON external_ids (resource, system, external_id);

CREATE TABLE products (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    party_id TEXT NOT NULL REFERENCES parties (id),
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    product_set INTEGER NOT NULL CHECK (product_set BETWEEN 1 AND 26),
    unit TEXT NOT NULL,
    packagings TEXT NOT NULL,
    attributes TEXT NOT NULL,
    gtin TEXT,
    story TEXT,
    image_urls TEXT NOT NULL,
    trace_url TEXT,
    state TEXT NOT NULL CHECK (state IN ('active', 'archived'))
);
CREATE INDEX products_by_party ON products (party_id, created_at, id);
CREATE INDEX products_by_created ON products (created_at, id);
CREATE INDEX products_by_set ON products (product_set, created_at, id);

CREATE TABLE certificates (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    product_id TEXT REFERENCES products (id),
    party_id TEXT REFERENCES parties (id),
    kind TEXT NOT NULL,
    stars INTEGER CHECK (stars BETWEEN 3 AND 5),
    potential_five_star BOOLEAN NOT NULL,
    number TEXT NOT NULL,
    authority TEXT NOT NULL,
    decision_date TEXT NOT NULL,
    expires_on TEXT NOT NULL,
    note TEXT,
    revoked_on TEXT,
    superseded_by TEXT REFERENCES certificates (id),
    subject_id TEXT NOT NULL,
    CHECK ((product_id IS NULL) <> (party_id IS NULL)),
    CHECK (decision_date <= expires_on)
);
CREATE UNIQUE INDEX certificates_unique ON certificates (authority, number, decision_date, subject_id);
CREATE INDEX certificates_by_subject ON certificates (subject_id, created_at, id);

CREATE TABLE offers (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    terms_version BIGINT NOT NULL CHECK (terms_version >= 1),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    confirmed_at BIGINT NOT NULL,
    party_id TEXT NOT NULL REFERENCES parties (id),
    product_id TEXT NOT NULL REFERENCES products (id),
    status TEXT NOT NULL CHECK (status IN ('draft', 'published', 'paused', 'withdrawn')),
    unit TEXT NOT NULL,
    dimension TEXT NOT NULL,
    base_units BIGINT NOT NULL CHECK (base_units > 0),
    second_dimension TEXT,
    second_base_units BIGINT CHECK (second_base_units > 0),
    unit_price BIGINT CHECK (unit_price >= 0),
    price_breaks TEXT NOT NULL,
    min_order BIGINT NOT NULL CHECK (min_order > 0),
    increment BIGINT NOT NULL CHECK (increment > 0),
    province_code TEXT NOT NULL,
    commune_code TEXT,
    address TEXT,
    place_given TEXT,
    lat_e6 INTEGER NOT NULL,
    lon_e6 INTEGER NOT NULL,
    lead_time_days INTEGER NOT NULL CHECK (lead_time_days >= 0),
    delivers_to TEXT NOT NULL,
    pickup BOOLEAN NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'coordinators', 'invited')),
    note TEXT,
    last_day TEXT NOT NULL,
    CHECK (min_order % increment = 0)
);
CREATE INDEX offers_by_created ON offers (created_at, id);
CREATE INDEX offers_by_party ON offers (party_id, created_at, id);
CREATE INDEX offers_by_product ON offers (product_id, created_at, id);
CREATE INDEX offers_by_status ON offers (status, created_at, id);

CREATE TABLE capacities (
    offer_id TEXT NOT NULL REFERENCES offers (id),
    from_day TEXT NOT NULL,
    to_day TEXT NOT NULL,
    declared BIGINT NOT NULL CHECK (declared > 0),
    held BIGINT NOT NULL CHECK (held >= 0),
    committed BIGINT NOT NULL CHECK (committed >= 0),
    consumed BIGINT NOT NULL CHECK (consumed >= 0),
    PRIMARY KEY (offer_id, from_day),
    CHECK (from_day <= to_day),
    CHECK (held + committed + consumed <= declared)
);

CREATE TABLE demands (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    terms_version BIGINT NOT NULL CHECK (terms_version >= 1),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    party_id TEXT NOT NULL REFERENCES parties (id),
    status TEXT NOT NULL CHECK (status IN ('draft', 'open', 'closed', 'cancelled')),
    title TEXT NOT NULL,
    title_folded TEXT NOT NULL,
    wanted_text TEXT,
    product_sets TEXT NOT NULL,
    product_ids TEXT NOT NULL,
    substitutes TEXT NOT NULL,
    unit TEXT NOT NULL,
    packagings TEXT NOT NULL,
    dimension TEXT NOT NULL,
    base_units BIGINT NOT NULL CHECK (base_units > 0),
    max_unit_price BIGINT CHECK (max_unit_price >= 0),
    price_basis TEXT NOT NULL CHECK (price_basis IN ('at_origin', 'delivered')),
    requirements TEXT NOT NULL,
    max_suppliers INTEGER CHECK (max_suppliers > 0),
    min_share BIGINT CHECK (min_share > 0),
    preferences TEXT,
    discount_percent INTEGER NOT NULL CHECK (discount_percent BETWEEN 0 AND 100),
    payment_days INTEGER NOT NULL CHECK (payment_days >= 0),
    listing_fee BIGINT NOT NULL CHECK (listing_fee >= 0),
    anonymous BOOLEAN NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'coordinators', 'invited')),
    closes_at BIGINT,
    last_day TEXT NOT NULL
);
CREATE INDEX demands_by_created ON demands (created_at, id);
CREATE INDEX demands_by_party ON demands (party_id, created_at, id);
CREATE INDEX demands_by_status ON demands (status, created_at, id);

CREATE TABLE delivery_needs (
    demand_id TEXT NOT NULL REFERENCES demands (id),
    position INTEGER NOT NULL CHECK (position >= 0),
    province_code TEXT NOT NULL,
    commune_code TEXT,
    address TEXT,
    place_given TEXT,
    lat_e6 INTEGER NOT NULL,
    lon_e6 INTEGER NOT NULL,
    from_day TEXT NOT NULL,
    to_day TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    min_quantity BIGINT CHECK (min_quantity > 0),
    max_quantity BIGINT,
    committed BIGINT NOT NULL CHECK (committed >= 0),
    in_transit BIGINT NOT NULL CHECK (in_transit >= 0),
    fulfilled BIGINT NOT NULL CHECK (fulfilled >= 0),
    PRIMARY KEY (demand_id, position),
    CHECK (from_day <= to_day)
);

CREATE TABLE invitations (
    resource_id TEXT NOT NULL,
    party_id TEXT NOT NULL REFERENCES parties (id),
    PRIMARY KEY (resource_id, party_id)
);
CREATE INDEX invitations_by_party ON invitations (party_id, resource_id);

CREATE TABLE dismissals (
    demand_id TEXT NOT NULL REFERENCES demands (id),
    offer_id TEXT NOT NULL REFERENCES offers (id),
    party_id TEXT NOT NULL REFERENCES parties (id),
    reason TEXT,
    demand_terms_version BIGINT NOT NULL,
    offer_terms_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (demand_id, offer_id, party_id)
);
