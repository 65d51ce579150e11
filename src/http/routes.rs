//! Every route, in one place. The published document is made from this list, so an undocumented
//! route cannot exist.

use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    allocations, audit_trail, certificates, demands, grants, linked_data, matches, oauth, offers,
    parties, password, products, reference_data, registry, service, sessions,
};

/// Adds every route.
pub fn routes(config: &mut ServiceConfig<'_>) {
    allocations::routes(config);
    matches::routes(config);
    offers::routes(config);
    parties::routes(config);
    demands::routes(config);
    products::routes(config);
    linked_data::routes(config);
    certificates::routes(config);
    registry::routes(config);
    grants::routes(config);
    audit_trail::routes(config);
    reference_data::routes(config);
    sessions::routes(config);
    password::routes(config);
    oauth::routes(config);
    service::routes(config);
}
