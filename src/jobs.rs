//! Work that outlasts a request, or that none asks for. Several instances may do it at once. Must
//! not know HTTP.

pub mod allocations;
mod queue;

use std::time::Duration;

use crate::actions::{allocations as runs, idempotency, login_failures, sessions};
use crate::app::App;
use crate::error::Error;

/// How often what is no longer needed is looked for.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Forgets what is no longer needed, until it is dropped. A failure is logged and tried again.
pub async fn keep_house(app: App) {
    let mut turns = tokio::time::interval(SWEEP_INTERVAL);
    loop {
        turns.tick().await;
        if let Err(error) = sweep(&app).await {
            tracing::warn!(%error, "what has expired could not be forgotten");
        }
    }
}

/// In short transactions, so that nobody waits for long.
async fn sweep(app: &App) -> Result<(), Error> {
    while app.maintain(idempotency::sweep).await? > 0 {}
    while app.maintain(sessions::sweep).await? > 0 {}
    while app.maintain(login_failures::sweep).await? > 0 {}
    while app.maintain(runs::sweep).await? > 0 {}
    Ok(())
}
