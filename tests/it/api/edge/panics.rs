//! A panic in a handler: one answer, one log line, and the service goes on.

use actix_web::dev::{Service, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, HttpResponse, body, test, web};
use ocop_link::http::edge::edge;
use serde_json::Value;

use crate::support::api::{TestApi, api_tests};

api_tests!(a_panic_in_a_handler_is_one_internal_error);

async fn panics() -> HttpResponse {
    panic!("a handler of a test");
}

/// The status, the request id and the body of an answer.
async fn read(answered: Result<ServiceResponse, Error>) -> (u16, String, Value) {
    let response = match answered {
        Ok(response) => response.into_parts().1,
        Err(error) => error.error_response(),
    };
    let id = response.headers().get("x-request-id").and_then(|id| id.to_str().ok());
    let (status, id) = (response.status().as_u16(), id.unwrap_or_default().to_owned());
    let bytes = body::to_bytes(response.into_body()).await.unwrap_or_default();
    (status, id, serde_json::from_slice(&bytes).unwrap_or_default())
}

fn a_panic_in_a_handler_is_one_internal_error(api: &TestApi) {
    actix_web::rt::System::new().block_on(async {
        let app = App::new().app_data(api.data.clone());
        let app = app.route("/panics", web::get().to(panics));
        let app = app.route("/goes-on", web::get().to(HttpResponse::Ok)).wrap(from_fn(edge));
        let service = test::init_service(app).await;
        let ask = |path: &str| service.call(test::TestRequest::get().uri(path).to_request());
        for _ in 0..3 {
            let (status, id, problem) = read(ask("/panics").await).await;
            assert_eq!((status, &problem["code"]), (500, &Value::from("internal")));
            assert_eq!(problem["request_id"], *id);
            assert!(!problem.to_string().contains("a handler of a test"), "{problem}");
            assert_eq!(read(ask("/goes-on").await).await.0, 200);
        }
    });
}
