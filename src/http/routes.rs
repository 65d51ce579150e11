//! Every route, in one place. The published document is made from this list, so an undocumented
//! route cannot exist.

use actix_web::dev::HttpServiceFactory;
use actix_web::web::ServiceConfig;
use utoipa_actix_web::OpenApiFactory;
use utoipa_actix_web::service_config::ServiceConfig as DocumentedConfig;

use super::{
    allocations, audit_trail, certificates, demands, grants, linked_data, matches, oauth, offers,
    parties, password, products, reference_data, registry, service, sessions,
};

/// What takes routes: a server, or the document.
pub trait Routes {
    /// Adds a documented handler.
    fn service<F: HttpServiceFactory + OpenApiFactory + 'static>(
        &mut self,
        handler: F,
    ) -> &mut Self;
}

/// A server knows nothing of documents: it would make one in each worker.
impl Routes for ServiceConfig {
    fn service<F: HttpServiceFactory + 'static>(&mut self, handler: F) -> &mut Self {
        Self::service(self, handler)
    }
}

impl Routes for DocumentedConfig<'_> {
    fn service<F: HttpServiceFactory + OpenApiFactory + 'static>(
        &mut self,
        handler: F,
    ) -> &mut Self {
        Self::service(self, handler)
    }
}

/// Adds every route.
pub fn routes(config: &mut impl Routes) {
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
