//! The JSON API: translates requests into use cases and their results into answers. The only code
//! that knows actix, utoipa, jsonwebtoken and serde derives; holds no rule that is not about HTTP.

pub mod auth;
pub mod body;
pub mod demand_body;
pub mod demand_record;
pub mod demand_requirements;
pub mod demands;
pub mod edge;
pub mod etag;
pub mod json;
pub mod match_record;
pub mod match_texts;
pub mod match_values;
pub mod matches;
pub mod offers;
pub mod openapi;
pub mod openapi_legacy;
pub mod page;
pub mod parties;
pub mod path;
pub mod places;
pub mod problem;
pub mod problem_texts;
pub mod query;
pub mod record;
pub mod routes;
pub mod schema;
pub mod server;
pub mod service;
pub mod sort;
pub mod state;
pub mod token;
pub mod visibility;
pub mod words;
