//! The tables as diesel sees them; a test holds them against both databases.

diesel::table! {
    parties (id) {
        id -> Text,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        registered_by -> Text,
        name -> Text,
        name_folded -> Text,
        legal_form -> Text,
        roles -> Text,
        tax_code -> Nullable<Text>,
        province_code -> Text,
        commune_code -> Nullable<Text>,
        address -> Nullable<Text>,
        place_given -> Nullable<Text>,
        lat_e6 -> Integer,
        lon_e6 -> Integer,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        authority_provinces -> Text,
    }
}

diesel::table! {
    external_ids (owner_id, resource, system, external_id) {
        owner_id -> Text,
        resource -> Text,
        system -> Text,
        external_id -> Text,
        resource_id -> Text,
    }
}

diesel::table! {
    products (id) {
        id -> Text,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        party_id -> Text,
        name -> Text,
        name_folded -> Text,
        product_set -> Integer,
        unit -> Text,
        packagings -> Text,
        attributes -> Text,
        gtin -> Nullable<Text>,
        story -> Nullable<Text>,
        image_urls -> Text,
        trace_url -> Nullable<Text>,
        state -> Text,
    }
}

diesel::table! {
    certificates (id) {
        id -> Text,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        product_id -> Nullable<Text>,
        party_id -> Nullable<Text>,
        kind -> Text,
        stars -> Nullable<Integer>,
        potential_five_star -> Bool,
        number -> Text,
        authority -> Text,
        decision_date -> Text,
        expires_on -> Text,
        note -> Nullable<Text>,
        revoked_on -> Nullable<Text>,
        superseded_by -> Nullable<Text>,
        subject_id -> Text,
    }
}

diesel::table! {
    offers (id) {
        id -> Text,
        version -> BigInt,
        terms_version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        confirmed_at -> BigInt,
        party_id -> Text,
        product_id -> Text,
        status -> Text,
        unit -> Text,
        dimension -> Text,
        base_units -> BigInt,
        second_dimension -> Nullable<Text>,
        second_base_units -> Nullable<BigInt>,
        unit_price -> Nullable<BigInt>,
        price_breaks -> Text,
        min_order -> BigInt,
        increment -> BigInt,
        province_code -> Text,
        commune_code -> Nullable<Text>,
        address -> Nullable<Text>,
        place_given -> Nullable<Text>,
        lat_e6 -> Integer,
        lon_e6 -> Integer,
        lead_time_days -> Integer,
        delivers_to -> Text,
        pickup -> Bool,
        visibility -> Text,
        note -> Nullable<Text>,
        last_day -> Text,
    }
}

diesel::table! {
    capacities (offer_id, from_day) {
        offer_id -> Text,
        from_day -> Text,
        to_day -> Text,
        declared -> BigInt,
        held -> BigInt,
        committed -> BigInt,
        consumed -> BigInt,
    }
}

diesel::table! {
    demands (id) {
        id -> Text,
        version -> BigInt,
        terms_version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        party_id -> Text,
        status -> Text,
        title -> Text,
        title_folded -> Text,
        wanted_text -> Nullable<Text>,
        product_sets -> Text,
        product_ids -> Text,
        substitutes -> Text,
        unit -> Text,
        packagings -> Text,
        dimension -> Text,
        base_units -> BigInt,
        max_unit_price -> Nullable<BigInt>,
        price_basis -> Text,
        requirements -> Text,
        max_suppliers -> Nullable<Integer>,
        min_share -> Nullable<BigInt>,
        preferences -> Nullable<Text>,
        discount_percent -> Integer,
        payment_days -> Integer,
        listing_fee -> BigInt,
        anonymous -> Bool,
        visibility -> Text,
        closes_at -> Nullable<BigInt>,
        last_day -> Text,
    }
}

diesel::table! {
    delivery_needs (demand_id, position) {
        demand_id -> Text,
        position -> Integer,
        province_code -> Text,
        commune_code -> Nullable<Text>,
        address -> Nullable<Text>,
        place_given -> Nullable<Text>,
        lat_e6 -> Integer,
        lon_e6 -> Integer,
        from_day -> Text,
        to_day -> Text,
        quantity -> BigInt,
        min_quantity -> Nullable<BigInt>,
        max_quantity -> Nullable<BigInt>,
        committed -> BigInt,
        in_transit -> BigInt,
        fulfilled -> BigInt,
    }
}

diesel::table! {
    invitations (resource_id, party_id) {
        resource_id -> Text,
        party_id -> Text,
    }
}

diesel::table! {
    dismissals (demand_id, offer_id, party_id) {
        demand_id -> Text,
        offer_id -> Text,
        party_id -> Text,
        reason -> Nullable<Text>,
        demand_terms_version -> BigInt,
        offer_terms_version -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    change_counter (id) {
        id -> Integer,
        last_seq -> BigInt,
    }
}

diesel::table! {
    changes (seq) {
        seq -> BigInt,
        at -> BigInt,
        resource -> Text,
        resource_id -> Text,
        op -> Text,
        version -> BigInt,
        actor_id -> Text,
    }
}

diesel::table! {
    secrets (name) {
        name -> Text,
        value -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    grants (id) {
        id -> Text,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        grantor_id -> Text,
        grantee_id -> Text,
        permissions -> Text,
        from_day -> Text,
        to_day -> Nullable<Text>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    audit_trail (seq) {
        seq -> BigInt,
        at -> BigInt,
        actor_id -> Text,
        subject -> Text,
        principal_id -> Text,
        owner_id -> Text,
        resource -> Text,
        resource_id -> Text,
        version -> BigInt,
        action -> Text,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        request_id -> Nullable<Text>,
    }
}

diesel::table! {
    signing_keys (number) {
        number -> Integer,
        private_key -> Text,
        created_at -> BigInt,
        signs_from -> BigInt,
        accepted_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    clients (id) {
        id -> Text,
        party_id -> Text,
        name -> Text,
        scopes -> Text,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    client_secrets (client_id, hash) {
        client_id -> Text,
        hash -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        party_id -> Text,
        name -> Text,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        scopes -> Text,
        password_hash -> Text,
        created_at -> BigInt,
        disabled_at -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        user_id -> Text,
        created_at -> BigInt,
        generation -> BigInt,
        rotated_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    refresh_tokens (hash) {
        hash -> Text,
        session_id -> Text,
        generation -> BigInt,
    }
}

diesel::table! {
    login_failures (subject) {
        subject -> Text,
        failures -> Integer,
        since -> BigInt,
    }
}

diesel::table! {
    allocation_snapshots (hash) {
        hash -> Text,
        sides -> Text,
        pairs -> Text,
    }
}

diesel::table! {
    allocation_outcomes (allocation_id) {
        allocation_id -> Text,
        outcome -> Text,
    }
}

diesel::table! {
    allocations (id) {
        id -> Text,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        party_id -> Text,
        actor_id -> Text,
        status -> Text,
        objective -> Text,
        rule -> Text,
        demand_ids -> Nullable<Text>,
        producer_ids -> Text,
        time_limit_ms -> BigInt,
        repairs -> Nullable<Text>,
        declined_ids -> Text,
        alive_until -> BigInt,
        progress -> Nullable<Text>,
        failure -> Nullable<Text>,
        as_of -> Nullable<BigInt>,
        snapshot -> Nullable<Text>,
        figures -> Nullable<Text>,
        stopped_after -> Nullable<BigInt>,
        earlier_ids -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(allocations, allocation_snapshots);

diesel::allow_tables_to_appear_in_same_query!(
    offers,
    capacities,
    invitations,
    demands,
    delivery_needs,
    products,
    parties,
    certificates,
);

diesel::table! {
    idempotency_keys (id) {
        id -> Text,
        fingerprint -> Text,
        status -> Nullable<Integer>,
        location -> Nullable<Text>,
        etag -> Nullable<Text>,
        body -> Nullable<Text>,
        created_at -> BigInt,
    }
}
