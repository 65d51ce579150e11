//! Every route, in one place. The published document is made from this list, so an undocumented
//! route cannot exist.

use utoipa_actix_web::service_config::ServiceConfig;

use super::{demands, matches, offers, parties, service};

/// Adds every route.
pub fn routes(config: &mut ServiceConfig<'_>) {
    offers::routes(config);
    parties::routes(config);
    matches::routes(config);
    demands::routes(config);
    service::routes(config);
}
