//! Bodies that nobody reads to their end. The framework waits without a limit for the rest of a
//! chunked body that was dropped; it closes the connection if the body is still held when the
//! answer goes out. So the answer holds it. And answers to `HEAD`, of which nobody reads more than
//! the length. Must not know who reads them.

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt};

/// The body of a request, while its handler reads it and until its answer goes out.
#[derive(Clone)]
pub(super) struct RequestBody(Rc<RefCell<Payload>>);

impl RequestBody {
    /// Shares the body of `request` with its handler; none if it has no body.
    pub(super) fn share(request: &mut ServiceRequest) -> Option<Self> {
        let payload = request.parts_mut().1.take();
        if matches!(payload, Payload::None) {
            return None;
        }
        let body = Self(Rc::new(RefCell::new(payload)));
        request.set_payload(Payload::Stream { payload: Box::pin(body.clone()) });
        Some(body)
    }

    /// The `answer`, which holds this body.
    pub(super) fn held_by(self, answer: BoxBody) -> BoxBody {
        BoxBody::new(Holding { answer, _body: self })
    }
}

impl Stream for RequestBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.borrow_mut().poll_next_unpin(context)
    }
}

struct Holding {
    answer: BoxBody,
    _body: RequestBody,
}

impl MessageBody for Holding {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.answer).poll_next(context)
    }
}

/// What `HEAD` gets in place of `answer`: its length (RFC 9110 section 8.6), and nothing of it.
pub(super) fn length_of(answer: &BoxBody) -> BoxBody {
    BoxBody::new(Length(answer.size()))
}

struct Length(BodySize);

impl MessageBody for Length {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Poll::Ready(None)
    }
}
